"""Elements of which the documentation does not say what becomes of them: what this target does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from fixtures.aside import Aside
from venue_conformance.client.orders import Orders
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element

Observe = Callable[[str], None]


def reported(answer: BatchAnswer, elements: Sequence[Element]) -> str:
    """The status of an answer, with what its rows say of some elements."""
    if not answer.accepted:
        return str(answer.status)
    rows = [str(row.get("status")) for element in elements for row in answer.rows_of(element)]
    return f"{answer.status} with {len(rows)} row(s): {', '.join(rows) or 'none'}"


@pytest.mark.clause("arcus.target.duplicates")
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_order_named_twice(caller: ArcusCaller, orders: Orders, observe: Observe, by: str) -> None:
    """Is a batch that names an order in two elements rejected, or answered with one row or two?"""
    [order] = orders.open(1, client_ids=True) if by == "clientId" else orders.open(1)
    element = caller.element(order, "clientId" if by == "clientId" else "orderId")

    answer = caller.cancel_batch([element, element])

    observe(
        f"twice by {by}: {reported(answer, [element])}; the order reads as {orders.poll_until([order])[order.order_id]}"
    )


@pytest.mark.clause("arcus.target.same-order-by-both-forms")
def test_order_named_by_both_ids_in_two_elements(caller: ArcusCaller, orders: Orders, observe: Observe) -> None:
    """Is a batch that names an order by orderId and by clientId rejected, or answered with one row or two?"""
    [order] = orders.open(1, client_ids=True)
    elements = [caller.element(order), caller.element(order, "clientId")]

    answer = caller.cancel_batch(elements)

    observe(
        f"by either id: {reported(answer, elements)}; the order reads as {orders.poll_until([order])[order.order_id]}"
    )


@pytest.mark.clause("arcus.target.kind-missing")
def test_element_without_kind(caller: ArcusCaller, orders: Orders, observe: Observe) -> None:
    """Is an element without kind carried out?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(without=frozenset({"kind"}))])

    observe(f"without kind: {answer.status}")


@pytest.mark.clause("arcus.target.kind-disagrees")
@pytest.mark.parametrize("kind", ["clientId", "OrderId", "order"])
def test_element_kind_does_not_match_its_id(caller: ArcusCaller, orders: Orders, observe: Observe, kind: str) -> None:
    """How is an element with an orderId handled whose kind says something else?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(members={"kind": kind})])

    observe(f"an orderId of kind {kind}: {answer.status}")


@pytest.mark.clause("arcus.target.valid-until")
@pytest.mark.parametrize("unit", ["nanoseconds", "milliseconds", "an hour ago", "null"])
def test_element_with_valid_until(caller: ArcusCaller, orders: Orders, observe: Observe, unit: str) -> None:
    """What does validUntil do?"""
    [order] = orders.open(1)
    now = caller.timestamps.next(caller.address)
    hour = 3600 * 10**9
    value = {
        "nanoseconds": now + hour,
        "milliseconds": (now + hour) // 10**6,
        "an hour ago": now - hour,
        "null": None,
    }[unit]

    answer = caller.cancel_batch([caller.element(order).but(members={"validUntil": value})])

    observe(f"validUntil {unit}: {answer.status}, the order reads as {orders.poll_until([order])[order.order_id]}")


@pytest.mark.clause("arcus.target.unknown-fields")
def test_element_with_undocumented_fields(caller: ArcusCaller, orders: Orders, observe: Observe) -> None:
    """Is an element with undocumented fields carried out?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(members={"note": "x", "tags": [1]})])

    observe(f"further fields: {answer.status}")


@pytest.mark.clause("arcus.target.integers-out-of-range")
@pytest.mark.parametrize(
    ("market", "index"), [(65536, None), (-1, None), (2**63, None), (None, 10), (None, -1), (None, 255)]
)
def test_integers_out_of_range(
    caller: ArcusCaller, orders: Orders, observe: Observe, market: int | None, index: int | None
) -> None:
    """How is a marketId or accountIndex outside its published range handled?"""
    [unknown] = orders.unknown(1)
    right = caller.element(unknown)
    element = Element(
        unknown,
        market_id=right.market_id if market is None else market,
        account_index=right.account_index if index is None else index,
    )

    answer = caller.cancel_batch([element])

    name, value = ("accountIndex", index) if market is None else ("marketId", market)
    observe(f"{name} {value}: {answer.status}")


def cancelled_in_another_market(aside: Aside) -> str:
    """What becomes of an order whose element says another market than its own; of most nothing, for seconds."""
    caller: ArcusCaller = aside.caller
    [order] = aside.orders.open(1)
    right = caller.element(order)
    element = Element(order.order_id, market_id=2 if right.market_id != 2 else 3, account_index=right.account_index)

    answer = caller.cancel_batch([element])

    read = aside.orders.poll_until([order])[order.order_id]
    return f"another market: {reported(answer, [element])}; the order reads as {read}"


@pytest.mark.clause("arcus.target.other-market")
@pytest.mark.aside(procedure=cancelled_in_another_market)
def test_element_market_differs_from_order(run_aside: Callable[[], str], observe: Observe) -> None:
    """How is a valid element handled whose market is not that of the order it names?"""
    observe(run_aside())


@pytest.mark.clause("arcus.target.client-id-characters")
@pytest.mark.parametrize("kind", ["37 characters", "a blank", "a dot"])
def test_invalid_client_id(caller: ArcusCaller, observe: Observe, kind: str) -> None:
    """Does an invalid clientId get the whole request rejected, or only its row?"""
    [unknown] = caller.unknown_client_ids(1)
    right = caller.element(unknown, "clientId")
    written = {"37 characters": f"{unknown}0", "a blank": f"{unknown[:-1]} ", "a dot": f"{unknown[:-1]}."}[kind]
    element = Element(client_id=written, market_id=right.market_id, account_index=right.account_index)

    answer = caller.send(lambda signed: {"cancels": signed([element])})

    observe(f"{kind}: {reported(answer, [element])}")


@pytest.mark.clause("arcus.target.several-account-indexes")
def test_elements_with_different_account_indexes(caller: ArcusCaller, orders: Orders, observe: Observe) -> None:
    """May one batch contain elements with different account indexes?"""
    first, second = orders.unknown(2)
    right = caller.element(first)
    other = Element(second, market_id=right.market_id, account_index=(right.account_index + 1) % 10)

    answer = caller.send(lambda signed: {"cancels": signed([right, other])})

    observe(f"two account indexes: {answer.status}")
