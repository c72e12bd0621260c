"""The adaptor protocol, version 1: what is asked of a client's adaptor, and how its answers are read.

One JSON object a line in each direction, or the same over HTTP. Members that are not known are ignored.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, get_args

from venue_conformance.errors import AdaptorFault
from venue_conformance.json_levels import require_few_levels

PROTOCOL = 1
#: What a client may say of an order: off the book by this call; was finished; not found; not cancelled; accepted and
#: not final; not known.
Outcome = Literal["cancelled", "terminal", "not_found", "refused", "pending", "unknown"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)
ErrorKind = Literal["rate_limited", "refused", "conflict", "auth", "venue", "transport", "unreadable", "limit", "crash"]
ERROR_KINDS: tuple[ErrorKind, ...] = get_args(ErrorKind)
ABILITIES = frozenset(
    {
        *("timeout", "concurrent", "settle", "client_ids", "idempotency", "sessions"),
        *("wallets", "multi_wallet", "single_wallet"),
    }
)
#: Longer lines, and more rows, belong to no answer of this protocol.
LONGEST_LINE = 4 * 1024 * 1024
_MOST_ROWS = 5000
_LONGEST_TEXT = 500


@dataclass(frozen=True)
class Hello:
    """Who the client is, in its adaptor's words. ``can`` is what it says it can do."""

    venue: str
    name: str
    version: str
    language: str
    can: frozenset[str]

    @property
    def client(self) -> str:
        """Name and version."""
        return f"{self.name} {self.version}".strip()


@dataclass(frozen=True)
class OrderReport:
    """What the client says of one order."""

    order_id: str
    outcome: Outcome
    code: str | None = None


@dataclass(frozen=True)
class Report:
    """What came of one call: a row for each order that the client speaks of, and the error that it raised, if any."""

    rows: tuple[OrderReport, ...] = ()
    error: ErrorKind | None = None
    error_status: int | None = None
    retry_after_seconds: float | None = None

    def outcomes_of(self, order_id: str) -> list[Outcome]:
        """What is said of an order, its id in any letter case; ``unknown`` where nothing is."""
        wanted = order_id.lower()
        return [row.outcome for row in self.rows if row.order_id.lower() == wanted] or ["unknown"]

    def names(self, order_id: str) -> bool:
        """Whether there is a row for an order."""
        return any(row.order_id.lower() == order_id.lower() for row in self.rows)

    def describe(self) -> str:
        """The report in a line: how many orders of which outcome, and the error."""
        counts: dict[str, int] = {}
        for row in self.rows:
            counts[row.outcome] = counts.get(row.outcome, 0) + 1
        told = [f"{outcome} ×{number}" for outcome, number in counts.items()]
        if self.error is not None:
            told.append(f"error {self.error}" + (f" {self.error_status}" if self.error_status is not None else ""))
        return ", ".join(told) or "nothing"


@dataclass(frozen=True)
class Opening:
    """What ``open`` tells a client."""

    base_url: str
    credentials: Mapping[str, str] = field(repr=False)
    ws_url: str | None = None
    timeout_seconds: float = 2.0
    deadline_seconds: float = 60.0

    def to_dict(self) -> dict[str, Any]:
        """The members of the request."""
        values: dict[str, Any] = {
            "base_url": self.base_url,
            "credentials": dict(self.credentials),
            "timeout_seconds": self.timeout_seconds,
            "deadline_seconds": self.deadline_seconds,
        }
        return values if self.ws_url is None else {**values, "ws_url": self.ws_url}


def read_line(line: bytes) -> dict[str, Any]:
    """One line of an adaptor. Raises AdaptorFault for what is no JSON object."""
    try:
        text = line.decode("utf-8-sig")
        value = require_few_levels(text, json.loads(text, parse_constant=_no_number))
    except (ValueError, RecursionError):
        raise AdaptorFault(f"a line is no JSON: {shown(line)}") from None
    if not isinstance(value, dict):
        raise AdaptorFault(f"a line is no JSON object: {shown(line)}")
    return value


def read_hello(answer: Mapping[str, Any], venue: str | None) -> Hello:
    """The answer to ``hello``. Raises AdaptorFault when it is of another protocol, or for another venue."""
    if answer.get("protocol") != PROTOCOL:
        if error := answer.get("error"):
            raise AdaptorFault(f"hello failed: {json.dumps(error, default=str)[:200]}")
        spoken = f"it speaks protocol {answer['protocol']!r}" if "protocol" in answer else "it names no protocol"
        raise AdaptorFault(f"{spoken}, and this program speaks protocol {PROTOCOL}")
    client = answer.get("client")
    if not isinstance(client, Mapping) or not isinstance(client.get("name"), str) or not client["name"].strip():
        raise AdaptorFault('hello names no client: {"client": {"name": …, "version": …}} is expected')
    named = answer.get("venue")
    if not isinstance(named, str):
        raise AdaptorFault("hello names no venue")
    if venue is not None and named != venue:
        raise AdaptorFault(f"it is for {_short(named)}, and the run is about {venue}")
    can = answer.get("can") or []
    if not isinstance(can, Sequence) or isinstance(can, str):
        raise AdaptorFault("can is a list of words")
    said = {each: _plain(client.get(each)) for each in ("name", "version", "language")}
    return Hello(named, said["name"], said["version"], said["language"], frozenset(map(str, can)) & ABILITIES)


def number_of(answer: Mapping[str, Any]) -> int | None:
    """The id of an answer, None where it has none. Languages without whole numbers write 3.0 for 3."""
    number = answer.get("id")
    if isinstance(number, float) and number.is_integer():
        return int(number)
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def read_report(answer: Mapping[str, Any], asked: Sequence[Mapping[str, Any]]) -> Report:
    """The answer to ``cancel`` or ``settle``. Raises AdaptorFault for rows of orders that nobody asked for."""
    rows = answer.get("rows")
    rows = [] if rows is None else rows  # how some languages write an empty list
    if not isinstance(rows, list) or len(rows) > _MOST_ROWS:
        raise AdaptorFault(f"rows is a list of up to {_MOST_ROWS} rows")
    known = {str(order[name]).lower(): name for order in asked for name in ("orderId", "clientId") if name in order}
    report = Report(tuple(_row(row, known) for row in rows))
    error = answer.get("error")
    if error is None:
        return report
    if not isinstance(error, Mapping) or error.get("kind") not in ERROR_KINDS:
        raise AdaptorFault(f"error.kind is one of {', '.join(ERROR_KINDS)}, not {_short(str(error))!r}")
    status, seconds = error.get("status"), error.get("retry_after_seconds")
    return Report(
        report.rows,
        error["kind"],
        status if isinstance(status, int) and not isinstance(status, bool) else None,
        float(seconds) if isinstance(seconds, int | float) and not isinstance(seconds, bool) else None,
    )


def _row(row: Any, known: Mapping[str, str]) -> OrderReport:
    if not isinstance(row, Mapping):
        raise AdaptorFault(f"a row is an object, not {_short(repr(row))}")
    name = next((row[name] for name in ("orderId", "clientId") if isinstance(row.get(name), str)), None)
    if name is None:
        raise AdaptorFault("a row names neither orderId nor clientId")
    if name.lower() not in known:
        raise AdaptorFault(f"it answers for {_short(name)}, which nobody asked to cancel")
    if row.get("outcome") not in OUTCOMES:
        raise AdaptorFault(f"outcome is one of {', '.join(OUTCOMES)}, not {_short(repr(row.get('outcome')))}")
    code = row.get("code")
    return OrderReport(name, row["outcome"], None if code is None else _short(str(code)))


def shown(data: bytes) -> str:
    """The beginning of what an adaptor wrote, fit to be shown."""
    text = data[:80].decode("utf-8", "backslashreplace")
    return repr(text) + (f" and {len(data) - 80} bytes more" if len(data) > 80 else "")


def _short(text: str) -> str:
    return text[:_LONGEST_TEXT]


def _plain(value: object) -> str:
    """A name, version or language in one line, whatever it was written as."""
    text = "" if value is None else str(value)
    return _short("".join(each if each.isprintable() else " " for each in text)).strip()


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not JSON")
