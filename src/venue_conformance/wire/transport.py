"""Sends requests to one target and to nowhere else, and hands back exactly what came."""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from venue_conformance import __version__
from venue_conformance.wire.content_coding import TooLong, body_of
from venue_conformance.wire.deadline import BoundedTransport, Deadline
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.hang_up import HangUp
from venue_conformance.wire.proxy import Proxy
from venue_conformance.wire.together import ReleaseBarrier

#: An answer to a batch of 100 is about 20 kB; whatever is longer than this was not meant as an answer.
LARGEST_ANSWER = 8 * 1024 * 1024
#: Shorter than the 5 s after which common servers close an idle connection, so that no request meets a closing one.
KEEP_ALIVE_SECONDS = 2.0
#: What comes of a request over a connection that the other side has closed.
BROKEN = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)
#: Each request over a connection of its own.
ONE_EACH = httpx.Limits(max_keepalive_connections=0)


class Transport:
    """HTTP to ``base_url``: one client per thread, no redirects, no proxy but the one given, bounded answers.

    ``base_url`` may have a path, a gateway's prefix, which stands before the path of each request.
    ``headers`` are sent with every request (a gateway's key). ``timeout_seconds`` bounds each exchange as a whole.
    ``verify`` is the TLS context for https, False for plain HTTP, which needs none (one takes 20 ms to build).

    Connections are kept for the next request until one of them turns out to have been closed without a word. A request
    that meets such an end may have been read or not, so that from there on each has a connection of its own.
    """

    def __init__(
        self,
        base_url: str,
        *,
        timeout_seconds: float = 10,
        headers: Mapping[str, str] | None = None,
        verify: ssl.SSLContext | bool = False,
        proxy: Proxy | None = None,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._timeout = timeout_seconds
        self._headers = tuple((headers or {}).items())
        self._verify, self._proxy = verify, proxy
        self._local = threading.local()
        self._limits = httpx.Limits(keepalive_expiry=KEEP_ALIVE_SECONDS)
        self._clients: list[httpx.Client] = []
        self._lock = threading.Lock()

    def send(self, request: Request) -> Exchange:
        """Send one request and read its answer.

        A broken, refused or overdue connection is an exchange with a ``fault``, never an exception, so that it can
        be recorded like any other.
        """
        url = self.base_url + request.path
        content: bytes | Iterator[bytes] | None = request.body
        # What a request says itself stands alone: what comes of a second trace id would be blamed on the venue.
        said = {name.lower() for name, _ in request.headers}
        usual = tuple((name, value) for name, value in self._headers if name.lower() not in said)
        headers: tuple[tuple[str, str], ...] = (*usual, *request.headers)
        barrier: ReleaseBarrier | None = getattr(self._local, "barrier", None)
        client, deadline = self._client()
        released: list[float] = []

        def go(at: float) -> None:
            released.append(at)
            deadline.within(self._seconds())

        if barrier is not None and request.body:
            barrier.ready()
            content = barrier.hold_back(request.body, go)
            headers = (*headers, ("Content-Length", str(len(request.body))))
        started_at = datetime.now(UTC).isoformat(timespec="microseconds")
        started = time.monotonic()
        try:
            deadline.within(self._seconds())
            deadline.leaving(self.hang_up)
            stream = client.stream(request.method, url, headers=headers, content=content, timeout=self._seconds())
            with stream as response:
                body = body_of(response, LARGEST_ANSWER)
                status, headers = response.status_code, tuple(response.headers.multi_items())
        except (httpx.HTTPError, httpx.InvalidURL, OSError, ssl.SSLError) as error:
            if isinstance(error, BROKEN) and not isinstance(error, TooLong) and self.hang_up is None:
                self._keep_none()
            fault = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            return Exchange(request, url, started, time.monotonic(), started_at, fault=fault)
        finally:
            if self.hang_up is not None:
                client.close()
                self._local.client = None
        began = released[0] if released else started
        return Exchange(request, url, began, time.monotonic(), started_at, status, headers, body)

    def released_by(self, barrier: ReleaseBarrier) -> AbstractContextManager[None]:
        """Let what this thread sends begin together with what others send from the same barrier.

        ``started`` of such an exchange is the moment at which its last byte was released.
        """
        return self._in_this_thread("barrier", barrier)

    def within(self, seconds: float) -> AbstractContextManager[None]:
        """Let each exchange of this thread take so many seconds at most, which are fewer than usual."""
        return self._in_this_thread("seconds", seconds)

    def leaving(self, hang_up: HangUp) -> AbstractContextManager[None]:
        """Let this thread give up waiting for its answers, each of which then comes as a fault, or early enough."""
        return self._in_this_thread("hang_up", hang_up)

    def expecting(self, seconds: float) -> AbstractContextManager[None]:
        """Let each exchange of this thread take so many seconds more than usual: it was asked to be held."""
        return self._in_this_thread("expected", seconds)

    @contextmanager
    def _in_this_thread(self, name: str, value: object) -> Iterator[None]:
        setattr(self._local, name, value)
        try:
            yield
        finally:
            vars(self._local).pop(name, None)

    @property
    def hang_up(self) -> HangUp | None:
        """How this thread gives up waiting, None when it does not."""
        return getattr(self._local, "hang_up", None)

    @property
    def expected(self) -> float:
        """How many seconds an exchange of this thread is expected to be held."""
        return getattr(self._local, "expected", 0.0)

    def _seconds(self) -> float:
        fewer: float | None = getattr(self._local, "seconds", None)
        return self._timeout + self.expected if fewer is None else min(fewer, self._timeout)

    def _client(self) -> tuple[httpx.Client, Deadline]:
        known: tuple[httpx.Client, Deadline, httpx.Limits] | None = getattr(self._local, "client", None)
        if known is not None and known[2] is self._limits:
            return known[0], known[1]
        deadline, limits = Deadline(), self._limits
        client = httpx.Client(
            trust_env=False,
            follow_redirects=False,
            transport=BoundedTransport(deadline, self._verify, limits, self._keep_none, self._proxy),
            timeout=self._timeout,
            # A cookie that one account was given must not speak for the next, and no check has asked for it.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={
                "User-Agent": f"venue-conformance/{__version__}",
                "Accept": "application/json",
                "Accept-Encoding": "identity",
            },
        )
        self._local.client = client, deadline, limits
        with self._lock:
            self._clients.append(client)
        return client, deadline

    def _keep_none(self) -> None:
        self._limits = ONE_EACH

    def close(self) -> None:
        """Close the connections of every thread."""
        with self._lock:
            for client in self._clients:
                client.close()
            self._clients.clear()
