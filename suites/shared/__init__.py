"""Checks that venues share: one class a topic, bound to clauses by a subclass in each venue's folder."""
