"""What a served Arcus reference takes and refuses: headers, addresses, elements, bodies."""

from __future__ import annotations

import re
import time
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


REFUSED_HEADERS: list[tuple[dict[str, Any], int]] = [
    ({"X_API_Key": None}, 401),
    ({"X_API_Key": "ab" * 31}, 401),
    ({"X_API_Key": "zz" * 32}, 401),
    ({"X_API_Key": "ab" * 32}, 401),
    ({"X_Timestamp": None}, 401),
    ({"X_Timestamp": ""}, 401),
    ({"X_Timestamp": str(int(time.time()))}, 401),
    ({"X_Timestamp": str(int(time.time() * 1000))}, 401),
    ({"X_Timestamp": "1.7e18"}, 401),
    ({"X_Timestamp": "9" * 400}, 401),
    ({"X_Timestamp": "-5"}, 401),
]


@pytest.mark.parametrize(("headers", "status"), REFUSED_HEADERS)
def test_headers_that_are_refused(client: ArcusClient, headers: dict[str, Any], status: int) -> None:
    orders = client.orders(1)
    timestamp = client.signer.next_timestamp()
    answer = client.post([client.signer.element(orders[0], timestamp)], timestamp, **headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert client.statuses_after_effect(orders) == ["open"]


@pytest.mark.parametrize(("seconds", "status"), [(20, 202), (-20, 202), (45, 401), (-45, 401), (600, 401), (-600, 401)])
def test_the_window_has_two_sides(client: ArcusClient, seconds: int, status: int) -> None:
    orders = client.orders(1)
    timestamp = client.signer.next_timestamp() + seconds * 10**9
    answer = client.post([client.signer.element(orders[0], timestamp)], timestamp)
    assert answer.status_code == status
    assert client.statuses_after_effect(orders) == ["cancelled" if status == 202 else "open"]


def test_a_time_is_used_once(client: ArcusClient) -> None:
    orders = client.orders(1)
    timestamp = client.signer.next_timestamp()
    element = client.signer.element(orders[0], timestamp)
    assert [client.post([element], timestamp).status_code for _ in range(2)] == [202, 401]


@pytest.mark.parametrize(
    ("spell", "status"),
    [
        (str, 202),
        (str.upper, 202),
        (lambda address: address[2:], 202),
        (lambda address: "0X" + address[2:].upper(), 202),
        (lambda address: address[:-1] + "g", 400),
        (lambda address: address + "0", 400),
        (lambda address: address[:-1], 400),
        (lambda address: " " + address, 400),
        (lambda address: "", 400),
        (lambda address: "0x" + "ab" * 20, 403),
    ],
)
def test_addresses_in_the_query(client: ArcusClient, spell: Any, status: int) -> None:
    orders = client.orders(1)
    timestamp = client.signer.next_timestamp()
    element = client.signer.element(orders[0], timestamp)
    answer = client.post([element], timestamp, spell(client.signer.address))
    assert answer.status_code == status
    if status == 202:
        assert re.fullmatch("0x[0-9a-f]{40}", answer.json()["responses"][0]["address"])
    assert client.statuses_after_effect(orders) == ["cancelled" if status == 202 else "open"]


def test_an_address_is_needed(client: ArcusClient) -> None:
    headers = client.signer.headers(client.signer.next_timestamp(), [])
    assert client.http.post(BATCH, content=b'{"cancels": []}', headers=headers).status_code == 400


@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_both_ids_are_refused_whoever_signed_what(client: ArcusClient, by: str) -> None:
    orders = client.orders(5, client_ids=True)
    timestamp = client.signer.next_timestamp()
    elements = [client.signer.element(order, timestamp, by) for order in orders]
    elements[4] |= {"orderId": orders[4]["orderId"], "clientId": orders[4]["clientId"]}
    assert client.post(elements, timestamp).status_code == 400
    assert client.statuses_after_effect(orders) == ["open"] * 5


CHANGES: list[tuple[dict[str, Any], int]] = [
    ({"kind": None}, 202),
    ({"validUntil": 123}, 202),
    ({"further": {"fields": []}}, 202),
    ({"kind": "clientId"}, 400),
    ({"orderId": None}, 400),
    ({"orderId": 5}, 400),
    ({"orderId": ""}, 400),
    ({"marketId": "1"}, 400),
    ({"marketId": 1.0}, 400),
    ({"marketId": True}, 400),
    ({"marketId": 65_536}, 400),
    ({"accountIndex": -1}, 400),
    ({"accountIndex": 10}, 400),
    ({"signature": 5}, 400),
    ({"signature": {}}, 400),
    ({"address": "0x12"}, 400),
    ({"address": "0x" + "ab" * 20}, 403),
    ({"timestamp": "1"}, 400),
    ({"timestamp": 1.5}, 400),
    ({"timestamp": int(time.time())}, 401),
    ({"timestamp": int(time.time() * 1000)}, 401),
    ({"timestamp": 2**63}, 400),
]


@pytest.mark.parametrize(("changes", "status"), CHANGES)
def test_elements_that_are_taken_and_refused(client: ArcusClient, changes: dict[str, Any], status: int) -> None:
    orders = client.orders(1)
    timestamp = client.signer.next_timestamp()
    answer = client.post([client.signer.element(orders[0], timestamp, **changes)], timestamp)
    assert answer.status_code == status
    assert client.statuses_after_effect(orders) == ["cancelled" if status == 202 else "open"]


def test_an_elements_own_time_is_exact(client: ArcusClient) -> None:
    orders = client.orders(2)
    timestamp = client.signer.next_timestamp()
    elements = [
        client.signer.element(order, timestamp, timestamp=timestamp + extra) for extra, order in enumerate(orders)
    ]
    answer = client.post(elements, timestamp)
    assert [row["status"] for row in answer.json()["responses"]] == ["CANCEL_ACKNOWLEDGED", "ERROR"]
    assert client.statuses_after_effect(orders) == ["cancelled", "open"]


STRANGE_BODIES = [
    b"",
    b"null",
    b"[]",
    b"5",
    b'"cancels"',
    b"{",
    b"\xff\xfe",
    b"\x00",
    b"{}",
    b'{"cancels": null}',
    b'{"cancels": {}}',
    b'{"cancels": [null]}',
    b'{"cancels": [[]]}',
    b'{"cancels": NaN}',
    b'{"cancels": [], "cancels": []}',
    b'{"cancels": [{"marketId": 1e999}]}',
    b'{"cancels": [{"marketId": ' + b"9" * 5000 + b"}]}",
    b"[" * 100_000,
    b'{"cancels": [{"orderId": "\\ud800", "address": "0x' + b"ab" * 20 + b'", "marketId": 1, "accountIndex": 0}]}',
]


@pytest.mark.parametrize("body", STRANGE_BODIES, ids=range(len(STRANGE_BODIES)))
def test_strange_bodies_are_refused_with_400(client: ArcusClient, body: bytes) -> None:
    headers = client.signer.headers(client.signer.next_timestamp(), [])
    answer = client.http.post(BATCH, params={"address": client.signer.address}, content=body, headers=headers)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_odd_order_ids_are_signed_as_they_are(client: ArcusClient) -> None:
    for order_id in ('"quoted\\"', "snow ☃ man", "tab\tand\u0001", "𝄞"):
        answer = client.cancel([{"orderId": order_id}])
        assert answer.status_code == 202
        row = answer.json()["responses"][0]
        assert (row["status"], row["orderId"]) == ("CANCEL_ACKNOWLEDGED", order_id)
