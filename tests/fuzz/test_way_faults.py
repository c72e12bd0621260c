"""Explorations over a way that fails, on real sockets: examples are dropped, and one bad request is told from it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable

import httpx
import pytest
from hypothesis import strategies as st

from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.errors import (
    EnvironmentFault,
    NotTested,
    SameRequestFails,
    TargetSilent,
    Unreachable,
    WayFault,
)
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.tracker import Dropped
from venue_conformance.wire.recorder import Recorder, Remark

from .conftest import SERVER_ERROR, Make

NUMBERS = st.integers(0, 10**6)


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


def send(server: TinyServer, recorder: Recorder, what: str) -> None:
    """Send a request as a caller does: resets and 5xx are faults of the way."""
    recorder.add(Remark(what))
    try:
        status = httpx.get(f"{server.url}/{what}", timeout=5).status_code
    except httpx.HTTPError as error:
        raise Unreachable(f"GET /{what}: {error}", "reset") from error
    if status >= 500:
        raise WayFault(f"GET /{what}: {status}", str(status))


@pytest.fixture
def asking(server: TinyServer, recorder: Recorder) -> Callable[[], bool]:
    def control() -> bool:
        send(server, recorder, "control")
        return True

    return control


def holding(server: TinyServer, recorder: Recorder, tried: list[int]) -> Callable[[int], None]:
    def holds(n: int) -> None:
        tried.append(n)
        send(server, recorder, str(n))

    return holds


@pytest.mark.parametrize("fault", [reset, answer(503)], ids=["reset", "503"])
def test_a_fault_now_and_then_costs_nothing(
    explorer: Make,
    server: TinyServer,
    recorder: Recorder,
    breaches: Breaches,
    asking: Callable[[], bool],
    fault: Behaviour,
) -> None:
    count = 0

    def behave(_: Received) -> Behaviour:
        nonlocal count
        count += 1
        return fault if count % 7 == 0 else answer()

    server.behave = behave
    tried: list[int] = []
    explorer(control=asking)(holding(server, recorder, tried), n=NUMBERS, examples=30)
    assert breaches.examples == 30
    assert len(tried) > 30
    assert not breaches.found


@pytest.mark.parametrize("fault", [reset, answer(500)], ids=["reset", "500"])
def test_a_request_that_always_fails_ends_it_and_is_told(
    explorer: Make,
    server: TinyServer,
    recorder: Recorder,
    breaches: Breaches,
    asking: Callable[[], bool],
    fault: Behaviour,
) -> None:
    def behave(received: Received) -> Behaviour:
        bad = received.path != "/control" and int(received.path[1:]) > 1000
        return fault if bad else answer()

    server.behave = behave
    tried: list[int] = []
    with pytest.raises(SameRequestFails, match="5 of 5 tries"):
        explorer(control=asking)(holding(server, recorder, tried), n=NUMBERS, examples=30)
    assert len(tried) >= 5
    assert len(set(tried[-5:])) == 1, "the same request five times"
    assert list(breaches.found) == [SERVER_ERROR]
    reported = [step.text for step in breaches.found[SERVER_ERROR].steps if isinstance(step, Remark)]
    assert reported == [str(tried[-1]), *["control", str(tried[-1])] * 4, "control"]


def test_without_an_answered_control_the_way_is_to_blame(
    explorer: Make, server: TinyServer, recorder: Recorder, breaches: Breaches, asking: Callable[[], bool]
) -> None:
    """Nothing comes through at all: the fault of the way is what is raised, and the check may start again."""
    server.always(answer(503))
    tried: list[int] = []
    with pytest.raises(WayFault):
        explorer(control=asking)(holding(server, recorder, tried), n=NUMBERS, examples=30)
    assert len(tried) == len(set(tried)), "none was sent twice"
    assert not breaches.found


def test_a_request_of_which_no_clause_speaks_is_not_repeated(explorer: Make, breaches: Breaches) -> None:
    tried: list[int] = []

    def holds(n: int) -> None:
        tried.append(n)
        if n % 2:
            raise Dropped

    explorer()(holds, n=NUMBERS, examples=20)
    assert len(tried) == len(set(tried))
    assert breaches.examples >= 20


FAULTS = [NotTested("there are no orders", "orders"), TargetSilent("five faults in a row")]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: type(fault).__name__)
@pytest.mark.parametrize("after", [0, 3])
def test_what_keeps_it_from_going_on_ends_it_at_once(explorer: Make, fault: EnvironmentFault, after: int) -> None:
    called = 0

    def holds(n: int) -> None:
        nonlocal called
        called += 1
        if called > after:
            raise fault

    with pytest.raises(type(fault)) as caught:
        explorer()(holds, n=NUMBERS)
    assert caught.value is fault
    assert called == after + 1


def test_a_silent_target_ends_it_in_the_control_as_well(explorer: Make) -> None:
    called = 0

    def holds(n: int) -> None:
        nonlocal called
        called += 1
        raise WayFault("reset", "reset")

    def control() -> bool:
        raise TargetSilent("five faults in a row")

    with pytest.raises(TargetSilent):
        explorer(control=control)(holds, n=NUMBERS)
    assert called == 1
