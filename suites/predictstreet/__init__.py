"""Checks of PredictStreet's batch cancel."""
