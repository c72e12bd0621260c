"""Several requests at one moment, and the steps that a check keeps of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

import pytest

from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Recorder, StateCall
from venue_conformance.wire.together import together


def test_results_come_in_the_order_of_the_calls() -> None:
    done: list[threading.Event] = [threading.Event() for _ in range(5)]

    def call(number: int) -> Callable[[], int]:
        def last_first() -> int:
            if number < 4:
                assert done[number + 1].wait(5)
            done[number].set()
            return number

        return last_first

    assert together([call(number) for number in range(5)]) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("count", [1, 2, 20])
def test_each_call_has_a_thread_of_its_own_and_waits_for_no_other(count: int) -> None:
    meeting = threading.Barrier(count)
    threads: set[int] = set()

    def call() -> None:
        meeting.wait(5)
        threads.add(threading.get_ident())

    together([call] * count)
    assert len(threads) == count


def test_the_first_exception_is_raised_once_all_have_ended() -> None:
    ended: list[str] = []
    late = threading.Event()

    def fails(message: str) -> Callable[[], None]:
        def call() -> None:
            ended.append(message)
            if message == "last":
                late.set()
            raise ValueError(message)

        return call

    def slow() -> None:
        assert late.wait(5)
        ended.append("slow")

    with pytest.raises(ValueError, match="first"):
        together([slow, fails("first"), fails("last")])
    assert sorted(ended) == ["first", "last", "slow"]


def _exchange(number: int) -> Exchange:
    return Exchange(Request("GET", f"/{number}", ()), f"http://h/{number}", 0, 1, "", 200)


def test_a_recorder_keeps_exchanges_and_states_in_order() -> None:
    recorder = Recorder()
    first, state, second = _exchange(1), StateCall("orders", {"count": 1}, None), _exchange(2)
    for step in (first, state, second):
        recorder.add(step)
    assert recorder.steps == [first, state, second]
    assert recorder.exchanges == [first, second]


def test_an_observation_is_kept_once() -> None:
    recorder = Recorder()
    for clause, observed in [("a.b.c", "one row"), ("a.b.d", "one row"), ("a.b.c", "one row"), ("a.b.c", "two rows")]:
        recorder.observe(clause, observed)
    assert recorder.observations == [("a.b.c", "one row"), ("a.b.d", "one row"), ("a.b.c", "two rows")]


def test_many_threads_lose_nothing() -> None:
    recorder = Recorder()

    def record(start: int) -> Callable[[], None]:
        def call() -> None:
            for number in range(start, start + 50):
                recorder.add(_exchange(number))
                recorder.observe("a.b.c", str(number % 7))
                assert recorder.exchanges

        return call

    together([record(start) for start in range(0, 400, 50)])
    assert sorted(int(step.request.path[1:]) for step in recorder.exchanges) == list(range(400))
    assert len(recorder.observations) == 7
