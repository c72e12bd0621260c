from __future__ import annotations

from typing import Any

import pytest

from venue_conformance.errors import Inconclusive
from venue_conformance.target.state_values import STATUSES, ProvisionedOrder, read_caller, read_orders, read_statuses

ASKED: dict[str, object] = {"caller": "pk", "count": 2, "status": "filled", "engine": "AMM"}


def test_orders_come_in_the_order_made_with_the_documented_defaults() -> None:
    values = {
        "orders": [{"orderId": "a"}, {"orderId": "b", "marketId": "m", "accountIndex": 3, "clientId": "c", "more": 1}]
    }
    assert read_orders(values, ASKED) == [
        ProvisionedOrder("a", 1, 0, None, "filled", "AMM", "pk"),
        ProvisionedOrder("b", "m", 3, "c", "filled", "AMM", "pk"),
    ]
    nulls = {"orders": [{"orderId": "a", "marketId": None, "accountIndex": None, "clientId": None}]}
    assert read_orders({"orders": [{"orderId": "a", "eventId": "e"}]}, {})[0].event_id == "e"
    assert read_orders(nulls, {"owner": "stranger"}) == [ProvisionedOrder("a", 1, 0, None, "open", "CLOB", "stranger")]


@pytest.mark.parametrize(
    ("orders", "says"),
    [
        (None, "no list of orders"),
        ({}, "no list of orders"),
        ([{"orderId": "a"}], "has 1 orders, 2 were asked for"),
        ([{"orderId": "a"}, {"orderId": "a"}], 'has the order id "a" more than once'),
        ([{"orderId": "a"}, {"orderId": ""}], "no text as orderId of order 2"),
        ([{"orderId": 7}, {"orderId": "a"}], "no text as orderId of order 1"),
        ([{"orderId": "a"}, "b"], "something other than an object as order 2"),
        ([{"orderId": "a", "marketId": 1.5}, {"orderId": "b"}], "marketId must be a whole number or text"),
        ([{"orderId": "a", "accountIndex": -1}, {"orderId": "b"}], "accountIndex must be"),
        ([{"orderId": "a", "accountIndex": True}, {"orderId": "b"}], "accountIndex must be"),
        ([{"orderId": "a", "clientId": 5}, {"orderId": "b"}], "clientId must be text"),
    ],
)
def test_wrong_orders(orders: object, says: str) -> None:
    with pytest.raises(Inconclusive, match=f'the answer of the provider state "orders" .*{says}'):
        read_orders({"orders": orders}, ASKED)


def test_client_ids_that_were_asked_for_must_be_there() -> None:
    asked = {"caller": "pk", "count": 1, "status": "open", "client_ids": True}
    assert read_orders({"orders": [{"orderId": "a", "clientId": "c"}]}, asked)[0].client_id == "c"
    with pytest.raises(Inconclusive, match="no clientId of order 1"):
        read_orders({"orders": [{"orderId": "a"}]}, asked)


def test_statuses_of_what_was_asked() -> None:
    given = dict(zip("abcdef", sorted(STATUSES), strict=True)) | {"g": "absent", "other": "nonsense"}
    assert read_statuses({"statuses": given}, "abcdefg") == {key: given[key] for key in "abcdefg"}


@pytest.mark.parametrize(
    ("statuses", "says"),
    [
        (None, "no object of statuses"),
        ([], "no object of statuses"),
        ({}, 'says nothing about the order "a"'),
        ({"a": "OPEN"}, "says 'OPEN' of the order \"a\"; allowed are absent, cancelled"),
        ({"a": None}, "says None of the order"),
        ({"a": ["open"]}, "of the order"),
    ],
)
def test_wrong_statuses(statuses: object, says: str) -> None:
    with pytest.raises(Inconclusive, match=says):
        read_statuses({"statuses": statuses}, ["a"])


def test_a_callers_credentials() -> None:
    assert read_caller({"credentials": {"public_key": "a", "secret_key": "b"}}) == {
        "public_key": "a",
        "secret_key": "b",
    }


def test_a_fresh_caller_may_call_itself_disposable() -> None:
    assert read_caller({"credentials": {"public_key": "a", "disposable": True}}) == {"public_key": "a"}
    with pytest.raises(Inconclusive, match="credentials whose disposable is not text"):
        read_caller({"credentials": {"public_key": "a", "disposable": 1}})


@pytest.mark.parametrize("values", [{}, {"credentials": {}}, {"credentials": ["s3cret"]}, {"credentials": {"k": 5309}}])
def test_wrong_credentials_are_not_quoted(values: dict[str, Any]) -> None:
    with pytest.raises(Inconclusive) as caught:
        read_caller(values)
    assert "s3cret" not in caught.value.reason
    assert "5309" not in caught.value.reason
