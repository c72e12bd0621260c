"""A real server of a few lines that answers whatever a test wants, down to the bytes and the pauses between them."""

from __future__ import annotations

import itertools
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Received:
    """A request as it arrived; ``connection`` counts the connections from 1."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes
    connection: int

    def header(self, name: str) -> str | None:
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)

    def all_of(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name.lower()]


Behaviour = bytes | Callable[[socket.socket], None]


def answer(status: int = 200, body: bytes = b"{}", *headers: tuple[str, str]) -> bytes:
    """A whole response with its length."""
    lines = [f"HTTP/1.1 {status} Whatever", f"Content-Length: {len(body)}", *(f"{n}: {v}" for n, v in headers)]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body


@dataclass
class TinyServer:
    """Answers each request with what ``behave`` makes of it: bytes, or a function that gets the socket.

    The connection is kept after bytes and closed after a function. Whoever knocks and asks nothing of this server, as
    scanners of ports do, is neither answered nor counted.
    """

    url: str = ""
    behave: Callable[[Received], Behaviour] = lambda _: answer()
    received: list[Received] = field(default_factory=list)
    stopping: threading.Event = field(default_factory=threading.Event)

    @property
    def connections(self) -> int:
        """How many connections requests came over."""
        return len({request.connection for request in self.received})

    def always(self, behaviour: Behaviour) -> None:
        self.behave = lambda _: behaviour

    def in_turn(self, *behaviours: Behaviour) -> None:
        """One after the other, the last one again and again."""
        left = list(behaviours)
        self.behave = lambda _: left.pop(0) if len(left) > 1 else left[0]

    def _talk(self, connection: socket.socket, number: int) -> None:
        with connection, suppress(OSError), connection.makefile("rb") as stream:
            while (request := _read(stream, number)) and request.header("host") == self.url.partition("//")[2]:
                self.received.append(request)
                behaviour = self.behave(request)
                if not isinstance(behaviour, bytes):
                    behaviour(connection)
                    return
                connection.sendall(behaviour)


def _read(stream, number: int) -> Received | None:
    first = stream.readline().decode("latin-1").split()
    if len(first) != 3 or first[2] != "HTTP/1.1":
        return None
    headers = []
    while line := stream.readline().decode("latin-1").strip():
        name, _, value = line.partition(":")
        headers.append((name, value.strip()))
    length = next((int(value) for name, value in headers if name.lower() == "content-length"), 0)
    return Received(first[0], first[1], headers, stream.read(length), number)


@contextmanager
def tiny_server() -> Iterator[TinyServer]:
    """Serve on a free port while the block runs."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = TinyServer(url=f"http://127.0.0.1:{listener.getsockname()[1]}")
    open_connections: list[socket.socket] = []

    def accept() -> None:
        with suppress(OSError):
            for number in itertools.count(1):
                connection, _ = listener.accept()
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                open_connections.append(connection)
                threading.Thread(target=server._talk, args=(connection, number), daemon=True).start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server
    finally:
        server.stopping.set()
        for held in (listener, *open_connections):
            with suppress(OSError):
                held.shutdown(socket.SHUT_RDWR)
            held.close()
        acceptor.join(5)
