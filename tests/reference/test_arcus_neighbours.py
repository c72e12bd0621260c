"""The endpoints around the batch cancel at a served Arcus reference."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread

from .arcus_client import ArcusClient, compact


@pytest.fixture(scope="module")
def http() -> Iterator[httpx.Client]:
    venue = load("arcus").venue_class(seed=9)
    with serve_in_thread(venue) as server, httpx.Client(base_url=server.base_url, trust_env=False) as opened:
        yield opened


@pytest.fixture
def client(http: httpx.Client) -> ArcusClient:
    return ArcusClient.opened(http)


def send(client: ArcusClient, path: str, body: dict[str, Any], timestamp: int, signature: str) -> httpx.Response:
    headers = client.signer.headers(timestamp, [], X_Signature=signature)
    query = {"address": client.signer.address}
    return client.http.post(path, params=query, content=json.dumps(body).encode(), headers=headers)


def read(client: ArcusClient, path: str, **query: str) -> httpx.Response:
    return client.http.get(path, params={"address": client.signer.address, **query})


@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_a_single_cancel_signs_the_bytes_of_an_element(client: ArcusClient, by: str) -> None:
    orders = client.orders(2, client_ids=True)
    timestamp = client.signer.next_timestamp()
    element = client.signer.element(orders[0], timestamp, by)
    answer = send(client, "/v1/cancelOrder", element, timestamp, element.pop("signature"))
    assert answer.status_code == 202
    assert answer.json()["status"] == "CANCEL_ACKNOWLEDGED"
    assert answer.json()[by] == orders[0][by]
    assert answer.json()["rateLimit"]["remaining"] == 39_999
    assert client.statuses_after_effect(orders) == ["cancelled", "open"]


def test_a_single_cancel_with_a_wrong_signature_is_refused(client: ArcusClient) -> None:
    orders = client.orders(2)
    timestamp = client.signer.next_timestamp()
    first, second = (client.signer.element(order, timestamp) for order in orders)
    assert send(client, "/v1/cancelOrder", first, timestamp, second["signature"]).status_code == 401
    assert send(client, "/v1/cancelOrder", first, timestamp, "").status_code == 401
    assert client.statuses_after_effect(orders) == ["open", "open"]


def test_a_single_cancel_may_be_definitive(client: ArcusClient) -> None:
    client.state("definitive answers", caller=client.signer.address, on=True)
    (order,) = client.orders(1)
    timestamp = client.signer.next_timestamp()
    element = client.signer.element(order, timestamp)
    answer = send(client, "/v1/cancelOrder", element, timestamp, element["signature"])
    assert (answer.status_code, answer.json()["status"]) == (200, "CANCELED")


def test_cancel_all(client: ArcusClient) -> None:
    orders = client.orders(4)
    for market, expected in ((2, ["open", "cancelled", "open", "open"]), (None, ["cancelled"] * 4)):
        body: dict[str, Any] = {"address": client.signer.address, "accountIndex": 0}
        if market is not None:
            body["marketId"] = market
        timestamp = client.signer.next_timestamp()
        signature = client.signer.sign(f"{timestamp}cancelAllOrders".encode() + compact(body))
        answer = send(client, "/v1/cancelAllOrders", body, timestamp, signature)
        assert (answer.status_code, answer.json()["status"]) == (202, "CANCEL_ALL_ACKNOWLEDGED")
        assert client.statuses_after_effect(orders) == expected
    assert send(client, "/v1/cancelAllOrders", body, timestamp + 2, signature).status_code == 401


def placement(client: ArcusClient, timestamp: int, **changes: Any) -> tuple[dict[str, Any], str]:
    """A body to place an order of 0.25 at 60001.5 in market 1, and its signature."""
    good_til = (time.time_ns() + 40 * 24 * 3600 * 10**9) // 1000
    body = {
        "address": client.signer.address,
        "marketId": 1,
        "accountIndex": 0,
        "orderSide": "SELL",
        "orderType": "LIMIT",
        "quantity": "0.25",
        "price": "60001.5",
        "timeInForce": "GTT",
        "timestamp": timestamp,
        "goodTilTime": str(good_til),
        "clientId": f"mine-{timestamp}",
        **changes,
    }
    signed = {
        "ad": client.signer.address,
        "ai": 0,
        "c": body["clientId"],
        "ct": timestamp,
        "g": good_til * 1000,
        "m": 1,
        "op": 1,
        "p": 600_015,
        "q": 2500,
        "r": 0,
        "s": 1,
        "t": {"GTT": 0, "IOC": 2}.get(body["timeInForce"], 0),
        "v": 1,
    }
    return body, client.signer.sign(compact(signed))


def test_a_placed_order_can_be_read_and_cancelled(client: ArcusClient) -> None:
    timestamp = client.signer.next_timestamp()
    answer = send(client, "/v1/placeOrder", *_placed(client, timestamp))
    assert (answer.status_code, answer.json()["status"]) == (202, "ACK")
    order = answer.json()
    shown = read(client, f"/v1/order/{order['orderId']}").json()
    assert (shown["price"], shown["originalSize"], shown["side"]) == ("60001.5", "0.25", "SELL")
    assert (shown["status"], shown["timeInForce"]) == ("OPEN", "GTC")
    assert client.cancel([order], "clientId").status_code == 202
    assert client.statuses_after_effect([order]) == ["cancelled"]


def _placed(client: ArcusClient, timestamp: int, **changes: Any) -> tuple[dict[str, Any], int, str]:
    body, signature = placement(client, timestamp, **changes)
    return body, timestamp, signature


def test_orders_that_are_not_placed(client: ArcusClient) -> None:
    timestamp = client.signer.next_timestamp()
    body, signature = placement(client, timestamp)
    for changes, status in (
        ({"price": "60001.55"}, 400),
        ({"price": 60001.5}, 400),
        ({"price": "60001.6"}, 401),
        ({"quantity": "0"}, 400),
        ({"marketId": 77}, 400),
        ({"orderSide": "HOLD"}, 400),
        ({"timeInForce": None}, 400),
        ({"goodTilTime": 5}, 400),
        ({"reduceOnly": "no"}, 400),
        ({"clientId": "a b"}, 400),
        ({"orderType": "MARKET"}, 400),
    ):
        answer = send(client, "/v1/placeOrder", {**body, **changes}, timestamp, signature)
        assert answer.status_code == status, changes
    assert read(client, "/v1/openOrders").json() == {"orders": [], "total": 0}


def test_a_client_id_is_used_by_one_live_order(client: ArcusClient) -> None:
    first, second = client.signer.next_timestamp(), client.signer.next_timestamp()
    assert send(client, "/v1/placeOrder", *_placed(client, first, clientId="same")).status_code == 202
    answer = send(client, "/v1/placeOrder", *_placed(client, second, clientId="same"))
    assert (answer.status_code, answer.json()["rejectionReason"]) == (400, "DUPLICATE_CLIENT_ID")


def test_an_order_that_must_not_rest_is_rejected(client: ArcusClient) -> None:
    answer = send(client, "/v1/placeOrder", *_placed(client, client.signer.next_timestamp(), timeInForce="IOC"))
    shown = read(client, f"/v1/order/{answer.json()['orderId']}").json()
    assert (shown["status"], shown["rejectionReason"]) == ("REJECTED", "IOC_CANCELED")


def test_reads(client: ArcusClient) -> None:
    live, filled = client.orders(3), client.orders(1, "filled")
    (expired,) = client.orders(1, "expired")
    assert read(client, "/v1/openOrders").json()["total"] == 3
    everything = read(client, "/v1/orders").json()
    assert [order["orderId"] for order in everything["orders"]] == [
        order["orderId"] for order in reversed([*live, *filled, expired])
    ]
    assert everything["orders"][0]["rejectionReason"] == "EXPIRED"
    assert len(read(client, "/v1/orders", limit="2").json()["orders"]) == 2
    assert read(client, "/v1/orders", accountIndex="4").json()["total"] == 0
    assert read(client, "/v1/orders", limit="0").status_code == 400
    assert read(client, "/v1/orders", limit="many").status_code == 400
    assert read(client, "/v1/order/nothing").status_code == 404
    assert client.http.get("/v1/openOrders").status_code == 400
    stranger = ArcusClient.opened(client.http)
    assert read(stranger, f"/v1/order/{live[0]['orderId']}").json() == {"error": "order not found"}


def test_time_and_rate_limit(client: ArcusClient) -> None:
    assert abs(client.http.get("/v1/time").json()["timeNs"] - time.time_ns()) < 5 * 10**9
    client.cancel(client.orders(7))
    usage = read(client, "/v1/rateLimit").json()
    assert usage["cancel"] == {"used": 7, "cap": 40_000, "nextAvailableMs": 0}


def test_other_paths_and_methods(client: ArcusClient) -> None:
    assert client.http.get("/v1/nothing").status_code == 404
    answer = client.http.get("/v1/batchCancelOrders")
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")
    assert answer.json() == {"error": "method not allowed"}
