"""Provider states over HTTP."""

from __future__ import annotations

import threading
import time
import tomllib
from typing import Any

import httpx
import pytest

from venue_conformance.reference import ReferenceVenue
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .conftest import SignedClient

STATUSES = ["open", "partially_filled", "filled", "cancelled", "rejected", "expired"]


@pytest.mark.parametrize("status", STATUSES)
def test_orders_exist_in_every_status(client: SignedClient, status: str) -> None:
    orders = client.orders(3, status)
    assert client.statuses(orders) == [status] * 3


def test_orders_lie_in_two_markets_at_least(client: SignedClient) -> None:
    made = client.state("orders", {"caller": client.name, "count": 2, "status": "open"}).json()["orders"]
    assert len({order["marketId"] for order in made}) == 2
    assert len({order["eventId"] for order in made}) == 2


def test_a_thousand_orders_can_be_made(client: SignedClient) -> None:
    assert len(set(client.orders(1000))) == 1000


def test_statuses_of_unknown_orders_are_absent(client: SignedClient) -> None:
    assert client.statuses(["nothing"]) == ["absent"]


def test_an_order_is_filled_on_demand(client: SignedClient) -> None:
    first, second = client.orders(2)
    assert client.state("fill", {"orderId": first, "part": True}).json() == {}
    assert client.state("fill", {"orderId": second}).json() == {}
    assert client.statuses([first, second]) == ["partially_filled", "filled"]
    assert client.state("fill", {"orderId": second}).status_code == 501
    assert client.statuses([second]) == ["filled"]


@pytest.mark.parametrize(
    ("state", "params"),
    [
        ("orders", {"count": 0, "status": "open"}),
        ("orders", {"count": 1001, "status": "open"}),
        ("orders", {"count": 1, "status": "pending"}),
        ("orders", {"count": 1, "status": "open", "engine": "AMM"}),
        ("orders", {"count": 1, "status": "filled", "engine": "OTHER"}),
        ("orders", {"count": 1, "status": "open", "client_ids": True}),
        ("failing response", {"status": 418, "count": 1}),
        ("definitive answers", {"on": True}),
        ("cancel outcome", {"orderId": "x", "outcome": "unknown"}),
        ("no such state", {}),
    ],
)
def test_what_is_not_offered_is_answered_with_501(client: SignedClient, state: str, params: dict[str, Any]) -> None:
    assert client.state(state, {"caller": client.name, **params}).status_code == 501
    assert client.state(state, {"caller": client.name, **params}, "teardown").status_code in (200, 501)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b"[" * 100_000,
        b'{"state": 1}',
        b'{"state": "caller", "params": null}',
        b'{"state": "caller", "params": []}',
        b'{"state": "caller", "action": "other"}',
        b'{"state": "orders", "params": {"caller": "nobody", "count": 1, "status": "open"}}',
        b'{"state": "orders", "params": {"count": 1, "status": "open"}}',
        b'{"state": "order statuses", "params": {"orderIds": [1]}}',
        b'{"state": "time passed", "params": {"seconds": true}}',
        b'{"state": "fill", "params": {"orderId": "nothing"}}',
    ],
)
def test_what_is_malformed_is_answered_with_400(client: SignedClient, body: bytes) -> None:
    assert client.http.post("/_states", content=body).status_code == 400


def test_params_may_be_left_out_and_states_are_asked_with_post(client: SignedClient) -> None:
    assert client.http.post("/_states", json={"state": "caller", "action": "setup"}).status_code == 200
    assert client.http.get("/_states").status_code == 405


@pytest.mark.parametrize("status", [500, 503, 429, 408])
@pytest.mark.parametrize("after_commit", [False, True])
def test_an_armed_failure_meets_the_next_batches(client: SignedClient, status: int, after_commit: bool) -> None:
    (order,) = client.orders(1)
    failure = {"caller": client.name, "status": status, "count": 2, "after_commit": after_commit}
    client.state("failing response", failure)

    assert client.cancel([order], "a-key").status_code == status
    assert client.statuses([order]) == ["cancelled" if after_commit else "open"]
    assert client.cancel([order], "a-key").status_code == status
    answer = client.cancel([order], "a-key")

    assert answer.status_code == 200
    assert "idempotent-replayed" not in answer.headers
    assert answer.json()["results"][0]["success"] is not after_commit


def test_teardown_disarms(client: SignedClient) -> None:
    failure = {"caller": client.name, "status": 500, "count": 2}
    client.state("failing response", failure)
    client.state("failing response", failure, "teardown")
    assert client.cancel(["nothing"]).status_code == 200


def test_a_held_request_claims_its_key_and_lets_others_pass(running: RunningServer, client: SignedClient) -> None:
    first, second = client.orders(2)
    client.state("held request", {"caller": client.name, "milliseconds": 1500})
    answers: list[httpx.Response] = []

    def held() -> None:
        with httpx.Client(base_url=running.base_url, trust_env=False) as http:
            answers.append(SignedClient(http, client.account).cancel([first], "held"))

    thread = threading.Thread(target=held)
    thread.start()
    time.sleep(0.15)
    assert client.cancel([first], "held").status_code == 409
    assert client.cancel([second], "held").status_code == 422
    assert client.cancel([second], "other").status_code == 200
    thread.join()

    assert answers[0].status_code == 200
    replay = client.cancel([first], "held")
    assert replay.headers["idempotent-replayed"] == "true"
    assert replay.content == answers[0].content


def test_time_passed_ages_keys_but_not_timestamps(bayse: ReferenceVenue) -> None:
    with (
        serve_in_thread(bayse.venue_class()) as server,
        httpx.Client(base_url=server.base_url, trust_env=False) as http,
    ):
        client = SignedClient(http, tomllib.loads(server.target_file)["credentials"])
        client.cancel(["nothing"], "a-key")
        client.state("time passed", {"seconds": 23 * 3600})
        assert "idempotent-replayed" in client.cancel(["nothing"], "a-key").headers
        client.state("time passed", {"seconds": 2 * 3600})
        assert "idempotent-replayed" not in client.cancel(["nothing"], "a-key").headers


def test_states_can_be_kept_behind_a_token(bayse: ReferenceVenue) -> None:
    with serve_in_thread(bayse.venue_class(states_token="s3cret")) as server:
        target = tomllib.loads(server.target_file)
        url, body = target["states"]["url"], {"state": "caller", "params": {}, "action": "setup"}
        with httpx.Client(trust_env=False) as http:
            assert http.post(url, json=body).status_code == 401
            assert http.post(url, json=body, headers={"Authorization": "Bearer wrong"}).status_code == 401
            right = {"Authorization": f"Bearer {target['states']['token']}"}
            assert http.post(url, json=body, headers=right).status_code == 200
