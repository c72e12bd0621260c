"""How long a 429 wants its reader to wait."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from time import time

from venue_conformance.wire.exchange import Answer, Exchange

_NUMBER = re.compile(r"[0-9]+(\.[0-9]+)?")


def retry_after(exchange: Exchange) -> float:
    """Seconds to wait, at least 1: a number, or a date of HTTP measured by the answer's own Date where it has one.

    1 where the header says neither.
    """
    answer = Answer(exchange)
    said = (answer.header("Retry-After") or "").strip()
    if _NUMBER.fullmatch(said):
        return max(1.0, float(said))
    until = _moment(said)
    if until is None:
        return 1.0
    now = _moment(answer.header("Date") or "")
    return max(1.0, until - (time() if now is None else now))


def retry_after_seconds(exchange: Exchange) -> float | None:
    """What Retry-After says in a form that HTTP knows: whole seconds, or until a date; None for anything else."""
    answer = Answer(exchange)
    said = (answer.header("Retry-After") or "").strip()
    if said.isascii() and said.isdecimal():
        return float(said)
    until = _moment(said)
    if until is None:
        return None
    now = _moment(answer.header("Date") or "")
    return until - (time() if now is None else now)


def _moment(text: str) -> float | None:
    """A date of HTTP in seconds of the Unix clock, None for anything else."""
    try:
        moment: datetime = parsedate_to_datetime(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError, IndexError, OverflowError):
        return None
