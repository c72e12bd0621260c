"""Venues that each tell one lie: the docstring states it, `caught_by` names the clause that it breaks."""
