"""A bound on a whole exchange: a target that sends a byte now and then keeps nobody waiting for ever."""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import httpcore
import httpx

from venue_conformance.wire.hang_up import HangUp
from venue_conformance.wire.proxy import Proxy

Fault = TypeVar("Fault", bound=Exception)
#: A socket that may take no time at all is one that never blocks, and that is another thing.
_SHORTEST_SECONDS = 0.001


class Deadline(threading.local):
    """The moment (monotonic seconds) by which what a thread has under way is to be over; each thread has its own."""

    def __init__(self) -> None:
        self._ends = math.inf
        self._hang_up: HangUp | None = None
        self._leaves = math.inf

    def within(self, seconds: float) -> None:
        """Begin anew."""
        self._ends = time.monotonic() + seconds

    def leaving(self, hang_up: HangUp | None) -> None:
        """Let the thread give up waiting on purpose, counted from now; None for not at all."""
        self._hang_up = hang_up
        self._leaves = math.inf if hang_up is None else time.monotonic() + hang_up.after

    def read(self, stream: httpcore.NetworkStream, max_bytes: int, timeout: float | None) -> bytes:
        """Read what comes in time. Raises httpcore.ReadTimeout."""
        left = self.bound(timeout, httpcore.ReadTimeout)
        if self._hang_up is None:
            return stream.read(max_bytes, left)
        timeout = max(_SHORTEST_SECONDS, self._leaves - time.monotonic())
        try:
            return stream.read(max_bytes, timeout if left is None else min(left, timeout))
        except httpcore.ReadTimeout:
            hang_up, self._hang_up = self._hang_up, None
            if time.monotonic() < self._leaves or not hang_up.leave(stream.get_extra_info("socket")):
                raise
        return stream.read(max_bytes, self.bound(timeout, httpcore.ReadTimeout))

    def bound(self, timeout: float | None, fault: type[Fault]) -> float | None:
        """The part of ``timeout`` that is left. Raises ``fault`` when nothing is."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise fault("the answer was not complete in time")
        return left if timeout is None else min(timeout, left)


class BoundedTransport(httpx.BaseTransport):
    """A transport of httpx, each read and write of which ends with the deadline.

    ``on_closed`` is called when a connection that was kept for the next request has been closed by the other side, so
    soon that it would have been used once more.

    httpx bounds single reads; where they are bounded as a whole is the network backend of httpcore, which the transport
    of httpx itself does not let one choose.
    """

    def __init__(
        self,
        deadline: Deadline,
        verify: ssl.SSLContext | bool,
        limits: httpx.Limits,
        on_closed: Callable[[], None],
        proxy: Proxy | None = None,
    ) -> None:
        self._pool = httpcore.ConnectionPool(
            ssl_context=verify if isinstance(verify, ssl.SSLContext) else None,
            proxy=proxy.for_httpcore if proxy else None,
            max_connections=limits.max_connections,
            max_keepalive_connections=limits.max_keepalive_connections,
            keepalive_expiry=limits.keepalive_expiry,
            network_backend=_Backend(deadline, on_closed, limits.keepalive_expiry),
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request. Raises the exceptions of httpx."""
        assert isinstance(request.stream, httpx.SyncByteStream), "nothing here sends asynchronously"
        url = request.url
        asked = httpcore.Request(
            request.method,
            httpcore.URL(scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path),
            headers=request.headers.raw,
            content=request.stream,
            extensions=request.extensions,
        )
        with _exceptions_of_httpx():
            answered = self._pool.handle_request(asked)
        return _Answered(
            answered.status, headers=answered.headers, stream=_Body(answered.stream), extensions=answered.extensions
        )

    def close(self) -> None:
        """Close all connections."""
        self._pool.close()


class _Answered(httpx.Response):
    """An answer that leads nowhere: httpx reads where a redirect points to, and fails there, even if it is to stay."""

    @property
    def has_redirect_location(self) -> bool:
        return False


class _Body(httpx.SyncByteStream):
    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def __iter__(self) -> Iterator[bytes]:
        with _exceptions_of_httpx():
            yield from self._stream

    def close(self) -> None:
        self._stream.close()


@contextmanager
def _exceptions_of_httpx() -> Iterator[None]:
    """Raise what httpcore raises as the exception of httpx that has the same name."""
    try:
        yield
    except Exception as error:
        for kind in type(error).__mro__:
            if kind.__module__.startswith("httpcore") and hasattr(httpx, kind.__name__):
                raise getattr(httpx, kind.__name__)(str(error)) from error
        raise


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, on_closed: Callable[[], None], kept_seconds: float | None) -> None:
        self._deadline, self._on_closed, self._kept_seconds = deadline, on_closed, kept_seconds
        self._real = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        left = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        real = self._real.connect_tcp(host, port, left, local_address, socket_options)
        return _Stream(real, self._deadline, self._on_closed, self._kept_seconds)


class _Stream(httpcore.NetworkStream):
    def __init__(
        self,
        real: httpcore.NetworkStream,
        deadline: Deadline,
        on_closed: Callable[[], None],
        kept_seconds: float | None,
    ) -> None:
        self._real, self._deadline = real, deadline
        self._on_closed, self._kept_seconds = on_closed, kept_seconds
        self._used = time.monotonic()

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        data = self._deadline.read(self._real, max_bytes, timeout)
        self._used = time.monotonic()
        return data

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._used = time.monotonic()
        self._real.write(buffer, self._deadline.bound(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        real = self._real.start_tls(ssl_context, server_hostname, left)
        return _Stream(real, self._deadline, self._on_closed, self._kept_seconds)

    def get_extra_info(self, info: str) -> Any:
        known = self._real.get_extra_info(info)
        idle = time.monotonic() - self._used
        if info == "is_readable" and known and (self._kept_seconds is None or idle < self._kept_seconds):
            # Asked only before a connection is used again: there is nothing to be read then but its end. One that was
            # not to be used any more may have been closed by any server.
            self._on_closed()
        return known
