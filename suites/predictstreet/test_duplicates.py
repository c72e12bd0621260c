"""Ids that a batch names more than once (page 000, description and body)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Batch = list[StagedOrder | str]
#: How two ids are spread over a batch.
SPREADS: dict[str, Callable[[StagedOrder, StagedOrder], Batch]] = {
    "neighbours": lambda a, b: [a, a, b],
    "apart": lambda a, b: [a, b, a],
    "each twice": lambda a, b: [a, b, b, a],
    "alternating": lambda a, b: [a, b] * 50,
    "the same id again and again": lambda a, b: [*[a] * 99, b],
}
spreads = pytest.mark.parametrize("spread", SPREADS.values(), ids=SPREADS.keys())


@pytest.mark.clause("predictstreet.duplicates.collapsed")
@spreads
def test_a_repeated_order_has_one_outcome(
    caller: PredictStreetCaller, orders: Orders, spread: Callable[[StagedOrder, StagedOrder], Batch]
) -> None:
    """An open order that is named more than once stands in cancelled once, and nowhere else."""
    a, b = orders.open(2)

    answer = caller.cancel_batch(spread(a, b))

    assert sorted(answer.cancelled_ids) == sorted([a.order_id, b.order_id])
    assert answer.reasons == {}


@pytest.mark.clause("predictstreet.duplicates.any-spread")
@spreads
def test_repeats_make_no_batch_invalid(
    caller: PredictStreetCaller, orders: Orders, spread: Callable[[StagedOrder, StagedOrder], Batch]
) -> None:
    """However often and wherever an id is repeated, the batch is carried out."""
    a, b = orders.open(2)

    answer = caller.cancel_batch(spread(a, b))

    assert answer.succeeded
    assert set(orders.settle([a, b]).values()) == {"cancelled"}


@pytest.mark.clause("predictstreet.duplicates.any-spread")
def test_a_hundred_times_the_same_id(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch of one id, one hundred times, is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order] * 100)

    assert answer.succeeded


@pytest.mark.clause("predictstreet.duplicates.same-reason")
@pytest.mark.parametrize("kind", ["unknown", "foreign", "filled", "cancelled", "rejected", "expired"])
def test_a_repeated_id_gets_the_reason_that_it_gets_alone(
    caller: PredictStreetCaller, orders: Orders, kind: str
) -> None:
    """The reason for an id does not depend on how often it is named."""
    named: StagedOrder | str
    if kind == "unknown":
        [named] = orders.unknown(1)
    else:
        [named] = orders.foreign(1) if kind == "foreign" else orders.make(1, kind)
    order_id = named if isinstance(named, str) else named.order_id
    [other] = orders.open(1)

    once = caller.cancel_batch([named])
    if once.cancelled(order_id):
        raise NotTested("the order was cancelled, so that there is no reason to compare")

    repeated = caller.cancel_batch([named, named, other, named])

    assert repeated.outcome(order_id) == once.outcome(order_id)
