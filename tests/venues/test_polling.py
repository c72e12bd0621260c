"""When the last look at an effect is taken."""

from __future__ import annotations

from venue_conformance.client.polling import Polling


class Clock:
    """Moves when somebody sleeps, or looks."""

    def __init__(self) -> None:
        self.now = 0.0

    def sleep(self, seconds: float) -> None:
        self.now += seconds

    def __call__(self) -> float:
        return self.now


def looks(seconds: float, each_takes: float) -> list[float]:
    """When the looks begin, if each of them takes so long."""
    clock = Clock()
    polling = Polling(seconds, clock.sleep, clock)
    began = []
    while True:
        began.append(clock.now)
        clock.now += each_takes
        if not polling.wait():
            return began


def test_the_last_look_begins_when_the_time_is_over() -> None:
    began = looks(2.0, each_takes=0.01)
    assert began[-1] >= 2.0 > began[-2]


def test_a_look_that_was_held_up_is_not_the_last() -> None:
    assert looks(2.0, each_takes=3.0) == [0.0, 3.0]


def test_where_effects_show_at_once_one_look_is_enough() -> None:
    assert looks(0, each_takes=0.01) == [0.0]
