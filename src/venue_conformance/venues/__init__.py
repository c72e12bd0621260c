"""How a caller of each venue signs, sends and reads a batch cancel, and what the answer must be.

Each venue is one folder with a ``VENUE``; adding the folder adds the venue. Another package brings one by an entry
point ``venue_conformance.venues``.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from venue_conformance.client.venue import Venue
from venue_conformance.contract.resources import brought_venues
from venue_conformance.errors import ClientFault


@cache
def venues() -> dict[str, Venue]:
    """Every venue by name, ours first, each in alphabetical order.

    Raises ClientFault for a venue of another package that cannot be loaded.
    """
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    ours = {name: importlib.import_module(f"{__name__}.{name}").VENUE for name in names}
    return ours | {name: load_venue(name) for name in sorted(brought_venues())}


def load_venue(name: str) -> Venue:
    """A venue that another package brings. Raises ClientFault, which says what is wrong with it."""
    module = brought_venues()[name]
    try:
        venue = importlib.import_module(module).VENUE
    except Exception as error:
        raise ClientFault(f"{module}: the venue {name!r} cannot be loaded: {type(error).__name__}: {error}") from error
    if not isinstance(venue, Venue) or venue.name != name:
        raise ClientFault(f"{module}: VENUE is to be a Venue whose name is {name!r}")
    return venue
