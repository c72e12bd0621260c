"""A 5xx is the venue's when a check meets it at the same step of all its tries."""

from __future__ import annotations

import pytest

from venue_conformance.errors import Unreachable, WayFault
from venue_conformance.wire.tries import MOST_REPEATS, Tries

from .test_exchange import exchange


def fail(tries: Tries, at: int, fault: str) -> None:
    """One try that ends with a fault at a step, and the repetition that follows."""
    for _ in range(at - 1):
        tries.next_step()
    tries.fault(tries.next_step(), fault)
    tries.repeat(WayFault("", fault))


def test_the_same_5xx_at_the_same_step_of_all_tries_is_the_venues() -> None:
    tries = Tries()
    for _ in range(3):
        assert not tries.is_the_venues(2, 500)
        assert tries.may_repeat
        fail(tries, 2, "500")
    assert not tries.may_repeat
    assert tries.is_the_venues(2, 500)
    assert not tries.is_the_venues(1, 500)
    assert not tries.is_the_venues(2, 503)


@pytest.mark.parametrize("other", [(1, "500"), (2, "503"), (2, "reset")])
def test_one_other_fault_among_them_makes_it_the_ways(other: tuple[int, str]) -> None:
    tries = Tries()
    for at, fault in [(2, "500"), other, (2, "500")]:
        fail(tries, at, fault)
    assert not tries.is_the_venues(2, 500)


def test_faults_that_were_met_together_all_count() -> None:
    tries = Tries()
    for _ in range(3):
        for step in (tries.next_step(), tries.next_step()):
            tries.fault(step, "503")
        tries.repeat(WayFault("", "503"))
    assert tries.is_the_venues(1, 503)
    assert tries.is_the_venues(2, 503)


def test_repetitions_are_counted_by_their_fault() -> None:
    tries = Tries()
    for fault in (WayFault("", "503"), Unreachable("", "reset"), Unreachable("", "time-out")):
        tries.repeat(fault)
    assert tries.repeats == ["503", "reset", "time-out"]
    assert len(tries.repeats) == MOST_REPEATS


def test_what_was_met_is_kept_over_all_repetitions() -> None:
    tries = Tries()
    tries.note(exchange(b"{}", 401), "file")
    tries.repeat(WayFault("", "503"))
    assert tries.refused_in_json
    tries.note(exchange(b"<html>", 404), "state")
    tries.note(exchange(status=None, fault="ReadTimeout"), "state")
    assert tries.refused_in_json
    tries.note(exchange(b"no", 503), "state")
    assert not tries.refused_in_json
    assert (tries.requests, tries.statuses, tries.origins) == (4, {401, 404, 503}, {"file", "state"})
