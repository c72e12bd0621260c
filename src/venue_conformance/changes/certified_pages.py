"""Whether a certificate still holds before a newer version of the page that it is about."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from venue_conformance.contract.client_clauses import FILE, load_client_catalogue
from venue_conformance.contract.page_changes import PageChange, page_changes
from venue_conformance.contract.page_text import read_page
from venue_conformance.contract.resources import root_of
from venue_conformance.contract.sources import Source
from venue_conformance.contract.yaml_text import read_yaml

_UNSAID = frozenset(("a", "below", "in", "of", "the"))


def changes_against(
    venue: str, certified: Collection[str], page: Path
) -> tuple[str, list[PageChange], list[PageChange]]:
    """The page a file is a version of, the changes that certified clauses rest on, and the others.

    A sentence that is new counts with those beside it; one that only stands elsewhere does not count. Raises
    ClientFault where the file cannot be read, or is no version of a page of the venue.
    """
    sources = _with_client_clauses(venue, read_yaml(root_of(venue) / "specs" / venue / "sources.yaml"))
    known, found = page_changes(sources, read_page(page))
    against, others = [], []
    for change in found:
        clauses = tuple(clause for clause in change.clauses if clause in certified)
        if clauses and change.kind != "moved":
            against.append(replace(change, clauses=clauses))
        else:
            others.append(change)
    return known.id, against, others


def _with_client_clauses(venue: str, sources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The sentences of the venue's pages, with what clients are held to beside what the venue is held to."""
    if not (root_of(venue) / "specs" / venue / FILE).is_file():
        return list(sources)
    by_locator: dict[str, list[str]] = {}
    for clause in load_client_catalogue(venue).values():
        for locator in _locators(clause.sources, [str(source["locator"]) for source in sources]):
            by_locator.setdefault(locator, []).append(clause.id)
    return [{**each, "clauses": [*each["clauses"], *by_locator.get(each["locator"], ())]} for each in sources]


def _locators(cited: Iterable[Source], known: Sequence[str]) -> set[str]:
    """The locators of the sentences that a clause cites: a section is named in words there, and by a path here."""
    found = set()
    for source in cited:
        section = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", source.section)  # notCancelled is not-cancelled in a path
        words = set(re.findall(r"[a-z]+", section.lower())) - _UNSAID
        page = source.page.id if source.page else ""
        fitting = [
            locator
            for locator in known
            if locator.startswith(f"{page}/") and words <= set(re.findall(r"[a-z]+", locator.removeprefix(page)))
        ]
        for number in source.sentences:
            numbered = [locator for locator in fitting if locator.rpartition("/")[2] == str(number)]
            # The section itself, before the notes and examples in it.
            found |= {min(numbered, key=len)} if numbered else set()
    return found
