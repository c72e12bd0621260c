"""The look before a run names what is wrong with a target, and takes no longer than one exchange may."""

from __future__ import annotations

import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email.utils import formatdate
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import authority
from tests.tiny_server import Behaviour, TinyServer, answer, tiny_server
from venue_conformance.client.session import Session
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.probe import Probe, probe

from .conftest import serve

ACCEPTED = answer(200, b'{"results": []}')
#: This machine has other things to do.
SLACK = 3.0
Look = Callable[..., Probe]


@pytest.fixture
def look(tmp_path: Path) -> Iterator[Look]:
    """Probes a Bayse at an address."""
    opened: list[Session] = []

    def look_at(url: str, states: str = "", seconds: float = 5, more: str = "", venue: str = "bayse") -> Probe:
        file = tmp_path / "target.toml"
        credentials = 'public_key = "pk_file"\nsecret_key = "sk_file_secret"\n'
        file.write_text(
            f'venue = "{venue}"\nbase_url = "{url}"\nenvironment = "test"\n[credentials]\n{credentials}'
            f"[limits]\ntimeout_seconds = {seconds}\n" + (f"[states]\n{states}\n" if states else "") + more
        )
        target = load_target(file, {name: each.credentials for name, each in venues().items()}, {})
        opened.append(Session(venues()[venue], target, seed=3))
        began = time.monotonic()
        found = probe(opened[-1])
        assert time.monotonic() - began < seconds + SLACK
        assert "sk_file_secret" not in found.text
        return found

    yield look_at
    for session in opened:
        session.close()


def url_states(server: TinyServer) -> str:
    return f'url = "{server.url}/_states"'


def test_a_target_that_takes_a_valid_request_is_well(server: TinyServer, look: Look) -> None:
    serve(server, venue=lambda _: ACCEPTED, order_statuses=lambda _: {"statuses": {}})
    found = look(server.url, url_states(server))
    assert (found.kind, found.text) == ("ok", "a valid request was accepted with 200")
    assert found.exchange is not None
    assert sorted(request.path for request in server.received) == ["/_states", "/v1/pm/orders/batch"]


def test_states_that_are_not_offered_are_well(server: TinyServer, look: Look) -> None:
    serve(server, venue=lambda _: ACCEPTED)
    assert look(server.url, url_states(server)).kind == "ok"


@pytest.mark.parametrize("status", [401, 403])
def test_refused_credentials_name_their_file_and_the_clocks(server: TinyServer, look: Look, status: int) -> None:
    server.always(answer(status, b"{}", ("Date", formatdate(time.time() - 900, usegmt=True))))
    found = look(server.url)
    assert found.kind == "refused"
    assert f"target.toml were refused ({status}); the target's clock is " in found.text
    assert "behind this machine's" in found.text


@pytest.mark.parametrize(
    ("to", "named"), [("https://venue.example/v1?key=1", "https://venue.example/v1"), ("/x", "http://127.0.0.1:")]
)
def test_a_redirect_says_where_it_points(server: TinyServer, look: Look, to: str, named: str) -> None:
    server.always(answer(308, b"", ("Location", to)))
    found = look(server.url)
    assert found.kind == "redirect"
    assert f"answered 308 and points to {named}" in found.text
    assert "key=1" not in found.text
    assert len(server.received) == 1


@pytest.mark.parametrize(
    "reply",
    [answer(404), answer(429), answer(503), answer(200, b"null"), answer(200, b"<html>"), answer(422, b"<html>")],
)
def test_any_other_answer_lets_a_run_be_tried(server: TinyServer, look: Look, reply: bytes) -> None:
    server.always(reply)
    found = look(server.url)
    assert found.kind == "other"
    assert server.url in found.text
    assert len(server.received) == 1


def test_nobody_listens(look: Look) -> None:
    with tiny_server() as gone:
        pass
    found = look(gone.url)
    assert found.kind == "unreachable"
    assert found.text.startswith(f"{gone.url}: connection refused")


def test_a_name_that_nobody_has(look: Look) -> None:
    found = look("http://venue.invalid:8080")
    assert (found.kind, found.exchange) == ("unreachable", None)
    assert "no host called venue.invalid" in found.text or "was not found within" in found.text


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"])
def test_silence_and_dripping_end_in_time(server: TinyServer, look: Look, begun: bytes) -> None:
    def drip(connection: socket.socket) -> None:
        connection.sendall(begun)
        while not server.stopping.wait(0.02):
            connection.sendall(b" " if begun else b"")

    server.always(drip)
    found = look(server.url, url_states(server), seconds=0.5)
    assert found.kind == "unreachable"
    assert "no answer within 0.5 s" in found.text


def test_a_flood_is_told(server: TinyServer, look: Look) -> None:
    def flood(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while not server.stopping.is_set():
            connection.sendall(b"x" * 65536)

    server.always(flood)
    found = look(server.url, seconds=20)
    assert found.kind == "unreachable"
    assert "the answer is longer than" in found.text
    assert "could not be reached" not in found.text


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def test_a_few_resets_are_forgiven_and_five_are_not(server: TinyServer, look: Look) -> None:
    server.in_turn(reset, reset, reset, ACCEPTED)
    assert look(server.url).kind == "ok"
    server.received.clear()
    server.always(reset)
    found = look(server.url)
    assert found.kind == "unreachable"
    assert "each connection was broken" in found.text
    assert len(server.received) == 5


@contextmanager
def greeter(said: bytes) -> Iterator[str]:
    """What speaks first and knows no HTTP."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def greet() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.sendall(said)
                    connection.recv(65536)

        thread = threading.Thread(target=greet, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_no_http_at_all(look: Look) -> None:
    with greeter(b"SSH-2.0-OpenSSH_9.2\r\n") as url:
        found = look(url)
    assert found.kind == "unreachable"
    assert "SSH-2.0-OpenSSH_9.2), not HTTP" in found.text


def test_bytes_that_are_no_http_stand_there_without_pythons_quotes(server: TinyServer, look: Look) -> None:
    server.always(b"hello there\r\n\r\n")
    text = look(server.url).text
    assert "does not speak HTTP (illegal status line: hello there)" in text


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        (answer(404), "answered 404; base_url may lack a gateway's prefix, or have a wrong one"),
        (answer(200, b"null"), "answered 200, and not with the rows of a batch; base_url may not be the venue"),
        (answer(200, b"<html>"), "answered 200 in HTML; base_url may not be the venue"),
    ],
)
def test_what_is_hardly_the_venue_says_so(server: TinyServer, look: Look, reply: bytes, says: str) -> None:
    server.always(reply)
    assert says in look(server.url).text


@pytest.fixture
def tls_server() -> Iterator[str]:
    """An https address whose certificate nobody trusts."""
    context = authority().serving()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve_tls() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                try:
                    with context.wrap_socket(connection, server_side=True) as wrapped:
                        received = b""
                        while b"orderIds" not in received and (more := wrapped.recv(65536)):
                            received += more
                        wrapped.sendall(ACCEPTED)
                except OSError:
                    connection.close()

        thread = threading.Thread(target=serve_tls, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def test_a_certificate_that_nobody_trusts(tls_server: str, look: Look) -> None:
    found = look(tls_server)
    assert found.kind == "unreachable"
    assert "certificate is not trusted (unable to get local issuer certificate" in found.text
    assert "ca_file" in found.text
    assert look(tls_server, more=authority().tls_table()).kind == "ok"


def test_plain_http_on_a_tls_port(tls_server: str, look: Look) -> None:
    found = look(tls_server.replace("https", "http"))
    assert found.kind == "unreachable"
    assert "speaks TLS, not plain HTTP; write https://" in found.text


def test_what_a_tls_port_of_others_says_to_plain_http(server: TinyServer, look: Look) -> None:
    server.always(answer(400, b"<center>The plain HTTP request was sent to HTTPS port</center>"))
    assert look(server.url).kind == "unreachable"


def test_tls_on_a_plain_port(look: Look) -> None:
    with greeter(b"HTTP/1.1 400 Bad Request\r\n\r\n") as url:
        found = look(url.replace("http", "https"))
    assert found.kind == "unreachable"
    assert "does not speak TLS; write http://" in found.text


@pytest.mark.parametrize(
    ("reply", "says"),
    [
        *((answer(status, b"no"), f"answered {status}") for status in (301, 401, 403, 404, 405)),
        (answer(200, b"<html>"), "answered 200"),
        (answer(502, b"<html>"), "answered 502"),
        (answer(200, b"[]"), "not an object"),
        (answer(200, b""), "empty"),
        (reset, "could not be reached"),
    ],
)
def test_a_states_endpoint_that_is_none(server: TinyServer, look: Look, reply: Behaviour, says: str) -> None:
    server.behave = lambda received: reply if received.path == "/_states" else ACCEPTED
    found = look(server.url, url_states(server))
    assert found.kind == "states-wrong"
    assert says in found.text
    assert f"{server.url}/_states" in found.text


def test_a_states_endpoint_that_nobody_serves_or_that_is_silent(server: TinyServer, look: Look) -> None:
    with tiny_server() as gone:
        pass
    server.behave = lambda received: ACCEPTED if received.path != "/_states" else lambda _: server.stopping.wait(9)
    for states in (f'url = "{gone.url}/_states"', url_states(server)):
        found = look(server.url, states, seconds=1)
        assert found.kind == "states-wrong"


@pytest.mark.parametrize("reply", [answer(501), answer(501, b"<html>"), answer(400), answer(500), answer(200, b"{}")])
def test_what_states_may_answer_to_an_order_that_they_do_not_know(server: TinyServer, look: Look, reply: bytes) -> None:
    server.behave = lambda received: reply if received.path == "/_states" else ACCEPTED
    assert look(server.url, url_states(server)).kind == "ok"


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("echo '{}'", "ok"),
        ("exit 3", "ok"),
        ("exit 1", "ok"),
        ("sleep 20", "ok"),
        ("echo hello", "states-wrong"),
    ],
)
def test_a_command_is_asked_too(server: TinyServer, look: Look, tmp_path: Path, script: str, kind: str) -> None:
    server.always(ACCEPTED)
    command = tmp_path / "provision.sh"
    command.write_text(f"#!/bin/sh\n{script}\n")
    command.chmod(0o755)
    assert look(server.url, 'command = ["./provision.sh"]', seconds=1).kind == kind


def test_a_command_that_cannot_be_started(server: TinyServer, look: Look, tmp_path: Path) -> None:
    server.always(ACCEPTED)
    command = tmp_path / "provision.sh"
    command.write_text("#!/nowhere/sh\n")
    command.chmod(0o755)
    found = look(server.url, 'command = ["./provision.sh"]')
    assert found.kind == "states-wrong"
    assert "could not be started" in found.text


def test_an_unreachable_target_is_told_before_its_states(look: Look) -> None:
    with tiny_server() as gone:
        pass
    found: Any = look(gone.url, f'url = "{gone.url}/_states"')
    assert found.kind == "unreachable"
