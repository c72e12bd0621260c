"""Orders of one batch may belong to different events (batch-cancel page, description)."""

from __future__ import annotations

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested
from venue_conformance.venues.bayse.caller import BayseCaller


@pytest.mark.clause("bayse.independence.markets")
@pytest.mark.deepens
def test_batch_cancels_orders_of_different_events(caller: BayseCaller, orders: Orders, require_cancel: Require) -> None:
    """Orders of different events are cancelled in one batch."""
    mixed = orders.open(6)
    if len({order.event_id for order in mixed} - {None}) < 2:
        raise NotTested("the state `orders` named no orders of two events", "orders of two events")
    require_cancel()

    answer = caller.cancel_batch(mixed)

    assert [answer.cancelled(order.order_id) for order in mixed] == [True] * 6, "reported-as-failed"
    assert set(orders.poll_until(mixed).values()) == {"cancelled"}, "not-cancelled"
