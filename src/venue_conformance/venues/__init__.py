"""How a caller of each venue signs, sends and reads a batch cancel, and what the answer must be.

Each venue is one folder with a ``VENUE``; adding the folder adds the venue.
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from venue_conformance.client.venue import Venue


@cache
def venues() -> dict[str, Venue]:
    """Every venue by name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if module.ispkg)
    return {name: importlib.import_module(f"{__name__}.{name}").VENUE for name in names}
