"""What becomes of an order, by its status (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.states import Arm
from suites.shared.lifecycle import Lifecycle
from venue_conformance.errors import NeverExercised, Presupposed
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.caller import Caller, require_armed
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.oracle import TERMINAL


class TestLifecycle(Lifecycle):
    deepens = (
        "test_an_expired_order_stays_expired",
        "test_a_rejected_order_stays_rejected",
        "test_a_cancelled_order_stays_cancelled",
        "test_an_order_is_not_cancelled_twice",
    )
    clauses = {
        "test_an_open_order_is_cancelled": "predictstreet.lifecycle.open-cancelled",
        "test_a_cancelled_order_reads_as_cancelled": "predictstreet.lifecycle.read-back",
        "test_a_partially_filled_order_is_cancelled": "predictstreet.lifecycle.partially-filled-cancelled",
        "test_a_filled_order_stays_filled": "predictstreet.lifecycle.terminal-unchanged",
        "test_an_expired_order_stays_expired": "predictstreet.lifecycle.terminal-unchanged",
        "test_a_rejected_order_stays_rejected": "predictstreet.lifecycle.terminal-unchanged",
        "test_a_cancelled_order_stays_cancelled": "predictstreet.lifecycle.terminal-unchanged",
        "test_an_order_is_not_cancelled_twice": "predictstreet.lifecycle.re-cancel",
    }

    def test_an_order_is_not_cancelled_twice(self, caller: Caller[Any], orders: Orders) -> None:
        """An order that an earlier batch cancelled is not cancelled by a later one."""
        super().test_an_order_is_not_cancelled_twice(caller, orders)

    def test_a_filled_order_stays_filled(self, caller: Caller[Any], orders: Orders) -> None:
        """A filled order is not cancelled."""
        super().test_a_filled_order_stays_filled(caller, orders)

    @pytest.mark.smoke
    def test_an_expired_order_stays_expired(self, caller: Caller[Any], orders: Orders) -> None:
        """An expired order is not cancelled."""
        super().test_an_expired_order_stays_expired(caller, orders)

    @pytest.mark.smoke
    def test_an_open_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An open order is cancelled, says the answer."""
        super().test_an_open_order_is_cancelled(caller, orders)

    @pytest.mark.smoke
    def test_a_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is cancelled, says the answer and says the read-back."""
        super().test_a_partially_filled_order_is_cancelled(caller, orders)


def require_cancelled(answer: BatchAnswer, batch: list[StagedOrder]) -> None:
    """Raise Presupposed unless a first batch cancelled all of its open orders."""
    if not all(answer.cancelled(order.order_id) for order in batch):
        raise Presupposed(
            "lifecycle.open-cancelled", f"the first batch of {len(batch)} open orders was answered {answer!r}"
        )


@pytest.mark.parametrize(
    "status",
    [
        pytest.param(
            each,
            marks=[
                pytest.mark.clause(f"predictstreet.lifecycle.{each}-is-final"),
                *([pytest.mark.smoke] if in_smoke else ()),
            ],
        )
        for each, in_smoke in zip(TERMINAL, (True, True, False, False), strict=True)
    ],
)
def test_a_finished_order_is_already_terminal(caller: PredictStreetCaller, orders: Orders, status: str) -> None:
    """An order that has come to an end is told as already terminal, alone in a batch and among others."""
    alone, among = orders.make(2, status)

    answers = [caller.cancel_batch([alone]), caller.cancel_batch([*orders.unknown(1), among, *orders.open(1)])]

    assert [answers[0].outcome(alone.order_id), answers[1].outcome(among.order_id)] == [ALREADY_TERMINAL] * 2, (
        "other-outcome"
    )


@pytest.mark.clause("predictstreet.lifecycle.filled-is-final")
@pytest.mark.deepens
def test_an_order_filled_just_now_is_already_terminal(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is matched before the batch arrives is told as already terminal."""
    [order] = orders.open(1)
    fill(order)

    answer = caller.cancel_batch([order])

    assert answer.outcome(order.order_id) == ALREADY_TERMINAL, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.partially-filled-cancelled")
@pytest.mark.deepens
def test_an_order_filled_in_part_just_now_is_cancelled(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is matched in part before the batch arrives is cancelled with what is left of it."""
    [order] = orders.open(1)
    fill(order, part=True)

    answer = caller.cancel_batch([order])

    assert answer.cancelled(order.order_id) is True, "not-told-cancelled"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.lifecycle.terminal-unchanged")
@pytest.mark.deepens
def test_an_order_filled_just_now_stays_filled(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is matched before the batch arrives stays filled."""
    order, witness = orders.open(2)
    fill(order)

    caller.cancel_batch([order, witness])

    assert orders.after(witness, [order]) == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.smoke
def test_a_batch_sent_again_finds_its_orders_terminal(caller: PredictStreetCaller, orders: Orders) -> None:
    """However often a batch is sent again, its orders are told as already terminal."""
    batch = orders.open(2)
    ids = [order.order_id for order in batch]
    require_cancelled(caller.cancel_batch(batch), batch)

    again = [caller.cancel_batch(batch).outcomes(ids) for _ in range(3)]

    assert again == [[ALREADY_TERMINAL] * 2] * 3, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.deepens
def test_a_cancelled_order_is_terminal_in_another_batch(caller: PredictStreetCaller, orders: Orders) -> None:
    """An order that one batch cancelled is already terminal for a batch of other orders that names it, too."""
    first, *others = orders.open(4)
    require_cancelled(caller.cancel_batch([first]), [first])

    answer = caller.cancel_batch([others[0], first, *others[1:]])

    assert answer.outcome(first.order_id) == ALREADY_TERMINAL, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.deepens
def test_a_batch_whose_answer_was_lost_is_not_cancelled_twice(
    caller: PredictStreetCaller, orders: Orders, failing_response: Arm
) -> None:
    """Orders that read as cancelled after a server error are already terminal when their batch is tried again."""
    batch = orders.open(2)
    failing_response(caller, 500, after_commit=True)
    require_armed(caller.cancel_batch(batch), 500)
    read = orders.settle(batch)

    retry = caller.cancel_batch(batch)

    cancelled = [order_id for order_id, status in read.items() if status == "cancelled"]
    if not cancelled:
        raise NeverExercised("no order of a batch that was answered 500 reads as cancelled")
    assert retry.outcomes(cancelled) == [ALREADY_TERMINAL] * len(cancelled), "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.last
@pytest.mark.deepens
def test_a_cancelled_order_is_still_terminal_an_hour_later(
    caller: PredictStreetCaller, orders: Orders, time_passed: Callable[[float], None]
) -> None:
    """An order that was cancelled a while ago is told like one that was cancelled just now."""
    batch = orders.open(2)
    require_cancelled(caller.cancel_batch(batch), batch)
    time_passed(3600)

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in batch]) == [ALREADY_TERMINAL] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.read-back")
@pytest.mark.smoke
@pytest.mark.deepens
def test_every_order_that_is_told_as_cancelled_is(caller: PredictStreetCaller, orders: Orders) -> None:
    """Of a batch of many orders each one that the answer calls cancelled reads as cancelled, the last one, too."""
    batch = orders.open(60)

    answer = caller.cancel_batch(batch)

    told = [order for order in batch if answer.cancelled(order.order_id)]
    if not told:
        raise Presupposed("lifecycle.open-cancelled", f"no order of a batch of 60 open ones was cancelled: {answer!r}")
    kept = {order_id: status for order_id, status in orders.settle(told).items() if status != "cancelled"}
    assert kept == {}, "told-cancelled-but-not"


@pytest.mark.clause("predictstreet.isolation.unnamed-untouched")
def test_an_order_that_is_not_named_is_left_alone(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch cancels the orders that it names and no other order of the wallet."""
    first, *named, last = orders.open(6)

    caller.cancel_batch(named)

    assert orders.after(named[-1], [first, last]) == {first.order_id: "open", last.order_id: "open"}, (
        "other-order-touched"
    )


@pytest.mark.clause("predictstreet.isolation.unnamed-untouched")
@pytest.mark.smoke
def test_no_order_is_cancelled_in_the_place_of_an_unknown_one(caller: PredictStreetCaller, orders: Orders) -> None:
    """Nor does a batch cancel another order for an id of its that names none."""
    first, named, last = orders.open(3)

    caller.cancel_batch([*orders.unknown(2), named])

    assert orders.after(named, [first, last]) == {first.order_id: "open", last.order_id: "open"}, "other-order-touched"
