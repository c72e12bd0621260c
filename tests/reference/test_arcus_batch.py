"""Batch cancels at a served Arcus reference, over a real socket."""

from __future__ import annotations

import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .arcus_client import BATCH, ArcusClient

UNKNOWN = {"orderId": "00112233445566778899aabbccddeeff", "clientId": "no-such-client-id"}


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with serve_in_thread(load("arcus").venue_class(seed=7)) as server:
        yield server


@pytest.fixture
def client(running: RunningServer) -> Iterator[ArcusClient]:
    with httpx.Client(base_url=running.base_url, trust_env=False) as http:
        yield ArcusClient.opened(http)


PAGE_EXAMPLE = r"""
curl --request POST \
  --url https://api.testnet.arcus.xyz/v1/batchCancelOrders \
  --header 'Content-Type: application/json' \
  --header 'X-API-Key: <api-key>' \
  --header 'X-Timestamp: <api-key>' \
  --data '
{
  "cancels": [
    {
      "address": "<string>",
      "marketId": 32767,
      "accountIndex": 4,
      "kind": "orderId",
      "orderId": "<string>",
      "validUntil": 123,
      "signature": "<string>",
      "timestamp": 4611686018427388000
    }
  ]
}
'
"""


def test_the_pages_own_example_runs(running: RunningServer, client: ArcusClient) -> None:
    """Its host, placeholders and generated numbers are replaced, and the address it forgets is added (the page)."""
    (order,) = client.orders(1)
    timestamp = client.signer.next_timestamp()
    arguments = shlex.split(PAGE_EXAMPLE.replace("\\\n", " "))
    assert arguments[4] == "https://api.testnet.arcus.xyz/v1/batchCancelOrders"
    body = json.loads(arguments[-1])
    element = body["cancels"][0]
    element |= client.signer.element(order, timestamp) | {"timestamp": timestamp}
    assert set(element) == set(json.loads(arguments[-1])["cancels"][0])
    filled = {
        arguments[4]: f"{running.base_url}{BATCH}?address={client.signer.address}",
        "X-API-Key: <api-key>": f"X-API-Key: {client.signer.public_key}",
        "X-Timestamp: <api-key>": f"X-Timestamp: {timestamp}",
        arguments[-1]: json.dumps(body),
    }
    called = [filled.get(argument, argument) for argument in arguments]
    finished = subprocess.run([*called, "--noproxy", "*", "-s", "-w", "%{http_code}"], capture_output=True, timeout=10)

    text = finished.stdout.decode()
    assert text[-3:] == "202"
    answer = json.loads(text[:-3])
    assert answer["responses"][0]["orderId"] == order["orderId"]
    assert set(answer) == {"responses", "rateLimit"}
    assert client.statuses_after_effect([order]) == ["cancelled"]


def test_an_acknowledgement_tells_no_end(client: ArcusClient) -> None:
    orders = client.orders(3, client_ids=True)

    answer = client.cancel(orders[:2])

    assert answer.status_code == 202
    assert answer.headers["content-type"] == "application/json"
    row = answer.json()["responses"][1]
    assert row == {
        "address": client.signer.address,
        "accountIndex": 0,
        "marketId": orders[1]["marketId"],
        "marketDisplayName": "ETH-USD",
        "status": "CANCEL_ACKNOWLEDGED",
        "updateTime": row["updateTime"],
        "orderId": orders[1]["orderId"],
    }
    assert abs(row["updateTime"] / 1e6 - time.time()) < 5
    assert answer.json()["rateLimit"] == {"pool": "cancel", "remaining": 39_998}
    assert client.statuses_after_effect(orders) == ["cancelled", "cancelled", "open"]


def test_the_effect_comes_after_the_answer() -> None:
    class Slow(load("arcus").venue_class):  # type: ignore[misc]
        effect_seconds = 0.3

    with serve_in_thread(Slow()) as server, httpx.Client(base_url=server.base_url, trust_env=False) as http:
        client = ArcusClient.opened(http)
        orders = client.orders(2)
        assert client.cancel(orders).status_code == 202
        assert client.statuses(orders) == ["open", "open"]
        client.state("fill", orderId=orders[0]["orderId"])
        time.sleep(0.4)
        assert client.statuses(orders) == ["filled", "cancelled"]


def test_definitive_rows_tell_every_end(client: ArcusClient) -> None:
    client.state("definitive answers", caller=client.signer.address, on=True)
    orders = [client.orders(1, status)[0] for status in ("open", "partially_filled", "filled", "cancelled")]

    answer = client.cancel([*orders, {**UNKNOWN, "marketId": 1, "accountIndex": 0}])

    assert answer.status_code == 200
    rows = answer.json()["responses"]
    assert [row["status"] for row in rows] == ["CANCELED", "CANCELED", "FILLED", "REJECTED", "REJECTED"]
    assert [(row.get("remainingSize"), row.get("filledSize")) for row in rows[:3]] == [
        ("1", "0"),
        ("0.5", "0.5"),
        ("0", "1"),
    ]
    assert {row.get("rejectionReason") for row in rows[3:]} == {"ORDER_NOT_FOUND"}
    assert client.statuses(orders) == ["cancelled", "cancelled", "filled", "cancelled"]
    client.state("definitive answers", caller=client.signer.address, on=False)
    assert client.cancel(orders).status_code == 202


def test_client_ids_name_orders(client: ArcusClient) -> None:
    orders = client.orders(2, client_ids=True)
    answer = client.cancel(orders, "clientId")
    assert [row["clientId"] for row in answer.json()["responses"]] == [order["clientId"] for order in orders]
    assert client.statuses_after_effect(orders) == ["cancelled", "cancelled"]


def test_a_hundred_are_carried_out_and_one_more_are_not(client: ArcusClient) -> None:
    orders = client.orders(101)
    assert client.cancel(orders).status_code == 400
    assert client.cancel([]).status_code == 400
    assert client.cancel(orders[:100]).status_code == 202
    assert client.statuses_after_effect(orders) == ["cancelled"] * 100 + ["open"]


def test_a_wrong_signature_fails_its_row_only(client: ArcusClient) -> None:
    orders = client.orders(3)
    timestamp = client.signer.next_timestamp()
    elements = [client.signer.element(order, timestamp) for order in orders]
    elements[1]["signature"] = client.signer.element(orders[1], timestamp + 1)["signature"]
    del elements[2]["signature"]

    answer = client.post(elements, timestamp)

    rows = answer.json()["responses"]
    assert [row["status"] for row in rows] == ["CANCEL_ACKNOWLEDGED", "ERROR", "ERROR"]
    assert client.statuses_after_effect(orders) == ["cancelled", "open", "open"]


def test_foreign_orders_do_not_exist(client: ArcusClient) -> None:
    stranger = ArcusClient.opened(client.http)
    (foreign,) = stranger.orders(1, client_ids=True)
    client.state("definitive answers", caller=client.signer.address, on=True)
    for by in ("orderId", "clientId"):
        known, unknown = client.cancel([foreign], by), client.cancel([{**foreign, **UNKNOWN}], by)
        row, control = known.json()["responses"][0], unknown.json()["responses"][0]
        assert {**row, by: "", "updateTime": 0} == {**control, by: "", "updateTime": 0}
    assert client.statuses_after_effect([foreign]) == ["open"]


def test_two_elements_for_one_order_cancel_it_once(client: ArcusClient) -> None:
    client.state("definitive answers", caller=client.signer.address, on=True)
    (order,) = client.orders(1, client_ids=True)
    timestamp = client.signer.next_timestamp()
    elements = [client.signer.element(order, timestamp, by) for by in ("orderId", "orderId", "clientId")]
    rows = client.post(elements, timestamp).json()["responses"]
    assert [row["status"] for row in rows] == ["CANCELED"] * 3


def test_the_pool_is_charged_before_it_is_shown(client: ArcusClient) -> None:
    stranger = ArcusClient.opened(client.http)
    remaining = [
        caller.cancel(caller.orders(count)).json()["rateLimit"]["remaining"]
        for caller, count in ((client, 100), (client, 1), (stranger, 1), (client, 1))
    ]
    assert remaining == [39_900, 39_899, 39_999, 39_898]


def test_an_empty_pool_refuses_the_whole_batch(running: RunningServer, client: ArcusClient) -> None:
    venue: Any = running.venue
    orders = client.orders(2)
    assert client.cancel(client.orders(1)).status_code == 202
    pool = venue.pools[(client.signer.address, 0)]
    pool.used = 39_999
    answer = client.cancel(orders)
    assert (answer.status_code, answer.json()["reason"]) == (429, "account_partial")
    assert int(answer.headers["retry-after"]) >= 1
    assert answer.json()["clientIds"] == ["", ""]
    assert client.statuses_after_effect(orders) == ["open", "open"]
    client.state("time passed", seconds=3600)
    assert client.cancel(orders).status_code == 202


def test_without_limits_nothing_is_said_of_them() -> None:
    venue = load("arcus").venue_class(rate_limited=False)
    with serve_in_thread(venue) as server, httpx.Client(base_url=server.base_url, trust_env=False) as http:
        client = ArcusClient.opened(http)
        assert set(client.cancel(client.orders(1)).json()) == {"responses"}


@pytest.mark.parametrize("name", ["answers-in-chunks", "closes-connections", "indents-its-answers", "answers-slowly"])
def test_variants_of_transport_over_a_real_socket(name: str) -> None:
    venue = load("arcus").find(variant=name)()
    with serve_in_thread(venue) as server, httpx.Client(base_url=server.base_url, trust_env=False) as http:
        client = ArcusClient.opened(http)
        orders = client.orders(2)
        answer = client.cancel(orders)
        assert (answer.status_code, len(answer.json()["responses"])) == (202, 2)
        assert ("content-length" not in answer.headers) == (name == "answers-in-chunks")
        assert (answer.headers.get("connection") == "close") == (name == "closes-connections")
        assert client.statuses_after_effect(orders) == ["cancelled", "cancelled"]
