from __future__ import annotations

import contextlib
import json
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.certificates import authority
from venue_conformance.errors import ClientFault, Inconclusive, NotTested, Unreachable
from venue_conformance.target.model import Tls
from venue_conformance.target.states import HttpStates, States, open_states
from venue_conformance.target.tls import ssl_context

from .conftest import Load, StartedServer, StatesServer

Connect = Callable[..., HttpStates]


@pytest.fixture
def connect() -> Iterator[Connect]:
    """Make an HttpStates that is closed when the test is over."""
    with contextlib.ExitStack() as opened:

        def make(*arguments: Any, **named: Any) -> HttpStates:
            return opened.enter_context(contextlib.closing(HttpStates(*arguments, **named)))

        yield make


def reason(states: States, state: str = "orders", **params: object) -> str:
    with pytest.raises(Inconclusive) as caught:
        states.setup(state, params)
    return caught.value.reason


def test_the_request_is_as_the_protocol_says(states_server: StatesServer, load: Load) -> None:
    states_server.always(200, b'{"orders": []}')
    more = f'[states]\nurl="{states_server.url}"\ntoken="${{TOKEN}}"\n[headers]\nX-Gateway="g4te"'
    states = open_states(load(more))
    assert states.kind == "url"
    assert states.setup("orders", {"caller": "pk", "count": 2}) == {"orders": []}
    states.teardown("orders", {"caller": "pk", "count": 2})
    states.close()

    setup, teardown = states_server.asked
    assert (setup.method, setup.path) == ("POST", "/_states")
    assert setup.body == {"state": "orders", "params": {"caller": "pk", "count": 2}, "action": "setup"}
    assert teardown.body == {**setup.body, "action": "teardown"}
    assert setup.headers["authorization"] == "Bearer t0ken"
    assert setup.headers["content-type"] == "application/json"
    assert "x-gateway" not in setup.headers


def test_without_a_token_there_is_no_authorization(connect: Connect, states_server: StatesServer) -> None:
    connect(states_server.url).setup("orders", {})
    assert "authorization" not in states_server.asked[0].headers


def test_501_is_not_tested_with_the_params(connect: Connect, states_server: StatesServer) -> None:
    states_server.always(501, b"")
    states = connect(states_server.url)
    with pytest.raises(NotTested) as caught:
        states.setup("orders", {"caller": "pk", "count": 1, "status": "expired"})
    assert caught.value.reason == "the target does not offer orders with status expired"
    assert caught.value.needs == "orders"
    with pytest.raises(NotTested, match=r"definitive answers with on true, count 3$"):
        states.setup("definitive answers", {"caller": "pk", "on": True, "count": 3})


@pytest.mark.parametrize(
    ("status", "body", "says"),
    [
        (500, b"db\x1b down", "answered 500: db  down"),
        (201, b"{}", "answered 201"),
        (204, b"", "answered 204"),
        (400, "ü".encode() * 300, "ü" * 200 + "…"),
        (400, b"no token t0ken here", r"no token \*\*\* here"),
        (200, b"", "the body is empty"),
        (200, b"oops", "the body is not JSON: .*: oops"),
        (200, b"\xff\xfe\xfa", "the body is not JSON"),
        (200, b"[1]", "the body is JSON, but not an object"),
        (200, b"[" * 100_000, "the body is nested too deeply"),
    ],
    ids=lambda value: None if isinstance(value, int) else "",
)
def test_anything_else_is_inconclusive(
    connect: Connect, states_server: StatesServer, status: int, body: bytes, says: str
) -> None:
    states_server.always(status, body)
    with pytest.raises(Inconclusive, match=says) as caught:
        connect(states_server.url, "t0ken").setup("orders", {"count": 1})
    assert states_server.url in caught.value.reason


@pytest.mark.parametrize(("status", "body"), [(200, b'"s3cret'), (201, b'{"secret_key": "s3cret"}')])
def test_a_callers_credentials_are_never_quoted(
    connect: Connect, states_server: StatesServer, status: int, body: bytes
) -> None:
    states_server.always(status, body)
    assert "s3cret" not in reason(connect(states_server.url), "caller")


def test_a_redirect_is_not_followed(connect: Connect, states_server: StatesServer) -> None:
    states_server.always(307, b"", {"Location": "/elsewhere"})
    assert "answered 307" in reason(connect(states_server.url))
    assert [asked.path for asked in states_server.asked] == ["/_states"]


def test_a_proxy_of_the_environment_is_not_used(
    connect: Connect, states_server: StatesServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert connect(states_server.url).setup("orders", {}) == {}


def test_an_endless_answer_is_cut_off(connect: Connect, states_server: StatesServer) -> None:
    states_server.always(200, b" " * (4 * 1024 * 1024 + 1))
    assert "more than 4194304 bytes" in reason(connect(states_server.url))


def test_a_refused_connection_names_the_url_without_its_query(connect: Connect) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/_states"
        with pytest.raises(Unreachable, match="could not be reached") as caught:
            connect(f"{url}?key=s3cret").setup("orders", {})
    assert url in caught.value.reason
    assert "s3cret" not in caught.value.reason


def test_silence_ends_in_unreachable(connect: Connect, states_server: StatesServer) -> None:
    ended = threading.Event()

    def silent(_: dict[str, Any]) -> tuple[int, bytes, dict[str, str]]:
        ended.wait(20)
        return 200, b"{}", {}

    states_server.answer = silent
    try:
        with pytest.raises(Unreachable, match=r"did not answer within 0\.2 s"):
            connect(states_server.url, timeout_seconds=0.2).setup("orders", {})
    finally:
        ended.set()


@pytest.mark.parametrize(
    "beginning",
    [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Padding: "],
    ids=["the body", "the headers"],
)
def test_an_answer_that_trickles_ends_too(connect: Connect, beginning: bytes) -> None:
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def trickle() -> None:
            connection, _ = listener.accept()
            with connection:
                connection.sendall(beginning)
                while not ended.wait(0.05):
                    try:
                        connection.sendall(b" ")
                    except OSError:
                        return

        thread = threading.Thread(target=trickle, daemon=True)
        thread.start()
        states = connect(f"http://127.0.0.1:{listener.getsockname()[1]}/", timeout_seconds=1)
        with pytest.raises(Unreachable, match="did not answer within 1 s"):
            states.setup("orders", {})
        ended.set()
        thread.join()


def test_teardown_never_raises(connect: Connect, states_server: StatesServer) -> None:
    states = connect(states_server.url)
    for status in (500, 501):
        states_server.always(status, b"no")
        states.teardown("orders", {})
    states.close()
    states.teardown("orders", {})
    connect("http://127.0.0.1:1/").teardown("orders", {})


def test_many_threads_at_once(connect: Connect, states_server: StatesServer) -> None:
    states_server.answer = lambda body: (200, json.dumps({"n": body["params"]["n"]}).encode(), {})
    states = connect(states_server.url)
    got: dict[int, object] = {}
    threads = [
        threading.Thread(target=lambda n=n: got.update({n: states.setup("orders", {"n": n})["n"]})) for n in range(20)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert got == {n: n for n in range(20)}


def test_the_tls_settings_of_the_target_hold(
    connect: Connect, start_server: Callable[[], StartedServer], load: Load
) -> None:
    ca, started = authority(), start_server()
    started.http.socket = ca.serving(wants_client=True).wrap_socket(started.http.socket, server_side=True)
    url = started.states.url.replace("http:", "https:")

    with pytest.raises(Unreachable, match="could not be reached"):
        connect(url).setup("orders", {})
    with contextlib.closing(open_states(load(f'[states]\nurl="{url}"\n{ca.tls_table(client=True)}'))) as states:
        assert states.setup("orders", {}) == {}


def test_tls_files_that_are_none(tmp_path: Path) -> None:
    junk = tmp_path / "junk.pem"
    junk.write_text("junk")
    with pytest.raises(ClientFault, match=r"\[tls\] ca_file: .*junk\.pem holds no usable certificate"):
        ssl_context(Tls(ca_file=junk))
    with pytest.raises(ClientFault, match=r"\[tls\] client_cert: .*junk\.pem cannot be used"):
        ssl_context(Tls(client_cert=junk))


def test_a_locked_key_is_refused_without_asking_for_its_password(tmp_path: Path) -> None:
    cert, key = authority().pair("client")
    locked = tmp_path / "locked.pem"
    subprocess.run(
        f"openssl pkcs8 -topk8 -in {key} -out {locked} -passout pass:word".split(), check=True, capture_output=True
    )
    with pytest.raises(ClientFault, match="without a password"):
        ssl_context(Tls(client_cert=cert, client_key=locked))
