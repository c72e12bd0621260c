"""Requests and responses as plain values, and the ASGI application that turns a venue into a server."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol, runtime_checkable

BODY_LIMIT = 2 * 1024 * 1024
"""Bytes of a request body that are read; a larger one is refused with 413."""

Headers = tuple[tuple[str, str], ...]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

_log = logging.getLogger("venue_conformance.reference")
_A_MOMENT_SECONDS = 0.001


async def _stays() -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it arrived. Header names are in lower case; the body is the bytes that were sent."""

    method: str
    path: str
    """The path of the request line, escapes left as they were, without the query."""
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    client: str = field(default="", compare=False)
    """Host and port at the other end of its connection. A venue that keeps its promises need not ask."""
    hung_up: Callable[[], Awaitable[bool]] = field(default=_stays, compare=False, repr=False)
    """Whether its client has gone by now, or has closed its half. A venue that keeps its promises need not ask."""

    def header_values(self, name: str) -> list[str]:
        """Every value the header was sent with, in order; empty when it was not sent."""
        return [value for header, value in self.headers if header == name]

    def header(self, name: str) -> str | None:
        """The first value of the header, None when it was not sent."""
        return next((value for header, value in self.headers if header == name), None)


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP answer. A chunked one goes out in pieces and without Content-Length."""

    status: int
    body: bytes = b""
    headers: Headers = ()
    chunked: bool = False

    def with_header(self, name: str, value: str) -> Response:
        """The same answer with one header more."""
        return replace(self, headers=(*self.headers, (name, value)))

    def without_header(self, name: str) -> Response:
        """The same answer without any header of that name."""
        kept = tuple((header, value) for header, value in self.headers if header.lower() != name.lower())
        return replace(self, headers=kept)


def json_response(status: int, value: object, headers: Headers = (), *, indent: int | None = None) -> Response:
    """An answer with a JSON body. Non-ASCII is escaped, so that a lone surrogate cannot make it fail."""
    separators = (",", ": ") if indent is not None else (",", ":")
    body = json.dumps(value, ensure_ascii=True, separators=separators, indent=indent).encode("ascii")
    return Response(status, body, (("content-type", "application/json"), *headers))


class Handler(Protocol):
    """What the application needs of a venue."""

    async def handle(self, request: Request) -> Response:
        """Answer one request."""

    def refuse_oversize(self) -> Response:
        """The answer to a body that is larger than `BODY_LIMIT`."""


@runtime_checkable
class SpeaksWebSocket(Protocol):
    """What the application needs of a venue that takes WebSocket connections too."""

    async def handle_websocket(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one WebSocket connection, from before it is accepted until it is gone."""


class Application:
    """An ASGI application that hands every HTTP request to one venue, and WebSocket connections if it takes them."""

    def __init__(self, venue: Handler) -> None:
        self._venue = venue

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one ASGI connection scope: HTTP always, WebSocket where the venue speaks it, nothing else."""
        if scope["type"] == "websocket" and isinstance(self._venue, SpeaksWebSocket):
            await self._venue.handle_websocket(scope, receive, send)
            return
        if scope["type"] != "http":
            raise NotImplementedError(f"a reference venue does not speak {scope['type']}")
        try:
            response = await self._respond(scope, receive)
        except asyncio.CancelledError:
            return  # only the stopping server cancels a request, after its connection has gone
        await _send(response, send)

    async def _respond(self, scope: MutableMapping[str, Any], receive: Receive) -> Response:
        body = await _read_body(receive)
        if body is None:
            return self._venue.refuse_oversize()
        request = Request(
            method=scope["method"],
            path=scope["raw_path"].decode("latin-1"),
            query=scope["query_string"].decode("latin-1"),
            headers=tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in scope["headers"]),
            body=body,
            client="{}:{}".format(*(scope.get("client") or ("", ""))),
            hung_up=lambda: _has_gone(receive),
        )
        try:
            return await self._venue.handle(request)
        except Exception:
            # A bug of the reference must be seen by whoever runs it and must not look like an injected failure.
            _log.exception("the reference venue failed on %s %s", request.method, request.path)
            return json_response(500, {"error": "internal_server_error", "message": "Bug in the reference venue"})


async def _has_gone(receive: Receive) -> bool:
    """Whether the connection of a request whose body has been read is at its end."""
    try:
        message = await asyncio.wait_for(receive(), _A_MOMENT_SECONDS)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")


async def _read_body(receive: Receive) -> bytes | None:
    """The whole body, or None when it exceeds the limit; then the rest is read too, so that the answer is seen."""
    pieces: list[bytes] = []
    size = 0
    more = True
    while more:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise asyncio.CancelledError
        piece = message.get("body", b"")
        size += len(piece)
        if size <= BODY_LIMIT:
            pieces.append(piece)
        more = message.get("more_body", False)
    return b"".join(pieces) if size <= BODY_LIMIT else None


async def _send(response: Response, send: Send) -> None:
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in response.headers]
    if not response.chunked:
        headers.append((b"content-length", str(len(response.body)).encode("ascii")))
    await send({"type": "http.response.start", "status": response.status, "headers": headers})
    if response.chunked:
        middle = len(response.body) // 2
        await send({"type": "http.response.body", "body": response.body[:middle], "more_body": True})
        await asyncio.sleep(0)
        await send({"type": "http.response.body", "body": response.body[middle:], "more_body": False})
    else:
        await send({"type": "http.response.body", "body": response.body})
