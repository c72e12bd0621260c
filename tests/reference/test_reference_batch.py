"""The conforming venue's batch cancel: what the suite relies on when it calls a mutant wrong."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from venue_conformance.reference.server import RunningServer

from .conftest import BATCH, SignedClient

UNREADABLE = [
    b"",
    b"null",
    b"[]",
    b'"text"',
    b"{}",
    b'{"orderIds": null}',
    b'{"orderIds": "x"}',
    b'{"orderIds": {}}',
    b'{"orderIds": []}',
    b'{"orderIds": [1]}',
    b'{"orderIds": [null]}',
    b'{"orderIds": [["x"]]}',
    b'{"orderIds": ["x"], "orderIds": ["y"]}',
    b'{"orderIds": NaN}',
    b'{"orderIds": [1e400]}',
    b'{"orderIds": [' + b"9" * 5000 + b"]}",
    b'{"orderIds": ' + b"[" * 200_000 + b"}",
    b'{"a": ' + b"[" * 900 + b"]" * 900 + b"}",
    b"[" * 1_000_000,
    b'{"orderIds": ["\xff"]}',
    b'\xef\xbb\xbf{"orderIds": ["x"]}',
    '{"orderIds": ["x"]}'.encode("utf-16"),
    json.dumps({"orderIds": ["x"] * 101}).encode(),
]


@pytest.mark.parametrize("body", UNREADABLE, ids=lambda body: repr(body[:40]))
def test_a_body_that_is_no_batch_is_refused_with_400(client: SignedClient, body: bytes) -> None:
    answer = client.signed("DELETE", BATCH, body)
    assert answer.status_code == 400
    assert answer.json().keys() == {"error", "message", "statusCode"}


@pytest.mark.parametrize("order_id", ["", "x", "é", "😀", "\ud800", "\x00", "x" * 5000, "NaN"])
def test_any_text_fails_in_its_own_row(client: SignedClient, order_id: str) -> None:
    (order,) = client.orders(1)
    answer = client.cancel([order_id, order])
    assert answer.status_code == 200
    assert answer.json()["results"] == [
        {"orderId": order_id, "success": False, "error": {"code": "ORDER_NOT_FOUND", "message": "Order not found"}},
        {"orderId": order, "success": True},
    ]


def test_each_kind_of_order_gets_its_row(client: SignedClient) -> None:
    stranger = client.new_caller()
    cancellable = client.orders(1) + client.orders(1, "partially_filled")
    finished = [client.orders(1, status)[0] for status in ("filled", "cancelled", "rejected", "expired")]
    amm = client.orders(1, "filled", engine="AMM")
    foreign = [*stranger.orders(1), *stranger.orders(1, "filled"), *stranger.orders(1, "filled", engine="AMM")]
    order_ids = [*foreign, *finished, *cancellable, *amm]

    answer = client.cancel(order_ids).json()

    codes = [row.get("error", {}).get("code") for row in answer["results"]]
    assert codes == ["ORDER_NOT_FOUND"] * 3 + ["BAD_REQUEST"] * 4 + [None, None, "UNSUPPORTED_ENGINE"]
    assert [row["orderId"] for row in answer["results"]] == order_ids
    assert answer["summary"] == {"total": 10, "succeeded": 2, "failed": 8}
    assert client.statuses(foreign) == ["open", "filled", "filled"]
    assert client.statuses(finished) == ["filled", "cancelled", "rejected", "expired"]
    assert client.statuses(cancellable) == ["cancelled", "cancelled"]


@pytest.mark.parametrize("key", ["a", "_", "-", "Az09_-", "k" * 255])
def test_permitted_keys_are_taken(client: SignedClient, key: str) -> None:
    assert client.cancel(["x"], key).status_code == 200
    assert client.cancel(["x"], key).headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "k" * 256, "a.b", 'a"b', "a b", "a:b", "aéb".encode().decode("latin-1")])
def test_other_keys_are_refused(client: SignedClient, key: str) -> None:
    (order,) = client.orders(1)
    body = json.dumps({"orderIds": [order]}).encode()
    headers = {"idempotency-key": key.encode("latin-1")}
    answer = client.signed("DELETE", BATCH, body, **headers)  # type: ignore[arg-type]
    assert answer.status_code == 400
    assert client.statuses([order]) == ["open"]


def test_a_used_key_with_another_body_is_refused_and_keeps_its_answer(client: SignedClient) -> None:
    first, second = client.orders(2)
    stored = client.cancel([first], "a-key")
    assert client.cancel([second], "a-key").status_code == 422
    assert client.statuses([second]) == ["open"]
    assert client.cancel([first], "a-key").content == stored.content


def test_a_refused_body_does_not_use_its_key_up(client: SignedClient) -> None:
    assert client.cancel([], "a-key").status_code == 400
    assert client.cancel(["x"], "a-key").status_code == 200


def test_twenty_at_once_are_carried_out_once(running: RunningServer, client: SignedClient) -> None:
    orders = client.orders(3)
    client.state("held request", {"caller": client.name, "milliseconds": 150, "count": 20})
    clients = [httpx.Client(base_url=running.base_url, trust_env=False) for _ in range(20)]
    try:
        with ThreadPoolExecutor(20) as pool:
            answers = list(pool.map(lambda http: SignedClient(http, client.account).cancel(orders, "once"), clients))
    finally:
        for http in clients:
            http.close()
    carried_out = [a for a in answers if a.status_code == 200 and "idempotent-replayed" not in a.headers]
    assert len(carried_out) == 1
    assert carried_out[0].json()["summary"]["succeeded"] == 3
    assert {a.status_code for a in answers} <= {200, 409}


def test_the_budget_holds_one_hundred_and_a_refusal_costs_nothing(client: SignedClient) -> None:
    orders = client.orders(100)
    assert client.cancel(["nothing"] * 50).status_code == 200
    refused = client.cancel(orders, "a-key")
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == refused.json()["retryAfter"] >= 1
    assert set(client.statuses(orders)) == {"open"}
    client.state("time passed", {"seconds": 10})
    assert client.cancel(orders, "a-key").json()["summary"]["succeeded"] == 100


def test_the_trace_id_comes_back_from_every_answer(client: SignedClient) -> None:
    assert client.http.get("/nowhere", headers={"x-trace-id": "t-1"}).headers["x-trace-id"] == "t-1"
    body = b'{"orderIds": ["x"]}'
    assert client.signed("DELETE", BATCH, body, x_trace_id="t-2", idempotency_key="k").headers["x-trace-id"] == "t-2"
    assert client.signed("DELETE", BATCH, body, x_trace_id="t-3", idempotency_key="k").headers["x-trace-id"] == "t-3"


def test_a_key_on_the_other_route_is_a_reuse(client: SignedClient) -> None:
    client.cancel(["x"], "a-key")
    answer = client.signed("POST", BATCH, b'{"orders": []}', idempotency_key="a-key")
    assert answer.status_code == 422
