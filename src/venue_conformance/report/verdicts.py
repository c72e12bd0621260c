"""From the outcomes of checks to the verdict on each clause. Everything here is a pure function.

A clause ``violates`` if any check found it broken. Else it is ``inconclusive`` if a required check of it is, or if an
exploration of it was ended by one request that failed every time; else ``not-tested`` if a required check of it did
not run to its end; else it ``conforms``. What deepens and ended early leaves the verdict, and is counted beside it.
Clauses that the documentation leaves open are ``observed``, clauses with a written exclusion stay ``excluded``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, get_args

from venue_conformance.contract.clauses import Clause
from venue_conformance.errors import CAUSES, Cause
from venue_conformance.report.records import CheckRecord, ObservationRecord, PlannedCheck

Verdict = Literal["violates", "inconclusive", "not-tested", "conforms", "excluded", "observed", "not-exercised"]
#: Those of a venue's clauses. What only a client can be: not exercised, where what a clause is about never came about.
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)[:-1]
NOT_EXERCISED: Verdict = "not-exercised"

#: How many reasons a note beside a verdict has room for.
_REASONS = 3


@dataclass(frozen=True)
class Judgement:
    """The verdict on one clause, and what it rests on.

    ``reason`` says why it is no other one, ``cause`` in one word why it could not be judged, ``needs`` what would make
    it testable. ``checks`` are the ids of its checks, ``passed`` of which found it kept; ``note`` tells of the others
    where the clause conforms.
    """

    clause: Clause
    verdict: Verdict
    reason: str | None = None
    cause: Cause | None = None
    needs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    passed: int = 0
    note: str | None = None

    @property
    def selected(self) -> bool:
        """Whether the run was about this clause at all."""
        return self.cause != "not-selected"


@dataclass(frozen=True)
class _CheckResult:
    """What one check says about one of its clauses."""

    check: CheckRecord
    outcome: Literal["passed", "failed", "inconclusive", "not-tested"]
    reason: str | None = None
    cause: Cause | None = None
    needs: str | None = None

    @property
    def required(self) -> bool:
        return self.check.role == "required"


def unfinished(
    planned: Mapping[str, PlannedCheck], checks: Iterable[CheckRecord], *, ended: str, cause: Cause, unselected: str
) -> list[CheckRecord]:
    """A not-tested record for each check that left none: it was not selected, or the run ended before it.

    ``ended`` and ``cause`` say why the run did, ``unselected`` why a check was left out.
    """
    there = {check.id for check in checks}
    return [
        CheckRecord(
            each.id,
            "",
            each.clauses,
            "not-tested",
            0.0,
            role=each.role,
            explores=each.explores,
            reason=ended if each.selected else unselected,
            cause=cause if each.selected else "not-selected",
        )
        for each in planned.values()
        if each.id not in there
    ]


def judge(
    clauses: Iterable[Clause],
    checks: Iterable[CheckRecord],
    observations: Iterable[ObservationRecord] = (),
    *,
    unchecked: tuple[str, Cause] = ("no check of it was selected", "not-selected"),
) -> list[Judgement]:
    """The verdict on each clause, from finalized checks; ``unchecked`` says why a clause has none."""
    checks, seen = list(checks), {observation.clause for observation in observations}
    by_clause: dict[str, list[CheckRecord]] = {}
    for check in checks:
        for clause_id in dict.fromkeys(check.clauses):
            by_clause.setdefault(clause_id, []).append(check)
    return [_judged(clause, by_clause.get(clause.id, []), clause.id in seen, unchecked) for clause in clauses]


def breach_text(expected: str | None, actual: str | None) -> str:
    """What broke, in one sentence."""
    return f"expected {expected or 'otherwise'}, got {actual or 'something else'}"


def failure_text(check: CheckRecord) -> str:
    """What a failed check says in one sentence."""
    if check.expected is None and check.actual is None:
        return check.reason or "the check failed"
    return breach_text(check.expected, check.actual)


def _judged(clause: Clause, checks: list[CheckRecord], seen: bool, unchecked: tuple[str, Cause]) -> Judgement:
    ids = tuple(dict.fromkeys(check.id for check in checks))
    if clause.excluded is not None:
        return Judgement(clause, "excluded", clause.excluded, checks=ids)
    results = [_result_of(check, clause.id) for check in checks]
    passed = sum(finding.outcome == "passed" for finding in results)
    if broken := [finding for finding in results if finding.outcome == "failed"]:
        if clause.level == "open":
            return Judgement(clause, "observed", checks=ids, passed=passed)
        return _judgement(clause, "violates", broken, ids, passed)
    if clause.level == "open" and (seen or passed):
        return Judgement(clause, "observed", checks=ids, passed=passed)
    if not results:
        return Judgement(clause, "not-tested", unchecked[0], unchecked[1])
    return _unbroken(clause, results, ids, passed)


def _unbroken(clause: Clause, results: list[_CheckResult], ids: tuple[str, ...], passed: int) -> Judgement:
    """The verdict on a clause that no check found broken."""
    selected = [finding for finding in results if finding.cause != "not-selected"]
    required = [finding for finding in selected if finding.required]
    only_explored = not any(finding.required for finding in results)
    if not (selected if only_explored else required):
        return _judgement(clause, "not-tested", [each for each in results if each not in selected], ids, passed)
    unsure = [
        finding
        for finding in selected
        if finding.outcome == "inconclusive" and (finding.required or finding.check.same_request_fails)
    ]
    if not unsure and only_explored and not passed:
        unsure = [finding for finding in selected if finding.outcome == "inconclusive"]
    if unsure:
        return _judgement(clause, "inconclusive", unsure, ids, passed)
    missing = [finding for finding in required if finding.outcome != "passed"]
    if only_explored and not passed:
        missing = selected
    if missing:
        return _judgement(clause, "not-tested", missing, ids, passed)
    return Judgement(clause, "conforms", checks=ids, passed=passed, note=_note(results, passed))


def _note(results: Sequence[_CheckResult], passed: int) -> str | None:
    """What is not behind a verdict: "4 of 6 checks; …", None where all checks passed."""
    if passed == len(results):
        return None
    left = [finding for finding in results if finding.outcome != "passed"]
    unselected = [finding for finding in left if finding.cause == "not-selected"]
    reasons = dict.fromkeys(
        f"{'exploration' if finding.check.explores else 'deepening check'} not run to its end: {finding.reason}"
        for finding in left
        if finding.cause != "not-selected"
    )
    reported = list(reasons)[:_REASONS]
    more = [f"and {len(reasons) - _REASONS} more"] if len(reasons) > _REASONS else []
    chosen = f"{passed} of {len(results)} checks{', selected' if len(unselected) == len(left) else ''}"
    return "; ".join([chosen, *reported, *more])


def _judgement(
    clause: Clause, verdict: Verdict, results: list[_CheckResult], ids: tuple[str, ...], passed: int
) -> Judgement:
    reasons = dict.fromkeys(finding.reason for finding in results if finding.reason)
    needs = dict.fromkeys(finding.needs for finding in results if finding.needs)
    found = {finding.cause for finding in results}
    cause = next((each for each in CAUSES if each in found), None)
    return Judgement(clause, verdict, "; ".join(reasons) or None, cause, tuple(needs), ids, passed)


def _result_of(check: CheckRecord, clause_id: str) -> _CheckResult:
    match check.outcome:
        case "passed" if check.exercised is not None and clause_id not in check.exercised:
            return _CheckResult(check, "not-tested", "never exercised: no answer was held against it", "condition")
        case "passed":
            return _CheckResult(check, "passed")
        case "failed":
            return _result_of_failure(check, clause_id)
        case "inconclusive":
            return _CheckResult(
                check, "inconclusive", check.reason or "the check could not be judged", check.cause or "way"
            )
        case "error":
            reason = f"the check itself failed: {check.reason or 'no reason given'}"
            return _CheckResult(check, "not-tested", reason, "interrupted")
        case _:
            reason = check.reason or "the check did not run to its end"
            return _CheckResult(check, "not-tested", reason, check.cause or "condition", check.needs)


def _result_of_failure(check: CheckRecord, clause_id: str) -> _CheckResult:
    for breach in check.breaches:
        if breach["clause"] == clause_id:
            return _CheckResult(check, "failed", breach_text(breach["expected"], breach["actual"]))
    if clause_id in check.kept:
        return _CheckResult(check, "passed")
    reason = f"ended early because {', '.join(check.broken)} broke"
    return _CheckResult(check, "not-tested", reason, "presupposed")
