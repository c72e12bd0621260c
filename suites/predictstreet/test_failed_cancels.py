"""Orders whose cancel fails on its way: lock_invariant and unknown (page 000, response, notCancelled)."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import pytest

from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import LOCK_INVARIANT, UNKNOWN
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller

Arm = Callable[[StagedOrder, str], None]


outcomes = pytest.mark.parametrize(
    "outcome",
    [
        pytest.param(LOCK_INVARIANT, marks=pytest.mark.clause("predictstreet.outcomes.lock-invariant")),
        pytest.param(UNKNOWN, marks=pytest.mark.clause("predictstreet.outcomes.unknown")),
    ],
)


@outcomes
@pytest.mark.parametrize("alone", [True, False], ids=["alone", "among others"])
def test_a_failed_cancel_is_told(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str, alone: bool
) -> None:
    """The order is told as not cancelled, and the reason says how the cancel failed."""
    first, order, last = orders.open(3)
    cancel_outcome(order, outcome)

    answer = caller.cancel_batch([order] if alone else [first, order, last])

    assert answer.outcome(order.order_id) == outcome


@outcomes
def test_every_failed_cancel_is_told(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str
) -> None:
    """The same holds for several orders of one batch, and for those that are partially filled."""
    batch = orders.open(2)
    with contextlib.suppress(NotTested):  # not every target makes such orders
        batch += orders.make(2, "partially_filled")
    for order in batch:
        cancel_outcome(order, outcome)

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in batch]) == [outcome] * len(batch)


@pytest.mark.clause("predictstreet.outcomes.lock-invariant-rest")
@pytest.mark.parametrize("position", [0, 2, 4])
def test_a_lock_invariant_spoils_no_other_order(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, position: int
) -> None:
    """The rest of the batch is cancelled, says the answer and says the read-back."""
    batch = orders.open(5)
    cancel_outcome(batch[position], LOCK_INVARIANT)
    rest = [order for order in batch if order is not batch[position]]

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in rest]) == ["cancelled"] * 4
    assert set(orders.settle(rest).values()) == {"cancelled"}


@pytest.mark.clause("predictstreet.outcomes.lock-invariant-rest")
@pytest.mark.parametrize("count", [2, 5])
def test_several_lock_invariants_spoil_no_other_order(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, count: int
) -> None:
    """The rest of the batch is cancelled also when more orders than one trip, says the answer and the read-back."""
    batch = orders.open(2 * count + 1)
    for order in batch[1::2]:
        cancel_outcome(order, LOCK_INVARIANT)
    rest = batch[::2]

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in rest]) == ["cancelled"] * len(rest)
    assert set(orders.settle(rest).values()) == {"cancelled"}


@pytest.mark.clause("predictstreet.outcomes.lock-invariant-rest")
def test_a_lock_invariant_changes_no_other_reason(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm
) -> None:
    """Ids of the batch that cannot be cancelled get the reasons that they would get without it."""
    [tripped] = orders.open(1)
    filled, unknown = orders.make(2, "filled"), orders.unknown(2)
    cancel_outcome(tripped, LOCK_INVARIANT)
    without = caller.cancel_batch([filled[0], unknown[0]])

    answer = caller.cancel_batch([filled[1], tripped, unknown[1]])

    expected = without.outcomes([filled[0].order_id, unknown[0]])
    assert answer.outcomes([filled[1].order_id, unknown[1]]) == expected


@pytest.mark.clause("predictstreet.outcomes.failed-stays-open")
@pytest.mark.parametrize("outcome", [LOCK_INVARIANT, UNKNOWN])
def test_an_order_whose_cancel_failed_is_still_open(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, outcome: str
) -> None:
    """What is told as not cancelled is not cancelled."""
    order, other, witness = orders.open(3)
    cancel_outcome(order, outcome)

    answer = caller.cancel_batch([order, other])

    caller.cancel_batch([witness])
    read = orders.after(witness, [order])
    if answer.reason(order.order_id) is not None:
        assert read == {order.order_id: "open"}


@pytest.mark.clause("predictstreet.outcomes.unknown-retry")
def test_an_unknown_order_is_cancelled_by_a_retry(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm
) -> None:
    """Once its cause has passed, the order is cancelled when it is sent again."""
    batch = orders.open(2)
    order = batch[0]
    cancel_outcome(order, UNKNOWN)
    caller.cancel_batch(batch)

    retry = caller.cancel_batch(batch)

    assert retry.outcome(order.order_id) == "cancelled"
    assert orders.settle([order]) == {order.order_id: "cancelled"}


@pytest.mark.clause("predictstreet.outcomes.unknown-rest")
def test_the_rest_of_a_batch_with_an_unknown_order(
    caller: PredictStreetCaller, orders: Orders, cancel_outcome: Arm, observe: Callable[[str], None]
) -> None:
    """What becomes of the other orders when one ends as unknown?"""
    first, order, last = orders.open(3)
    cancel_outcome(order, UNKNOWN)

    answer = caller.cancel_batch([first, order, last])

    observe(f"before it {answer.outcome(first.order_id)}, after it {answer.outcome(last.order_id)}")
