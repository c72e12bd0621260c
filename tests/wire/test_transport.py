"""What goes over the wire is what was asked for, and what came is handed back as it came: real sockets throughout."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Callable, Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.tiny_server import TinyServer, answer, tiny_server
from venue_conformance import __version__
from venue_conformance.wire.exchange import Request
from venue_conformance.wire.together import together
from venue_conformance.wire.transport import Transport

GET = Request("GET", "/v1/orders?limit=2", ())

Connect = Callable[..., Transport]


@pytest.fixture
def connect(server: TinyServer) -> Iterator[Connect]:
    opened: list[Transport] = []

    def to_server(**options: object) -> Transport:
        opened.append(Transport(server.url, **options))
        return opened[-1]

    yield to_server
    for transport in opened:
        transport.close()


@pytest.mark.parametrize(
    "body", [None, b"", b"{}", b' {"a":\t1}\r\n', "é😀".encode(), bytes(range(256)), b"x" * 100_000]
)
@pytest.mark.parametrize("method", ["DELETE", "POST"])
def test_the_body_arrives_byte_for_byte(server: TinyServer, connect: Connect, method: str, body: bytes | None) -> None:
    connect().send(Request(method, "/v1/orders/batch", (("Content-Type", "application/json"),), body))
    (received,) = server.received
    assert (received.method, received.path, received.body) == (method, "/v1/orders/batch", body or b"")
    assert received.header("Transfer-Encoding") is None
    assert not body or received.header("Content-Length") == str(len(body))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=400))
def test_any_bytes_arrive_as_they_are(server: TinyServer, connect: Connect, body: bytes) -> None:
    connect().send(Request("DELETE", "/", (), body))
    assert server.received[-1].body == body


def test_path_query_and_headers_arrive_as_they_are(server: TinyServer, connect: Connect) -> None:
    headers = (("X-Mixed-Case", "a  b"), ("Idempotency-Key", "k"), ("Idempotency-Key", "l"), ("X-Empty", ""))
    exchange = connect().send(Request("GET", "/v1/orders?a=1&b=%2F&a=2", headers))
    (received,) = server.received
    assert received.path == "/v1/orders?a=1&b=%2F&a=2"
    assert exchange.url == f"{server.url}/v1/orders?a=1&b=%2F&a=2"
    assert [header for header in received.headers if header in headers] == list(headers)
    assert received.all_of("Host") == [server.url.removeprefix("http://")]


def test_every_request_says_who_asks_and_wants_plain_json(server: TinyServer, connect: Connect) -> None:
    connect().send(GET)
    (received,) = server.received
    assert received.header("User-Agent") == f"venue-conformance/{__version__}"
    assert received.header("Accept") == "application/json"
    assert received.header("Accept-Encoding") == "identity"
    assert received.header("Cookie") is None


def test_static_headers_go_with_every_request(server: TinyServer, connect: Connect) -> None:
    transport = connect(headers={"X-Gateway-Key": "gate", "Accept": "text/plain"})
    for _ in range(2):
        transport.send(Request("GET", "/", (("X-Own", "1"),)))
    for received in server.received:
        assert received.all_of("X-Gateway-Key") == ["gate"]
        assert received.all_of("X-Own") == ["1"]
        assert received.all_of("Accept") == ["text/plain"]


def test_a_header_of_the_request_itself_stands_alone(server: TinyServer, connect: Connect) -> None:
    transport = connect(headers={"X-Trace-Id": "static"})
    transport.send(Request("GET", "/", (("x-trace-id", "own"),)))
    assert server.received[0].all_of("x-trace-id") == ["own"]


def test_a_cookie_is_not_sent_back(server: TinyServer, connect: Connect) -> None:
    server.always(answer(200, b"{}", ("Set-Cookie", "route=b; Path=/")))
    transport = connect()
    for _ in range(2):
        transport.send(GET)
    assert [received.header("Cookie") for received in server.received] == [None, None]


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_an_answer(server: TinyServer, connect: Connect, status: int) -> None:
    server.always(answer(status, b"", ("Location", f"{server.url}/elsewhere")))
    exchange = connect().send(Request("DELETE", "/v1/orders", (("X-Signature", "s"),), b"{}"))
    assert exchange.status == status
    assert len(server.received) == 1


@pytest.mark.parametrize("name", ["http_proxy", "HTTP_PROXY", "https_proxy", "all_proxy", "ALL_PROXY"])
def test_a_proxy_of_the_environment_is_ignored(
    server: TinyServer, connect: Connect, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in [key for key in os.environ if key.lower() == "no_proxy"]:
        monkeypatch.delenv(variable)
    with tiny_server() as proxy:
        monkeypatch.setenv(name, proxy.url)
        assert connect().send(GET).status == 200
    assert proxy.received == []
    assert len(server.received) == 1


def test_credentials_of_a_netrc_file_are_not_sent(
    server: TinyServer, connect: Connect, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    netrc = tmp_path_factory.mktemp("home") / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password something\n")
    monkeypatch.setenv("NETRC", str(netrc))
    connect().send(GET)
    assert server.received[0].header("Authorization") is None


def test_an_answer_is_handed_back_whole(server: TinyServer, connect: Connect) -> None:
    server.always(answer(422, b'{"a": 1}\n', ("X-Via", "a"), ("X-Via", "b"), ("Retry-After", "3")))
    exchange = connect().send(GET)
    assert (exchange.status, exchange.body, exchange.fault) == (422, b'{"a": 1}\n', None)
    named = [(name.lower(), value) for name, value in exchange.headers]
    assert [value for name, value in named if name == "x-via"] == ["a", "b"]
    assert ("retry-after", "3") in named
    assert exchange.request is GET
    assert 0 <= exchange.finished - exchange.started < 30
    assert exchange.started_at.endswith("+00:00")


def test_chunks_are_put_together(server: TinyServer, connect: Connect) -> None:
    head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    server.always(head + b'3\r\n{"a\r\n5\r\n": 1}\r\n0\r\n\r\n')
    assert connect().send(GET).body == b'{"a": 1}'


def test_a_compressed_answer_is_read_although_nobody_asked_for_it(server: TinyServer, connect: Connect) -> None:
    server.always(answer(200, gzip.compress(b'{"a": 1}'), ("Content-Encoding", "gzip")))
    assert connect().send(GET).body == b'{"a": 1}'


def test_an_early_hint_is_not_the_answer(server: TinyServer, connect: Connect) -> None:
    server.always(b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + answer(201))
    assert connect().send(GET).status == 201


def test_one_thread_uses_one_connection_again(server: TinyServer, connect: Connect) -> None:
    transport = connect()
    for _ in range(5):
        assert transport.send(GET).status == 200
    assert server.connections == 1


def test_threads_have_connections_of_their_own(server: TinyServer, connect: Connect) -> None:
    inside = threading.Barrier(4)

    def all_at_once(_: object) -> bytes:
        inside.wait(5)
        return answer()

    server.behave = all_at_once
    transport = connect()
    exchanges = together([lambda: transport.send(GET)] * 4)
    assert [exchange.status for exchange in exchanges] == [200] * 4
    assert server.connections == 4


def test_a_base_url_with_a_path_comes_first(server: TinyServer) -> None:
    transport = Transport(f"{server.url}/gateway/")
    transport.send(GET)
    transport.close()
    assert server.received[0].path == "/gateway/v1/orders?limit=2"


def test_closing_closes_the_connections_of_every_thread(server: TinyServer, connect: Connect) -> None:
    gone = threading.Semaphore(0)

    def wait_for_the_end(connection: object) -> None:
        connection.sendall(answer())
        assert connection.recv(1) == b""
        gone.release()

    server.always(wait_for_the_end)
    transport = connect()
    together([lambda: transport.send(GET)] * 3)
    transport.close()
    assert all(gone.acquire(timeout=5) for _ in range(3))


@pytest.mark.parametrize("location", ["http://[::1", "http://\x9b31m.example/", "//", "\x1b", "https://a:b:c/"])
def test_a_redirect_to_nowhere_is_an_answer(server: TinyServer, connect: Connect, location: str) -> None:
    server.always(answer(301, b"", ("Location", location)))
    exchange = connect().send(GET)
    assert (exchange.status, exchange.fault) == (301, None)
    assert len(server.received) == 1
