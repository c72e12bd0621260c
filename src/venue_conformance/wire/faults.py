"""Faults of the way: what an exchange shows of connections, gateways and servers in trouble, not of a contract."""

from __future__ import annotations

import json
import re

from venue_conformance.errors import Unreachable, WayFault
from venue_conformance.wire.exchange import Exchange

#: What was never sent, because HTTP forbids it, says nothing about the other side.
_NOT_SENT = ("LocalProtocolError", "InvalidURL", "UnsupportedProtocol")
_TIME_OUT = re.compile(r"\w*Timeout\b|TimeoutError\b")
_NOT_MADE = (
    "ConnectError",
    "ConnectionRefusedError",
    "gaierror",
    "InvalidStatus",
    "InvalidURI",
    "SSL",
    "ProxyError",
    "InvalidProxy",
)
_BROKEN_WHILE_CONNECTING = re.compile(r"reset|broken pipe|EOF", re.IGNORECASE)
_EXCERPT = 120


def connection_fault(text: str) -> str:
    """One of "time-out", "refused", "reset", "too long", "not sent", for the text of a connection's exception.

    The text begins with the name of the exception's class. "refused" stands for every connection that was not made.
    """
    if _TIME_OUT.match(text):
        return "time-out"
    if text.startswith(_NOT_SENT):
        return "not sent"
    if "the answer is longer than" in text:
        return "too long"
    if text.startswith(_NOT_MADE) and not _BROKEN_WHILE_CONNECTING.search(text):
        return "refused"
    return "reset"


def fault_of(exchange: Exchange) -> str | None:
    """The fault of the way that an exchange shows: a word, ``"HTML"``, a 5xx as text, or None for a sound answer.

    A rejection (4xx) in HTML is sound: no page promises that whoever rejects a request speaks JSON. So is a redirect.
    """
    if exchange.fault is not None:
        return connection_fault(exchange.fault)
    status = exchange.status or 0
    if status >= 500:
        return str(status)
    return "HTML" if 200 <= status < 300 and is_html(exchange) else None


def is_html(exchange: Exchange) -> bool:
    """Whether the body is a page for people: it begins with ``<``, or is called text/html and is no JSON."""
    if exchange.body.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        return True
    kinds = [value for name, value in exchange.headers if name.lower() == "content-type"]
    return any("text/html" in kind.lower() for kind in kinds) and not is_json(exchange)


def is_json(exchange: Exchange) -> bool:
    """Whether the body is JSON of any kind."""
    try:
        json.loads(exchange.body)
    except (ValueError, RecursionError):
        return False
    return True


def is_silence(exchange: Exchange) -> bool:
    """Whether nobody of the target's own answered: no answer at all, or a page of HTML with 2xx or 5xx.

    A 5xx in JSON is an answer of somebody who is there.
    """
    fault = fault_of(exchange)
    if fault is None or fault == "not sent":
        return False
    return exchange.fault is not None or is_html(exchange)


def way_fault(exchange: Exchange, fault: str) -> WayFault:
    """The exception for an exchange that shows a fault; Unreachable where there was no answer."""
    sent = f"{exchange.request.method} {exchange.url}"
    if exchange.fault is not None:
        return Unreachable(f"{sent}: {exchange.fault}", fault)
    shown = " ".join(exchange.body.decode("utf-8", "replace").split())
    shown = shown if len(shown) <= _EXCERPT else f"{shown[:_EXCERPT]}…"
    kind = " in HTML" if is_html(exchange) else ""
    return WayFault(f"{sent}: answered {exchange.status}{kind}: {shown}", fault)
