"""How many orders a batch may name, and what is no batch (page 004, request body)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from suites.shared.limits import BatchSize
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.orders import Orders


class TestBatchSize(BatchSize):
    clauses = {
        "test_one_order_is_processed": "bayse.limits.one-accepted",
        "test_a_hundred_orders_are_processed": "bayse.limits.hundred-accepted",
        "test_a_hundred_open_orders_are_cancelled": "bayse.limits.hundred-accepted",
        "test_an_empty_batch_is_refused": "bayse.limits.none-refused",
        "test_an_empty_batch_cancels_nothing": "bayse.limits.none-refused",
        "test_a_hundred_and_one_orders_are_refused": "bayse.limits.hundred-and-one-refused",
        "test_a_batch_over_the_limit_cancels_nothing": "bayse.limits.hundred-and-one-refused",
    }

    def accepts(self, answer: BatchAnswer) -> bool:
        """A 2xx says so only with rows that can be read."""
        return answer.accepted


NO_ORDER_IDS = {
    "empty object": b"{}",
    "other field": b'{"orders": []}',
    "other case": b'{"OrderIds": []}',
    "null": b"null",
    "array": b"[]",
    "text": b'"orderIds"',
    "nothing": b"",
    "cut short": b'{"orderIds": [',
    "no JSON": b"orderIds=1",
}


@pytest.mark.clause("bayse.limits.order-ids-required")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.smoke if name == "empty object" else ()) for name in NO_ORDER_IDS],
)
def test_a_body_without_order_ids_is_refused(caller: BayseCaller, orders: Orders, name: str) -> None:
    """What carries no orderIds is no batch."""
    caller.cancel_batch(orders.unknown(1)).require_processed()

    answer = caller.send(NO_ORDER_IDS[name])

    assert answer.refused


@pytest.mark.clause("bayse.limits.order-ids-required")
def test_a_body_without_order_ids_cancels_nothing(caller: BayseCaller, orders: Orders) -> None:
    """No body that names no order cancels all of them."""
    order, control = orders.open(2)
    for body in NO_ORDER_IDS.values():
        caller.send(body)

    caller.cancel_batch([control])

    assert orders.after(control, [order]) == {order.order_id: "open"}


NO_ARRAYS: dict[str, Callable[[str], object]] = {
    "text": lambda order_id: order_id,
    "object": lambda order_id: {"0": order_id},
    "object of flags": lambda order_id: {order_id: True},
    "number": lambda _: 1,
    "true": lambda _: True,
    "null": lambda _: None,
}


@pytest.mark.clause("bayse.limits.array-required")
@pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=pytest.mark.smoke if name == "text" else ()) for name in NO_ARRAYS],
)
def test_order_ids_that_are_no_array_are_refused(caller: BayseCaller, orders: Orders, name: str) -> None:
    """Order ids come in an array; nothing else is taken for one."""
    named, control = orders.unknown(2)
    caller.cancel_batch([control]).require_processed()

    answer = caller.send(json.dumps({"orderIds": NO_ARRAYS[name](named)}).encode())

    assert answer.refused


@pytest.mark.clause("bayse.limits.array-required")
def test_order_ids_that_are_no_array_cancel_nothing(caller: BayseCaller, orders: Orders) -> None:
    """A refused body cancels none of the orders that it names."""
    *named, control = orders.open(len(NO_ARRAYS) + 1)
    for order, shape in zip(named, NO_ARRAYS.values(), strict=True):
        caller.send(json.dumps({"orderIds": shape(order.order_id)}).encode())

    caller.cancel_batch([control])

    assert set(orders.after(control, named).values()) == {"open"}


@pytest.mark.clause("bayse.limits.repeats-over-the-limit")
def test_repeats_over_the_limit(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """One hundred and one entries that name one hundred orders: refused, or processed?"""
    ids = orders.unknown(100)

    answer = caller.cancel_batch([*ids, ids[0]])

    observe(f"101 entries that name 100 orders: {answer.status}")


@pytest.mark.clause("bayse.limits.malformed-id")
@pytest.mark.parametrize("kind", ["no UUID", "upper case", "null", "array"])
def test_a_malformed_id(caller: BayseCaller, orders: Orders, observe: Callable[[str], None], kind: str) -> None:
    """An entry that is no order id: does it fail alone, or with the whole request?"""
    first, second = orders.unknown(2)
    entry = {"no UUID": f"order-{first}", "upper case": first.upper(), "null": None, "array": [first]}[kind]

    answer = caller.send(json.dumps({"orderIds": [entry, second]}).encode(), tokens=2)

    observe(f"{kind}: {answer.status}" + (f", {answer.rows[0].get('error')}" if answer.accepted else ""))
