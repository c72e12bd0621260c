"""The endpoints around the batch cancel, and what all of them have in common."""

from __future__ import annotations

import json
from typing import Any
from uuid import uuid4

import pytest

from .conftest import BATCH, SignedClient

ITEM: dict[str, Any] = {"side": "BUY", "outcomeId": str(uuid4()), "amount": 10, "type": "LIMIT", "price": 0.4}


def place(client: SignedClient, **more: Any) -> Any:
    path = f"/v1/pm/events/{uuid4()}/markets/{uuid4()}/orders"
    return client.signed("POST", path, json.dumps({**ITEM, **more}).encode())


def read(client: SignedClient, path: str) -> Any:
    return client.http.get(path, headers={"X-Public-Key": client.name})


def test_a_placed_order_is_read_and_cancelled_in_a_batch(client: SignedClient) -> None:
    answer = place(client).json()
    order = answer["order"]
    assert answer["engine"] == "CLOB"
    assert order["status"] == "open"
    assert read(client, f"/v1/pm/orders/{order['id']}").json() == order
    assert client.cancel([order["id"]]).json()["results"][0]["success"] is True
    assert read(client, f"/v1/pm/orders/{order['id']}").json()["status"] == "cancelled"


def test_an_order_that_must_not_rest_ends_at_once(client: SignedClient) -> None:
    assert place(client, type="MARKET").json()["order"]["status"] == "cancelled"
    assert place(client, timeInForce="FOK").json()["order"]["status"] == "cancelled"


@pytest.mark.parametrize(
    "wrong",
    [
        {"side": "HOLD"},
        {"outcomeId": "x"},
        {"amount": 0.5},
        {"amount": True},
        {"currency": "NGN"},
        {"price": 1},
        {"type": "STOP"},
        {"timeInForce": "IOC"},
        {"postOnly": 1},
        {"price": None},
    ],
)
def test_wrong_terms_are_refused(client: SignedClient, wrong: dict[str, Any]) -> None:
    assert place(client, **wrong).status_code == 400


def test_a_batch_places_up_to_twenty(client: SignedClient) -> None:
    items = [{**ITEM, "clientOrderId": "mine"}, {**ITEM, "side": "HOLD"}, 3]
    answer = client.signed("POST", BATCH, json.dumps({"orders": items}).encode(), idempotency_key="a-key").json()
    assert [row["success"] for row in answer["results"]] == [True, False, False]
    assert answer["results"][0]["clientOrderId"] == "mine"
    assert answer["summary"] == {"total": 3, "succeeded": 1, "failed": 2}
    for count in (0, 21):
        body = json.dumps({"orders": [ITEM] * count}).encode()
        assert client.signed("POST", BATCH, body).status_code == 400


def test_lists_are_filtered_and_paged(client: SignedClient) -> None:
    orders = client.orders(5) + client.orders(2, "partially_filled")
    listed = read(client, "/v1/pm/orders?size=3&page=2").json()
    assert [order["id"] for order in listed["orders"]] == orders[::-1][3:6]
    assert listed["pagination"] == {"page": 2, "size": 3, "lastPage": 3, "totalCount": 7}
    partly = read(client, "/v1/pm/orders?status=partial_filled").json()["orders"]
    assert [order["id"] for order in partly] == orders[:4:-1]
    assert read(client, "/v1/pm/orders?currency=NGN").json()["orders"] == []
    assert read(client, "/v1/pm/orders?size=0").status_code == 400


def test_one_order_is_cancelled_without_a_body(client: SignedClient) -> None:
    (order,) = client.orders(1)
    assert client.signed("DELETE", f"/v1/pm/orders/{order}").json() == {"message": "Order cancelled"}
    assert client.statuses([order]) == ["cancelled"]
    assert client.signed("DELETE", f"/v1/pm/orders/{order}").status_code == 400


def test_foreign_orders_are_not_there(client: SignedClient) -> None:
    (order,) = client.new_caller().orders(1)
    assert read(client, f"/v1/pm/orders/{order}").status_code == 404
    assert client.signed("DELETE", f"/v1/pm/orders/{order}").status_code == 404
    assert client.statuses([order]) == ["open"]


def test_other_paths_and_methods_are_named_as_such(client: SignedClient) -> None:
    assert client.http.get("/v1/pm/orders/batch/x").status_code == 404
    assert client.http.put(BATCH).status_code == 405
    assert client.http.put(BATCH).headers["allow"] == "DELETE, POST"
    assert client.http.get("/v1/pm/orders").status_code == 401
    assert "version" in client.http.get("/version").json()


def test_the_trace_id_comes_back_from_every_answer(client: SignedClient) -> None:
    assert client.http.get("/nowhere", headers={"x-trace-id": "t-1"}).headers["x-trace-id"] == "t-1"
    body = b'{"orderIds": ["x"]}'
    assert client.signed("DELETE", BATCH, body, x_trace_id="t-2", idempotency_key="k").headers["x-trace-id"] == "t-2"
    assert client.signed("DELETE", BATCH, body, x_trace_id="t-3", idempotency_key="k").headers["x-trace-id"] == "t-3"


def test_a_key_on_the_other_route_is_a_reuse(client: SignedClient) -> None:
    client.cancel(["x"], "a-key")
    answer = client.signed("POST", BATCH, b'{"orders": []}', idempotency_key="a-key")
    assert answer.status_code == 422
