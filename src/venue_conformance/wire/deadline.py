"""A bound on a whole exchange: a target that sends a byte now and then keeps nobody waiting for ever."""

from __future__ import annotations

import math
import ssl
import threading
import time
from collections.abc import Callable, Iterable
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


def bounded_transport(
    deadline: Deadline,
    verify: ssl.SSLContext | bool,
    limits: httpx.Limits,
    on_closed: Callable[[], None],
    proxy: Proxy | None = None,
) -> httpx.HTTPTransport:
    """The transport of httpx, each read and write of which ends with the deadline.

    ``on_closed`` is called when a connection that was kept for the next request has been closed by the other side.

    httpx bounds single reads; where they are bounded as a whole is one level below, in httpcore, and httpx offers no
    way to hand its network backend over.
    """
    by = proxy.for_httpx if proxy else None
    transport = httpx.HTTPTransport(verify=verify, trust_env=False, limits=limits, proxy=by)
    transport._pool._network_backend = _Backend(deadline, on_closed)
    return transport


class _Backend(httpcore.NetworkBackend):
    def __init__(self, deadline: Deadline, on_closed: Callable[[], None]) -> None:
        self._deadline, self._on_closed, self._real = deadline, on_closed, httpcore.SyncBackend()

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
        return _Stream(real, self._deadline, self._on_closed)


class _Stream(httpcore.NetworkStream):
    def __init__(self, real: httpcore.NetworkStream, deadline: Deadline, on_closed: Callable[[], None]) -> None:
        self._real, self._deadline, self._on_closed = real, deadline, on_closed

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._deadline.read(self._real, max_bytes, timeout)

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._real.write(buffer, self._deadline.bound(timeout, httpcore.WriteTimeout))

    def close(self) -> None:
        self._real.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = self._deadline.bound(timeout, httpcore.ConnectTimeout)
        return _Stream(self._real.start_tls(ssl_context, server_hostname, left), self._deadline, self._on_closed)

    def get_extra_info(self, info: str) -> Any:
        known = self._real.get_extra_info(info)
        if info == "is_readable" and known:
            # Asked only before a connection is used again: there is nothing to be read then but its end.
            self._on_closed()
        return known
