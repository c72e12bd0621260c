"""A WebSocket to one target and to nowhere else: what was sent on it and what came, kept like an exchange."""

from __future__ import annotations

import json
import socket
import ssl
import struct
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack, suppress
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from websockets.exceptions import ConnectionClosed, InvalidHandshake, InvalidStatus, InvalidURI
from websockets.sync.client import ClientConnection, connect

from venue_conformance import __version__
from venue_conformance.errors import Unreachable
from venue_conformance.json_levels import require_few_levels
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.faults import connection_fault
from venue_conformance.wire.proxy import Proxy

#: A snapshot of a hundred orders is about 50 kB; whatever is longer than this was not meant as one message.
LARGEST_MESSAGE = 1024 * 1024
#: How much of what came is kept for the report, in bytes, and how much one check reads at most, in messages and bytes.
LARGEST_RECORD, MOST_MESSAGES, MOST_BYTES = 256 * 1024, 20_000, 16 * 1024 * 1024
#: How long the other side may take to say goodbye.
CLOSING_SECONDS = 0.5


class Channel:
    """One connection: no redirect, no proxy but the one given, bounded messages; JSON in both directions.

    ``headers`` go with the handshake (a gateway's key), ``timeout_seconds`` bounds it. ``verify`` is the TLS context
    for wss. A proxy is asked for a tunnel (CONNECT), for ws too.
    """

    def __init__(
        self,
        url: str,
        *,
        timeout_seconds: float = 10,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | None = None,
        proxy: Proxy | None = None,
        caller: str | None = None,
    ) -> None:
        self.url = url
        self._headers, self._caller = tuple((headers or {}).items()), caller
        self._timeout, self._verify, self._proxy = timeout_seconds, verify, proxy
        self._sent: list[str] = []
        self._received: list[str] = []
        self._read = self._count = 0
        self._fault: str | None = None
        #: Whether more has come than is read.
        self.endless = False
        self._status: int | None = None
        self._started_at = datetime.now(UTC).isoformat(timespec="microseconds")
        self._started = time.monotonic()
        self._stack = ExitStack()

    def open(self) -> None:
        """Make the connection. Raises Unreachable when that fails."""
        url = self.url
        try:
            self._socket = self._stack.enter_context(
                connect(
                    url,
                    ssl=self._verify if url.startswith("wss") else None,
                    additional_headers=self._headers,
                    user_agent_header=f"venue-conformance/{__version__}",
                    proxy=self._proxy.url if self._proxy else None,
                    proxy_ssl=self._proxy.verify if self._proxy else None,
                    create_connection=_GoesNowhereElse,
                    compression=None,
                    open_timeout=self._timeout,
                    close_timeout=CLOSING_SECONDS,
                    ping_interval=None,
                    max_size=LARGEST_MESSAGE,
                )
            )
        except (OSError, ValueError, EOFError, InvalidHandshake, InvalidURI) as raised:
            error = raised.refusal if isinstance(raised, _Refused) else raised
            if isinstance(error, InvalidStatus):
                self._status = error.response.status_code
            self._fault = f"{type(error).__name__}: {error}"
            self._stack.close()
            raise self._unreachable() from error
        _bound_sending(self._socket.socket, self._timeout)
        self._status = 101

    def send(self, message: Mapping[str, Any]) -> None:
        """Send a message. Raises Unreachable when the connection has gone."""
        text = json.dumps(message, separators=(",", ":"))
        try:
            self._socket.send(text)
        except (ConnectionClosed, OSError) as error:
            raise self._broken(error) from error
        self._sent.append(text)

    def receive(self, seconds: float) -> Any | None:
        """The next message as JSON, None when none came in time. What is no JSON comes as it is.

        Raises Unreachable when the connection has gone, or when messages never end.
        """
        try:
            message = self._socket.recv(timeout=max(0.0, seconds))
        except TimeoutError:
            return None
        except (ConnectionClosed, OSError) as error:
            raise self._broken(error) from error
        text = message if isinstance(message, str) else message.decode("utf-8", errors="replace")
        self._count += 1
        if self._count > MOST_MESSAGES:
            raise self._too_much(f"more than {MOST_MESSAGES} messages")
        self._read += len(text)
        if self._read > MOST_BYTES:
            raise self._too_much(f"messages of more than {MOST_BYTES} bytes")
        if self._read <= LARGEST_RECORD:
            self._received.append(text)
        try:
            return require_few_levels(text, json.loads(text))
        except (ValueError, RecursionError):
            return text

    def _too_much(self, said: str) -> Unreachable:
        self.endless = True
        return self._broken(OverflowError(said))

    def _broken(self, error: Exception) -> Unreachable:
        self._fault = f"{type(error).__name__}: {error}"
        return self._unreachable()

    def _unreachable(self) -> Unreachable:
        text = self._fault or ""
        return Unreachable(f"{self.url}: {text}", connection_fault(text))

    def close(self) -> None:
        """Say goodbye and close."""
        self._stack.close()

    @property
    def exchange(self) -> Exchange:
        """Everything so far as one exchange: the messages sent are its body, those received its answer."""
        body = "\n".join(self._sent).encode() if self._sent else None
        path = urlsplit(self.url).path or "/"
        return Exchange(
            Request("GET", path, self._headers, body, caller=self._caller),
            self.url,
            self._started,
            time.monotonic(),
            self._started_at,
            self._status,
            body="\n".join(self._received).encode("utf-8", errors="replace"),
            fault=self._fault,
        )


def _bound_sending(connection: socket.socket, seconds: float) -> None:
    """Let a send fail that the other side keeps from ending.

    The library answers pings while it holds what every send of ours needs, so that one who pings and never reads would
    keep us waiting for ever. A timeout of the socket itself would bound reading, too.
    """
    milliseconds = max(1, round(seconds * 1000))
    bound = (
        struct.pack("L", milliseconds)
        if sys.platform == "win32"
        else struct.pack("ll", milliseconds // 1000, milliseconds % 1000 * 1000)
    )
    with suppress(OSError):  # where the other side has said goodbye by now, the next send tells
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bound)


class _Refused(InvalidHandshake):
    """A handshake that was answered with another status than 101."""

    def __init__(self, refusal: InvalidStatus) -> None:
        super().__init__(str(refusal))
        self.refusal = refusal


class _GoesNowhereElse(ClientConnection):
    """The library follows a redirect where it sees one; wrapped, it sees none."""

    def handshake(self, *arguments: Any, **options: Any) -> None:
        try:
            super().handshake(*arguments, **options)
        except InvalidStatus as refusal:
            raise _Refused(refusal) from refusal
