"""Reference venues: small servers that keep every promise their venue's page makes, and faulty ones made from them.

A reference venue is what `serve` starts and what a run without a target judges. It shares no code with the side
that judges: requests are verified here by code written for the purpose, so that one mistake cannot cancel itself out.

Adding a venue means adding a folder next to this file, with `venue.py` (one `Venue` subclass), `mutants` and
`variants` (a module or a package each). Nothing lists them by hand.
"""

from .discovery import ReferenceVenue, UnknownName, load, venue_names

__all__ = ["ReferenceVenue", "UnknownName", "load", "venue_names"]
