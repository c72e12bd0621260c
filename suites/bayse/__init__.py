"""Checks of Bayse's batch cancel."""
