"""The Arcus reference over a real socket: the page's own example, a spent pool, and forms of transport."""

from __future__ import annotations

import json
import shlex
import subprocess
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .arcus_client import BATCH, ArcusClient


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


def test_odd_order_ids_are_signed_as_they_are(client: ArcusClient) -> None:
    for order_id in ('"quoted\\"', "snow ☃ man", "tab\tand\u0001", "𝄞"):
        answer = client.cancel([{"orderId": order_id}])
        assert answer.status_code == 202
        row = answer.json()["responses"][0]
        assert (row["status"], row["orderId"]) == ("CANCEL_ACKNOWLEDGED", order_id)


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
