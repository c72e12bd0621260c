"""How many orders a batch may name, and which bodies are not a batch (batch-cancel page, request body)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from suites.shared.limits import BatchSize
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller


class TestBatchSize(BatchSize):
    one = "bayse.limits.one-accepted"
    up_to_hundred = "bayse.limits.hundred-accepted"
    none = "bayse.limits.empty-refused"
    too_many = "bayse.limits.over-hundred-refused"
    untouched = "bayse.limits.over-hundred-refused"
    clauses = {
        "test_batch_of_one_is_accepted": "bayse.limits.one-accepted",
        "test_batch_of_100_is_accepted": "bayse.limits.hundred-accepted",
        "test_hundred_open_orders_are_cancelled": "bayse.limits.hundred-accepted",
        "test_empty_batch_is_rejected": "bayse.limits.empty-refused",
        "test_empty_batch_cancels_nothing": "bayse.limits.empty-refused",
        "test_batch_of_101_is_rejected": "bayse.limits.over-hundred-refused",
        "test_batch_over_the_limit_cancels_nothing": "bayse.limits.over-hundred-refused",
        "test_batch_far_over_the_limit_is_rejected": (too_many,),
    }

    def accepts(self, answer: BatchAnswer) -> bool:
        """A 2xx says so only with rows that can be read."""
        return answer.accepted


Body = Callable[[str], bytes]


def of_ids(value: object) -> bytes:
    """A body whose orderIds are whatever is given."""
    return json.dumps({"orderIds": value}).encode()


#: Bodies that are no batch, made of the id of an order that some of them name.
NO_ORDER_IDS: dict[str, Body] = {
    "empty object": lambda _: b"{}",
    "other field": lambda _: b'{"orders": []}',
    "other case": lambda _: b'{"OrderIds": []}',
    "null": lambda _: b"null",
    "array": lambda _: b"[]",
    "text": lambda _: b'"orderIds"',
    "nothing": lambda _: b"",
    "cut short": lambda _: b'{"orderIds": [',
    "no JSON": lambda _: b"orderIds=1",
}
NO_ARRAYS: dict[str, Body] = {
    "orderIds a text": of_ids,
    "orderIds an object": lambda order_id: of_ids({"0": order_id}),
    "orderIds an object of flags": lambda order_id: of_ids({order_id: True}),
    "orderIds a number": lambda _: of_ids(1),
    "orderIds true": lambda _: of_ids(True),
    "orderIds null": lambda _: of_ids(None),
}
IN_SMOKE = ("empty object", "orderIds a text", "orderIds an object of flags")


@pytest.mark.clause("bayse.limits.list-required", "bayse.limits.wrong-type-refused")
@pytest.mark.parametrize(
    "names",
    [
        pytest.param(IN_SMOKE, id="three", marks=pytest.mark.smoke),
        pytest.param(tuple({**NO_ORDER_IDS, **NO_ARRAYS}.keys() - set(IN_SMOKE)), id="others"),
    ],
)
@pytest.mark.disposable
def test_body_that_is_not_a_batch_is_rejected(
    caller: BayseCaller, orders: Orders, breach: Callable[[Violation], None], names: Sequence[str]
) -> None:
    """A body without orderIds, or whose orderIds is not an array, is rejected."""
    named, control = orders.unknown(2)
    caller.cancel_batch([control]).require_processed()

    for name, body in {**NO_ORDER_IDS, **NO_ARRAYS}.items():
        if name in names:
            answer = caller.send(body(named))
            if not answer.refused:
                clause = f"bayse.limits.{'list-required' if name in NO_ORDER_IDS else 'wrong-type-refused'}"
                breach(Violation(f"a body ({name}) to be refused", repr(answer), clause, kind="not-refused"))


@pytest.mark.clause("bayse.limits.list-required")
@pytest.mark.disposable
def test_body_without_order_ids_cancels_nothing(caller: BayseCaller, orders: Orders) -> None:
    """A body without orderIds does not cancel all orders of the caller."""
    order, control = orders.open(2)
    for body in NO_ORDER_IDS.values():
        caller.send(body(order.order_id))

    caller.cancel_batch([control])

    assert orders.after(control, [order]) == {order.order_id: "open"}, "order-touched"


@pytest.mark.clause("bayse.limits.wrong-type-refused")
@pytest.mark.disposable
def test_order_ids_that_are_not_an_array_cancel_nothing(caller: BayseCaller, orders: Orders) -> None:
    """A rejected body whose orderIds is not an array cancels none of the orders it names."""
    *named, control = orders.open(len(NO_ARRAYS) + 1)
    for order, body in zip(named, NO_ARRAYS.values(), strict=True):
        caller.send(body(order.order_id))

    caller.cancel_batch([control])

    assert set(orders.after(control, named).values()) == {"open"}, "order-touched"


@pytest.mark.clause("bayse.limits.repeats-over-the-limit")
def test_duplicates_over_the_limit(caller: BayseCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Are 101 entries that name 100 orders rejected or processed?"""
    ids = orders.unknown(100)

    answer = caller.cancel_batch([*ids, ids[0]])

    observe(f"101 entries that name 100 orders: {answer.status}")


@pytest.mark.clause("bayse.limits.malformed-id")
@pytest.mark.parametrize("kind", ["no UUID", "upper case", "null", "array"])
@pytest.mark.disposable
def test_malformed_id(caller: BayseCaller, orders: Orders, observe: Callable[[str], None], kind: str) -> None:
    """Does an entry that is not an order id fail alone or make the whole request fail?"""
    first, second = orders.unknown(2)
    entry = {"no UUID": f"order-{first}", "upper case": first.upper(), "null": None, "array": [first]}[kind]

    answer = caller.send(json.dumps({"orderIds": [entry, second]}).encode(), tokens=2)

    told = [row.get("error") for row in answer.rows[:1]] if answer.accepted else []
    observe(", ".join([f"{kind}: {answer.status}", *map(str, told)]))
