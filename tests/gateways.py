"""What stands between a client and staging: a gateway with a prefix, one that ends TLS, a proxy. Real sockets.

Each connection carries one request: its head is read, changed and sent on, and from there bytes go both ways as they
come, so that a WebSocket, and a body whose end is held back, pass like anything else.
"""

from __future__ import annotations

import re
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from urllib.parse import urlsplit

Address = tuple[str, int]


@dataclass
class Gateway:
    """One that is running: where, and the request lines that came, in their order."""

    port: int
    tls: bool
    lines: list[str] = field(default_factory=list)
    #: When each of them came, in monotonic seconds.
    times: list[float] = field(default_factory=list)
    #: The certificates' subjects that clients showed.
    clients: list[str] = field(default_factory=list)
    #: Values of Proxy-Authorization.
    authorized: list[str] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http{'s' if self.tls else ''}://127.0.0.1:{self.port}"


class RefusedError(Exception):
    """The answer of the gateway itself."""


@contextmanager
def prefix_gateway(upstream: str, prefix: str, *, tls: ssl.SSLContext | None = None) -> Iterator[Gateway]:
    """Has ``upstream`` under a prefix, which it takes away, and nothing anywhere else."""
    behind = _address(upstream)

    def route(gateway: Gateway, method: str, target: str, headers: Mapping[str, str]) -> tuple[Address, str]:
        if not target.startswith(f"{prefix}/"):
            raise RefusedError("404 Not Found")
        return behind, target.removeprefix(prefix)

    with _running(route, tls) as gateway:
        yield gateway


@contextmanager
def proxy(
    names: Mapping[str, str] | None = None, *, password: str | None = None, tls: ssl.SSLContext | None = None
) -> Iterator[Gateway]:
    """A forward proxy, with CONNECT for tunnels; ``names`` leads hosts that it alone knows to URLs.

    ``password`` is the base64 part of the Proxy-Authorization that it wants.
    """

    def route(gateway: Gateway, method: str, target: str, headers: Mapping[str, str]) -> tuple[Address, str | None]:
        given = headers.get("proxy-authorization", "")
        gateway.authorized.append(given)
        if password is not None and given != f"Basic {password}":
            raise RefusedError("407 Proxy Authentication Required")
        parts = urlsplit(f"//{target}" if method == "CONNECT" else target)
        if parts.hostname is None:
            raise RefusedError("400 Bad Request")
        elsewhere = (names or {}).get(parts.hostname)
        to = _address(elsewhere) if elsewhere else (parts.hostname, parts.port or 80)
        path = f"{parts.path or '/'}{f'?{parts.query}' if parts.query else ''}"
        return to, None if method == "CONNECT" else path

    with _running(route, tls) as gateway:
        yield gateway


def _address(url: str) -> Address:
    parts = urlsplit(url)
    return parts.hostname or "", parts.port or 80


@contextmanager
def _running(route: Callable[..., tuple[Address, str | None]], tls: ssl.SSLContext | None) -> Iterator[Gateway]:
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    gateway = Gateway(listener.getsockname()[1], tls is not None)
    open_sockets: list[socket.socket] = []

    def talk(client: socket.socket) -> None:
        with ExitStack() as stack, suppress(OSError, ValueError):
            stack.callback(client.close)
            if tls is not None:
                client = tls.wrap_socket(client, server_side=True)
                stack.callback(client.close)
                subject = (client.getpeercert() or {}).get("subject", ())
                gateway.clients += [value for part in subject for name, value in part if name == "commonName"]
            head, rest = _head(client)
            method, target, version = head[0].split(" ")
            gateway.lines.append(f"{method} {target}")
            gateway.times.append(time.monotonic())
            fields = [line.partition(":") for line in head[1:]]
            headers = {name.strip().lower(): value.strip() for name, _, value in fields}
            try:
                to, path = route(gateway, method, target, headers)
                upstream = socket.create_connection(to, 5)
            except RefusedError as refusal:
                client.sendall(f"HTTP/1.1 {refusal}\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{{}}".encode())
                return
            except OSError:
                client.sendall(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
                return
            upstream.settimeout(None)
            upstream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            stack.callback(upstream.close)
            open_sockets.append(upstream)
            if path is None:
                client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
            else:
                upgrades = "upgrade" in headers
                kept = [line for line in head[1:] if not re.match(r"(?i)proxy-|connection:", line) or upgrades]
                lines = [f"{method} {path} {version}", *kept, *([] if upgrades else ["Connection: close"]), "", ""]
                upstream.sendall("\r\n".join(lines).encode("latin-1"))
            upstream.sendall(rest)
            back = threading.Thread(target=_relay, args=(upstream, client), daemon=True)
            back.start()
            _relay(client, upstream)
            back.join()

    def accept() -> None:
        with suppress(OSError):
            while True:
                client, _ = listener.accept()
                client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_sockets.append(client)
                threading.Thread(target=talk, args=(client,), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield gateway
    finally:
        for held in (listener, *open_sockets):
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()
        acceptor.join(5)


def _head(client: socket.socket) -> tuple[list[str], bytes]:
    read = b""
    while b"\r\n\r\n" not in read:
        more = client.recv(65536)
        if not more:
            raise ValueError("no whole head")
        read += more
    head, _, rest = read.partition(b"\r\n\r\n")
    return head.decode("latin-1").split("\r\n"), rest


def _relay(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError, ValueError):
        while data := source.recv(65536):
            sink.sendall(data)
    for end in (source, sink):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
