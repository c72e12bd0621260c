"""Turns what ended a check into its outcome: what was expected, what came, and whose fault it is (design: verdicts)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from venue_conformance.errors import (
    UNNAMED,
    ClientFault,
    CredentialsRefused,
    Inconclusive,
    NotTested,
    Presupposed,
    SameRequestFails,
    SuiteFault,
    Violation,
    WayFault,
)
from venue_conformance.plugin.check import Check
from venue_conformance.plugin.sentences import in_sentences
from venue_conformance.report.records import Outcome
from venue_conformance.report.text import cut

_LONGEST = 2000
#: How many bytes of the last response stand in a sentence.
_LATEST = 400
#: A kind of breach, as it stands at its assertion: words with hyphens between them.
_KIND = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


def end_check(check: Check, excinfo: pytest.ExceptionInfo[BaseException], show: Callable[[object], str]) -> None:
    """Write the outcome of a check that an exception ended."""
    error = excinfo.value
    if isinstance(error, NotTested):
        _unjudged(check, "not-tested", error)
        check.needs = error.needs
        check.presupposes = _presupposed(check, error)
    elif isinstance(error, Inconclusive):
        _unjudged(check, "inconclusive", error)
        check.fault = error if isinstance(error, WayFault) else None
        check.same_request_fails = isinstance(error, SameRequestFails)
    elif isinstance(error, CredentialsRefused):
        check.outcome, check.credentials_refused = "failed", True
        check.clock_difference = error.clock_difference
        check.expected, check.actual = "a valid request to be accepted", f"it was rejected with {error.status}"
    elif isinstance(error, Violation) and error.clause is None and len(set(check.clauses)) > 1:
        # What the target said cannot even be read for what this check is about; whose promise that breaks, others say.
        check.outcome, check.cause = "not-tested", "presupposed"
        check.reason = shorten(f"the response could not be judged here: {error}")
    elif isinstance(error, Violation):
        _breach(check, error)
    elif isinstance(error, AssertionError):
        kind = _kind_of(error)
        violation = Violation(*_of_assertion(check, excinfo, show, kind), kind=kind or UNNAMED)
        for note in getattr(error, "__notes__", ()):
            violation.add_note(note)
        _breach(check, violation)
    elif isinstance(error, pytest.skip.Exception):
        check.outcome, check.reason, check.cause = "not-tested", str(error.msg), "condition"
    elif isinstance(error, SuiteFault | ClientFault):
        check.outcome, check.reason = "error", str(error)
    else:
        where = excinfo.traceback[-1]
        place = f"{where.path}:{where.lineno + 1}"
        check.outcome, check.reason = "error", shorten(f"{type(error).__name__}: {error} ({place})")


def add_breaches(check: Check) -> bool:
    """Let a check that went on after breaches fail for all of them; its others are kept if it came to its end.

    False when there were none, or when the suite itself failed.
    """
    found, exercised = check.breaches.found, check.breaches.exercised
    if not found or check.outcome == "error":
        return False
    if check.outcome == "passed":
        judged = check.clauses if exercised is None else exercised
        check.kept = tuple(clause for clause in check.clauses if clause in judged and clause not in found)
    check.outcome, check.reason, check.cause, check.needs = "failed", None, None, None
    check.presupposes = None
    first = next(iter(found.values())).violation
    check.expected, check.actual = shorten(first.expected), shorten(actual_text(first))
    return True


def actual_text(violation: Violation) -> str:
    """What came instead, with what was noted beside it."""
    return "\n".join([violation.actual, *getattr(violation, "__notes__", ())])


def shorten(text: str) -> str:
    """A text of moderate length."""
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _unjudged(check: Check, outcome: Outcome, error: NotTested | Inconclusive) -> None:
    check.outcome, check.reason, check.cause = outcome, error.reason, error.cause


def _presupposed(check: Check, error: NotTested) -> str | None:
    """The clause whose control failed, by its whole id."""
    if not isinstance(error, Presupposed):
        return None
    return error.clause if error.clause.startswith(f"{check.venue}.") else f"{check.venue}.{error.clause}"


def _breach(check: Check, violation: Violation) -> None:
    """Note what ended a check under its clause; one that names none in a check of several is left unnamed."""
    check.outcome = "failed"
    check.expected, check.actual = shorten(violation.expected), shorten(actual_text(violation))
    violation.clause = violation.clause or (check.clauses[0] if len(set(check.clauses)) == 1 else None)
    if violation.clause is not None:
        check.breaches.add(violation, list(check.recorder.trace or []))


def _kind_of(error: AssertionError) -> str | None:
    """The kind that an assertion names as its message; None where that is a sentence, or not there."""
    first = str(error).partition("\n")[0]
    return first if _KIND.fullmatch(first) else None


def _of_assertion(
    check: Check, excinfo: pytest.ExceptionInfo[BaseException], show: Callable[[object], str], kind: str | None
) -> tuple[str, str]:
    statement = next(
        (
            str(entry.statement).strip()
            for entry in reversed(excinfo.traceback)
            if str(entry.statement).strip().startswith("assert")
        ),
        "assert",
    )
    message = str(excinfo.value) if kind is None else str(excinfo.value).partition("\n")[2]
    return in_sentences(statement, check.comparison, message, check.title, kind or UNNAMED, show, _latest(check))


def _latest(check: Check) -> str:
    """The last response that a check got, status and body; nothing where none came."""
    exchanges = check.recorder.exchanges
    if not exchanges or exchanges[-1].status is None:
        return ""
    return cut(f"{exchanges[-1].status} {exchanges[-1].body.decode(errors='replace')}", _LATEST).rstrip()
