"""Holds what came against clauses, one after the other: which were judged, and which broke."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from venue_conformance.client.wording import as_json
from venue_conformance.errors import UNNAMED, Violation


def _raise(violation: Violation) -> None:
    raise violation


@dataclass
class Assessment:
    """Where an oracle or a model tells what it finds.

    ``report`` is handed each breach. By default it raises it, so that the first one ends whatever judges; one that
    returns lets it go on with the rest of the same answer. ``exercised`` takes up each clause that was judged.
    """

    report: Callable[[Violation], None] = _raise
    exercised: set[str] = field(default_factory=set)

    def expect(self, holds: bool, expected: str, actual: object, clause: str, *, kind: str = UNNAMED) -> bool:
        """Judge one clause; hands back whether it holds. ``actual`` is text, a value of a response, or an answer.

        ``kind`` is that of the Violation, if it does not hold.
        """
        self.exercised.add(clause)
        if not holds:
            self.report(Violation(expected, as_json(actual), clause, kind=kind))
        return holds
