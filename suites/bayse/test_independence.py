"""Each id is processed independently (batch-cancel page, description and request body)."""

from __future__ import annotations

import json

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested, Presupposed
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.caller import BayseCaller


@pytest.mark.clause("bayse.independence.bad-id-affects-no-other")
@pytest.mark.parametrize("position", [0, 2, 4])
def test_unknown_id_does_not_affect_other_orders(
    caller: BayseCaller, orders: Orders, require_cancel: Require, position: int
) -> None:
    """The other orders of a batch are cancelled, wherever in it the unknown id is."""
    good = orders.open(4)
    batch: list[ProvisionedOrder | str] = [*good]
    batch[position:position] = orders.unknown(1)
    require_cancel()

    answer = caller.cancel_batch(batch)

    assert [answer.cancelled(order.order_id) for order in good] == [True] * 4, "reported-as-failed"
    assert set(orders.poll_until(good).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.independence.bad-id-affects-no-other")
@pytest.mark.smoke
def test_many_failing_ids_do_not_affect_other_orders(
    caller: BayseCaller, orders: Orders, require_cancel: Require
) -> None:
    """A batch in which most ids fail still cancels the other orders."""
    require_cancel()
    first, middle, last = orders.open(3)
    batch: list[ProvisionedOrder | str] = [
        first,
        *orders.unknown(15),
        middle,
        *orders.unknown(15),
        last,
        *orders.unknown(1),
    ]

    answer = caller.cancel_batch(batch)

    assert [answer.cancelled(order.order_id) for order in (first, middle, last)] == [True] * 3, "reported-as-failed"
    assert set(orders.poll_until([first, middle, last]).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.independence.bad-id-affects-no-other")
@pytest.mark.deepens
def test_malformed_id_leaves_no_batch_partly_done(caller: BayseCaller, orders: Orders) -> None:
    """A batch with an entry that is not a UUID is rejected as a whole, or all its other orders are cancelled."""
    first, last, control = orders.open(3)
    ids = [first.order_id, f"order-{orders.unknown(1)[0]}", last.order_id]

    answer = caller.send(json.dumps({"orderIds": ids}).encode(), tokens=3)

    caller.cancel_batch([control])
    expected = "cancelled" if answer.accepted else "open"
    orders.after(control, [first, last], for_good=answer.refused)
    assert orders.poll_until([first, last], expected) == {first.order_id: expected, last.order_id: expected}, (
        "partly-carried-out"
    )


@pytest.mark.clause("bayse.independence.markets")
@pytest.mark.smoke
def test_batch_cancels_orders_of_different_markets(
    caller: BayseCaller, orders: Orders, require_cancel: Require
) -> None:
    """Orders of different markets are cancelled in one batch."""
    mixed = orders.open(6)
    if len({order.market_id for order in mixed}) < 2:
        raise NotTested("the state `orders` gave orders of one market only", "orders of two markets")
    require_cancel()

    answer = caller.cancel_batch(mixed)

    assert [answer.cancelled(order.order_id) for order in mixed] == [True] * 6, "reported-as-failed"
    assert set(orders.poll_until(mixed).values()) == {"cancelled"}, "not-cancelled"


@pytest.mark.clause("bayse.isolation.unnamed-untouched")
@pytest.mark.parametrize(
    "status",
    [pytest.param("open", marks=pytest.mark.smoke), pytest.param("partially_filled", marks=pytest.mark.deepens)],
)
def test_unnamed_orders_are_unchanged(caller: BayseCaller, orders: Orders, status: str) -> None:
    """Unnamed orders of the caller, open or of the named ones' status, are unchanged in every market."""
    provisioned = orders.make(6, status)
    named, same = provisioned[:3], provisioned[3:]
    *others, control = orders.open(4)
    caller.cancel_batch([*named, *orders.unknown(1)])
    if set(orders.poll_until(named).values()) != {"cancelled"}:
        clause = {"open": "open-cancelled", "partially_filled": "partially-filled-cancelled"}[status]
        raise Presupposed(f"lifecycle.{clause}", "the orders that the batch named did not come to read as cancelled")

    caller.cancel_batch([control])

    read = orders.after(control, [*same, *others])
    assert [read[order.order_id] for order in same] == [status] * len(same), "other-order-touched"
    assert [read[order.order_id] for order in others] == ["open"] * len(others), "other-order-touched"
