"""Conformance and contract tests for the batch-cancel endpoints of trading venues."""

__version__ = "0.1.0"
