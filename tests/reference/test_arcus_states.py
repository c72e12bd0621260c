"""Provider states of the Arcus reference, over HTTP as a suite asks for them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .arcus_client import ArcusClient, Signer


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with serve_in_thread(load("arcus").venue_class(seed=5)) as server:
        yield server


@pytest.fixture
def client(running: RunningServer) -> Iterator[ArcusClient]:
    with httpx.Client(base_url=running.base_url, trust_env=False) as http:
        yield ArcusClient.opened(http)


def test_the_target_file_names_a_caller_that_works(running: RunningServer, client: ArcusClient) -> None:
    target = tomllib.loads(running.target_file)
    assert target["venue"] == "arcus"
    assert target["base_url"] == running.base_url
    assert target["states"]["url"] == running.base_url + "/_states"
    credentials = target["credentials"]
    assert credentials["ws_url"] == client.ws_url
    owner = ArcusClient(client.http, Signer(credentials["private_key"], credentials["address"]))
    orders = owner.orders(2)
    assert owner.cancel(orders).status_code == 202
    assert owner.statuses_after_effect(orders) == ["cancelled", "cancelled"]


def test_a_caller_is_new(running: RunningServer, client: ArcusClient) -> None:
    another = ArcusClient.opened(client.http)
    assert another.signer.address != client.signer.address
    assert another.signer.public_key != client.signer.public_key
    assert re.fullmatch("0x[0-9a-f]{40}", another.signer.address)
    assert re.fullmatch("[0-9a-f]{64}", another.signer.private_key)
    assert another.ws_url == running.base_url.replace("http", "ws") + "/v1/ws"


def test_orders_lie_in_two_markets_at_least(client: ArcusClient) -> None:
    orders = client.orders(4)
    assert len({order["marketId"] for order in orders}) > 1
    assert {order["accountIndex"] for order in orders} == {0}
    assert all("clientId" not in order for order in orders)


def test_orders_may_have_client_ids(client: ArcusClient) -> None:
    orders = client.orders(3, client_ids=True)
    assert len({order["clientId"] for order in orders}) == 3
    assert all(re.fullmatch("[a-z0-9_-]{1,36}", order["clientId"]) for order in orders)
    assert all("clientId" not in order for order in client.orders(1, client_ids=False))


@pytest.mark.parametrize(("after_commit", "effect"), [(False, "open"), (True, "cancelled")])
@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_failing_response(client: ArcusClient, status: int, after_commit: bool, effect: str) -> None:
    orders = client.orders(1)
    armed = {"caller": client.signer.address, "status": status, "count": 1, "after_commit": after_commit}
    assert client.state("failing response", **armed).json() == {}
    answer = client.cancel(orders)
    assert answer.status_code == status
    assert ("retry-after" in answer.headers) == (status in (429, 503))
    assert client.statuses_after_effect(orders) == [effect]
    assert client.cancel(orders).status_code == 202


def test_a_refused_request_uses_up_no_failure(client: ArcusClient) -> None:
    client.state("failing response", caller=client.signer.address, status=500, count=1)
    assert client.cancel([]).status_code == 400
    assert client.cancel(client.orders(1)).status_code == 500


def test_definitive_answers_belong_to_one_caller(client: ArcusClient) -> None:
    other = ArcusClient.opened(client.http)
    client.state("definitive answers", caller=client.signer.address, on=True)
    assert client.cancel(client.orders(1)).status_code == 200
    assert other.cancel(other.orders(1)).status_code == 202
    client.state("definitive answers", "teardown", caller=client.signer.address, on=True)
    assert client.cancel(client.orders(1)).status_code == 202


def test_states_of_other_venues_are_not_offered(client: ArcusClient) -> None:
    assert client.state("cancel outcome", orderId="1", outcome="unknown").status_code == 501
    assert client.state("caller", partner_kind="multi_wallet").status_code == 501
