"""What a check has found broken, clause by clause, and which clauses it has held an answer against."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from venue_conformance.contract.fingerprints import fingerprint
from venue_conformance.errors import Violation
from venue_conformance.wire.recorder import Step

_MET = "met in "


@dataclass(frozen=True)
class Draw:
    """What one round of an exploration draws from: a seed (None: as in every run), and how many examples of it."""

    seed: int | None
    examples: int


@dataclass(frozen=True)
class Breach:
    """A clause that was found broken: the breach with the fewest steps, these steps, and how often it was met.

    Of an exploration ``times`` are the examples in which it was met, and ``seen_at`` is the number of the first one.
    ``kinds`` are those of all breaches of the clause, in the order in which they were met, and ``drawn`` is what the
    first of them was drawn from.
    """

    violation: Violation
    steps: list[Step]
    times: int = 1
    seen_at: int = 0
    kinds: tuple[str, ...] = ()
    drawn: Draw | None = None


@dataclass
class Breaches:
    """What a check has found broken so far, by clause; it goes on for the others.

    An exploration counts its ``examples`` here. ``exercised`` are the clauses that an answer, or what an order read as,
    was held against in an exploration: nothing is known of any other from the fact that it was not broken. None for a
    check that judges all of its own. ``accepted`` are the fingerprints, by clause, of breaches that a baseline accepts:
    nothing more is to be found out about them, and they are noted like any other. ``sought`` is what to draw from, by
    clause, where such a breach was not met, and ``unsought`` are the clauses for which there was no time for that.
    """

    found: dict[str, Breach] = field(default_factory=dict)
    exercised: set[str] | None = None
    examples: int = 0
    accepted: Mapping[str, frozenset[str]] = field(default_factory=dict)
    sought: Mapping[str, Sequence[Draw]] = field(default_factory=dict)
    unsought: set[str] = field(default_factory=set)
    drawing: Draw | None = None
    _met: set[str] = field(default_factory=set)

    def knows(self, clause: str | None) -> bool:
        """Whether a breach of this clause has been noted."""
        return clause in self.found

    @property
    def are_accepted(self) -> bool:
        """Whether there are any, and a baseline accepts all of them."""
        found = [(clause, kind) for clause, breach in self.found.items() for kind in breach.kinds]
        return bool(found) and all(self.accepts(clause, kind) for clause, kind in found)

    def accepts(self, clause: str | None, kind: str) -> bool:
        """Whether a baseline accepts such a breach."""
        return clause is not None and fingerprint(clause, kind) in self.accepted.get(clause, ())

    def expects(self, violation: Violation) -> bool:
        """Whether nothing more is to be found out about such a breach: it is accepted, or another one was noted.

        Of a clause that is accepted, another kind of breach is news until one of these has been noted, too.
        """
        known = self.found.get(violation.clause or "")
        if known is None:
            return self.accepts(violation.clause, violation.kind)
        return self.accepts(violation.clause, violation.kind) or not all(
            self.accepts(violation.clause, kind) for kind in known.kinds
        )

    def missed(self) -> dict[str, Sequence[Draw]]:
        """What to draw from once more, by clause: where an accepted breach was met earlier, and not by now."""
        return {clause: draws for clause, draws in self.sought.items() if clause not in self.found}

    def exercising(self) -> set[str]:
        """Where an exploration notes the clauses that it judges."""
        if self.exercised is None:
            self.exercised = set()
        return self.exercised

    def begin_example(self) -> None:
        """Count another example."""
        self.examples += 1
        self._met.clear()

    def drop_example(self) -> None:
        """Count the example that runs no longer, unless it has shown something."""
        if not self._met:
            self.examples -= 1

    def add(self, violation: Violation, steps: list[Step]) -> None:
        """Note a breach under its clause. Of several, the one with the fewest steps is kept, and all are counted.

        Several in one example count as one.
        """
        clause = violation.clause
        assert clause is not None, "a breach that a check goes on after names its clause"
        if self.exercised is not None:
            self.exercised.add(clause)
        known = self.found.get(clause)
        if known is None:
            kinds = (violation.kind,)
            self.found[clause] = Breach(violation, steps, seen_at=self.examples, kinds=kinds, drawn=self.drawing)
        else:
            known = replace(known, kinds=tuple(dict.fromkeys((*known.kinds, violation.kind))))
            if self._tells_more(violation, steps, known):
                known = replace(known, violation=violation, steps=steps)
            again = self.examples > 0 and clause in self._met
            self.found[clause] = known if again else replace(known, times=known.times + 1)
        self._met.add(clause)

    def simplify(self, violation: Violation, steps: list[Step]) -> None:
        """Let a breach that is known be shown by this one, which was made smaller on purpose, unless it is longer."""
        assert violation.clause is not None, "what is made smaller has been noted"
        known = self.found[violation.clause]
        if len(steps) <= len(known.steps) and (self._is_accepted(known.violation) or not self._is_accepted(violation)):
            self.found[violation.clause] = replace(known, violation=violation, steps=steps)

    def _tells_more(self, violation: Violation, steps: list[Step], known: Breach) -> bool:
        """Whether a breach is to be shown in the place of the one that is: as news, else as the shorter one."""
        if self._is_accepted(violation) != self._is_accepted(known.violation):
            return self._is_accepted(known.violation)
        return len(steps) < len(known.steps)

    def _is_accepted(self, violation: Violation) -> bool:
        return self.accepts(violation.clause, violation.kind)

    def conclude(self) -> None:
        """Say with each breach in how many examples it was met, and how many came after the first of these."""
        for breach in self.found.values():
            if not breach.seen_at:
                continue
            text = (
                f"{_MET}{breach.times} of {self.examples} examples; "
                f"{self.examples - breach.seen_at} of the {self.examples} were tried after it was first seen"
            )
            notes = [note for note in getattr(breach.violation, "__notes__", []) if not note.startswith(_MET)]
            breach.violation.__notes__ = [*notes, text]
