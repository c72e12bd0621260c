"""What is different between two requests of one kind and their answers, line by line."""

from __future__ import annotations

import difflib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.report.text import cut, printable

_LONGEST = 16 * 1024
_MOST_LINES = 400


@dataclass(frozen=True)
class Line:
    """A line of a difference; ``kind`` is ``same``, ``removed`` or ``added``."""

    kind: str
    text: str


@dataclass(frozen=True)
class ExchangeDifference:
    """Two exchanges, and the differing lines of their requests and answers; no lines where these are equal."""

    first: int
    second: int
    request: list[Line]
    response: list[Line]


def difference(exchanges: Sequence[Mapping[str, Any]]) -> ExchangeDifference | None:
    """The last two requests of one kind (method and path) among exchanges, compared; None where there are none."""
    for place in range(len(exchanges) - 1, 0, -1):
        second = exchanges[place]
        first = next((each for each in reversed(exchanges[:place]) if _kind(each) == _kind(second)), None)
        if first is None or first["request_headers"] is None or second["request_headers"] is None:
            continue
        if second["status"] is not None and first["status"] is not None:
            return ExchangeDifference(
                first["id"],
                second["id"],
                _lines(_body(first, "request_body"), _body(second, "request_body")),
                _lines(
                    [f"status {first['status']}", *_body(first, "response_body")],
                    [f"status {second['status']}", *_body(second, "response_body")],
                ),
            )
    return None


def _kind(exchange: Mapping[str, Any]) -> tuple[str, str]:
    try:
        return exchange["method"], urlsplit(exchange["url"]).path
    except ValueError:
        return exchange["method"], exchange["url"]


def _body(exchange: Mapping[str, Any], side: str) -> list[str]:
    """A body in lines: JSON one member a line, so that what differs stands alone."""
    text = cut(exchange[side] or "", _LONGEST)
    with suppress(ValueError, RecursionError):
        text = json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    return printable(text).split("\n")[:_MOST_LINES]


def _lines(old: list[str], new: list[str]) -> list[Line]:
    if old == new:
        return []
    found: list[Line] = []
    for line in list(difflib.unified_diff(old, new, n=3, lineterm=""))[2:]:
        if line.startswith("@@"):
            found += [Line("same", "⋯")] if found else []
        else:
            found.append(Line({"-": "removed", "+": "added"}.get(line[0], "same"), line[1:]))
    return found
