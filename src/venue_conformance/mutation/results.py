"""What is tried on the mutants and on the permitted variants of a reference venue, and what each result means."""

from __future__ import annotations

import inspect
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from venue_conformance import reference
from venue_conformance.contract.manifest import manifest_of
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome
from venue_conformance.mutation.worker_pool import WorkerPool
from venue_conformance.preflight.collecting import CollectedCheck, collect
from venue_conformance.report.records import CheckRecord
from venue_conformance.report.verdicts import failure_text


@dataclass(frozen=True)
class MutantResult:
    """One mutant or variant after its run.

    ``clauses`` are the clause that a mutant breaks, or those whose freedom a variant uses. ``by`` are the checks that
    found a clause of these violated, ``others_accused`` further clauses found violated. ``reason`` says why a mutant
    survived, or of what a variant was accused.
    """

    name: str
    docstring: str
    clauses: tuple[str, ...]
    verdict: str
    by: list[str]
    others_accused: list[str]
    seconds: float
    as_it_should_be: bool
    reason: str | None = None


@dataclass
class VenueResult:
    """The mutants, or the variants, of one venue. ``suite_faults`` say which checks cannot be relied on, and why."""

    venue: str
    kind: Literal["mutant", "variant"]
    results: list[MutantResult] = field(default_factory=list)
    suite_faults: list[str] = field(default_factory=list)

    @property
    def clauses_without_a_kill(self) -> list[str]:
        """The clauses of which not one mutant was killed."""
        killed = {each.clauses[0] for each in self.results if each.as_it_should_be}
        return sorted({each.clauses[0] for each in self.results} - killed)

    def to_dict(self) -> dict[str, Any]:
        """The result for JSON."""
        return {
            "venue": self.venue,
            f"{self.kind}s": [self._to_values(each) for each in self.results],
            "suite_faults": self.suite_faults,
        }

    def with_second_try(self, again: VenueResult) -> VenueResult:
        """The result, with what a second try says of those members that had one."""
        retried = {each.name: each for each in again.results}
        results = [retried.get(each.name, each) for each in self.results]
        return VenueResult(self.venue, self.kind, results, [*self.suite_faults, *again.suite_faults])

    def _to_values(self, each: MutantResult) -> dict[str, Any]:
        values: dict[str, Any] = {self.kind: each.name, "docstring": each.docstring}
        if self.kind == "mutant":
            values |= {"caught_by": each.clauses[0], "killed": each.as_it_should_be}
        else:
            values |= {"concerns": list(each.clauses), "clean": each.as_it_should_be}
        return values | {
            "verdict": each.verdict,
            "by": each.by,
            "reason": each.reason,
            "others_accused": each.others_accused,
            "seconds": round(each.seconds, 3),
        }


def try_mutants(
    venue: str, names: Sequence[str] = (), *, all_checks: bool, jobs: int, by: str | None = None
) -> VenueResult:
    """Try every mutant by the checks of its clause, once the conforming reference has passed the very same checks.

    A mutant is killed when its clause is violated; whatever other clauses say of it does not count. ``all_checks``
    runs the whole suite against each to learn these too. ``names`` are those to be tried, all when empty. ``by`` keeps
    only the ``required`` checks, or those of the ``smoke`` profile; mutants of clauses without any are left out.
    Raises SuiteFault when the checks cannot be run at all, UnknownName for a mutant that does not exist.
    """
    result, implementations = VenueResult(venue, "mutant"), reference.load(venue)
    by_clause: dict[str, list[str]] = {}
    for name in names or implementations.mutants:
        implementations.find(mutant=name)
        by_clause.setdefault(implementations.clauses_of(name)[0], []).append(name)
    with WorkerPool(venue, jobs) as pool:
        suite = {check.id: check for check in collect(venue) if "nightly" not in check.markers and _is_by(check, by)}
        measured = {each.id: each.measured.seconds for each in manifest_of(venue).values() if each.measured}
        checks = _by_clause(suite.values())
        by_clause = {clause: mutants for clause, mutants in by_clause.items() if by is None or clause in checks}
        for mutant_run in _reference_runs(suite, by_clause, all_checks=all_checks):
            pool.submit(mutant_run, seconds=_sum(measured, mutant_run.checks))
        waiting = {clause: set(checks.get(clause, ())) for clause in by_clause}
        seconds: dict[str, float] = {}
        _submit_ready(pool, waiting, by_clause, suite, seconds, all_checks=all_checks)
        for outcome in pool.outcomes():
            if outcome.mutant_run.kind == "mutant":
                result.results.append(_mutant_result(outcome, implementations))
                continue
            result.suite_faults += _not_passed(outcome)
            seconds |= {record.id: record.duration_seconds for record in outcome.records}
            for left in waiting.values():
                left.difference_update(outcome.mutant_run.checks)
            _submit_ready(pool, waiting, by_clause, suite, seconds, all_checks=all_checks)
    return _sorted(result, implementations.mutants)


def _is_by(check: CollectedCheck, by: str | None) -> bool:
    return by is None or (check.required if by == "required" else "smoke" in check.markers)


def _reference_runs(
    suite: Mapping[str, CollectedCheck], wanted: Collection[str], *, all_checks: bool
) -> Iterator[MutantRun]:
    """The conforming reference before every check that will be used, each once.

    A check of several clauses explores, and is a mutant run of its own.
    """
    groups: dict[str, list[str]] = {}
    for check in suite.values():
        if all_checks or set(wanted) & set(check.clauses):
            groups.setdefault(check.id if len(check.clauses) > 1 else check.clauses[0], []).append(check.id)
    for group in groups.values():
        yield MutantRun("reference", "", suite[group[0]].clauses, _in_order(group, suite, {}))


def _submit_ready(
    pool: WorkerPool,
    waiting: dict[str, set[str]],
    by_clause: Mapping[str, list[str]],
    suite: Mapping[str, CollectedCheck],
    seconds: Mapping[str, float],
    *,
    all_checks: bool,
) -> None:
    """Have those mutants tried whose clause's checks the reference has been through."""
    for clause in [clause for clause, left in waiting.items() if not left]:
        del waiting[clause]
        of_clause = [check.id for check in suite.values() if clause in check.clauses]
        order = _in_order(suite, suite, {}) if all_checks else _in_order(of_clause, suite, seconds)
        for name in by_clause[clause]:
            mutant_run = MutantRun("mutant", name, (clause,), order, until_violated=not all_checks)
            pool.submit(mutant_run, seconds=_sum(seconds, order))


def _sum(seconds: Mapping[str, float], checks: Iterable[str]) -> float:
    return sum(seconds.get(check, 0.0) for check in checks)


def try_variants(venue: str, names: Sequence[str] = (), *, all_checks: bool, jobs: int) -> VenueResult:
    """Try every permitted variant by the checks that it concerns and those of the smoke profile, or by all of them.

    A variant is as it should be when no clause at all is violated. ``names`` and what it raises: see ``try_mutants``.
    """
    result, implementations = VenueResult(venue, "variant"), reference.load(venue)
    for name in names:
        implementations.find(variant=name)
    with WorkerPool(venue, jobs) as pool:
        suite = {check.id: check for check in collect(venue) if "nightly" not in check.markers}
        for name in names or implementations.variants:
            concerned = set(implementations.clauses_of(name))
            chosen = [
                check.id
                for check in suite.values()
                if all_checks or "smoke" in check.markers or concerned & set(check.clauses)
            ]
            pool.submit(MutantRun("variant", name, implementations.clauses_of(name), _in_order(chosen, suite, {})))
        for outcome in pool.outcomes():
            result.results.append(_variant_result(outcome, implementations))
            where = f"variant {outcome.mutant_run.name}"
            result.suite_faults += [f"{where}: {each.id}: {each.reason}" for each in outcome.broken_checks]
    return _sorted(result, implementations.variants)


def _by_clause(checks: Iterable[CollectedCheck]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for check in checks:
        for clause in check.clauses:
            found.setdefault(clause, []).append(check.id)
    return found


def _in_order(
    checks: Iterable[str], suite: Mapping[str, CollectedCheck], seconds: Mapping[str, float]
) -> tuple[str, ...]:
    """Cheap checks first; those that age the whole target last, as in any run."""
    return tuple(sorted(checks, key=lambda check: ("last" in suite[check].markers, seconds.get(check, 0.0))))


def _not_passed(outcome: MutantRunOutcome) -> list[str]:
    return [
        f"the conforming reference: {record.id}: {record.outcome}: {_why(record)}"
        for record in outcome.finalized
        if record.outcome != "passed"
    ] + [f"the manifest does not say that {each}; write it anew" for each in outcome.undeclared]


def _why(record: CheckRecord) -> str:
    return failure_text(record) if record.outcome == "failed" else record.reason or "no reason given"


def _mutant_result(outcome: MutantRunOutcome, implementations: reference.ReferenceVenue) -> MutantResult:
    name, (clause,) = outcome.mutant_run.name, outcome.mutant_run.clauses
    judgement = outcome.judgements[clause]
    killed = judgement.verdict == "violates"
    return MutantResult(
        name,
        inspect.getdoc(implementations.mutants[name]) or "",
        (clause,),
        judgement.verdict,
        by=_accusers(outcome, clause),
        others_accused=[each for each in outcome.violated if each != clause],
        seconds=outcome.seconds,
        as_it_should_be=killed,
        reason=None if killed else judgement.reason,
    )


def _variant_result(outcome: MutantRunOutcome, implementations: reference.ReferenceVenue) -> MutantResult:
    name, violated = outcome.mutant_run.name, outcome.violated
    said = [f"{each}: {outcome.judgements[each].reason}" for each in violated]
    return MutantResult(
        name,
        inspect.getdoc(implementations.variants[name]) or "",
        outcome.mutant_run.clauses,
        "violates" if violated else "conforms",
        by=[check for clause in violated for check in _accusers(outcome, clause)],
        others_accused=[each for each in violated if each not in outcome.mutant_run.clauses],
        seconds=outcome.seconds,
        as_it_should_be=not violated,
        reason="; ".join(said) or None,
    )


def _accusers(outcome: MutantRunOutcome, clause: str) -> list[str]:
    return [record.id for record in outcome.finalized if record.outcome == "failed" and clause in record.broken]


def _sorted(result: VenueResult, names: Iterable[str]) -> VenueResult:
    position = {name: number for number, name in enumerate(names)}
    result.results.sort(key=lambda each: position[each.name])
    result.suite_faults = list(dict.fromkeys(result.suite_faults))
    return result
