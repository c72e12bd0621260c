"""Hypothesis and Schemathesis bound to signed callers."""
