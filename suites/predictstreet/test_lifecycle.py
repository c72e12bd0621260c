"""The outcome of an order, by its status (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from fixtures.states import Arm
from suites.shared.lifecycle import Lifecycle, left_open
from venue_conformance.client.caller import Caller, require_armed
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import Identity
from venue_conformance.venues.predictstreet.oracle import TERMINAL


class TestLifecycle(Lifecycle):
    deepens = (
        "test_expired_order_stays_expired",
        "test_rejected_order_stays_rejected",
        "test_cancelled_order_stays_cancelled",
        "test_order_is_not_cancelled_twice",
    )
    clauses = {
        "test_open_order_is_cancelled": "predictstreet.lifecycle.open-cancelled",
        "test_cancelled_order_reads_back_as_cancelled": "predictstreet.lifecycle.read-back",
        "test_partially_filled_order_is_cancelled": "predictstreet.lifecycle.partially-filled-cancelled",
        "test_filled_order_stays_filled": "predictstreet.lifecycle.terminal-unchanged",
        "test_expired_order_stays_expired": "predictstreet.lifecycle.terminal-unchanged",
        "test_rejected_order_stays_rejected": "predictstreet.lifecycle.terminal-unchanged",
        "test_cancelled_order_stays_cancelled": "predictstreet.lifecycle.terminal-unchanged",
        "test_order_is_not_cancelled_twice": "predictstreet.lifecycle.re-cancel",
    }

    def test_order_is_not_cancelled_twice(self, caller: Caller[Any], orders: Orders) -> None:
        """An order that an earlier batch cancelled is not cancelled by a later one."""
        super().test_order_is_not_cancelled_twice(caller, orders)

    def test_filled_order_stays_filled(self, caller: Caller[Any], orders: Orders) -> None:
        """A filled order is not cancelled."""
        super().test_filled_order_stays_filled(caller, orders)

    @pytest.mark.smoke
    def test_expired_order_stays_expired(self, caller: Caller[Any], orders: Orders) -> None:
        """An expired order is not cancelled."""
        super().test_expired_order_stays_expired(caller, orders)

    @pytest.mark.smoke
    def test_open_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """An open order is reported as cancelled."""
        super().test_open_order_is_cancelled(caller, orders)

    @pytest.mark.smoke
    def test_partially_filled_order_is_cancelled(self, caller: Caller[Any], orders: Orders) -> None:
        """A partially filled order is reported as cancelled and reads back as cancelled."""
        super().test_partially_filled_order_is_cancelled(caller, orders)


def require_cancelled(answer: BatchAnswer, batch: list[ProvisionedOrder]) -> None:
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
def test_terminal_order_is_reported_as_already_terminal(
    caller: PredictStreetCaller, orders: Orders, status: str
) -> None:
    """A terminal order is reported as already_terminal, alone in a batch and among others."""
    alone, among = orders.make(2, status)

    answers = [caller.cancel_batch([alone]), caller.cancel_batch([*orders.unknown(1), among, *orders.open(1)])]

    assert [answers[0].outcome(alone.order_id), answers[1].outcome(among.order_id)] == [ALREADY_TERMINAL] * 2, (
        "other-outcome"
    )


@pytest.mark.clause("predictstreet.lifecycle.filled-is-final")
@pytest.mark.deepens
def test_order_filled_just_before_is_already_terminal(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is filled before the batch arrives is reported as already_terminal."""
    [order] = orders.open(1)
    fill(order)

    answer = caller.cancel_batch([order])

    assert answer.outcome(order.order_id) == ALREADY_TERMINAL, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.filled-is-final")
@pytest.mark.deepens
def test_order_filled_in_parts_just_before_is_already_terminal(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is filled in part, and then wholly, before the batch arrives is reported as already_terminal."""
    [order] = orders.open(1)
    fill(order, part=True)
    fill(order)

    answer = caller.cancel_batch([order])

    assert answer.outcome(order.order_id) == ALREADY_TERMINAL, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.partially-filled-cancelled")
@pytest.mark.deepens
def test_order_partially_filled_just_before_is_cancelled(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """The rest of an order that is partially filled before the batch arrives is cancelled."""
    [order] = orders.open(1)
    fill(order, part=True)

    answer = caller.cancel_batch([order])

    assert answer.cancelled(order.order_id) is True, "not-reported-cancelled"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("predictstreet.lifecycle.terminal-unchanged")
@pytest.mark.deepens
def test_order_filled_just_before_stays_filled(
    caller: PredictStreetCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is filled before the batch arrives stays filled."""
    order, control_order = orders.open(2)
    fill(order)

    caller.cancel_batch([order, control_order])

    assert orders.after(control_order, [order]) == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.smoke
def test_batch_sent_again_reports_its_orders_as_already_terminal(caller: PredictStreetCaller, orders: Orders) -> None:
    """However often a batch is sent again, its orders are reported as already_terminal."""
    batch = orders.open(2)
    ids = [order.order_id for order in batch]
    require_cancelled(caller.cancel_batch(batch), batch)

    again = [caller.cancel_batch(batch).outcomes(ids) for _ in range(3)]

    assert again == [[ALREADY_TERMINAL] * 2] * 3, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.deepens
def test_cancelled_order_is_already_terminal_in_another_batch(caller: PredictStreetCaller, orders: Orders) -> None:
    """An order that one batch cancelled is already_terminal in a batch of other orders as well."""
    first, *others = orders.open(4)
    require_cancelled(caller.cancel_batch([first]), [first])

    answer = caller.cancel_batch([others[0], first, *others[1:]])

    assert answer.outcome(first.order_id) == ALREADY_TERMINAL, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.deepens
def test_partially_filled_order_is_not_cancelled_twice(caller: PredictStreetCaller, orders: Orders) -> None:
    """What was cancelled of a partially filled order is not cancelled again by a later batch."""
    batch = orders.make(1, "partially_filled")
    ids = [order.order_id for order in batch]
    first = caller.cancel_batch(batch)
    if not first.cancelled(ids[0]):
        raise Presupposed("lifecycle.partially-filled-cancelled", f"a batch of one such order was answered {first!r}")

    again = [caller.cancel_batch(batch).outcomes(ids) for _ in range(2)]

    assert again == [[ALREADY_TERMINAL]] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.open-cancelled")
@pytest.mark.deepens
def test_order_that_rejected_requests_named_is_cancelled(caller: PredictStreetCaller, orders: Orders) -> None:
    """An open order is cancelled by the next batch, although requests that were rejected have named it."""
    first, second, control = orders.open(3)
    rejected = [
        caller.cancel_batch([first], identity=Identity(altered=0)),
        caller.cancel_batch([second, *orders.unknown(100)]),
    ]
    caller.cancel_batch([control])
    named = left_open(orders, control, [first, second], rejected)

    answer = caller.cancel_batch(named)

    assert answer.outcomes([order.order_id for order in named]) == ["cancelled"] * len(named), "not-reported-cancelled"


@pytest.mark.clause("predictstreet.lifecycle.open-cancelled")
@pytest.mark.deepens
def test_order_of_batch_that_failed_is_cancelled_by_a_retry(
    caller: PredictStreetCaller, orders: Orders, failing_response: Arm
) -> None:
    """Orders that are still open after a server error are cancelled when the batch is retried."""
    batch, [control] = orders.open(2), orders.open(1)
    failing_response(caller, 500, after_commit=False)
    require_armed(caller.cancel_batch(batch), 500)
    caller.cancel_batch([control])
    read = orders.after(control, batch)
    still_open = [order_id for order_id, status in read.items() if status == "open"]
    if not still_open:
        raise NeverExercised("no order of a batch that was answered 500 before it took effect reads as open")

    retry = caller.cancel_batch(batch)

    assert retry.outcomes(still_open) == ["cancelled"] * len(still_open), "not-reported-cancelled"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.deepens
def test_batch_retried_after_server_error_is_not_cancelled_twice(
    caller: PredictStreetCaller, orders: Orders, failing_response: Arm
) -> None:
    """Orders that read as cancelled after a server error are already_terminal when the batch is retried."""
    batch = orders.open(2)
    failing_response(caller, 500, after_commit=True)
    require_armed(caller.cancel_batch(batch), 500)
    read = orders.poll_until(batch)

    retry = caller.cancel_batch(batch)

    cancelled = [order_id for order_id, status in read.items() if status == "cancelled"]
    if not cancelled:
        raise NeverExercised("no order of a batch that was answered 500 reads as cancelled")
    assert retry.outcomes(cancelled) == [ALREADY_TERMINAL] * len(cancelled), "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.re-cancel")
@pytest.mark.last
@pytest.mark.deepens
def test_cancelled_order_is_still_terminal_an_hour_later(
    caller: PredictStreetCaller, orders: Orders, time_passed: Callable[[float], None]
) -> None:
    """An order cancelled an hour ago is reported like one cancelled just now."""
    batch = orders.open(2)
    require_cancelled(caller.cancel_batch(batch), batch)
    time_passed(3600)

    answer = caller.cancel_batch(batch)

    assert answer.outcomes([order.order_id for order in batch]) == [ALREADY_TERMINAL] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.lifecycle.read-back")
@pytest.mark.smoke
@pytest.mark.deepens
def test_every_order_reported_in_cancelled_is_cancelled(caller: PredictStreetCaller, orders: Orders) -> None:
    """Each order of a large batch that is reported in cancelled, the last included, reads back as cancelled."""
    batch = orders.open(60)

    answer = caller.cancel_batch(batch)

    reported = [order for order in batch if answer.cancelled(order.order_id)]
    if not reported:
        raise Presupposed("lifecycle.open-cancelled", f"no order of a batch of 60 open ones was cancelled: {answer!r}")
    kept = {order_id: status for order_id, status in orders.poll_until(reported).items() if status != "cancelled"}
    assert kept == {}, "reported-cancelled-but-is-not"


@pytest.mark.clause("predictstreet.isolation.unnamed-untouched")
def test_unnamed_order_is_unchanged(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch cancels the orders that it names and no other order of the wallet."""
    first, *named, last = orders.open(6)

    caller.cancel_batch(named)

    assert orders.after(named[-1], [first, last]) == {first.order_id: "open", last.order_id: "open"}, (
        "other-order-touched"
    )


@pytest.mark.clause("predictstreet.isolation.unnamed-untouched")
@pytest.mark.smoke
def test_unknown_id_cancels_no_other_order(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch that names an id that does not exist cancels no other order instead."""
    first, named, last = orders.open(3)

    caller.cancel_batch([*orders.unknown(2), named])

    assert orders.after(named, [first, last]) == {first.order_id: "open", last.order_id: "open"}, "other-order-touched"


@pytest.mark.clause("predictstreet.isolation.unnamed-untouched")
@pytest.mark.deepens
def test_batch_of_one_unknown_id_cancels_no_other_order(caller: PredictStreetCaller, orders: Orders) -> None:
    """A batch of a single id that does not exist cancels no other order instead."""
    first, control, last = orders.open(3)

    caller.cancel_batch(orders.unknown(1))

    caller.cancel_batch([control])
    assert orders.after(control, [first, last]) == {first.order_id: "open", last.order_id: "open"}, (
        "other-order-touched"
    )
