"""Venues that keep every promise in another way. A docstring states the freedom; `concerns` names the clauses near it.

No check of a must clause may find fault with any of them: what the documentation leaves open, an implementation may
choose. Where `concerns` names a should clause, the freedom may be at the cost of that clause.
"""
