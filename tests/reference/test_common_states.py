"""What provider states have in common at every reference; what is a venue's own stands in its own file."""

from __future__ import annotations

import asyncio
import json
import tomllib
from typing import Any

import pytest

from venue_conformance.reference import load
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.venue import Venue

VENUES = ("arcus", "bayse", "predictstreet")
NAMES = {"arcus": "address", "bayse": "public_key", "predictstreet": "wallet"}
STATUSES = ["open", "partially_filled", "filled", "cancelled", "rejected", "expired"]


class StateClient:
    """Asks a venue for states, without a socket in between."""

    def __init__(self, venue: Venue) -> None:
        self.venue = venue
        self.name = self.made("caller")["credentials"][NAMES[venue.name]] if venue.states_token is None else ""

    def send(self, body: bytes, method: str = "POST", **headers: str) -> Response:
        return asyncio.run(self.venue.handle(Request(method, "/_states", headers=tuple(headers.items()), body=body)))

    def ask(self, state: str, params: dict[str, Any], action: str = "setup") -> int:
        return self.send(json.dumps({"state": state, "params": params, "action": action}).encode()).status

    def made(self, state: str, **params: Any) -> Any:
        answer = self.send(json.dumps({"state": state, "params": params, "action": "setup"}).encode())
        assert answer.status == 200, answer.body
        return json.loads(answer.body)

    def orders(self, count: int, status: str = "open") -> list[str]:
        made = self.made("orders", caller=self.name, count=count, status=status)["orders"]
        return [order["orderId"] for order in made]

    def statuses(self, order_ids: list[str]) -> list[str]:
        found = self.made("order statuses", orderIds=order_ids)["statuses"]
        return [found[order_id] for order_id in order_ids]


@pytest.fixture(scope="module", params=VENUES)
def states(request: pytest.FixtureRequest) -> StateClient:
    return StateClient(load(request.param).venue_class(seed=5))


def test_orders_are_made_in_every_status_and_read_back(states: StateClient) -> None:
    for status in STATUSES:
        orders = states.orders(3, status)
        assert states.statuses([*orders, "nothing"]) == [status] * 3 + ["absent"]
    assert len(set(states.orders(1000))) == 1000


def test_orders_fill_and_then_no_more(states: StateClient) -> None:
    whole, part = states.orders(2)
    assert states.made("fill", orderId=whole) == states.made("fill", orderId=part, part=True) == {}
    assert states.statuses([whole, part]) == ["filled", "partially_filled"]
    assert states.ask("fill", {"orderId": whole}) == 501
    states.made("fill", orderId=part)
    assert states.statuses([part]) == ["filled"]


@pytest.mark.parametrize(
    ("state", "params"),
    [
        ("orders", {"count": 0, "status": "open"}),
        ("orders", {"count": 1001, "status": "open"}),
        ("orders", {"count": 1, "status": "lost"}),
        ("orders", {"count": 1, "status": "open", "engine": "AMM"}),
        ("failing response", {"status": 418, "count": 1}),
        ("failing response", {"status": 500, "count": 0}),
        ("held request", {"milliseconds": 1e9}),
        ("held request", {"milliseconds": 5, "count": 1001}),
        ("time passed", {"seconds": -1}),
        ("no such state", {}),
    ],
)
def test_what_is_not_offered_is_answered_with_501(states: StateClient, state: str, params: dict[str, Any]) -> None:
    params = params if state == "time passed" else {"caller": states.name, **params}
    assert states.ask(state, params) == 501


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
        b'{"state": "caller", "action": "other"}',
        b'{"state": "orders", "params": {"caller": "nobody", "count": 1, "status": "open"}}',
        b'{"state": "orders", "params": {"count": 1, "status": "open"}}',
        b'{"state": "orders", "params": {"caller": "nobody", "count": true, "status": "open"}}',
        b'{"state": "order statuses", "params": {"orderIds": [1]}}',
        b'{"state": "failing response", "params": {"caller": "nobody", "status": 500, "count": 1}}',
        b'{"state": "held request", "params": {"caller": "nobody", "milliseconds": 1}}',
        b'{"state": "time passed", "params": {"seconds": true}}',
        b'{"state": "fill", "params": {"orderId": "nothing"}}',
    ],
    ids=lambda body: repr(body[:60]),
)
def test_what_is_malformed_is_answered_with_400(states: StateClient, body: bytes) -> None:
    assert states.send(body).status == 400


def test_params_may_be_left_out_and_states_are_asked_with_post(states: StateClient) -> None:
    assert states.send(b'{"state": "caller", "action": "setup"}').status == 200
    assert states.send(b"", "GET").status == 405


def test_teardown_disarms(states: StateClient) -> None:
    for state, params in (
        ("failing response", {"caller": states.name, "status": 500, "count": 2}),
        ("held request", {"caller": states.name, "milliseconds": 30_000}),
    ):
        assert (
            states.ask(state, params)
            == states.ask(state, params, "teardown")
            == states.ask(state, {}, "teardown")
            == 200
        )
    assert states.venue.faults.take_failure(states.name) is None
    assert states.venue.faults.take_hold(states.name) == 0


@pytest.mark.parametrize("name", VENUES)
def test_a_token_guards_the_states(name: str) -> None:
    venue = load(name).venue_class(states_token="s3cret")
    body = b'{"state": "caller"}'
    assert [
        StateClient(venue).send(body, authorization=sent).status for sent in ("", "Bearer wrong", "Bearer s3cret")
    ] == [*(401, 401, 200)]
    target = tomllib.loads(venue.target_file("http://x/"))
    assert (target["venue"], target["base_url"]) == (name, "http://x")
    assert target["states"] == {"url": "http://x/_states", "token": "s3cret"}


@pytest.mark.parametrize("name", VENUES)
def test_one_seed_gives_one_set_of_credentials_and_ids(name: str) -> None:
    def drawn(seed: int) -> list[Any]:
        states = StateClient(load(name).venue_class(seed=seed))
        return [states.venue.target_file("http://x"), states.name, states.orders(2)]

    assert drawn(3) == drawn(3) != drawn(4)
