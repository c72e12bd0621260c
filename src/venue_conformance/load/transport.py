"""Sends requests by the sessions of Locust's fast HTTP user, as strictly as the transport of every other run.

No redirect is followed, no cookie kept, no proxy used, and no request sent twice: the HTTP client below sends a DELETE
once more, by itself, when its connection has closed, and the second answer would be blamed on the venue. An answer may
take as long as the target file allows, in all, and is cut off where nobody meant it as an answer.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from gevent import Timeout

from venue_conformance import __version__
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.faults import connection_fault
from venue_conformance.wire.transport import KEEP_ALIVE_SECONDS, LARGEST_ANSWER, Transport

_CHUNK = 64 * 1024

#: Told of each exchange: its kind, when it began (monotonic seconds), how long it took, its status, its fault.
Note = Callable[[str, float, float, int | None, str | None], None]


class Connection(Protocol):
    """One user's way to the target."""

    def request(self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str], name: str) -> Any:
        """Send one request; the answer's body is yet to be read."""
        ...

    def close(self) -> None:
        """Close the connection, so that the next request has another."""
        ...


class LoadTransport(Transport):
    """HTTP to ``base_url``: each thread sends over the connection that was made its own."""

    def __init__(
        self,
        base_url: str,
        connect: Callable[[], Connection],
        note: Note,
        *,
        timeout_seconds: float,
        headers: Mapping[str, str],
        verify: ssl.SSLContext | bool,
    ) -> None:
        super().__init__(base_url, timeout_seconds=timeout_seconds, headers=headers, verify=verify)
        self._connect, self._note = connect, note
        self._mine = threading.local()

    @contextmanager
    def sending(self, kind: str, connection: Connection | None = None) -> Iterator[None]:
        """Count what this thread sends as of one kind, and let it go over a user's connection."""
        self._mine.kind = kind
        if connection is not None:
            self._mine.connection = connection
        try:
            yield
        finally:
            self._mine.kind = "other"

    def send(self, request: Request) -> Exchange:
        """As ``Transport.send``."""
        url = self.base_url + request.path
        said = {name.lower() for name, _ in request.headers}
        usual = {name: value for name, value in self._headers if name.lower() not in said}
        headers = {
            "User-Agent": f"venue-conformance/{__version__}",
            "Accept": "application/json",
            "Accept-Encoding": "identity",
            **usual,
            **dict(request.headers),
        }
        kind = getattr(self._mine, "kind", "other")
        connection = self._connection()
        started_at = datetime.now(UTC).isoformat(timespec="microseconds")
        started = time.monotonic()
        hang_up = self.hang_up
        limit = Timeout(self._seconds() if hang_up is None else hang_up.after)
        fault: str | None = None
        status, came, body = None, (), b""
        try:
            limit.start()
            response = connection.request(
                request.method, url, data=request.body, headers=headers, name=f"{request.method} {kind}"
            )
            if (error := getattr(response, "error", None)) is not None and not response.status_code:
                raise error
            status, came = response.status_code, tuple(response.headers.items())
            body = _read(response)
        except BaseException as error:  # what the client below raises has nothing in common
            if isinstance(error, KeyboardInterrupt | SystemExit) or type(error).__name__ == "GreenletExit":
                connection.close()
                raise
            status, came, body = None, (), b""
            fault = self._fault(error, limit, timed_out=hang_up is None)
        finally:
            limit.close()
            self._mine.used = time.monotonic()
        finished = time.monotonic()
        if fault is not None:
            connection.close()
        self._note(kind, started, finished - started, status, None if fault is None else connection_fault(fault))
        return Exchange(request, url, started, finished, started_at, status, came, body, fault)

    def _fault(self, error: BaseException, limit: Timeout, *, timed_out: bool) -> str:
        """A fault in the words of the other transport."""
        cause = getattr(error, "original", None) or error
        if cause is limit or isinstance(cause, Timeout | TimeoutError):
            return f"ReadTimeout: no whole answer within {limit.seconds:g} s" if timed_out else "Left: hung up"
        return f"{type(cause).__name__}: {cause}"

    def _connection(self) -> Connection:
        connection: Connection | None = getattr(self._mine, "connection", None)
        if connection is None:
            connection = self._mine.connection = self._connect()
        elif time.monotonic() - getattr(self._mine, "used", 0.0) > KEEP_ALIVE_SECONDS:
            connection.close()  # the other side may be about to do so
        return connection


def _read(response: Any) -> bytes:
    body = bytearray()
    while chunk := response.read(_CHUNK):
        body += chunk
        if len(body) > LARGEST_ANSWER:
            raise ConnectionError(f"the answer is longer than {LARGEST_ANSWER} bytes")
    response.release()
    return bytes(body)
