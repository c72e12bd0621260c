# ruff: noqa: E501 - a table reads best with a row a line
"""Provider states that misbehave, and targets that die in mid-run: nobody is accused, and what was learned is kept."""

from __future__ import annotations

import http.client
import json
import re
import socket
import struct
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from tests.command import Ended, report_of
from tests.mistakes import CREDENTIALS, Commands, commands, ids, outcomes
from tests.tiny_server import Behaviour, Received, TinyServer, answer, tiny_server
from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread
from venue_conformance.report.document import load_report

#: A check that asks for an account and an order, and a few of which some ask for nothing.
ONE_CHECK = ("--clause", "bayse.lifecycle.open-cancelled", "--", "-k", "test_open_order_is_cancelled")
SOME_CHECKS = ("--clause", "bayse.rows.*", "--max-minutes", "0.05", "--", "-k", "test_rows", "-p", "no:cacheprovider")


@dataclass(frozen=True)
class Fault:
    """What comes in place of one state's values, and what is said of it; ``state`` None is every state."""

    name: str
    says: str
    comes: bytes
    state: str | None = "orders"
    status: int = 200


DEEP = b'{"orders": [' + b"[" * 900 + b"]" * 900 + b"]}"
ONE_ORDER = '{{"orders": [{{"orderId": {}}}]}}'
STATES_FAULTS = [
    Fault("nine hundred levels", "nested too deeply, in more than 100 levels", DEEP),
    Fault("no bottom", "nested too deeply", b"[" * 100_000),
    Fault("half a letter", "half a character", ONE_ORDER.format('"\\ud800"').encode()),
    Fault("no JSON", "is not JSON", b"orders: 1"),
    Fault("no UTF-8", "is not JSON: .*utf-8", b'{"orders": ["\xff\xfe"]}'),
    Fault("nothing", "is empty", b""),
    Fault("an id that is a number", "no text as orderId", ONE_ORDER.format(7).encode()),
    Fault("too many orders", "has 2 orders, 1 were asked for", b'{"orders": [{"orderId": "a"}, {"orderId": "b"}]}'),
    Fault(
        "credentials beyond ASCII",
        "secret_key: must be ASCII",
        '{"credentials": {"public_key": "pk_2", "secret_key": "sk_é_of_the_state"}}'.encode(),
        "caller",
    ),
    Fault(
        "credentials with a line end",
        "secret_key: must not begin or end with blanks",
        b'{"credentials": {"public_key": "pk_2", "secret_key": "sk_of_the_state\\n"}}',
        "caller",
    ),
    Fault(
        "credentials of another venue",
        "api_key: unknown key",
        b'{"credentials": {"api_key": "k_of_the_state"}}',
        "caller",
    ),
    Fault(
        "credentials of nine hundred levels",
        "nested too deeply",
        b'{"credentials": ' + b'{"a":' * 900 + b"1" + b"}" * 901,
        "caller",
    ),
]
HTTP_ONLY = [
    Fault("a failure", "answered 500: it broke", b"it broke", status=500),
    Fault("an answer of another kind", "answered 204", b"", status=204),
]
COMMAND_ONLY = [
    Fault("a failure", "ended with exit status 7.* it broke", b"it broke", status=7),
    Fault("a crash", "was ended by signal 9", b"", status=-9),
]


def values(asked: dict[str, Any]) -> dict[str, Any] | None:
    """What right provider states say, with `orders` and `order statuses` alone."""
    if asked["action"] == "setup" and asked["state"] == "orders" and asked["params"].get("status", "open") == "open":
        return {"orders": [{"orderId": str(uuid4())} for _ in range(asked["params"].get("count", 1))]}
    if asked["action"] == "setup" and asked["state"] == "order statuses":
        return {"statuses": dict.fromkeys(asked["params"]["orderIds"], "cancelled")}
    return None


def venue(request: Received) -> bytes:
    """A Bayse that cancels whatever it is named."""
    try:
        named = json.loads(request.body)["orderIds"]
    except (ValueError, KeyError, TypeError):
        return answer(400, b'{"error": "bad", "message": "no", "statusCode": 400}')
    rows = [{"orderId": each, "success": True} for each in named]
    summary = {"total": len(rows), "succeeded": len(rows), "failed": 0}
    return answer(200, json.dumps({"results": rows, "summary": summary}).encode(), ("Content-Type", "application/json"))


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.fixture(scope="module")
def reference() -> Iterator[RunningServer]:
    with serve_in_thread(load("bayse").venue_class(seed=3)) as running:
        yield running


@pytest.fixture
def server() -> Iterator[TinyServer]:
    with tiny_server() as running:
        yield running


def judge(command: Commands, folder: Path, base_url: str, states: str, *chosen: str) -> tuple[Ended, dict[str, Any]]:
    (folder / "target.toml").write_text(
        f'venue = "bayse"\nbase_url = "{base_url}"\nenvironment = "test"\n'
        f"[credentials]\n{CREDENTIALS['bayse']}\n[states]\n{states}\n[limits]\ntimeout_seconds = 1\nsettle_seconds = 0.1\n"
    )
    ended = command.run(folder, "run", "--target", "target.toml", *chosen)
    assert "Traceback" not in ended.output + ended.errors
    load_report(folder / "reports")
    return ended, report_of(folder / "reports")


def blames_the_states(ended: Ended, report: dict[str, Any], fault: Fault) -> None:
    """Exit status 3, one line with the reason, no secret; no check failed, and none is an error of the suite."""
    assert ended.status == 3, ended
    assert set(outcomes(report).values()) <= {"inconclusive", "not-tested"}
    reported = report["run"].get("probe") or {}
    reasons = {check["reason"] for check in report["checks"]} | {reported.get("told")}
    [reason] = {each for each in reasons if each and re.search(fault.says, each)}
    assert "\n" not in reason
    assert not re.search(r"[\ud800-\udfff]", reason)
    assert "_of_the_state" not in json.dumps(report) + ended.output


@pytest.mark.parametrize("fault", [*STATES_FAULTS, *HTTP_ONLY], ids=ids([*STATES_FAULTS, *HTTP_ONLY]))
def test_states_over_http(command: Commands, tmp_path: Path, server: TinyServer, fault: Fault) -> None:
    def behave(request: Received) -> Behaviour:
        if request.path != "/_states":
            return venue(request)
        asked = json.loads(request.body or b"{}")
        if asked["action"] == "setup" and asked["state"] == fault.state:
            return answer(fault.status, fault.comes)
        right = values(asked)
        return answer(501) if right is None else answer(200, json.dumps(right).encode())

    server.behave = behave
    blames_the_states(*judge(command, tmp_path, server.url, f'url = "{server.url}/_states"', *ONE_CHECK), fault)


@pytest.mark.parametrize("fault", [*STATES_FAULTS, *COMMAND_ONLY], ids=ids([*STATES_FAULTS, *COMMAND_ONLY]))
def test_states_over_a_command(command: Commands, tmp_path: Path, server: TinyServer, fault: Fault) -> None:
    server.behave = venue
    (tmp_path / "comes").write_bytes(fault.comes)
    ends = "kill -9 $$" if fault.status < 0 else f"exit {fault.status if fault.status != 200 else 0}"
    to = ">&2" if fault.status != 200 else ""
    (tmp_path / "states.sh").write_text(
        "#!/bin/sh\nasked=$(cat)\ncase $asked in\n*'\"teardown\"'*) exit 0;;\n"
        f'*\'"state": "{fault.state}"\'*) cat comes {to}; {ends};;\n*) exit 3;;\nesac\n'
    )
    states = 'command = ["sh", "states.sh"]'
    blames_the_states(*judge(command, tmp_path, server.url, states, *ONE_CHECK), fault)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def half(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")


def garbage(connection: socket.socket) -> None:
    connection.sendall(b"\x00\xff\x16\x03 no HTTP at all\r\n\r\n")


def forwarded(request: Received, to: RunningServer) -> bytes:
    """What the reference answers."""
    behind = urlsplit(to.base_url)
    with closing(http.client.HTTPConnection(behind.hostname or "", behind.port)) as connection:
        connection.request(request.method, request.path, request.body, dict(request.headers))
        got = connection.getresponse()
        return answer(got.status, got.read(), ("Content-Type", "application/json"))


GATEWAY = answer(502, b"<html><body>Bad Gateway</body></html>", ("Content-Type", "text/html"))
DEATHS: dict[str, Behaviour | None] = {
    "every connection is reset": reset,
    "every connection is closed": lambda _: None,
    "half an answer": half,
    "no HTTP": garbage,
    "a gateway says so": GATEWAY,
    "silence": None,
    "a page of somebody else": answer(200, b"<!DOCTYPE html><p>parked</p>", ("Content-Type", "text/html")),
}


@pytest.mark.parametrize(
    ("death", "states_too"),
    [*((death, False) for death in DEATHS.values()), (reset, True), (GATEWAY, True)],
    ids=[*DEATHS, "every connection, of the states too", "a gateway, before the states too"],
)
def test_a_target_that_dies_in_mid_run(
    command: Commands,
    tmp_path: Path,
    server: TinyServer,
    reference: RunningServer,
    death: Behaviour | None,
    states_too: bool,
) -> None:
    """After its eighth request. What was judged until then stays judged; nothing after that is a violation."""
    last: Behaviour = (lambda _: bool(server.stopping.wait(0.5)) and None) if death is None else death  # type: ignore[assignment]
    asked = 0

    def behave(request: Received) -> Behaviour:
        nonlocal asked
        asked += request.path != "/_states"
        if asked > 8 and (states_too or request.path != "/_states"):
            return last
        return forwarded(request, reference)

    server.behave = behave
    ended, report = judge(command, tmp_path, server.url, f'url = "{server.url}/_states"', *SOME_CHECKS)
    assert ended.status in (1, 3), ended
    assert asked > 8
    found = outcomes(report)
    assert "error" not in found.values()
    before = {check["id"] for check in report["checks"] if check["outcome"] == "passed"}
    assert before, "what passed before the target died is kept"
    assert report["run"]["verdict"] != "conforms"
    if death is GATEWAY:
        return  # the same 5xx at the same step of all four tries is the venue's, by the rules of verdicts
    assert "inconclusive" in found.values()
    dead = {exchange["id"] for exchange in report["exchanges"] if exchange["id"] > 9}
    accused = {number for check in report["checks"] if check["outcome"] == "failed" for number in check["exchanges"]}
    assert not accused & dead, "nobody is accused by what a dead target said"
