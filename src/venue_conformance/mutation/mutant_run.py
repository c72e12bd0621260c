"""A mutant run: some checks of a venue against one mutant, or another reference of it, and what came of them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.report.finalizing import finalize
from venue_conformance.report.records import CheckRecord, ObservationRecord
from venue_conformance.report.verdicts import Judgement, judge

Kind = Literal["reference", "mutant", "variant"]


@dataclass(frozen=True)
class MutantRun:
    """Which reference is tried, and by which checks, in order.

    ``name`` is the mutant's or the variant's, empty for the conforming reference. ``clauses`` are those that the run
    is about. With ``until_violated`` no further check starts once the first of them is violated. ``store`` is where
    the reference keeps its orders, at a venue that leaves that open; None is its own choice.
    """

    kind: Kind
    name: str
    clauses: tuple[str, ...]
    checks: tuple[str, ...]
    until_violated: bool = False
    seed: int | None = None
    store: str | None = None


@dataclass(frozen=True)
class MutantRunOutcome:
    """What a mutant run's checks noted down, and the seconds it took, start and stop of the server included.

    ``undeclared`` are the checks that asked the conforming reference for more than the manifest says that they need.
    """

    mutant_run: MutantRun
    records: tuple[CheckRecord, ...]
    observations: tuple[ObservationRecord, ...]
    seconds: float
    undeclared: tuple[str, ...] = ()

    @property
    def judgements(self) -> dict[str, Judgement]:
        """The verdict on each clause of the venue that a check of this mutant run judges, and on those it is about."""
        named = {clause for record in self.records for clause in record.clauses} | set(self.mutant_run.clauses)
        return judgements(named, self.records, self.observations)

    @property
    def violated(self) -> list[str]:
        """The clauses that are violated, in the order of the catalogue."""
        return [clause for clause, judgement in self.judgements.items() if judgement.verdict == "violates"]

    @property
    def broken_checks(self) -> list[CheckRecord]:
        """The checks that ended in an error, which is nobody's fault but the suite's."""
        return [record for record in self.finalized if record.outcome == "error"]

    @property
    def finalized(self) -> list[CheckRecord]:
        """The records as the end of the mutant run leaves them."""
        return _finalized(self.records)


@dataclass(frozen=True)
class WorkerFailed:
    """A worker that could not go on, and what it said."""

    complaint: str


def judgements(
    clauses: Iterable[str], records: Iterable[CheckRecord], observations: Iterable[ObservationRecord] = ()
) -> dict[str, Judgement]:
    """The verdicts on some clauses of one venue, by clause, exactly as a run would give them."""
    wanted = set(clauses)
    venue = next(iter(wanted)).split(".")[0]
    chosen = [clause for clause in catalogue_of(venue).values() if clause.id in wanted]
    return {each.clause.id: each for each in judge(chosen, _finalized(records), observations)}


def _finalized(records: Iterable[CheckRecord]) -> list[CheckRecord]:
    # A reference has no credentials or clock that could be at fault.
    return finalize(records, accepted=True)
