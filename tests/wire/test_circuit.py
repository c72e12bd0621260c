"""Five faults in a row open the circuit, a sound answer closes it, and lost time keeps it open."""

from __future__ import annotations

import threading

import pytest

from venue_conformance.errors import TargetSilent
from venue_conformance.wire.circuit import CircuitBreaker
from venue_conformance.wire.lost_time import LostTime


class Clock:
    """A clock that only sleeping, or a test, moves on."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.naps: list[float] = []

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def circuit(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("the target at http://h", clock=clock, sleep=clock.sleep)


def ask(circuit: CircuitBreaker, clock: Clock, fault: str | None, seconds: float = 0) -> None:
    circuit.admit()
    began, clock.now = clock.now, clock.now + seconds
    circuit.note(fault, began, clock.now)


def is_open(circuit: CircuitBreaker) -> bool:
    try:
        circuit.admit()
    except TargetSilent:
        return True
    return False


def test_five_faults_in_a_row_open_it(circuit: CircuitBreaker, clock: Clock) -> None:
    ask(circuit, clock, None)
    for _ in range(5):
        ask(circuit, clock, "ReadTimeout")
    with pytest.raises(
        TargetSilent, match=r"the target at http://h failed 5 times in a row.*ReadTimeout.*30 s"
    ) as open_:
        circuit.admit()
    assert open_.value.cause == "target-silent"


def test_an_answer_between_them_begins_the_count_anew(circuit: CircuitBreaker, clock: Clock) -> None:
    for fault in ["reset"] * 4 + [None] + ["reset"] * 4:
        ask(circuit, clock, fault)
    assert not is_open(circuit)


def test_faults_count_whichever_thread_meets_them(circuit: CircuitBreaker) -> None:
    threads = [threading.Thread(target=circuit.note, args=("reset", 0, 0)) for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert is_open(circuit)


def test_every_thirty_seconds_one_request_is_let_through(circuit: CircuitBreaker, clock: Clock) -> None:
    for _ in range(5):
        ask(circuit, clock, "reset")
    clock.now += 29.9
    assert is_open(circuit)
    clock.now += 0.2
    circuit.admit()
    assert is_open(circuit), "one alone"
    circuit.note("reset", clock.now, clock.now)
    assert is_open(circuit)
    clock.now += 30
    ask(circuit, clock, None)
    assert not is_open(circuit)


def test_an_answer_that_was_under_way_closes_it(circuit: CircuitBreaker, clock: Clock) -> None:
    for _ in range(5):
        ask(circuit, clock, "reset")
    circuit.note(None, clock.now, clock.now)
    assert not is_open(circuit)


def test_a_restart_is_given_a_moment_and_a_single_fault_costs_none(circuit: CircuitBreaker, clock: Clock) -> None:
    ask(circuit, clock, "reset")
    ask(circuit, clock, None)
    assert clock.naps == []
    for _ in range(5):
        ask(circuit, clock, "refused")
    assert 3 <= sum(clock.naps) <= 4
    assert circuit.lost.seconds == sum(clock.naps)


def test_lost_time_keeps_it_open_for_good(clock: Clock) -> None:
    circuit = CircuitBreaker("the target", LostTime(20), clock=clock, sleep=clock.sleep)
    for _ in range(2):
        ask(circuit, clock, "ReadTimeout", 10)
        ask(circuit, clock, None, 0.9)
    assert not is_open(circuit)
    ask(circuit, clock, None, 4)
    with pytest.raises(TargetSilent, match=r"21 s were lost .* more than the 20 s .*--max-minutes"):
        circuit.admit()
    clock.now += 1000
    assert is_open(circuit)


def test_without_a_budget_any_time_may_be_lost(clock: Clock) -> None:
    circuit = CircuitBreaker("the target", LostTime(None), clock=clock, sleep=clock.sleep)
    for _ in range(100):
        ask(circuit, clock, None, 60)
    assert not is_open(circuit)


def test_what_overlaps_is_lost_once() -> None:
    lost = LostTime(120)
    for began in (0.0, 0.5, 1.0):
        lost.exchange(began, 11.0)
    assert lost.seconds == 10
    lost.span(20, 21)
    lost.span(23, 24)
    lost.span(19, 25)
    assert lost.seconds == 16
    lost.span(20, 21)
    lost.span(5, 4)
    lost.exchange(30, 30.9)
    assert lost.seconds == 16
    lost.span(8, 20)
    assert lost.seconds == 24
