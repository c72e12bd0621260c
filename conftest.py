"""Loads the plugin and what it hands to checks, for whoever runs pytest on the suites."""

pytest_plugins = ["venue_conformance.plugin.kit"]
