"""What proves a check: its steps, its decisive exchange, what is drawn and compared, and what is read when opened.

Each message stands once in a page, as data, however many steps refer to it; only the decisive exchange of a failed
check is written out, so that it can be read and printed without a script.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from venue_conformance.report.pages.commands import curl
from venue_conformance.report.pages.differences import ExchangeDifference, difference
from venue_conformance.report.pages.drawings import Timing, Trace, sequence, timing
from venue_conformance.report.step_lines import exchange_line, step_lines
from venue_conformance.report.text import LARGEST_TEXT
from venue_conformance.report.view import (
    actual,
    expected,
    request_text,
    response_text,
    steps,
)

Values = Mapping[str, Any]

#: How many steps of one check's trace are listed and drawn (the last ones), and how many exchanges of a passed one.
STEPS, DRAWN, _LISTED = 20, 12, 200
#: How many bytes all messages of a page may take together, and each of them at least and where it is written out.
_ALL, _LEAST, _WRITTEN_OUT = 8 * 1024 * 1024, 1024, 8 * 1024


@dataclass(frozen=True)
class Message:
    """An exchange as a reader sees it: one line, when it was sent and by whom, both sides, and a command."""

    number: int
    line: str
    circumstances: str
    request: str
    response: str
    curl: str | None


@dataclass(frozen=True)
class TraceLine:
    """One step of a trace in a line; ``exchange`` is the number of the exchange that can be opened, or None."""

    line: str
    exchange: int | None


@dataclass(frozen=True)
class FailedCheck:
    """A failed check with what proves that its clause broke."""

    id: str
    title: str
    expected: str
    actual: str
    replay: str | None
    steps: list[TraceLine]
    first: int
    total: int
    decisive: Message | None
    sequence: Trace | None
    timing: Timing | None
    difference: ExchangeDifference | None


def failed_check(check: Values, exchanges: Mapping[int, Values]) -> FailedCheck:
    """Everything that a page shows of a failed check."""
    trace = steps(check)
    sent = [exchanges[step["exchange"]] for step in trace if step.get("exchange") in exchanges]
    shown = trace[-STEPS:]
    return FailedCheck(
        check["id"],
        check["title"],
        expected(check),
        actual(check),
        check["replay"],
        _steps(trace, exchanges)[-STEPS:],
        len(trace) - len(shown) + 1,
        len(trace),
        message(sent[-1], _WRITTEN_OUT) if sent else None,
        sequence(trace, exchanges, DRAWN),
        timing(sent),
        difference(sent[-STEPS:]),
    )


def message(exchange: Values, limit: int) -> Message:
    """An exchange as a reader sees it, each of its bodies cut to ``limit`` bytes."""
    caller = f", as {exchange['caller']}" if exchange["caller"] else ""
    return Message(
        exchange["id"],
        exchange_line(exchange),
        f"Sent {exchange['started_at']}{caller}, took {exchange['duration_seconds'] * 1000:.1f} ms",
        request_text(exchange, limit),
        response_text(exchange, limit),
        curl(exchange),
    )


def _steps(trace: Sequence[Values], exchanges: Mapping[int, Values]) -> list[TraceLine]:
    numbers = [number if (number := step.get("exchange")) in exchanges else None for step in trace]
    return [TraceLine(line, number) for line, number in zip(step_lines(trace, exchanges), numbers, strict=True)]


def data_of(document: Values, exchanges: Mapping[int, Values]) -> dict[str, Any]:
    """What a page reads when a check or an exchange is opened.

    Of checks that passed it has one line an exchange, of all others the messages themselves.
    """
    told: dict[str, Any] = {}
    opened: set[int] = set()
    for check in document["checks"]:
        trace = list(steps(check))[-_LISTED:]
        listed = [step.line if step.exchange is None else step.exchange for step in _steps(trace, exchanges)]
        shown = listed or [number for number in check["exchanges"] if number in exchanges][-_LISTED:]
        told[check["id"]] = {
            "steps": shown,
            "more": max(0, len(steps(check)) - len(trace)),
            "sent": len(check["exchanges"]),
            "replay": check["replay"],
        }
        opened.update(each for each in shown if isinstance(each, int))
    for breach in (breach for check in document["checks"] for breach in check["breaches"]):
        opened.update(step["exchange"] for step in breach["steps"][-STEPS:] if step.get("exchange") in exchanges)
    return {"checks": told, "exchanges": _messages([exchanges[number] for number in sorted(opened)])}


def _messages(exchanges: Iterable[Values]) -> dict[str, dict[str, Any] | str]:
    """Exchanges by number; one whose headers and bodies are in the journal is its line alone."""
    found = list(exchanges)
    kept = [each for each in found if each["request_headers"] is not None]
    limit = max(_LEAST, min(LARGEST_TEXT, _ALL // max(1, 2 * len(kept))))
    told: dict[str, dict[str, Any] | str] = {str(each["id"]): exchange_line(each) for each in found}
    for each in kept:
        shown = message(each, limit)
        told[str(each["id"])] = {
            "line": shown.line,
            "when": shown.circumstances,
            "request": shown.request,
            "response": shown.response,
            **({"curl": shown.curl} if shown.curl else {}),
        }
    return told
