"""How an element names its order: by exactly one of two ids (page 003, cancels)."""

from __future__ import annotations

import pytest

from venue_conformance.errors import NotTested
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.bait import Bait
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.orders import Orders


@pytest.mark.clause("arcus.target.order-id-alone")
@pytest.mark.smoke
def test_an_order_id_alone_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that names its order by orderId alone is accepted."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.succeeded


@pytest.mark.clause("arcus.target.client-id-alone")
@pytest.mark.smoke
def test_a_client_id_alone_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that names its order by clientId alone is accepted and cancels that order, and no other."""
    first, second, third = orders.open(3, client_ids=True)

    answer = caller.cancel_batch([second], by="clientId")

    assert answer.succeeded
    assert orders.settle([second]) == {second.order_id: "cancelled"}
    assert orders.statuses([first, third]) == {first.order_id: "open", third.order_id: "open"}


@pytest.mark.clause("arcus.target.mixed-batch")
def test_one_batch_may_name_orders_either_way(caller: ArcusCaller, orders: Orders) -> None:
    """Orders named by orderId and orders named by clientId are cancelled together."""
    batch = orders.open(4, client_ids=True)
    elements = [caller.element(order, "clientId" if place % 2 else "orderId") for place, order in enumerate(batch)]

    answer = caller.cancel_batch(elements)

    assert answer.succeeded
    assert set(orders.settle(batch).values()) == {"cancelled"}


def answers_to_both(
    caller: ArcusCaller, before: list[Element], both: Element, after: list[Element]
) -> list[BatchAnswer]:
    """The answers to a batch of which one element names two ids, signed over both of them.

    What such an element would sign is not documented. Where the venue finds the signature wrong (401), the element
    is signed over either id alone.
    """
    answers = []
    for signed in ({}, {"c": None}, {"id": None}):
        answers.append(caller.cancel_batch([*before, both.but(signed=signed), *after]))
        if answers[-1].status != 401:
            break
    return answers


def with_both_ids(caller: ArcusCaller, order: StagedOrder | str, other: StagedOrder | str) -> Element:
    """An element that names one order by its orderId and the other by its clientId, or by one that no order has."""
    element = caller.element(order)
    if isinstance(other, StagedOrder) and other.client_id is None:
        [other] = caller.unknown_client_ids(1)
    by_client_id = caller.element(other, "clientId")
    return Element(element.order_id, by_client_id.client_id, element.market_id, element.account_index)


def pair_of(bait: Bait, caller: ArcusCaller) -> list[StagedOrder | str]:
    """Two orders with client ids; an order and a client id that no order has where the target gives out none."""
    try:
        return [*bait.lay(2, client_ids=True)]
    except NotTested:
        return [*bait.lay(1), *caller.unknown_client_ids(1)]


@pytest.mark.clause("arcus.target.both-ids")
@pytest.mark.parametrize("kind", ["orderId", "clientId"])
@pytest.mark.parametrize("same", [True, False], ids=["one order", "two orders"])
@pytest.mark.smoke
def test_both_ids_answer_400(caller: ArcusCaller, bait: Bait, same: bool, kind: str) -> None:
    """An element with both ids answers 400 and cancels nothing, whether or not they name the same order."""
    order, other = pair_of(bait, caller)
    both = with_both_ids(caller, order, order if same else other).but(members={"kind": kind})

    answers = answers_to_both(caller, [], both, [])

    assert not any(answer.succeeded for answer in answers)
    assert answers[-1].status == 400
    assert bait.touched() == {}


@pytest.mark.clause("arcus.target.both-ids-any-position")
@pytest.mark.parametrize(("size", "position"), [(3, 0), (3, 1), (3, 2), (100, 0), (100, 50), (100, 99)])
def test_both_ids_spoil_the_whole_batch(caller: ArcusCaller, bait: Bait, size: int, position: int) -> None:
    """One element with both ids among right ones answers 400, and none of the orders is cancelled."""
    pair = pair_of(bait, caller)
    neighbours = [caller.element(order) for order in bait.lay(size - 1)]
    both = with_both_ids(caller, pair[0], pair[0])

    answers = answers_to_both(caller, neighbours[:position], both, neighbours[position:])

    assert not any(answer.succeeded for answer in answers)
    assert answers[-1].status == 400
    assert bait.touched() == {}


@pytest.mark.clause("arcus.target.neither-id")
@pytest.mark.parametrize("kind", ["orderId", "clientId", None])
def test_an_element_without_an_id_is_refused(caller: ArcusCaller, bait: Bait, kind: str | None) -> None:
    """An element that names no order is refused, alone and among others, and nothing is cancelled."""
    [order] = bait.lay()
    right = caller.element(order)
    neither = Element(market_id=right.market_id, account_index=right.account_index).but(members={"kind": kind})
    if kind is None:
        neither = neither.but(members={}, without=frozenset({"kind"}))

    alone = caller.cancel_batch([neither])
    among = caller.cancel_batch([right, neither])

    assert alone.refused
    assert among.refused
    assert bait.touched() == {}
