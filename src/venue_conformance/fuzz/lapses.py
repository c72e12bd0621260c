"""Breaches that do not end a check: those of clauses that count for less than others that it judges."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from venue_conformance.errors import Violation
from venue_conformance.wire.recorder import Step


@dataclass(frozen=True)
class Lapse:
    """A breach that was noted, and the steps that show it."""

    violation: Violation
    steps: list[Step]


@dataclass
class Lapses:
    """What a check notes of its ``minor`` clauses while it goes on to judge the others.

    A venue that keeps every promise of its contract page may treat its other documentation freely. Where a check that
    judges both ended at the first such breach, nothing would be known of the promises.
    """

    minor: Collection[str] = ()
    found: dict[str, Lapse] = field(default_factory=dict)

    def note(self, error: Exception, steps: list[Step]) -> bool:
        """Keep a breach of a minor clause, of several the shortest; False for anything else, which ends the check."""
        clause = error.clause if isinstance(error, Violation) else None
        if not isinstance(error, Violation) or clause is None or clause not in self.minor:
            return False
        known = self.found.get(clause)
        if known is None or len(steps) < len(known.steps):
            self.found[clause] = Lapse(error, steps)
        return True

    def first_that_counts(self, violations: Iterable[Violation]) -> Violation | None:
        """Of what is wrong with one answer: the first that is not minor, else the first; None when nothing is."""
        first: Violation | None = None
        for violation in violations:
            if violation.clause not in self.minor:
                return violation
            first = first or violation
        return first
