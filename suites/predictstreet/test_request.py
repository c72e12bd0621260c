"""The request (batch-cancel page, example request and body)."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from fixtures.predictstreet import required_first
from venue_conformance.client.orders import Orders
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import LOWER, UPPER, Identity

Observe = Callable[[str], None]
#: Where ids are numbers, and texts may be left out for them, this one is still no order's.
NOBODYS_NUMBER = 10**30 + 1


def body_of(*order_ids: object) -> bytes:
    """A body with these elements in its orderIds, whatever they are."""
    return json.dumps({"orderIds": order_ids}).encode()


@pytest.mark.clause("predictstreet.request.example")
def test_documented_request_is_carried_out(caller: PredictStreetCaller, orders: Orders) -> None:
    """A request needs only a key, with a multi_wallet key also a wallet, and order ids."""
    answer = caller.cancel_batch(orders.open(1))

    assert answer.succeeded, "not-accepted"


@pytest.mark.clause("predictstreet.request.example")
@pytest.mark.parametrize("shape", ["spaces", pytest.param("escapes", marks=pytest.mark.smoke), "no spaces"])
@pytest.mark.deepens
def test_json_formatting_makes_no_difference(caller: PredictStreetCaller, orders: Orders, shape: str) -> None:
    """Whitespace and escapes in a JSON body make no difference."""
    [order_id] = [order.order_id for order in orders.open(1)]
    escaped = "".join(f"\\u{ord(character):04x}" for character in order_id)
    body = {
        "spaces": f'\n{{ "orderIds" :\t[\r\n  "{order_id}"  ] }}\n',
        "escapes": f'{{"order\\u0049ds": ["{escaped}"]}}',
        "no spaces": f'{{"orderIds":["{order_id}"]}}',
    }[shape]

    answer = caller.send(body.encode(), right=True)

    assert answer.outcome(order_id) == "cancelled", "not-carried-out"


@pytest.mark.clause("predictstreet.request.example")
@pytest.mark.parametrize("names", [LOWER, UPPER])
@pytest.mark.deepens
def test_header_names_are_case_insensitive(caller: PredictStreetCaller, orders: Orders, names: str) -> None:
    """X-Api-Key is recognised in whatever letter case its name is written (RFC 9110, 5.1)."""
    answer = caller.cancel_batch(orders.unknown(1), identity=Identity(names=names), right=True)

    assert answer.succeeded, "not-accepted"


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


@pytest.mark.clause("predictstreet.limits.list-required")
@pytest.mark.parametrize("body", required_first(NO_ORDER_IDS, "empty object"))
@pytest.mark.disposable
def test_body_without_order_ids_is_rejected(caller: PredictStreetCaller, body: bytes) -> None:
    """A body without orderIds is rejected."""
    caller.require_accepted()

    answer = caller.send(body)

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.limits.list-required")
@pytest.mark.deepens
@pytest.mark.disposable
def test_bare_array_of_ids_is_rejected(caller: PredictStreetCaller, orders: Orders) -> None:
    """An array of valid ids that is not in the field orderIds is rejected."""
    caller.require_accepted()

    answer = caller.send(json.dumps(orders.unknown(2)).encode())

    assert answer.refused, "not-refused"


NO_ARRAYS: dict[str, Callable[[str], object]] = {
    "text": lambda order_id: order_id,
    "object": lambda order_id: {"0": order_id},
    "object of flags": lambda order_id: {order_id: True},
    "number": lambda _: NOBODYS_NUMBER,
    "true": lambda _: True,
    "null": lambda _: None,
}


@pytest.mark.clause("predictstreet.limits.wrong-type-refused")
@pytest.mark.parametrize("shape", required_first(NO_ARRAYS, "text"))
@pytest.mark.disposable
def test_order_ids_that_are_not_an_array_are_rejected(
    caller: PredictStreetCaller, orders: Orders, shape: Callable[[str], object]
) -> None:
    """A body whose orderIds is not an array is rejected."""
    caller.require_accepted()

    answer = caller.send(json.dumps({"orderIds": shape(orders.unknown(1)[0])}).encode())

    assert answer.refused, "not-refused"


NO_STRINGS: dict[str, Callable[[str], object]] = {
    "null": lambda _: None,
    "object": lambda order_id: {"orderId": order_id},
    "array": lambda order_id: [order_id],
}


@pytest.mark.clause("predictstreet.limits.wrong-type-refused")
@pytest.mark.parametrize(
    ("name", "position"),
    [
        pytest.param("null", 1, marks=pytest.mark.smoke),
        *(
            pytest.param(name, position, marks=pytest.mark.deepens)
            for name in NO_STRINGS
            for position in (0, 1)
            if (name, position) != ("null", 1)
        ),
    ],
)
@pytest.mark.disposable
def test_element_that_is_not_a_string_is_rejected(
    caller: PredictStreetCaller, orders: Orders, name: str, position: int
) -> None:
    """One element that is null, an object or an array makes the request invalid, whatever the others are."""
    wrong, right = orders.unknown(2)
    elements: list[object] = [right]
    elements.insert(position, NO_STRINGS[name](wrong))
    caller.require_accepted()

    answer = caller.send(body_of(*elements))

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.request.coerced-elements")
@pytest.mark.parametrize("element", [NOBODYS_NUMBER, 1.5, True], ids=["number", "fraction", "true"])
@pytest.mark.disposable
def test_element_that_could_be_read_as_text(
    caller: PredictStreetCaller, orders: Orders, observe: Observe, element: object
) -> None:
    """Is a number or a boolean among the ids rejected or read as text?"""
    answer = caller.send(body_of(element, *orders.unknown(1)))

    observe(f"{json.dumps(element)}: {answer.status}")


@pytest.mark.clause("predictstreet.request.validation-answer")
@pytest.mark.parametrize(
    "body",
    [b"{}", b'{"orderIds": []}', b'{"orderIds": %d}' % NOBODYS_NUMBER, b"no JSON"],
    ids=["object", "none", "number", "text"],
)
@pytest.mark.disposable
def test_response_to_an_invalid_body(caller: PredictStreetCaller, observe: Observe, body: bytes) -> None:
    """Which status and error code does an invalid body get?"""
    answer = caller.send(body)

    observe(f"{body.decode()}: {answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.request.non-uuid-ids")
@pytest.mark.parametrize("kind", ["other text", "empty", "no hyphens", "hex number"])
@pytest.mark.disposable
def test_id_that_is_not_a_uuid(caller: PredictStreetCaller, orders: Orders, observe: Observe, kind: str) -> None:
    """Does an id that is not a UUID make the request invalid, or is it not_found?"""
    first, second = orders.unknown(2)
    digits = first.replace("-", "")
    entry = {"other text": f"order-{first}", "empty": "", "no hyphens": digits, "hex number": f"0x{digits}"}[kind]

    answer = caller.send(body_of(entry, second))

    observe(f"{kind}: {answer.status}" + (f", {answer.outcome(entry)}" if answer.succeeded else ""))


@pytest.mark.clause("predictstreet.request.id-case")
def test_id_in_another_letter_case(caller: PredictStreetCaller, orders: Orders, observe: Observe) -> None:
    """Does an id in the other letter case name the same order, and in which case is it returned?"""
    [order] = orders.open(1)
    upper, lower = order.order_id.upper(), order.order_id.lower()
    capital = orders.nearly(order, upper if upper != order.order_id else lower)

    answer = caller.cancel_batch([capital])

    if answer.succeeded:
        spelled = "as sent" if answer.spells(capital) else "in another spelling" if answer.reported else "not at all"
        observe(f"{', '.join(answer.reasons.values()) or 'cancelled'}; comes back {spelled}")
    else:
        observe(f"refused with {answer.status}")


@pytest.mark.clause("predictstreet.request.id-case")
def test_id_twice_in_two_letter_cases(caller: PredictStreetCaller, orders: Orders, observe: Observe) -> None:
    """Is an id a duplicate of itself in another letter case?"""
    [order_id] = orders.unknown(1)

    answer = caller.cancel_batch([order_id, order_id.upper()])

    observe(
        f"{len(answer.cancelled_ids) + len(answer.reasons)} outcome(s)"
        if answer.succeeded
        else f"refused with {answer.status}"
    )


@pytest.mark.clause("predictstreet.request.extra-fields")
def test_extra_field_in_the_body(caller: PredictStreetCaller, orders: Orders, observe: Observe) -> None:
    """Is a body field besides orderIds ignored, or does it make the request invalid?"""
    answer = caller.send(json.dumps({"orderIds": orders.unknown(1), "marketId": "1"}).encode())

    observe(f"{answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.request.content-type")
@pytest.mark.parametrize("content_type", ["application/json; charset=utf-8", "text/plain", None])
def test_body_with_other_content_type(
    caller: PredictStreetCaller, orders: Orders, observe: Observe, content_type: str | None
) -> None:
    """How is a valid body with another Content-Type, or none, treated?"""
    answer = caller.send(body_of(*orders.unknown(1)), content_type=content_type)

    observe(f"{content_type}: {answer.status}")


@pytest.mark.clause("predictstreet.request.check-order")
@pytest.mark.disposable
def test_invalid_key_and_invalid_body(caller: PredictStreetCaller, observe: Observe) -> None:
    """Which of two faults is reported, that of the key or that of the body?"""
    answer = caller.send(b"{}", identity=Identity(key="not-a-key"))

    observe(f"malformed key and no orderIds: {answer.status}, code {answer.error_code}")
