"""Tests of the checks themselves: each fault of a reference must be found, no permitted variant accused."""
