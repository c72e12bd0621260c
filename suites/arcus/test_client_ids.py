"""Client ids at their edges: as long as they may be, used again, and told apart by their last digit alone."""

from __future__ import annotations

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.venues.arcus.caller import ArcusCaller


@pytest.mark.clause("arcus.target.client-id-alone")
@pytest.mark.deepens
@pytest.mark.parametrize("length", [35, 36])
def test_longest_client_ids_name_their_orders(caller: ArcusCaller, orders: Orders, length: int) -> None:
    """An order is cancelled by a clientId of the greatest documented length and by one a character shorter."""
    [client_id] = caller.unknown_client_ids(1)
    [order] = orders.make(1, "open", client_id=client_id[:length])

    answer = caller.cancel_batch([order], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.target.client-id-alone")
@pytest.mark.deepens
@pytest.mark.parametrize("ended", ["filled", "cancelled"])
def test_reused_client_id_names_the_live_order(caller: ArcusCaller, orders: Orders, ended: str) -> None:
    """A clientId that a finished order had before cancels the live order that has it now."""
    [client_id] = caller.unknown_client_ids(1)
    orders.make(1, ended, client_id=client_id)
    [live] = orders.make(1, "open", client_id=client_id)

    answer = caller.cancel_batch([live], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([live]) == {live.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.deepens
def test_numeric_client_ids_are_compared_exactly(caller: ArcusCaller, orders: Orders, session: Session) -> None:
    """An order stays open when a batch names another whose clientId, read as a double, is the same number."""
    tens = session.ledger.number(digits=20) // 10
    named, other = (orders.make(1, "open", client_id=f"{tens}{digit}")[0] for digit in "12")

    [control] = orders.open(1)
    caller.cancel_batch([named], by="clientId")

    caller.cancel_batch([control])

    assert orders.after(control, [other]) == {other.order_id: "open"}, "other-order-touched"


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.deepens
def test_client_ids_are_compared_in_their_letter_case(caller: ArcusCaller, orders: Orders) -> None:
    """Orders whose clientIds differ from the named one in letter case alone stay open."""
    rest = caller.unknown_client_ids(1)[0].lower()[4:]
    # What is named has small letters alone, as the documentation disagrees on how others are signed.
    before, named, after = (orders.make(1, client_id=f"{prefix}{rest}")[0] for prefix in ("ABCD", "abcd", "aBcD"))
    [control] = orders.open(1)
    caller.cancel_batch([named], by="clientId")

    caller.cancel_batch([control])

    read = orders.after(control, [before, after])
    assert read == {before.order_id: "open", after.order_id: "open"}, "other-order-touched"
