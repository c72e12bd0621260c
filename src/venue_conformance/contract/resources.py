"""Where specs, suites, fixtures and conftest.py are: beside the package in a wheel, at the top of a source checkout."""

from __future__ import annotations

from functools import cache
from pathlib import Path


@cache
def resources_root() -> Path:
    """The folder that holds ``specs``, ``suites``, ``fixtures`` and ``conftest.py``.

    Raises FileNotFoundError when the package was taken apart, with the two places that were looked at.
    """
    package = Path(__file__).resolve().parents[1]
    places = (package / "_kit", package.parents[1])
    for place in places:
        if (place / "specs").is_dir() and (place / "suites").is_dir():
            return place
    raise FileNotFoundError(f"neither {places[0]} nor {places[1]} holds the suites; install venue-conformance again")


def venue_names() -> list[str]:
    """Every venue that has both a contract and a suite, in alphabetical order."""
    root = resources_root()
    return sorted(
        folder.name
        for folder in (root / "specs").iterdir()
        if (folder / "clauses.yaml").is_file() and (root / "suites" / folder.name).is_dir()
    )
