"""How many ids a batch may name (batch-cancel page, description; required array length)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from suites.shared.limits import BatchSize
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

HUNDRED_ONE = 101


class TestBatchSize(BatchSize):
    deepens = ("test_empty_batch_cancels_nothing",)
    one = "predictstreet.limits.one-accepted"
    up_to_hundred = "predictstreet.limits.hundred-accepted"
    none = "predictstreet.limits.empty-refused"
    too_many = "predictstreet.limits.over-hundred-refused"
    untouched = "predictstreet.limits.refused-cancels-nothing"
    clauses = {
        "test_batch_of_one_is_accepted": "predictstreet.limits.one-accepted",
        "test_batch_of_100_is_accepted": "predictstreet.limits.hundred-accepted",
        "test_hundred_open_orders_are_cancelled": "predictstreet.limits.hundred-accepted",
        "test_empty_batch_is_rejected": "predictstreet.limits.empty-refused",
        "test_empty_batch_cancels_nothing": "predictstreet.limits.refused-cancels-nothing",
        "test_batch_of_101_is_rejected": "predictstreet.limits.over-hundred-refused",
        "test_batch_over_the_limit_cancels_nothing": "predictstreet.limits.refused-cancels-nothing",
        "test_batch_far_over_the_limit_is_rejected": (too_many, untouched),
    }


@pytest.mark.clause("predictstreet.limits.repeat-counts")
@pytest.mark.parametrize("different", [100, *(pytest.param(each, marks=pytest.mark.deepens) for each in (50, 1))])
def test_duplicates_count_towards_the_limit(caller: PredictStreetCaller, orders: Orders, different: int) -> None:
    """An array of 101 elements is rejected, however few different ids it names."""
    ids = orders.unknown(different)
    caller.require_accepted()

    answer = caller.cancel_batch([ids[place % different] for place in range(HUNDRED_ONE)])

    assert answer.refused, "not-refused"


WRONG_BODIES: dict[str, Callable[[str], object]] = {
    "text for an array": lambda order_id: {"orderIds": order_id},
    "object for an array": lambda order_id: {"orderIds": {"0": order_id}},
    "null beside it": lambda order_id: {"orderIds": [order_id, None]},
    "object beside it": lambda order_id: {"orderIds": [order_id, {}]},
    "array around it": lambda order_id: {"orderIds": [[order_id]]},
    "bare array": lambda order_id: [order_id],
    "other field": lambda order_id: {"ids": [order_id]},
    "a hundred and one times": lambda order_id: {"orderIds": [order_id] * HUNDRED_ONE},
    "no field at all": lambda _: {},
}
NAMES = list(WRONG_BODIES)


@pytest.mark.clause("predictstreet.limits.refused-cancels-nothing")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(NAMES[start : start + 4], marks=pytest.mark.deepens if start else ())
        for start in range(0, len(NAMES), 4)
    ],
    ids=", ".join,
)
@pytest.mark.disposable
def test_rejected_body_cancels_nothing(caller: PredictStreetCaller, orders: Orders, names: list[str]) -> None:
    """A rejected body cancels neither the order that it names nor any other."""
    *named, control = orders.open(len(names) + 1)
    refused = {
        order.order_id: name
        for order, name in zip(named, names, strict=True)
        if caller.send(json.dumps(WRONG_BODIES[name](order.order_id)).encode()).refused
    }

    if not refused:
        raise NeverExercised(f"none of these bodies was refused: {', '.join(names)}")
    caller.cancel_batch([control])

    read = orders.after(control, [order for order in named if order.order_id in refused])
    assert {name: read[order_id] for order_id, name in refused.items()} == dict.fromkeys(refused.values(), "open"), (
        "order-touched"
    )
