"""Turns what ended a check into its outcome: what was expected, what came, and whose fault it is (design: verdicts)."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from venue_conformance.errors import ClientFault, CredentialsRefused, Inconclusive, NotTested, SuiteFault, Violation
from venue_conformance.plugin.check import Check

_LONGEST = 2000


def end_check(check: Check, excinfo: pytest.ExceptionInfo[BaseException], show: Callable[[object], str]) -> None:
    """Write the outcome of a check that an exception ended."""
    error = excinfo.value
    if isinstance(error, NotTested):
        check.outcome, check.reason, check.needs = "not-tested", error.reason, error.needs
    elif isinstance(error, Inconclusive):
        check.outcome, check.reason = "inconclusive", error.reason
    elif isinstance(error, CredentialsRefused):
        check.outcome, check.credentials_refused = "failed", True
        check.clock_difference = error.clock_difference
        check.expected, check.actual = "a right request to be accepted", f"it was refused with {error.status}"
    elif isinstance(error, Violation) and error.clause is None and len(set(check.clauses)) > 1:
        # What the target said cannot even be read for what this check is about; whose promise that breaks, others say.
        check.outcome, check.reason = "not-tested", _shorten(f"what came could not be judged here: {error}")
    elif isinstance(error, Violation):
        check.outcome, check.expected, check.actual = "failed", error.expected, error.actual
        check.broken = error.clause
    elif isinstance(error, AssertionError):
        check.outcome = "failed"
        check.expected, check.actual = _of_assertion(check, excinfo, show)
    elif isinstance(error, pytest.skip.Exception):
        check.outcome, check.reason = "not-tested", str(error.msg)
    elif isinstance(error, SuiteFault | ClientFault):
        check.outcome, check.reason = "error", str(error)
    else:
        where = excinfo.traceback[-1]
        place = f"{where.path}:{where.lineno + 1}"
        check.outcome, check.reason = "error", _shorten(f"{type(error).__name__}: {error} ({place})")
    notes = getattr(error, "__notes__", None)
    if check.outcome == "failed" and notes and check.actual is not None:
        check.actual = f"{check.actual}\n{chr(10).join(notes)}"
    check.actual = _shorten(check.actual)
    if check.outcome == "failed" and check.broken is None:
        check.broken = check.clauses[0] if len(check.clauses) == 1 else None


def add_breaches(check: Check) -> bool:
    """Let a check that came to its end in spite of breaches fail for the first of them; other clauses are upheld.

    False when nothing was noted, or when something failed that counts for more, the suite itself included.
    """
    if not check.breaches.found or check.outcome in ("failed", "error"):
        return False
    ran_to_its_end = check.outcome == "passed"
    broken, breach = next(iter(check.breaches.found.items()))
    check.outcome, check.broken, check.reason, check.needs = "failed", broken, None, None
    check.expected = breach.violation.expected
    check.actual = _shorten("\n".join([breach.violation.actual, *getattr(breach.violation, "__notes__", ())]))
    check.recorder.told = breach.steps
    if ran_to_its_end:
        check.upheld = tuple(clause for clause in check.clauses if clause not in check.breaches.found)
    return True


def _of_assertion(
    check: Check, excinfo: pytest.ExceptionInfo[BaseException], show: Callable[[object], str]
) -> tuple[str, str]:
    statement = next(
        (
            str(entry.statement).strip()
            for entry in reversed(excinfo.traceback)
            if str(entry.statement).strip().startswith("assert")
        ),
        "assert",
    )
    expected = re.sub(r"^assert\s+", "", " ".join(statement.split()))
    if check.comparison is not None:
        operator, left, right = check.comparison
        wanted = f"{operator} {show(right)}" if len(show(right)) < 400 else operator
        return f"{expected}  ({wanted})" if wanted.split(" ", 1)[-1] not in expected else expected, show(left)
    message = str(excinfo.value)
    return expected, message.removeprefix("assert ") or "it did not hold"


def _shorten(text: str | None) -> str | None:
    if text is None or len(text) <= _LONGEST:
        return text
    return f"{text[:_LONGEST]}… ({len(text)} characters)"
