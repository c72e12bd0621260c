"""What the demo venue promises of a batch cancel (Cancel orders)."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from demo_venue.caller import DemoCaller

from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder

CloseMarket = Callable[[], AbstractContextManager[None]]


def require_still_open(caller: DemoCaller, orders: Orders, batch: list[ProvisionedOrder]) -> None:
    """Raise Violation unless each order is still open when the cancel of another one has come to show."""
    [control] = orders.open(1)
    caller.cancel_batch([control])
    read = orders.after(control, batch)
    if set(read.values()) != {"open"}:
        raise Violation("orders that read as open", f"the statuses {read}", kind="cancelled-all-the-same")


@pytest.mark.clause("demo.batch.cancels-named")
def test_named_open_orders_are_cancelled(caller: DemoCaller, orders: Orders) -> None:
    """Every open order that a batch names is cancelled, and the answer lists it."""
    batch = orders.open(3)
    answer = caller.cancel_batch(batch)
    if not answer.succeeded:
        raise Violation("the batch to be processed (2xx)", repr(answer), kind="not-processed")
    named = sorted(order.order_id for order in batch)
    if sorted(answer.cancelled) != named:
        raise Violation(f"the ids {named}", f"the ids {answer.cancelled}", kind="other-ids")
    read = orders.poll_until(batch, "cancelled")
    if set(read.values()) != {"cancelled"}:
        raise Violation("orders that read as cancelled", f"the statuses {read}", kind="not-cancelled")


@pytest.mark.clause("demo.limits.over-ten-refused")
def test_batch_over_the_limit_cancels_nothing(caller: DemoCaller, orders: Orders) -> None:
    """A batch of more than ten ids is rejected with 400 and cancels nothing."""
    batch = orders.open(11)
    answer = caller.cancel_batch(batch)
    if answer.status != 400:
        raise Violation("a rejection with 400", repr(answer), kind="other-status")
    require_still_open(caller, orders, batch)


@pytest.mark.clause("demo.market.closed-refused")
def test_closed_market_rejects_a_batch(caller: DemoCaller, orders: Orders, close_market: CloseMarket) -> None:
    """While the market is closed a batch is rejected with 409 and cancels nothing."""
    caller.require_accepted()
    batch = orders.open(1)
    with close_market():
        answer = caller.cancel_batch(batch, right=False)
    if answer.status != 409:
        raise Violation("a rejection with 409", repr(answer), kind="other-status")
    require_still_open(caller, orders, batch)
