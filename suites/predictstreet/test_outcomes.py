"""Each id has one outcome, and a failed one spoils no other (page 000, response)."""

from __future__ import annotations

import contextlib
from collections import Counter

import pytest

from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import REASONS
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import TERMINAL
from venue_conformance.venues.session import Session

Batch = list[StagedOrder | str]


@pytest.fixture
def mixed(orders: Orders, session: Session) -> Batch:
    """Own orders of every status that there is, and unknown ids, in no order that sorting or grouping would give."""
    batch: Batch = [*orders.open(3), *orders.unknown(3)]
    for status in ("partially_filled", *TERMINAL):
        with contextlib.suppress(NotTested):
            batch += orders.make(2, status)
    session.random.shuffle(batch)
    return batch


def ids_of(batch: Batch) -> list[str]:
    """The ids of a batch, in its order."""
    return [order if isinstance(order, str) else order.order_id for order in batch]


@pytest.mark.clause("predictstreet.outcomes.every-id")
@pytest.mark.smoke
def test_every_id_is_reported(caller: PredictStreetCaller, mixed: Batch) -> None:
    """The answer reports the ids that were sent, and no others."""
    answer = caller.cancel_batch(mixed)

    assert answer.reported == set(ids_of(mixed))


@pytest.mark.clause("predictstreet.outcomes.every-id")
@pytest.mark.parametrize("kind", ["open", "unknown", "filled"])
def test_every_id_of_a_hundred_is_reported(caller: PredictStreetCaller, orders: Orders, kind: str) -> None:
    """The answer to one hundred ids reports one hundred."""
    batch: Batch = [*(orders.unknown(100) if kind == "unknown" else orders.make(100, kind))]

    answer = caller.cancel_batch(batch)

    assert sorted(set(ids_of(batch)) ^ answer.reported) == []


@pytest.mark.clause("predictstreet.outcomes.once")
@pytest.mark.smoke
def test_no_id_has_two_outcomes(caller: PredictStreetCaller, mixed: Batch) -> None:
    """No id stands in cancelled twice, nor in cancelled and in notCancelled."""
    answer = caller.cancel_batch(mixed)

    told = Counter([*answer.cancelled_ids, *answer.reasons])
    assert [order_id for order_id, times in told.items() if times > 1] == []


@pytest.mark.clause("predictstreet.outcomes.reasons")
def test_every_reason_is_a_documented_one(caller: PredictStreetCaller, orders: Orders, mixed: Batch) -> None:
    """Whatever the reason for which an order was not cancelled, it is one of four."""
    answer = caller.cancel_batch([*mixed, *orders.foreign(1)])

    assert set(answer.reasons.values()) - REASONS == set()


def bad_orders(orders: Orders, kind: str, count: int) -> Batch:
    """Ids that cannot be cancelled, for the reason that ``kind`` names."""
    if kind == "unknown":
        return [*orders.unknown(count)]
    if kind == "foreign":
        return [*orders.foreign(count)]
    return [*orders.make(count, kind)]


@pytest.mark.clause("predictstreet.outcomes.mixed-batch")
@pytest.mark.parametrize("position", [0, 2, 4])
@pytest.mark.parametrize("kind", ["unknown", "foreign", *TERMINAL])
def test_an_id_that_cannot_be_cancelled_spoils_no_other(
    caller: PredictStreetCaller, orders: Orders, kind: str, position: int
) -> None:
    """The other orders of the batch are cancelled, wherever the one stands that cannot be."""
    good = orders.open(4)
    batch: Batch = [*good]
    batch[position:position] = bad_orders(orders, kind, 1)

    answer = caller.cancel_batch(batch)

    assert answer.outcomes(ids_of([*good])) == ["cancelled"] * 4


@pytest.mark.clause("predictstreet.outcomes.mixed-batch")
def test_many_ids_that_cannot_be_cancelled_spoil_no_other(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch in which most ids cannot be cancelled still cancels the others, and so says the read-back."""
    first, middle, last = good = orders.open(3)
    batch: Batch = [first, *orders.unknown(40), middle, *orders.make(40, "filled"), last]

    answer = caller.cancel_batch(batch)

    assert answer.outcomes(ids_of([*good])) == ["cancelled"] * 3
    assert set(orders.settle(good).values()) == {"cancelled"}


@pytest.mark.clause("predictstreet.outcomes.none-cancelled")
@pytest.mark.parametrize("kind", ["unknown", "foreign", *TERMINAL])
@pytest.mark.parametrize("count", [1, 3])
def test_a_batch_that_cancels_nothing_is_a_success(
    caller: PredictStreetCaller, orders: Orders, kind: str, count: int
) -> None:
    """Ids of which none can be cancelled make no error of a right request."""
    answer = caller.cancel_batch(bad_orders(orders, kind, count))

    assert answer.succeeded
