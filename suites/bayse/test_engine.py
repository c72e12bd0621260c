"""AMM orders in a batch (batch-cancel page, description)."""

from __future__ import annotations

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.venues.bayse.answer import UNSUPPORTED_ENGINE
from venue_conformance.venues.bayse.caller import BayseCaller


@pytest.mark.clause("bayse.engine.amm-refused")
@pytest.mark.smoke
def test_amm_order_fails_with_unsupported_engine(caller: BayseCaller, orders: Orders) -> None:
    """An AMM order fails in its own row with UNSUPPORTED_ENGINE."""
    [amm] = orders.make(1, "filled", engine="AMM")

    answer = caller.cancel_batch([amm])

    assert answer.cancelled(amm.order_id) is False, "reported-as-cancelled"
    assert answer.reason(amm.order_id) == UNSUPPORTED_ENGINE, "other-reason"


@pytest.mark.clause("bayse.engine.amm-refused")
def test_amm_order_is_not_cancelled(caller: BayseCaller, orders: Orders) -> None:
    """An AMM order does not read back as cancelled, alone in a batch and beside a CLOB order."""
    alone, beside = orders.make(2, "filled", engine="AMM")
    own, control = orders.open(2)
    caller.cancel_batch([alone])
    caller.cancel_batch([beside, own])

    caller.cancel_batch([control])

    assert "cancelled" not in orders.after(control, [alone, beside]).values(), "order-touched"


@pytest.mark.clause("bayse.engine.amm-affects-no-other")
@pytest.mark.parametrize(
    "position",
    [
        pytest.param(0, marks=pytest.mark.deepens),
        pytest.param(1, marks=pytest.mark.smoke),
        pytest.param(2, marks=pytest.mark.deepens),
    ],
)
def test_amm_order_does_not_affect_clob_orders(
    caller: BayseCaller, orders: Orders, require_cancel: Require, position: int
) -> None:
    """The CLOB orders of a batch are cancelled, wherever in it the AMM order is."""
    [amm] = orders.make(1, "filled", engine="AMM")
    clob = orders.open(2)
    require_cancel()
    batch = [*clob[:position], amm, *clob[position:]]

    answer = caller.cancel_batch(batch)

    assert [answer.cancelled(order.order_id) for order in clob] == [True, True], "reported-as-failed"
    assert set(orders.poll_until(clob).values()) == {"cancelled"}, "not-cancelled"
