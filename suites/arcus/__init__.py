"""Checks of Arcus's batch cancel."""
