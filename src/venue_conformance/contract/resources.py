"""Where specs, suites, fixtures and conftest.py are: ours, and those of venues that other packages bring."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import entry_points
from importlib.util import find_spec
from pathlib import Path

from venue_conformance.errors import ClientFault

#: The entry points by which a package brings a venue: its name, and the module that has its ``VENUE``.
ENTRY_POINTS = "venue_conformance.venues"


@cache
def resources_root() -> Path:
    """The folder that holds ``specs``, ``suites``, ``fixtures`` and ``conftest.py``: in a wheel, or a source checkout.

    Raises FileNotFoundError when the package was taken apart, with the two places that were looked at.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package / "_kit", package.parents[1])
    for place in places:
        if (place / "specs").is_dir() and (place / "suites").is_dir():
            return place
    raise FileNotFoundError(f"neither {places[0]} nor {places[1]} holds the suites; install venue-conformance again")


@cache
def own_venue_names() -> list[str]:
    """The venues of this package that have both a contract and a suite, in alphabetical order."""
    root = resources_root()
    return sorted(
        folder.name
        for folder in (root / "specs").iterdir()
        if (folder / "clauses.yaml").is_file() and (root / "suites" / folder.name).is_dir()
    )


@cache
def brought_venues() -> Mapping[str, str]:
    """The venues that other installed packages bring, each with the module that has its ``VENUE``.

    Raises ClientFault when two bring one venue, or one brings a venue that is ours.
    """
    found: dict[str, str] = {}
    for entry in entry_points(group=ENTRY_POINTS):
        if entry.name in own_venue_names() or found.get(entry.name, entry.value) != entry.value:
            raise ClientFault(f"{entry.value}: brings the venue {entry.name!r}, which is there already")
        found[entry.name] = entry.value
    return found


def venue_names() -> list[str]:
    """Every venue that can be judged, in alphabetical order: ours, and those that other packages bring."""
    return sorted([*own_venue_names(), *brought_venues()])


def root_of(venue: str) -> Path:
    """The folder that holds ``specs/<venue>`` and ``suites/<venue>``.

    Of a venue that another package brings that is the folder ``kit`` beside its module. Raises ClientFault when a part
    of such a venue is missing.
    """
    module = brought_venues().get(venue)
    if module is None:
        return resources_root()
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        raise ClientFault(f"{module}: the package that brings the venue {venue!r} cannot be found")
    root = Path(spec.submodule_search_locations[0]) / "kit"
    for part in (f"specs/{venue}/clauses.yaml", f"specs/{venue}/openapi.yaml", f"suites/{venue}"):
        if not (root / part).exists():
            raise ClientFault(f"{module}: the venue {venue!r} has no {part} in {root}")
    return root
