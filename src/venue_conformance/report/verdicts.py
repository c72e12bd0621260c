"""From the outcomes of checks to the verdict on each clause, and from there to the verdict on the target.

A clause ``violates`` if any of its checks failed, else it is ``inconclusive`` if any of its checks was, else
``not-tested`` if any did not run to its end, else it ``conforms``. Clauses that the documentation leaves open are
``observed``, clauses with a written exclusion stay ``excluded``. Everything here is a pure function.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_args

from venue_conformance.contract.clauses import LEVELS, Clause, Level
from venue_conformance.report.records import CheckRecord, ObservationRecord

Verdict = Literal["violates", "inconclusive", "not-tested", "conforms", "excluded", "observed"]
RunVerdict = Literal["violates", "inconclusive", "partial", "conforms"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
RUN_VERDICTS: tuple[RunVerdict, ...] = get_args(RunVerdict)

CONFORMS, VIOLATES, BAD_USAGE, NOT_FULLY_JUDGED, SUITE_FAILED, INTERRUPTED = 0, 1, 2, 3, 4, 130

_UNNAMED = "the check failed without saying which of its clauses broke"


@dataclass(frozen=True)
class Judgement:
    """The verdict on one clause, why, what would make it testable, and the ids of the checks it rests on."""

    clause: Clause
    verdict: Verdict
    reason: str | None = None
    needs: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Finding:
    """What one check says about one of its clauses."""

    outcome: Literal["passed", "failed", "inconclusive", "not-tested"]
    reason: str | None = None
    needs: str | None = None


def unfinished(planned: Mapping[str, Sequence[str]], checks: Iterable[CheckRecord]) -> list[CheckRecord]:
    """A not-tested record for each planned check (its clauses by its id) that left none before the run ended."""
    ended = {check.id for check in checks}
    return [
        CheckRecord(check, "", list(clauses), "not-tested", 0.0, reason="left out, or the run ended first")
        for check, clauses in planned.items()
        if check not in ended
    ]


def settle(checks: Iterable[CheckRecord]) -> list[CheckRecord]:
    """Decide what only the end of a run tells.

    A right request that was refused under the target file's own credentials is a violation when any right request of
    the run was accepted, and inconclusive otherwise; so is then whatever else met with nothing but 401 and 403, because
    it says no more. A failure among several clauses that names none of them is an error of the suite, because nobody
    may be blamed for it.
    """
    checks = list(checks)
    if any(check.accepted for check in checks):
        return [_settled(check) for check in checks]
    refused = next((check for check in checks if _refused(check)), None)
    if refused is None:
        return [_settled(check) for check in checks]
    return [_unknown(check, check if _refused(check) else refused) for check in checks]


def judge(
    clauses: Iterable[Clause],
    checks: Iterable[CheckRecord],
    observations: Iterable[ObservationRecord] = (),
    *,
    unchecked: str = "no check of it ran",
) -> list[Judgement]:
    """The verdict on each clause, from settled checks; ``unchecked`` is the reason where a clause has no check."""
    checks, seen = list(checks), {observation.clause for observation in observations}
    by_clause: dict[str, list[CheckRecord]] = {}
    for check in checks:
        for clause_id in dict.fromkeys(check.clauses):
            by_clause.setdefault(clause_id, []).append(check)
    return [_judged(clause, by_clause.get(clause.id, []), clause.id in seen, unchecked) for clause in clauses]


def run_verdict(judgements: Iterable[Judgement], *, strict: bool = False) -> RunVerdict:
    """The verdict on the target: over must clauses, with ``strict`` over should clauses too.

    Excluded clauses do not count. A scope without a must clause is judged by its should clauses, one without these by
    its open ones; where nothing was left to be judged the run is partial.
    """
    by_level: dict[Level, set[Verdict]] = {level: set() for level in LEVELS}
    for judgement in judgements:
        if judgement.verdict != "excluded":
            by_level[judgement.clause.level].add(judgement.verdict)
    if strict:
        found = by_level["must"] | by_level["should"] or by_level["open"]
    else:
        found = by_level["must"] or by_level["should"] or by_level["open"]
    if "violates" in found:
        return "violates"
    if "inconclusive" in found:
        return "inconclusive"
    return "partial" if "not-tested" in found or not found else "conforms"


def exit_status(
    verdict: RunVerdict,
    allow_untested: bool = False,
    interrupted: bool = False,
    suite_errors: bool | int | Sequence[str] = False,
) -> int:
    """The exit status of the command.

    An interruption (130) outweighs a fault of the suite (4), and that outweighs any verdict: 0 conforms, 1 violates,
    3 not fully judged, where ``allow_untested`` turns partial, but not inconclusive, into 0.
    """
    if interrupted:
        return INTERRUPTED
    if suite_errors:
        return SUITE_FAILED
    match verdict:
        case "violates":
            return VIOLATES
        case "conforms":
            return CONFORMS
        case "partial" if allow_untested:
            return CONFORMS
        case _:
            return NOT_FULLY_JUDGED


def status_of(document: Mapping[str, Any], *, allow_untested: bool = False) -> int:
    """The exit status that a report calls for; a check that ended in an error is a fault of the suite."""
    run = document["run"]
    broken = any(check["outcome"] == "error" for check in document["checks"])
    return exit_status(run["verdict"], allow_untested, run["interrupted"], bool(run["errors"]) or broken)


def failure_text(check: CheckRecord) -> str:
    """What a failed check says in one sentence."""
    if check.expected is None and check.actual is None:
        return check.reason or "the check failed"
    return f"expected {check.expected or 'otherwise'}, got {check.actual or 'something else'}"


def _refused(check: CheckRecord) -> bool:
    return check.credentials_refused and check.outcome not in ("passed", "error")


def _settled(check: CheckRecord) -> CheckRecord:
    if _refused(check):
        return replace(
            check,
            outcome="failed",
            broken=check.broken if check.broken in check.clauses else next(iter(check.clauses), None),
            expected=check.expected or "a right request to be accepted, as others of this run were",
            actual=check.actual or _refusal(check),
        )
    named = check.broken in check.clauses or len(set(check.clauses)) == 1
    if check.outcome == "failed" and not named:
        blame = f"{_UNNAMED} ({failure_text(check)})"
        return replace(check, outcome="error", broken=None, reason=blame)
    return check


def _unknown(check: CheckRecord, refused: CheckRecord) -> CheckRecord:
    """The record of a check in a run whose right requests were all refused, one of them in ``refused``."""
    if not _refused(check) and not (check.outcome == "failed" and check.shut_out):
        return _settled(check)
    reason = f"credentials, clock or signing: {_refusal(refused)}{_clock(refused.clock_difference)}"
    return replace(check, outcome="inconclusive", broken=None, reason=reason)


def _refusal(check: CheckRecord) -> str:
    return check.reason or check.actual or "a right request was refused"


def _clock(difference: float | None) -> str:
    if difference is None:
        return "; the target told no time"
    if abs(difference) < 1.5:  # a Date header is in whole seconds
        return "; the clocks agree"
    direction = "ahead of" if difference > 0 else "behind"
    return f"; the target's clock is {abs(difference):.0f} s {direction} this machine's"


def _judged(clause: Clause, checks: list[CheckRecord], seen: bool, unchecked: str) -> Judgement:
    ids = tuple(dict.fromkeys(check.id for check in checks))
    if clause.excluded is not None:
        return Judgement(clause, "excluded", clause.excluded, (), ids)
    findings = [_finding(check, clause.id) for check in checks]
    if clause.level == "open":
        if seen or any(finding.outcome in ("passed", "failed") for finding in findings):
            return Judgement(clause, "observed", None, (), ids)
        return _told(clause, "not-tested", findings or [_Finding("not-tested", unchecked)], ids)
    if not findings:
        return Judgement(clause, "not-tested", unchecked)
    verdicts: tuple[tuple[str, Verdict], ...] = (
        ("failed", "violates"),
        ("inconclusive", "inconclusive"),
        ("not-tested", "not-tested"),
    )
    for outcome, verdict in verdicts:
        if decisive := [finding for finding in findings if finding.outcome == outcome]:
            return _told(clause, verdict, decisive, ids)
    return Judgement(clause, "conforms", None, (), ids)


def _told(clause: Clause, verdict: Verdict, findings: list[_Finding], ids: tuple[str, ...]) -> Judgement:
    reasons = dict.fromkeys(finding.reason for finding in findings if finding.reason)
    needs = dict.fromkeys(finding.needs for finding in findings if finding.needs)
    return Judgement(clause, verdict, "; ".join(reasons) or None, tuple(needs), ids)


def _finding(check: CheckRecord, clause_id: str) -> _Finding:
    match check.outcome:
        case "passed":
            return _Finding("passed")
        case "failed" if check.broken == clause_id or len(set(check.clauses)) == 1:
            return _Finding("failed", failure_text(check))
        case "failed" if clause_id in check.upheld:
            return _Finding("passed")
        case "failed":
            return _Finding("not-tested", f"ended early because {check.broken} broke")
        case "inconclusive":
            return _Finding("inconclusive", check.reason or "the check could not be judged")
        case "error":
            return _Finding("not-tested", f"the check itself failed: {check.reason or 'no reason given'}")
        case _:
            return _Finding("not-tested", check.reason or "the check did not run to its end", check.needs)
