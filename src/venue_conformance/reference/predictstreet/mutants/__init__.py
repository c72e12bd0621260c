"""Venues that break one promise each. A docstring states the lie; `caught_by` is the clause that must catch it."""
