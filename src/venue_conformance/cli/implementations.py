"""The mutants and permitted variants of a venue, each with its clauses and what it says of itself in one line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from venue_conformance import reference
from venue_conformance.cli.output import print_json
from venue_conformance.errors import ClientFault
from venue_conformance.report.console import Color, open_console, print_rows


@dataclass(frozen=True)
class Implementation:
    """A mutant, with the clause that it breaks, or a permitted variant, with those whose freedom it uses."""

    venue: str
    kind: str
    name: str
    clauses: tuple[str, ...]
    line: str

    def to_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "venue": self.venue,
            "kind": self.kind,
            "name": self.name,
            "clauses": list(self.clauses),
            "summary": self.line,
        }


def implementations(venue: str) -> Iterator[Implementation]:
    """All of a venue: its mutants, then its permitted variants. Raises ClientFault for an unknown venue."""
    try:
        described = reference.load(venue)
    except reference.UnknownName as unknown:
        raise ClientFault(str(unknown)) from unknown
    for kind, members in (("mutant", described.mutants), ("variant", described.variants)):
        for name, member in members.items():
            line = (inspect.getdoc(member) or "").partition("\n")[0]
            yield Implementation(venue, kind, name, described.clauses_of(member), line)


def print_implementations(venues: list[str], *, as_json: bool, color: Color = "auto", kind: str = "") -> None:
    """Print them: name, clause and what is wrong with it; of one ``kind`` alone where that is given."""
    found = [each for venue in venues for each in implementations(venue) if kind in ("", each.kind)]
    if as_json:
        print_json([each.to_dict() for each in found])
        return
    rows = [[each.kind, each.name, ", ".join(each.clauses), each.line] for each in found]
    print_rows(open_console(color=color), ("kind", "name", "clause", "what it does"), rows)
