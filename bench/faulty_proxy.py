"""A gateway in front of a reference that breaks some connections and answers some requests with 503, at random."""

from __future__ import annotations

import http.client
import socket
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from random import Random
from urllib.parse import urlsplit

#: Not handed on as they are: the connection on either side is its own.
_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "content-length"})
_UNAVAILABLE = b'{"error":"unavailable","message":"try again","statusCode":503}'


class _Gateway(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # what a burst over many connections waits in: it is no fault of the way

    def __init__(self, behind: str, unavailable: float, resets: float, seed: int) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.behind = urlsplit(behind)
        self.unavailable, self.resets, self.random = unavailable, resets, Random(seed)
        self.lock = threading.Lock()

    def draw(self) -> tuple[str, bool]:
        """What becomes of a request ("pass", "503", "reset"), and whether the venue gets it all the same."""
        with self.lock:
            chance, reaches = self.random.random(), self.random.random() < 0.5
        if chance < self.unavailable:
            return "503", reaches
        return ("reset", reaches) if chance < self.unavailable + self.resets else ("pass", True)

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no news."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: _Gateway

    def _serve(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        fate, reaches = ("pass", True) if self.path.startswith("/_states") else self.server.draw()
        if reaches:
            status, headers, answer = self._forward(body)
        if fate == "reset":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            self.connection.close()
            return
        if fate == "503":
            status, headers, answer = 503, [("Content-Type", "application/json")], _UNAVAILABLE
        self.send_response_only(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        behind = self.server.behind
        connection = http.client.HTTPConnection(behind.hostname or "", behind.port)
        try:
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                if name.lower() == "host" and self.path.startswith("/_states"):
                    connection.putheader(name, behind.netloc)  # what it says of itself has to be where it is
                elif name.lower() not in _HOP:
                    connection.putheader(name, value)
            connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            answer = connection.getresponse()
            kept = [(name, value) for name, value in answer.getheaders() if name.lower() not in _HOP]
            return answer.status, kept, answer.read()
        finally:
            connection.close()

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = do_HEAD = do_OPTIONS = _serve  # noqa: N815 - its names

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - its name
        """Nothing is logged."""


@contextmanager
def faulty_proxy(behind: str, *, unavailable: float = 0.02, resets: float = 0.05, seed: int = 0) -> Iterator[str]:
    """The address of a gateway in front of ``behind``; half of the requests that fail there reach the venue first.

    What begins with ``/_states`` passes unharmed.
    """
    gateway = _Gateway(behind, unavailable, resets, seed)
    thread = threading.Thread(target=gateway.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{gateway.server_port}"
    finally:
        with suppress(OSError):
            gateway.shutdown()
        gateway.server_close()
        thread.join(5)
