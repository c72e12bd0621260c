"""Connections that cannot be made, break or take for ever: a fault in the exchange, never an exception, and in time."""

from __future__ import annotations

import gzip
import socket
import struct
import threading
import time
import tracemalloc
import zlib
from collections.abc import Callable

import pytest

from tests.tiny_server import TinyServer, answer, tiny_server
from venue_conformance.wire import transport as module
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.faults import fault_of
from venue_conformance.wire.transport import Transport

REQUEST = Request("DELETE", "/v1/orders/batch", (), b"{}")
TIMEOUT = 0.3
#: What a bounded exchange may take at most, in timeouts: this machine has other things to do.
SLACK = 8


def send(url: str, request: Request = REQUEST) -> Exchange:
    transport = Transport(url, timeout_seconds=TIMEOUT)
    try:
        exchange = transport.send(request)
    finally:
        transport.close()
    assert exchange.finished - exchange.started < SLACK * TIMEOUT
    return exchange


def require_fault(exchange: Exchange, words: str, kind: str | None = None) -> None:
    assert exchange.status is None
    assert exchange.body == b""
    assert exchange.fault is not None
    assert words in exchange.fault
    assert kind is None or fault_of(exchange) == kind


def reset(connection: socket.socket) -> None:
    # Closing with a linger of zero seconds sends RST in place of FIN.
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def close(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def says_half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{")
    connection.shutdown(socket.SHUT_RDWR)


def speaks_something_else(connection: socket.socket) -> None:
    connection.sendall(b"SSH-2.0-OpenSSH_9.2\r\n")


@pytest.mark.parametrize(
    ("behaviour", "words"),
    [
        (reset, "ReadError"),
        (close, "RemoteProtocolError"),
        (says_half, "RemoteProtocolError"),
        (speaks_something_else, "RemoteProtocolError"),
    ],
)
def test_a_connection_that_breaks_is_a_fault(
    server: TinyServer, behaviour: Callable[[socket.socket], None], words: str
) -> None:
    server.always(behaviour)
    require_fault(send(server.url), words, "reset")
    assert len(server.received) == 1, "a request with an effect is never sent twice"


def test_a_connection_that_is_refused_is_a_fault() -> None:
    with tiny_server() as gone:
        pass
    require_fault(send(gone.url), "ConnectError", "refused")


def test_a_name_that_does_not_exist_is_a_fault() -> None:
    exchange = Transport("http://venue.invalid", timeout_seconds=5).send(REQUEST)
    require_fault(exchange, "ConnectError", "refused")


def test_silence_is_a_fault(server: TinyServer) -> None:
    server.always(lambda _: server.stopping.wait(5))
    exchange = send(server.url)
    require_fault(exchange, "ReadTimeout", "time-out")
    assert exchange.finished - exchange.started >= TIMEOUT


@pytest.mark.parametrize("begun", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX: "])
def test_an_answer_that_drips_is_given_up(server: TinyServer, begun: bytes) -> None:
    """Each byte comes in time, be it of the body or of a header; the whole does not."""

    def drip(connection: socket.socket) -> None:
        connection.sendall(begun)
        while not server.stopping.wait(TIMEOUT / 10):
            connection.sendall(b" ")

    server.always(drip)
    exchange = send(server.url)
    require_fault(exchange, "ReadTimeout", "time-out")


def test_an_answer_without_end_is_cut(server: TinyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 1_000_000)
    sent = 0

    def endless(connection: socket.socket) -> None:
        nonlocal sent
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            sent += connection.send(b"x" * 65_536)

    server.always(endless)
    require_fault(send(server.url), "TooLong: the answer is longer than 1000000 bytes", "too long")
    assert sent < 20_000_000


def test_an_answer_that_is_not_what_its_encoding_says_is_a_fault(server: TinyServer) -> None:
    server.always(answer(200, b"this is not gzip", ("Content-Encoding", "gzip")))
    require_fault(send(server.url), "DecodingError")


@pytest.mark.parametrize("times", [1, 2, 3])
def test_a_few_bytes_that_stand_for_gigabytes_are_never_decompressed(
    server: TinyServer, monkeypatch: pytest.MonkeyPatch, times: int
) -> None:
    monkeypatch.setattr(module, "LARGEST_ANSWER", 100_000)
    body = b" " * 30_000_000
    for _ in range(times):
        body = gzip.compress(body)
    server.always(answer(200, body, ("Content-Encoding", ", ".join(["gzip"] * times))))
    tracemalloc.start()
    exchange = send(server.url)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    require_fault(exchange, "TooLong: the answer is longer than 100000 bytes", "too long")
    assert most < 3_000_000


@pytest.mark.parametrize("codings", ["br", "zstd", "gzip, br", "gzip, gzip, gzip, gzip"])
def test_an_answer_in_an_encoding_that_nobody_asked_for_is_a_fault(server: TinyServer, codings: str) -> None:
    server.always(answer(200, gzip.compress(b"{}"), ("Content-Encoding", codings)))
    require_fault(send(server.url), "DecodingError: the answer")


@pytest.mark.parametrize("raw", [False, True])
def test_a_deflated_answer_is_read_with_and_without_its_frame(server: TinyServer, raw: bool) -> None:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS if raw else zlib.MAX_WBITS)
    server.always(answer(200, packer.compress(b'{"a": 1}') + packer.flush(), ("Content-Encoding", "deflate")))
    assert send(server.url).body == b'{"a": 1}'


def test_fewer_seconds_hold_for_the_thread_that_asked_for_them(server: TinyServer) -> None:
    server.always(lambda _: server.stopping.wait(5))
    transport = Transport(server.url, timeout_seconds=60)
    with transport.within(TIMEOUT):
        exchange = transport.send(REQUEST)
    transport.close()
    require_fault(exchange, "ReadTimeout")
    assert exchange.finished - exchange.started < SLACK * TIMEOUT


def test_after_a_fault_the_next_request_is_sent_on_a_new_connection(server: TinyServer) -> None:
    server.in_turn(close, answer())
    transport = Transport(server.url)
    assert transport.send(REQUEST).fault
    assert transport.send(REQUEST).status == 200
    transport.close()
    assert server.connections == 2


def test_a_connection_that_idled_is_not_used_again(server: TinyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.02)
    transport = Transport(server.url)
    for _ in range(2):
        assert transport.send(REQUEST).status == 200
        time.sleep(0.1)
    transport.close()
    assert server.connections == 2


@pytest.mark.parametrize("header", [("X-Broken", "a\r\nX-Other: b"), ("X Broken", "a")])
def test_a_header_that_http_forbids_is_never_sent(server: TinyServer, header: tuple[str, str]) -> None:
    require_fault(send(server.url, Request("DELETE", "/", (header,))), "LocalProtocolError", "not sent")
    assert server.received == []


@pytest.mark.parametrize(
    ("waits", "seen"),
    [(False, [200, 200, 200, 200, 200, 200]), (True, [200, None, 200, 200, 200, 200])],
    ids=["at once", "when the next request has come"],
)
def test_connections_are_not_kept_for_a_server_that_closes_them_without_a_word(
    waits: bool, seen: list[int | None]
) -> None:
    taken: list[int] = []

    def answers_once(connection: socket.socket) -> None:
        taken.append(1)
        received = b""
        while not received.endswith(b"{}"):  # headers and body may come apart
            received += connection.recv(65536)
        connection.sendall(answer())
        if waits:
            connection.recv(65536)  # the next request, which stays without an answer

    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    answers_once(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        transport = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=TIMEOUT)
        exchanges = []
        for _ in range(6):
            exchanges.append(transport.send(REQUEST))
            time.sleep(0.05)
        limits = transport._limits
        transport.close()
        listener.shutdown(socket.SHUT_RDWR)
    thread.join()
    assert [exchange.status for exchange in exchanges] == seen
    assert limits is module.ONE_EACH


def test_a_connection_that_is_closed_when_it_was_not_to_be_used_any_more_says_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "KEEP_ALIVE_SECONDS", 0.02)
    idle, closed = threading.Event(), threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def accept() -> None:
            for _ in range(2):
                connection, _ = listener.accept()
                with connection:
                    received = b""
                    while not received.endswith(b"{}"):
                        received += connection.recv(65536)
                    connection.sendall(answer())
                    idle.wait(TIMEOUT)
                idle.clear()
                closed.set()

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        transport = Transport(f"http://127.0.0.1:{listener.getsockname()[1]}", timeout_seconds=TIMEOUT)
        for _ in range(2):
            assert transport.send(REQUEST).status == 200
            time.sleep(0.05)  # longer than it is kept, if not as long as servers wait
            idle.set()
            assert closed.wait(TIMEOUT)
            closed.clear()
        limits = transport._limits
        transport.close()
    thread.join()
    assert limits is not module.ONE_EACH
