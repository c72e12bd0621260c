"""What only the end of a run tells: whether anything was let in at all, and how often the target failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace

from venue_conformance.report.records import BreachRecord, CheckRecord, ExchangeRecord
from venue_conformance.report.text import counted
from venue_conformance.report.verdicts import failure_text

#: The check that stands for the whole run.
SERVER_ERRORS = "run::server-errors"
#: Passing failures of gateways: a few of them are told, many break the clause.
_PASSING = frozenset({502, 503, 504})
_MANY, _SHARE = 20, 0.05

_UNNAMED = "the check failed without saying which of its clauses broke"
_NOTHING_ACCEPTED = "no valid request of the run was accepted"


def finalize(checks: Iterable[CheckRecord], *, accepted: bool = False) -> list[CheckRecord]:
    """Decide what only the end of a run tells; ``accepted`` says that the probe's request was.

    Where no valid request of the run was accepted, a refusal says nothing, so that nothing passes. A failure then
    counts only when the target itself made the account and tells requests apart, in JSON. A valid request that was
    refused under the target file's own credentials is a violation when others were accepted, else inconclusive. A
    failure among several clauses that names none of them is an error of the suite, because nobody may be blamed.
    """
    checks = list(checks)
    if accepted or any(check.accepted for check in checks):
        return [_finalized(check) for check in checks]
    sent = [check for check in checks if check.exchanges]
    one_status = len({status for check in sent for status in check.statuses}) <= 1
    refused = next((check for check in checks if _refused(check)), None)
    return [_doubtful(check, refused, one_status) if check.exchanges else _finalized(check) for check in checks]


def server_errors(
    venue: str, checks: Iterable[CheckRecord], exchanges: Mapping[int, ExchangeRecord], requests: int
) -> CheckRecord | None:
    """The check over the whole run: how often valid requests that provoked nothing got a 5xx; None where none did.

    One 5xx other than 502 to 504 breaks the clause, though every check passed when it was repeated; 502 to 504 break
    it when they are more than 20 and more than 5 % of all requests. What a check itself has found to break it is not
    counted once more. Fewer are no breach, and no proof of the contrary where a check met them in every try.
    """
    clause = f"{venue}.robustness.no-server-error"
    told = [check for check in checks if clause not in check.broken]
    found = [exchanges[number] for check in told for number in check.server_errors if number in exchanges]
    if not found:
        return None
    failed = [each for each in found if each.status not in _PASSING]
    passing = [each for each in found if each.status in _PASSING]
    too_many = len(passing) > _MANY and len(passing) > _SHARE * requests
    reported = ", ".join(f"{status} ×{number}" for status, number in Counter(each.status for each in found).items())
    numbers = [each.id for each in found]
    spoilt = sum(bool(check.server_errors) and check.outcome == "inconclusive" for check in told)
    end = f"{counted(spoilt, 'check')} could not be judged for them" if spoilt else "passed when repeated"
    record = CheckRecord(
        SERVER_ERRORS,
        "Valid requests get no server error, counted over the whole run.",
        [clause],
        "not-tested" if spoilt else "passed",
        0.0,
        role="deepens",
        exchanges=numbers,
        steps=[{"exchange": number} for number in numbers],
        accepted=True,
        cause="way" if spoilt else None,
        reason=f"{reported} in {requests} requests, {end}",
    )
    if not failed and not too_many:
        return record
    expected = "no server error (5xx) in answer to a valid request"
    actual = f"{reported} in {requests} requests that provoked none"
    breach = BreachRecord(clause, expected, actual, len(found), kinds=["server-error"]).to_dict()
    failure = replace(record, outcome="failed", breaches=[breach], expected=expected, actual=actual)
    return replace(failure, reason=None, cause=None)


def _refused(check: CheckRecord) -> bool:
    return check.credentials_refused and check.outcome not in ("passed", "error")


def _finalized(check: CheckRecord) -> CheckRecord:
    if _refused(check):
        expected = check.expected or "a valid request to be accepted, as others of this run were"
        actual = check.actual or _refusal(check)
        clause = check.broken[0] if check.broken else next(iter(check.clauses), "")
        breach = BreachRecord(clause, expected, actual, kinds=["valid-request-refused"]).to_dict()
        return replace(check, outcome="failed", breaches=[breach], expected=expected, actual=actual, cause=None)
    if check.outcome == "failed" and not check.breaches:
        return replace(check, outcome="error", reason=f"{_UNNAMED} ({failure_text(check)})")
    return check


def _doubtful(check: CheckRecord, refused: CheckRecord | None, one_status: bool) -> CheckRecord:
    """The record of a check that sent something in a run of which no valid request was accepted."""
    if check.outcome == "passed":
        return replace(check, outcome="not-tested", reason=_NOTHING_ACCEPTED, cause="presupposed")
    shut_out = all(status in (401, 403) or status >= 500 for status in check.statuses)
    says_nothing = one_status or not check.answers_json or (check.file_account and shut_out)
    if check.outcome != "failed" or not (_refused(check) or says_nothing):
        return _finalized(check)
    if refused is not None:
        shown = check if _refused(check) else refused
        reason = f"credentials, clock or signing: {_refusal(shown)}{_clock(shown.clock_difference)}"
    else:
        reason = f"{_NOTHING_ACCEPTED}: {failure_text(check)}"
    return replace(check, outcome="inconclusive", breaches=[], reason=reason, cause="way")


def _refusal(check: CheckRecord) -> str:
    return check.reason or check.actual or "a valid request was refused"


def _clock(difference: float | None) -> str:
    if difference is None:
        return "; the target told no time"
    if abs(difference) < 1.5:  # a Date header is in whole seconds
        return "; the clocks agree"
    direction = "ahead of" if difference > 0 else "behind"
    return f"; the target's clock is {abs(difference):.0f} s {direction} this machine's"
