"""Loads the plugin and what it hands to checks, from a source checkout and from an installed wheel alike."""

import sys
from pathlib import Path

import pytest

# First, so that a folder called suites or fixtures where the user happens to stand is not taken for ours.
sys.path.insert(0, str(Path(__file__).parent))
pytest.register_assert_rewrite("suites.shared")

pytest_plugins = [
    "venue_conformance.plugin",
    "fixtures.callers",
    "fixtures.states",
    "fixtures.in_flight",
    "fixtures.tools",
]
