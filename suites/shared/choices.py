"""Properties of a request that a client may choose without becoming another account, new for each request."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from itertools import count

from venue_conformance.wire.exchange import Request

_numbers = count(1)


def _with_header(request: Request, name: str, value: str) -> Request:
    """The request with one header more; ``{address}`` and ``{number}`` stand for what no request has had before."""
    number = next(_numbers)
    # Of the block that is kept for measurements (RFC 2544): nobody's address.
    address = f"198.18.{number // 250 % 256}.{number % 250 + 1}"
    return replace(request, headers=(*request.headers, (name, value.format(address=address, number=number))))


def _with_query(request: Request) -> Request:
    return replace(request, path=f"{request.path}{'&' if '?' in request.path else '?'}_={next(_numbers)}")


#: Each makes another request of one: it comes from elsewhere, by another program, to a longer address, or over a
#: connection of its own.
CHOICES: Mapping[str, Callable[[Request], Request]] = {
    "X-Forwarded-For": partial(_with_header, name="X-Forwarded-For", value="{address}"),
    "Forwarded": partial(_with_header, name="Forwarded", value="for={address}"),
    "X-Real-IP": partial(_with_header, name="X-Real-IP", value="{address}"),
    "User-Agent": partial(_with_header, name="User-Agent", value="client-{number}/1.0"),
    "query": _with_query,
    "connection": partial(_with_header, name="Connection", value="close"),
}
