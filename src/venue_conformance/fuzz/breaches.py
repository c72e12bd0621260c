"""Breaches that do not end a check: it notes each under its clause, goes on, and reports them all at its end."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from venue_conformance.errors import Violation
from venue_conformance.wire.recorder import Step


@dataclass(frozen=True)
class Breach:
    """A clause that was found broken: the breach with the fewest steps, these steps, and how often it was met."""

    violation: Violation
    steps: list[Step]
    times: int = 1


@dataclass
class Breaches:
    """What a check has found broken so far, by clause.

    A venue that keeps every promise of its contract page may treat its other documentation freely. Where a check that
    judges both ended at the first such breach, nothing would be known of the promises: so it goes on for those of its
    clauses that are ``minor``.
    """

    minor: Collection[str] = ()
    found: dict[str, Breach] = field(default_factory=dict)
    #: In an exploration, the clauses that an answer was held against; None for a check that judges all of its own.
    exercised: set[str] | None = None

    def knows(self, clause: str | None) -> bool:
        """Whether a breach of this clause has been noted."""
        return clause in self.found

    def add(self, violation: Violation, steps: list[Step]) -> None:
        """Note a breach under its clause; of several, the one with the fewest steps is kept, and all are counted."""
        assert violation.clause is not None, "a breach that a check goes on after names its clause"
        known = self.found.get(violation.clause)
        if known is None:
            self.found[violation.clause] = Breach(violation, steps)
        elif len(steps) < len(known.steps):
            self.found[violation.clause] = Breach(violation, steps, known.times + 1)
        else:
            self.found[violation.clause] = Breach(known.violation, known.steps, known.times + 1)

    def note(self, error: Exception, steps: list[Step]) -> bool:
        """Note a breach of a minor clause; False for anything else, which ends the check."""
        if not isinstance(error, Violation) or error.clause is None or error.clause not in self.minor:
            return False
        self.add(error, steps)
        return True

    def first_that_counts(self, violations: Iterable[Violation]) -> Violation | None:
        """Of what is wrong with one answer: the first that is not minor, else the first; None when nothing is."""
        first: Violation | None = None
        for violation in violations:
            if violation.clause not in self.minor:
                return violation
            first = first or violation
        return first
