"""How many elements a batch may have, and what is no batch (batch-cancel page, cancels)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.arcus_orders import Forms
from suites.shared.limits import SizeLimits
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.sentinels import Sentinels

deepens = pytest.mark.deepens


class TestBatchSize(SizeLimits):
    too_many = untouched = "arcus.limits.over-hundred-refused"
    clauses = {
        "test_hundred_open_orders_are_cancelled": "arcus.limits.hundred-accepted",
        "test_empty_batch_is_rejected": "arcus.limits.empty-refused",
        "test_empty_batch_cancels_nothing": "arcus.isolation.unnamed-untouched",
        "test_batch_over_the_limit_cancels_nothing": "arcus.limits.over-hundred-refused",
        "test_batch_far_over_the_limit_is_rejected": "arcus.limits.over-hundred-refused",
    }
    deepens = ("test_empty_batch_cancels_nothing", "test_batch_over_the_limit_cancels_nothing")

    @pytest.mark.many_orders
    @pytest.mark.smoke
    def test_hundred_open_orders_are_cancelled(self, caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
        """All orders of a batch of 100 are cancelled, whether the response is a 202 or a 200."""
        for _ in forms(caller):
            super().test_hundred_open_orders_are_cancelled(caller, orders)


@pytest.mark.clause("arcus.limits.one-accepted")
def test_batch_of_one_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """A batch of one cancel is accepted."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("arcus.limits.hundred-accepted")
@deepens
@pytest.mark.many_orders
def test_hundred_cancels_by_client_id_are_carried_out(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """A batch of 100 orders named by clientId is carried out, whether the response is a 202 or a 200."""
    for _ in forms(caller):
        hundred = orders.open(100, client_ids=True)
        answer = caller.cancel_batch(hundred, by="clientId")

        assert answer.accepted, "not-accepted"
        assert [order_id for order_id, status in orders.poll_until(hundred).items() if status != "cancelled"] == [], (
            "not-cancelled"
        )


@pytest.mark.clause("arcus.limits.over-hundred-refused")
@pytest.mark.many_orders
def test_batch_of_101_is_rejected(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A batch of 101 cancels is rejected and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(101))

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.limits.over-hundred-refused")
@deepens
def test_101_cancels_of_fewer_orders_are_rejected(caller: ArcusCaller, sentinels: Sentinels, orders: Orders) -> None:
    """A batch of 101 cancels, by either kind of id and two of them of one order, is rejected and cancels nothing."""
    [order] = sentinels.place()
    named = caller.element(order)
    others = [caller.element(unknown) for unknown in orders.unknown(49)]
    others += [caller.element(unknown, "clientId") for unknown in caller.unknown_client_ids(50)]

    answer = caller.cancel_batch([named, *others, named])

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


NO_CANCELS = {
    "empty object": b"{}",
    "other field": b'{"orders": []}',
    "other case": b'{"Cancels": []}',
    "null": b"null",
    "array": b"[]",
    "text": b'"cancels"',
    "nothing": b"",
    "cut short": b'{"cancels": [',
    "no JSON": b"cancels=1",
}
FEWEST = ("empty object", "no JSON")


@pytest.mark.clause("arcus.limits.list-required")
@pytest.mark.parametrize(
    "body",
    [pytest.param(body, id=name, marks=() if name in FEWEST else deepens) for name, body in NO_CANCELS.items()],
)
@pytest.mark.disposable
def test_body_without_cancels_is_rejected(caller: ArcusCaller, body: bytes) -> None:
    """A body without cancels is rejected, including a body that is not JSON."""
    caller.require_accepted()

    answer = caller.send(body)

    assert answer.refused, "not-refused"


NO_ARRAYS: dict[str, Callable[[dict[str, Any]], object]] = {
    "one element": lambda element: element,
    "object of elements": lambda element: {"0": element},
    "text": lambda element: json.dumps([element]),
    "null": lambda _: None,
    "true": lambda _: True,
}


@pytest.mark.clause("arcus.limits.wrong-type-refused")
@pytest.mark.disposable
def test_cancels_that_is_not_an_array_is_rejected(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A body whose cancels is not an array is rejected and cancels nothing."""
    elements = [caller.element(order) for order in sentinels.place(len(NO_ARRAYS))]

    answers = {
        name: caller.send(lambda signed, shape=shape, element=element: {"cancels": shape(signed([element])[0])})  # type: ignore[misc]
        for (name, shape), element in zip(NO_ARRAYS.items(), elements, strict=True)
    }

    for name, answer in answers.items():
        if not answer.refused:
            raise Violation(
                f"a body whose cancels is {name} in place of an array to be refused", repr(answer), kind="not-refused"
            )
    assert sentinels.touched() == {}, "order-touched"


#: What stands among the elements and is no object, from a valid element that is there as well, or not.
NO_OBJECTS: dict[str, Callable[[dict[str, Any]], list[object]]] = {
    "null before a valid element": lambda element: [None, element],
    "a number behind a valid element": lambda element: [element, 1],
    "an array alone": lambda element: [[element]],
    "a text alone": lambda element: [json.dumps(element)],
    "an id alone": lambda element: [element["orderId"]],
}


@pytest.mark.clause("arcus.limits.wrong-type-refused")
@pytest.mark.disposable
def test_element_that_is_not_an_object_is_rejected(caller: ArcusCaller, sentinels: Sentinels, orders: Orders) -> None:
    """An element that is not an object is rejected, with the request or in its own row, and cancels nothing.

    The order of a valid element in the same batch is cancelled if the response accepts it, and stays open otherwise.
    """
    placed = sentinels.place(len(NO_OBJECTS))
    stay_open: dict[str, str] = {}
    accepted: list[ProvisionedOrder] = []

    for (name, shape), order in zip(NO_OBJECTS.items(), placed, strict=True):
        element = caller.element(order)
        answer = caller.send(lambda signed, shape=shape, element=element: {"cancels": shape(signed([element])[0])})  # type: ignore[misc]
        beside = [element] if "valid" in name else []
        if not (answer.refused or (answer.accepted and answer.denies_all_but(beside))):
            raise Violation(
                f"{name} among cancels to be refused, or denied in a row of its own", repr(answer), kind="not-refused"
            )
        if not beside or answer.leaves_open(element):
            stay_open[element.target] = name
        elif isinstance(order, ProvisionedOrder):
            accepted.append(order)

    cancelled = {stay_open[order_id] for order_id in sentinels.touched() if order_id in stay_open}
    if cancelled:
        raise Violation(
            "orders to stay open that the answer does not accept",
            f"cancelled by {', '.join(cancelled)}",
            kind="order-touched",
        )
    read = orders.poll_until(accepted)
    if left := [order_id for order_id, status in read.items() if status != "cancelled"]:
        raise Violation(
            "orders of accepted elements to be cancelled",
            f"{', '.join(left)} beside what is no object is not",
            kind="not-cancelled",
        )


def number_of_no_order(session: Session) -> int:
    """A number that spells no order's id: twenty digits, which hold more than 64 random bits."""
    return session.ledger.number(digits=20)


#: Members of another JSON type than documented; ids among them are those of no order.
WRONG_TYPES: dict[str, Callable[[int], dict[str, object]]] = {
    "orderId as a number": lambda number: {"orderId": number},
    "orderId as an array": lambda number: {"orderId": [str(number)]},
    "orderId as an object": lambda _: {"orderId": {}},
    "marketId as text": lambda _: {"marketId": "BTC"},
    "marketId as a text of digits": lambda _: {"marketId": "1"},
    "marketId as an array": lambda _: {"marketId": [1]},
    "marketId as a fraction": lambda _: {"marketId": 1.5},
    "accountIndex as text": lambda _: {"accountIndex": "main"},
    "accountIndex as a text of digits": lambda _: {"accountIndex": "0"},
    "accountIndex as an object": lambda _: {"accountIndex": {}},
    "signature as a number": lambda _: {"signature": 1},
    "signature as an array": lambda _: {"signature": ["00"]},
}


@pytest.mark.clause("arcus.limits.field-wrong-type")
@pytest.mark.disposable
def test_element_with_member_of_wrong_type_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, session: Session
) -> None:
    """An element with a member of another JSON type is rejected, with the request or in its row; it cancels nothing."""
    elements = [caller.element(order) for order in sentinels.place(len(WRONG_TYPES))]

    answers = {
        name: caller.cancel_batch([element.but(members=members(number_of_no_order(session)))])
        for (name, members), element in zip(WRONG_TYPES.items(), elements, strict=True)
    }

    assert {name: answer.text for name, answer in answers.items() if not (answer.refused or answer.denies_all)} == {}, (
        "not-refused"
    )
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.limits.field-wrong-type")
@pytest.mark.parametrize("name", ["orderId", "clientId"])
@pytest.mark.disposable
def test_numeric_id_is_rejected(caller: ArcusCaller, session: Session, name: str) -> None:
    """An id that is a JSON number is rejected, even if the signature covers the same digits as text."""
    caller.require_accepted()
    number = number_of_no_order(session)
    element = caller.element(str(number), "orderId" if name == "orderId" else "clientId")

    answer = caller.cancel_batch([element.but(members={name: number})])

    assert answer.refused or answer.denies_all, "not-refused"


#: Bodies that are no batch, made from one valid element of a batch.
NO_BATCHES: dict[str, Callable[[list[dict[str, Any]]], object]] = {
    "no elements": lambda _: {"cancels": []},
    "101 elements": lambda elements: {"cancels": elements},
    "no cancels": lambda _: {},
    "cancels no array": lambda elements: {"cancels": elements[0]},
    "an element without an id": lambda elements: {
        "cancels": [{name: value for name, value in elements[0].items() if name != "orderId"}]
    },
}


@pytest.mark.clause("arcus.limits.refusal-status")
@pytest.mark.parametrize("name", NO_BATCHES)
@pytest.mark.disposable
def test_status_of_invalid_batch(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None], name: str
) -> None:
    """Which status rejects a body that is not a valid batch?"""
    elements = [caller.element(unknown) for unknown in orders.unknown(101)]

    answer = caller.send(lambda signed: NO_BATCHES[name](signed(elements)))

    observe(f"{name}: {answer.status}")
