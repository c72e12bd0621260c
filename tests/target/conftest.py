"""A small real server for provider states, and target files to read."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.target.file import CredentialShape, Target, load_target


@dataclass
class Asked:
    method: str
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class StatesServer:
    """Answers each POST with what ``answer`` makes of the body: status, body bytes, further headers."""

    url: str = ""
    answer: Callable[[dict[str, Any]], tuple[int, bytes, dict[str, str]]] = lambda _: (200, b"{}", {})
    asked: list[Asked] = field(default_factory=list)

    def always(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.answer = lambda _: (status, body, headers or {})


def _handler(server: StatesServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            lowered = {name.lower(): value for name, value in self.headers.items()}
            server.asked.append(Asked("POST", self.path, lowered, body))
            status, answer, headers = server.answer(body)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(answer)), **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        def do_GET(self) -> None:
            server.asked.append(Asked("GET", self.path, {}, {}))
            self.send_error(405)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@dataclass
class StartedServer:
    http: ThreadingHTTPServer
    states: StatesServer


@pytest.fixture
def start_server() -> Iterator[Callable[[], StartedServer]]:
    started: list[tuple[ThreadingHTTPServer, threading.Thread]] = []

    def start() -> StartedServer:
        states = StatesServer()
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(states))
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        states.url = f"http://127.0.0.1:{server.server_address[1]}/_states"
        thread.start()
        started.append((server, thread))
        return StartedServer(server, states)

    yield start
    for server, thread in started:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def states_server(start_server: Callable[[], StartedServer]) -> StatesServer:
    return start_server().states


def _validate(values: Any) -> str | None:
    if not re.fullmatch(r"[0-9a-f]{8}", values["seed"]):
        return f"seed {values['seed']} must be 8 hexadecimal digits"
    return None


SHAPES = {
    "alpha": CredentialShape(
        "public_key",
        frozenset({"public_key", "secret_key"}),
        secret=frozenset({"secret_key"}),
        headers=frozenset({"X-Signed"}),
    ),
    "beta": CredentialShape(
        "wallet",
        frozenset({"api_key", "partner_kind", "wallet"}),
        choices={"partner_kind": frozenset({"single_wallet", "multi_wallet"})},
        secret=frozenset({"api_key"}),
    ),
    "gamma": CredentialShape(
        "address",
        frozenset({"seed", "address"}),
        optional=frozenset({"ws_url"}),
        secret=frozenset({"seed"}),
        validate=_validate,
    ),
}

HEAD = """
venue = "alpha"
base_url = "http://127.0.0.1:9001/"
environment = "staging"
"""
CREDENTIALS = """
[credentials]
public_key = "pk_test_1"
secret_key = "${ALPHA_SECRET}"
"""
BETA = 'venue = "beta"\nbase_url = "http://h"\nenvironment = "staging"\n[credentials]\n'
GAMMA = 'venue = "gamma"\nbase_url = "http://h"\nenvironment = "staging"\n[credentials]\n'
ENVIRON = {"ALPHA_SECRET": "s3cret-one", "OTHER_SECRET": "s3cret-two", "EMPTY": "", "TOKEN": "t0ken"}

Load = Callable[..., Target]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """Write a target file and read it; ``more`` comes after a head and credentials that are right."""

    def load_text(more: str = "", head: str = HEAD, credentials: str = CREDENTIALS) -> Target:
        path = tmp_path / "alpha.toml"
        path.write_text(head + credentials + more, "utf-8")
        return load_target(path, SHAPES, ENVIRON)

    return load_text


def fault(load: Load, **parts: str) -> list[str]:
    with pytest.raises(ClientFault) as caught:
        load(**parts)
    return str(caught.value).splitlines()


def only_line(load: Load, **parts: str) -> str:
    (line,) = fault(load, **parts)
    return line
