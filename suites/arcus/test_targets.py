"""How an element names its order: by exactly one of two ids (batch-cancel page, cancels)."""

from __future__ import annotations

from dataclasses import replace

import pytest

from fixtures.arcus_orders import Definitive, Forms
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.sentinels import Sentinels

deepens = pytest.mark.deepens


@pytest.mark.clause("arcus.target.order-id-alone")
def test_order_id_alone_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that names its order by orderId only is accepted."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("arcus.target.client-id-alone")
@pytest.mark.smoke
def test_client_id_alone_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that names its order by clientId only is accepted and cancels that order and no other."""
    first, second, third = orders.open(3, client_ids=True)

    answer = caller.cancel_batch([second], by="clientId")

    assert answer.accepted, "not-accepted"
    read = orders.poll_until([second], beside=[first, third])
    assert read[second.order_id] == "cancelled", "not-cancelled"
    assert (read[first.order_id], read[third.order_id]) == ("open", "open"), "other-order-touched"


@pytest.mark.clause("arcus.target.mixed-batch")
@pytest.mark.smoke
def test_batch_may_mix_order_ids_and_client_ids(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A batch that names some orders by orderId and others by clientId cancels all of them."""
    for _ in forms(caller):
        batch = orders.open(4, client_ids=True)
        elements = [caller.element(order, "clientId" if place % 2 else "orderId") for place, order in enumerate(batch)]

        answer = caller.cancel_batch(elements)

        assert answer.accepted, "not-accepted"
        assert set(orders.poll_until(batch).values()) == {"cancelled"}, "not-cancelled"


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


def with_both_ids(caller: ArcusCaller, order: ProvisionedOrder | str, other: ProvisionedOrder | str) -> Element:
    """An element that names one order by its orderId and the other by its clientId, or by one that no order has."""
    element = caller.element(order)
    if isinstance(other, ProvisionedOrder) and other.client_id is None:
        [other] = caller.unknown_client_ids(1)
    by_client_id = caller.element(other, "clientId")
    return Element(element.order_id, by_client_id.client_id, element.market_id, element.account_index)


def pair_of(sentinels: Sentinels, caller: ArcusCaller) -> list[ProvisionedOrder | str]:
    """Two orders with client ids; an order and a client id that no order has where the target gives out none."""
    pair: list[ProvisionedOrder | str] = []
    with sentinels.orders.optional():
        pair += sentinels.place(2, client_ids=True)
    return pair or [*sentinels.place(1), *caller.unknown_client_ids(1)]


@pytest.mark.clause("arcus.target.both-ids")
@pytest.mark.parametrize(
    ("kind", "same"),
    [
        pytest.param("orderId", True, id="one order-orderId"),
        pytest.param("clientId", True, id="one order-clientId", marks=deepens),
        pytest.param("orderId", False, id="two orders-orderId", marks=deepens),
        pytest.param("clientId", False, id="two orders-clientId", marks=deepens),
        pytest.param(None, False, id="two orders-no kind", marks=deepens),
    ],
)
def test_both_ids_are_rejected_with_400(
    caller: ArcusCaller, sentinels: Sentinels, definitive_if_offered: Definitive, same: bool, kind: str | None
) -> None:
    """An element with both ids, of either kind or of none, is rejected with 400 and cancels nothing.

    The ids may name the same order or two.
    """
    if not same and kind == "clientId":
        definitive_if_offered(caller)
    order, other = pair_of(sentinels, caller)
    both = with_both_ids(caller, order, order if same else other)
    both = both.but(without=frozenset({"kind"})) if kind is None else both.but(members={"kind": kind})

    answers = answers_to_both(caller, [], both, [])

    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert answers[-1].status == 400, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.target.both-ids-any-position")
@pytest.mark.parametrize(
    ("size", "position"),
    [
        (3, 2),
        *(pytest.param(3, position, marks=deepens) for position in (0, 1)),
        *(pytest.param(100, position, marks=[deepens, pytest.mark.many_orders]) for position in (0, 50, 99)),
    ],
)
def test_one_element_with_both_ids_rejects_the_whole_batch(
    caller: ArcusCaller, sentinels: Sentinels, size: int, position: int
) -> None:
    """A batch of valid elements and one with both ids is rejected with 400 and cancels nothing."""
    pair = pair_of(sentinels, caller)
    adjacent_elements = [caller.element(order) for order in sentinels.place(size - 1)]
    both = with_both_ids(caller, pair[0], pair[0])

    answers = answers_to_both(caller, adjacent_elements[:position], both, adjacent_elements[position:])

    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert answers[-1].status == 400, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.target.neither-id")
@pytest.mark.parametrize(
    "kind", ["orderId", *(pytest.param(kind, marks=deepens) for kind in ("clientId", None, "null"))]
)
@pytest.mark.disposable
def test_element_without_id_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, kind: str | None
) -> None:
    """An element without an id is rejected, with the request or in its own row, and cancels nothing.

    The order of a valid element in the same batch is cancelled if the response accepts it, and stays open otherwise. An
    order that the batch does not name stays open.
    """
    order, other = sentinels.place(2)
    valid, unnamed = caller.element(order), caller.element(other)
    neither = replace(unnamed, order_id=None).but(members={"kind": kind})
    if kind is None:
        neither = neither.but(members={}, without=frozenset({"kind"}))
    if kind == "null":
        neither = neither.but(members={"kind": "orderId", "orderId": None, "clientId": None})

    alone = caller.cancel_batch([neither])
    beside = caller.cancel_batch([valid, neither])

    for how, answer, others in (("alone", alone, []), ("behind a valid one", beside, [valid])):
        if not (answer.refused or (answer.accepted and answer.denies_all_but(others))):
            raise Violation(
                f"an element with neither orderId nor clientId, {how}, to be refused or denied in a row of its own",
                repr(answer),
                kind="not-refused",
            )
    touched = sentinels.touched()
    left = [valid, unnamed] if beside.leaves_open(valid) else [unnamed]
    if cancelled := {each.target: touched[each.target] for each in left if each.target in touched}:
        raise Violation(
            "batches with an element that names no order to cancel nothing that they do not accept",
            ", ".join(f"order {order_id} reads as {status}" for order_id, status in cancelled.items()),
            kind="order-touched",
        )
    if valid not in left and isinstance(order, ProvisionedOrder):
        read = orders.poll_until([order])[order.order_id]
        if read != "cancelled":
            raise Violation(
                "the order of the accepted element beside it to be cancelled",
                f"it reads as {read}",
                kind="not-cancelled",
            )
