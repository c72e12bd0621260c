"""Which orders can be cancelled (batch-cancel page, closing note)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.in_flight import Overlap
from suites.shared.lifecycle import Lifecycle, left_open
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import Signing


class TestLifecycle(Lifecycle):
    deepens = ("test_cancelled_order_stays_cancelled",)
    clauses = {
        "test_open_order_is_cancelled": "bayse.lifecycle.open-cancelled",
        "test_cancelled_order_reads_back_as_cancelled": "bayse.lifecycle.open-cancelled",
        "test_partially_filled_order_is_cancelled": "bayse.lifecycle.partially-filled-cancelled",
        "test_filled_order_stays_filled": "bayse.lifecycle.filled-is-final",
        "test_expired_order_stays_expired": "bayse.lifecycle.expired-is-final",
        "test_rejected_order_stays_rejected": "bayse.lifecycle.rejected-is-final",
        "test_cancelled_order_stays_cancelled": "bayse.lifecycle.cancelled-is-final",
        "test_order_is_not_cancelled_twice": "bayse.lifecycle.cancelled-is-final",
    }


LIVE = ("open", "partially_filled")
RULES = {
    "open": "open-cancelled",
    "partially_filled": "partially-filled-cancelled",
    "expired": "expired-is-final",
    "rejected": "rejected-is-final",
}


@pytest.mark.parametrize(
    "statuses",
    [
        pytest.param(
            pair, id=" and ".join(pair), marks=pytest.mark.clause(*(f"bayse.lifecycle.{RULES[one]}" for one in pair))
        )
        for pair in (LIVE, ("expired", "rejected"))
    ],
)
@pytest.mark.smoke
@pytest.mark.deepens
def test_orders_of_two_statuses_in_one_batch_get_their_own_outcomes(
    caller: BayseCaller, orders: Orders, breach: Callable[[Violation], None], statuses: tuple[str, str]
) -> None:
    """In one batch, live orders are cancelled, and terminal ones fail in their rows and are unchanged."""
    named = {status: orders.make(1, status)[0] for status in statuses}
    [control] = orders.open(1)
    answer = caller.cancel_batch([*named.values(), control]).require_processed()

    live = [order for status, order in named.items() if status in LIVE]
    read = orders.poll_until(live) if live else orders.after(control, [*named.values()])

    for status, order in named.items():
        wanted = "cancelled" if status in LIVE else status
        reported, ended = answer.cancelled(order.order_id), read[order.order_id]
        if reported != (wanted == "cancelled") or ended != wanted:
            row = "succeeded" if reported else "failed"
            said = f"its row {row}, and it reads as {ended}"
            breach(
                Violation(
                    f"an order that was {status} to be {wanted} afterwards",
                    said,
                    f"bayse.lifecycle.{RULES[status]}",
                    kind="other-fate",
                )
            )


@pytest.mark.clause("bayse.lifecycle.filled-is-final")
@pytest.mark.deepens
def test_order_filled_just_before_stays_filled(caller: BayseCaller, orders: Orders, fill: Callable[..., None]) -> None:
    """An order that is filled before the batch arrives is not cancelled."""
    order, control = orders.open(2)
    fill(order)

    answer = caller.cancel_batch([order, control])

    assert answer.cancelled(order.order_id) is False, "reported-as-cancelled"
    # Each change may take a time of its own to show: that of the control says nothing of the fill's.
    orders.after(control, [order])
    assert orders.poll_until([order], "filled") == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("bayse.lifecycle.filled-is-final")
@pytest.mark.deepens
def test_order_filled_in_parts_just_before_stays_filled(
    caller: BayseCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """An order that is filled in part, and then wholly, before the batch arrives is not cancelled."""
    order, control = orders.open(2)
    fill(order, part=True)
    fill(order)

    answer = caller.cancel_batch([order, control])

    assert answer.cancelled(order.order_id) is False, "reported-as-cancelled"
    orders.after(control, [order])
    assert orders.poll_until([order], "filled") == {order.order_id: "filled"}, "filled-order-changed"


@pytest.mark.clause("bayse.lifecycle.partially-filled-cancelled")
@pytest.mark.deepens
def test_order_partially_filled_just_before_is_cancelled(
    caller: BayseCaller, orders: Orders, fill: Callable[..., None]
) -> None:
    """The rest of an order that is partially filled before the batch arrives is cancelled."""
    [order] = orders.open(1)
    fill(order, part=True)

    answer = caller.cancel_batch([order])

    assert answer.cancelled(order.order_id) is True, "reported-as-failed"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.lifecycle.cancelled-is-final")
@pytest.mark.deepens
def test_partially_filled_order_is_not_cancelled_twice(caller: BayseCaller, orders: Orders) -> None:
    """What was cancelled of a partially filled order is not cancelled again, without a key or under a new one."""
    [order] = orders.make(1, "partially_filled")
    first = caller.cancel_batch([order])
    if not first.cancelled(order.order_id):
        raise Presupposed("lifecycle.partially-filled-cancelled", f"a batch of one such order was answered {first!r}")

    again = [caller.cancel_batch([order], idempotency_key=key) for key in (None, caller.new_idempotency_key())]

    assert [answer.cancelled(order.order_id) for answer in again] == [False, False], "reported-as-cancelled"


@pytest.mark.clause("bayse.lifecycle.open-cancelled")
@pytest.mark.deepens
def test_order_that_rejected_requests_named_is_cancelled(caller: BayseCaller, orders: Orders) -> None:
    """An open order is cancelled by the next batch, although requests that were rejected have named it."""
    unsigned, reused, control = orders.open(3)
    key = caller.new_idempotency_key()
    caller.cancel_batch(orders.unknown(1), idempotency_key=key).require_processed()
    rejected = [
        caller.cancel_batch([unsigned], signing=Signing(secret="sk_test_of_nobody_at_all")),
        caller.cancel_batch([reused], idempotency_key=key, retry=True),
    ]
    caller.cancel_batch([control]).require_processed()
    named = left_open(orders, control, [unsigned, reused], rejected)

    answer = caller.cancel_batch(named)

    assert [answer.cancelled(order.order_id) for order in named] == [True] * len(named), "reported-as-failed"


@pytest.mark.clause("bayse.lifecycle.overlap-both-succeed")
def test_overlapping_batches_that_name_one_order(
    caller: BayseCaller, orders: Orders, overlapping: Overlap, observe: Callable[[str], None]
) -> None:
    """Do two overlapping batches both report that they cancelled the one order they name?"""
    named: list[ProvisionedOrder] = []

    def pair() -> tuple[Callable[[], BatchAnswer], Callable[[], BatchAnswer]]:
        named[:] = orders.open(1)
        return (lambda: caller.cancel_batch([*named]),) * 2

    answers = overlapping(caller, pair)

    reported = [answer.accepted and answer.cancelled(named[0].order_id) for answer in answers]
    observe(f"of two batches that overlap, {reported.count(True)} said that they cancelled the order that both name")


@pytest.mark.clause("bayse.lifecycle.finished-code")
@pytest.mark.parametrize("status", ["filled", "cancelled", "expired", "rejected"])
def test_code_of_a_terminal_order(
    caller: BayseCaller, orders: Orders, observe: Callable[[str], None], status: str
) -> None:
    """Which error code does an order get that can no longer be cancelled?"""
    [order] = orders.make(1, status)

    answer = caller.cancel_batch([order])

    observe(f"{status}: {answer.reason(order.order_id)}")
