"""Provider states that fail, are silent or lie behind a gateway: asked again where that is safe, and not for ever."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.tiny_server import Behaviour, TinyServer, answer
from venue_conformance.errors import Inconclusive, NotTested, TargetSilent, Unreachable, WayFault
from venue_conformance.target.command_states import CommandStates
from venue_conformance.target.http_states import HttpStates
from venue_conformance.target.states import States, open_states
from venue_conformance.wire import circuit as module
from venue_conformance.wire.lost_time import LostTime

from .conftest import Load

Connect = Callable[..., HttpStates]


@pytest.fixture
def connect(server: TinyServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[Connect]:
    """Opens states at the tiny server that pause for nobody."""
    monkeypatch.setattr(module, "_PAUSES", (0.0,) * 5)
    with contextlib.ExitStack() as opened:

        def make(seconds: float = 5, lost: LostTime | None = None) -> HttpStates:
            states = HttpStates(f"{server.url}/_states", None, seconds, None, lost)
            return opened.enter_context(contextlib.closing(states))

        yield make


def reset(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


GATEWAY = answer(503, b'{"message": "try again"}')


@pytest.mark.parametrize("fault", [reset, GATEWAY, answer(502, b"<html>")])
@pytest.mark.parametrize("state", ["caller", "orders", "order statuses"])
def test_a_state_that_may_hold_twice_is_asked_for_again(
    server: TinyServer, connect: Connect, state: str, fault: Behaviour
) -> None:
    server.in_turn(fault, fault, answer(200, b'{"a": 1}'))
    assert connect().setup(state, {}) == {"a": 1}
    assert len(server.received) == 3


@pytest.mark.parametrize(("fault", "word"), [(reset, "reset"), (GATEWAY, "503")])
@pytest.mark.parametrize("state", ["fill", "failing response", "held request", "time passed", "cancel outcome"])
def test_any_other_state_starts_the_check_again(
    server: TinyServer, connect: Connect, state: str, fault: Behaviour, word: str
) -> None:
    server.always(fault)
    with pytest.raises(WayFault) as raised:
        connect().setup(state, {})
    assert raised.value.fault == word
    assert len(server.received) == 1


@pytest.mark.parametrize("wrong", [answer(500, b"{}"), answer(404), answer(200, b"[]"), answer(200, b"<html>")])
def test_a_wrong_answer_is_inconclusive_and_not_asked_for_again(
    server: TinyServer, connect: Connect, wrong: bytes
) -> None:
    server.always(wrong)
    with pytest.raises(Inconclusive) as raised:
        connect().setup("orders", {})
    assert not isinstance(raised.value, WayFault)
    assert len(server.received) == 1


def test_silence_is_not_asked_again_in_place(server: TinyServer, connect: Connect) -> None:
    server.always(lambda _: server.stopping.wait(9))
    with pytest.raises(Unreachable) as raised:
        connect(0.2).setup("orders", {})
    assert raised.value.fault == "time-out"
    assert len(server.received) == 1


def silence(states: States, times: int) -> None:
    for _ in range(times):
        with pytest.raises(Unreachable):
            states.setup("fill", {})


@pytest.mark.parametrize("fault", ["silent", "reset"])
def test_five_faults_in_a_row_end_the_asking_teardown_included(
    server: TinyServer, connect: Connect, fault: str
) -> None:
    server.always(reset if fault == "reset" else lambda _: server.stopping.wait(9))
    states = connect(0.1)
    silence(states, 4)
    states.teardown("orders", {})
    with pytest.raises(TargetSilent, match=r"the provider states at http://.* failed 5 times in a row"):
        states.setup("orders", {})
    states.teardown("orders", {})
    assert len(server.received) == 5


@pytest.mark.parametrize(
    "well", [answer(501), answer(501, b"<html>"), answer(500), answer(200), answer(404, b"<html>")]
)
def test_any_answer_of_its_own_is_health(server: TinyServer, connect: Connect, well: bytes) -> None:
    states = connect(0.5)
    server.always(reset)
    silence(states, 4)
    server.always(well)
    with contextlib.suppress(NotTested, Inconclusive):
        states.setup("fill", {})
    server.always(reset)
    silence(states, 4)


def test_pages_of_a_gateway_are_not(server: TinyServer, connect: Connect) -> None:
    server.always(answer(200, b"<html>"))
    states = connect()
    for _ in range(5):
        with pytest.raises(Inconclusive):
            states.setup("fill", {})
    with pytest.raises(TargetSilent):
        states.setup("fill", {})


def test_time_that_states_take_counts_as_lost(server: TinyServer, connect: Connect) -> None:
    lost = LostTime(0.1)
    states = connect(1.3, lost)
    server.always(lambda _: server.stopping.wait(9))
    silence(states, 1)
    with pytest.raises(TargetSilent, match="may be lost"):
        states.setup("fill", {})


def test_the_endpoint_has_the_time_of_one_exchange(server: TinyServer, load: Load) -> None:
    server.always(lambda _: server.stopping.wait(9))
    states = open_states(load(f'[limits]\ntimeout_seconds = 0.3\n[states]\nurl = "{server.url}/_states"\n'))
    began = time.monotonic()
    with contextlib.closing(states):
        silence(states, 1)
    assert time.monotonic() - began < 5


def script(folder: Path, text: str) -> None:
    path = folder / "provision.sh"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)


def test_a_command_that_does_not_end_is_started_five_times(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, load: Load
) -> None:
    monkeypatch.setattr(module, "_PAUSES", (0.0,) * 5)
    script(tmp_path, "echo >> started\nexec sleep 20")
    states = CommandStates(["./provision.sh"], tmp_path, 0.3)
    silence(states, 5)
    with pytest.raises(TargetSilent, match=r"the provider state command \./provision.sh failed 5 times"):
        states.setup("orders", {})
    states.teardown("orders", {})
    assert (tmp_path / "started").read_text().count("\n") <= 5


@pytest.mark.parametrize(("text", "ends"), [("exit 1", Inconclusive), ("exit 3", NotTested), ("echo a", Inconclusive)])
def test_a_command_that_ends_is_well(tmp_path: Path, text: str, ends: type[Exception]) -> None:
    script(tmp_path, text)
    states = CommandStates(["./provision.sh"], tmp_path, 20)
    for _ in range(6):
        with pytest.raises(ends) as raised:
            states.setup("orders", {})
        assert not isinstance(raised.value, WayFault | TargetSilent)


def test_what_is_sent_again_is_the_same(server: TinyServer, connect: Connect) -> None:
    server.in_turn(reset, answer(200, b"{}"))
    connect().setup("orders", {"count": 2})
    assert len({request.body for request in server.received}) == 1
    assert json.loads(server.received[0].body)["params"] == {"count": 2}
