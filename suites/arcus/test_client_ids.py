"""Client ids at their edges: as long as they may be, used again, and told apart by their last digit alone."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind


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


@pytest.mark.parametrize(
    "cancelled",
    [
        pytest.param("own", marks=pytest.mark.clause("arcus.target.client-id-alone")),
        pytest.param("other", marks=pytest.mark.clause("arcus.isolation.foreign-client-id")),
    ],
)
@pytest.mark.deepens
def test_client_id_names_the_order_of_its_own_account(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, cancelled: str
) -> None:
    """A clientId that two accounts use cancels the order of the caller's account and leaves the other's open."""
    ids = caller.unknown_client_ids(2)
    own: list[ProvisionedOrder] = []
    theirs: list[ProvisionedOrder] = []
    # Either account is the first to use one of them.
    for client_id, accounts in zip(ids, ((caller, stranger), (stranger, caller)), strict=True):
        for account in accounts:
            made = orders.make(1, "open", owner=account, client_id=client_id)
            (own if account is caller else theirs).extend(made)

    answer = caller.cancel_batch(own, by="clientId")

    if cancelled == "own":
        assert answer.accepted, "not-accepted"
        assert set(orders.poll_until(own).values()) == {"cancelled"}, "not-cancelled"
    else:
        read = orders.after(own[0], theirs)
        assert {order_id: status for order_id, status in read.items() if status != "open"} == {}, (
            "foreign-order-touched"
        )


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_order_ids_are_no_client_ids(caller: ArcusCaller, orders: Orders, by: IdKind) -> None:
    """An id names orders of its own kind only, even if another order's id of the other kind is the same text."""
    order, control = orders.open(2)
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,36}", order.order_id):
        raise NotTested(f"{order.order_id} cannot be a client id as well", "orders")
    [same] = orders.make(1, "open", client_id=order.order_id)
    named, other = (order, same) if by == "orderId" else (same, order)
    caller.cancel_batch([named], by=by)

    caller.cancel_batch([control])

    assert orders.after(control, [other]) == {other.order_id: "open"}, "other-order-touched"


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.deepens
def test_id_of_the_other_kind_names_no_order(caller: ArcusCaller, orders: Orders) -> None:
    """An orderId that is an order's clientId, or a clientId that is an order's orderId, leaves that order open."""
    first, second = orders.open(2, client_ids=True)
    [control] = orders.open(1)
    by_client_id, by_order_id = caller.element(first, "clientId"), caller.element(second)
    swapped = replace(by_client_id, order_id=first.client_id, client_id=None, folded=False)
    # Each alone: one that cannot be such an id may have its whole request refused.
    caller.cancel_batch([swapped])
    caller.cancel_batch([replace(by_order_id, client_id=second.order_id, order_id=None)])

    caller.cancel_batch([control])

    read = orders.after(control, [first, second])
    assert {order_id: status for order_id, status in read.items() if status != "open"} == {}, "other-order-touched"


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
