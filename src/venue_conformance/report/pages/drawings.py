"""What is drawn: how long overlapping requests took, and a sequence as steps. Geometry: templates write the SVG."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.report.step_lines import step_lines
from venue_conformance.report.text import one_line

#: As many requests of one race as a drawing holds.
_BARS = 16
#: How many characters fit between the two lifelines, and into a note.
_LABEL, _NOTE = 38, 45
_NOT_GIVEN = " – not to be had"
_ROW, _TOP = 34, 30


@dataclass(frozen=True)
class TimeBar:
    """One request on the time axis: where it begins and how long it is, in percent of the whole."""

    number: int
    label: str
    left: float
    width: float
    status: str
    row: int


@dataclass(frozen=True)
class Timing:
    """Requests that were under way at the same time."""

    bars: list[TimeBar]
    milliseconds: float
    left_out: int

    @property
    def told(self) -> str:
        """The drawing in words."""
        each = ", ".join(f"{bar.label} from {bar.left:.0f} % to {bar.left + bar.width:.0f} %" for bar in self.bars)
        return f"{len(self.bars)} requests within {self.milliseconds:.1f} ms: {each}"


@dataclass(frozen=True)
class SequenceRow:
    """One step of a sequence: a request and its answer, a state that the target was brought into, or a remark."""

    kind: str
    number: int
    y: int
    sent: str = ""
    came: str = ""
    status: str = ""


@dataclass(frozen=True)
class Trace:
    """The steps of a check from top to bottom, between the check and the target."""

    rows: list[SequenceRow]
    height: int
    left_out: int


def status_class(exchange: Mapping[str, Any]) -> str:
    """The kind of an answer in a word: its class of status, or that none came."""
    status = exchange["status"]
    return "fault" if status is None else f"s{min(5, max(1, status // 100))}"


def timing(exchanges: Sequence[Mapping[str, Any]]) -> Timing | None:
    """The requests of the largest group that overlap in time; None where none do."""
    spans = sorted((span for each in exchanges if (span := _span(each))), key=lambda span: span[0])
    groups: list[list[tuple[float, float, Mapping[str, Any]]]] = []
    end = float("-inf")
    for span in spans:
        if span[0] < end:
            groups[-1].append(span)
        else:
            groups.append([span])
        end = max(end, span[1]) if len(groups[-1]) > 1 else span[1]
    group = max(groups, key=len, default=[])
    if len(group) < 2:
        return None
    first, last = group[0][0], max(span[1] for span in group)
    whole = max(last - first, 1e-6)
    bars = [
        TimeBar(
            each["id"],
            f"#{each['id']} {one_line(each['method'], 10)} {_came(each, 12)}",
            round(100 * (begin - first) / whole, 2),
            round(max(0.8, 100 * (finish - begin) / whole), 2),
            status_class(each),
            row,
        )
        for row, (begin, finish, each) in enumerate(group[:_BARS])
    ]
    return Timing(bars, whole * 1000, len(group) - len(bars))


def _span(exchange: Mapping[str, Any]) -> tuple[float, float, Mapping[str, Any]] | None:
    try:
        begin = datetime.fromisoformat(exchange["started_at"]).timestamp()
    except ValueError:
        return None
    return begin, begin + exchange["duration_seconds"], exchange


def sequence(steps: Sequence[Mapping[str, Any]], exchanges: Mapping[int, Mapping[str, Any]], most: int) -> Trace | None:
    """The last steps of a trace, drawn; None where there is but one, which needs no drawing."""
    if len(steps) < 2:
        return None
    shown = steps[-most:]
    first = len(steps) - len(shown) + 1
    lines = step_lines(steps, exchanges)[-most:]
    rows = [
        _row(step, line, exchanges, first + place, _TOP + place * _ROW)
        for place, (step, line) in enumerate(zip(shown, lines, strict=True))
    ]
    return Trace(rows, _TOP + len(rows) * _ROW + 6, len(steps) - len(shown))


def _row(
    step: Mapping[str, Any], line: str, exchanges: Mapping[int, Mapping[str, Any]], number: int, y: int
) -> SequenceRow:
    """A step as it is drawn; ``line`` is what is told of it, accounts and orders by their short names."""
    exchange = exchanges.get(step.get("exchange", -1))
    if exchange is not None:
        tampered = " (tampered)" if exchange["signing"] else ""
        sent = f"#{exchange['id']} {one_line(exchange['method'], 10)} {_path(exchange['url'])}{tampered}"
        came = f"{_came(exchange, 24)} · {exchange['duration_seconds'] * 1000:.0f} ms"
        return SequenceRow("exchange", number, y, _short(sent, _LABEL), came, status_class(exchange))
    if "state" in step:
        asked, _, _ = line.rpartition(" → ")
        told = line if step["values"] is not None else f"{_short(asked, _NOTE - len(_NOT_GIVEN))}{_NOT_GIVEN}"
        return SequenceRow("state", number, y, _short(told, _NOTE))
    return SequenceRow("note", number, y, _short(line, _NOTE))


def _came(exchange: Mapping[str, Any], limit: int) -> str:
    came = exchange["fault"] or "no answer" if exchange["status"] is None else exchange["status"]
    return _short(one_line(str(came), 4 * limit), limit)


def _path(url: str) -> str:
    """The end of an address, which tells more than its beginning."""
    try:
        path = urlsplit(url).path or url
    except ValueError:
        path = url
    shown = one_line(path, 400)
    return shown if len(shown) <= 24 else f"…{shown[-23:]}"


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
