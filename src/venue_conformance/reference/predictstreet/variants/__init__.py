"""Venues that use a freedom which the documentation leaves. `concerns` names the clauses it touches; none is broken."""
