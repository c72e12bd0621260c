"""When two requests count as having met inside the venue."""

from __future__ import annotations

import pytest

from fixtures.in_flight import overlapped
from venue_conformance.wire.exchange import Exchange, Request

REQUEST = Request("DELETE", "/v1/pm/orders/batch", ())


def sent(started: float, finished: float) -> Exchange:
    return Exchange(REQUEST, "http://venue.test", started, finished, "", 200)


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ((0.0, 0.36), (0.14, 0.15), "answered at once while the first is held"),
        ((0.0, 0.36), (0.14, 0.34), "answered late, but before the hold ends"),
        ((0.0, 0.45), (0.14, 0.25), "both 100 ms on their way"),
    ],
)
def test_a_request_within_the_hold_overlaps(first: tuple[float, float], second: tuple[float, float], why: str) -> None:
    assert overlapped([sent(*first), sent(*second)], 0.35), why


@pytest.mark.parametrize(
    ("first", "second", "why"),
    [
        ((0.0, 0.61), (0.14, 0.50), "the first was 0.6 s on its way and found the second, held, already answered"),
        ((0.0, 0.96), (0.14, 0.15), "the first was 0.6 s on its way and held after the second was answered"),
        ((0.0, 0.36), (0.14, 0.37), "the second may have come when the hold was over"),
        ((0.0, 0.36), (0.37, 0.38), "one after the other"),
        ((0.0, 0.01), (0.14, 0.15), "nothing was held"),
    ],
)
def test_a_request_that_may_have_come_before_or_after_the_hold_does_not(
    first: tuple[float, float], second: tuple[float, float], why: str
) -> None:
    assert not overlapped([sent(*first), sent(*second)], 0.35), why


def test_a_request_that_is_kept_waiting_overlaps_a_long_hold_only() -> None:
    assert not overlapped([sent(0.0, 0.36), sent(0.14, 0.36)], 0.35)
    assert overlapped([sent(0.0, 1.21), sent(0.48, 1.21)], 1.2)
    assert not overlapped([sent(0.0, 1.5), sent(0.48, 1.5)], 1.2)
