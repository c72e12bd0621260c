"""Venues that keep every promise in another way. A docstring states the freedom; `concerns` names the clauses near it.

No check may find fault with any of them: what the documentation leaves open, an implementation may choose.
"""
