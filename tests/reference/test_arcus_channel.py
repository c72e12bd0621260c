"""The orders channel of a served Arcus reference, spoken to with the websockets library over a real socket."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Iterator
from socket import SHUT_RDWR
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

from venue_conformance.reference import load
from venue_conformance.reference.server import RunningServer, serve_in_thread

from .arcus_client import ArcusClient

Frame = dict[str, Any]


@pytest.fixture(scope="module")
def running() -> Iterator[RunningServer]:
    with serve_in_thread(load("arcus").venue_class(seed=11)) as server:
        yield server


@pytest.fixture
def client(running: RunningServer) -> Iterator[ArcusClient]:
    with httpx.Client(base_url=running.base_url, trust_env=False) as http:
        yield ArcusClient.opened(http)


@pytest.fixture
def socket(client: ArcusClient) -> Iterator[ClientConnection]:
    with connect(client.ws_url, proxy=None) as opened:
        yield opened


def ask(socket: ClientConnection, message: Any) -> Frame:
    socket.send(message if isinstance(message, (str, bytes)) else json.dumps(message))
    return heard(socket)


def heard(socket: ClientConnection) -> Frame:
    frame: Frame = json.loads(socket.recv(timeout=2))
    return frame


def subscribe(socket: ClientConnection, address: str, **more: Any) -> Frame:
    return ask(socket, {"type": "subscribe", "channel": "orders", "id": address, **more})


def test_the_reply_has_a_snapshot(client: ArcusClient, socket: ClientConnection) -> None:
    live = client.orders(2, client_ids=True)
    filled = client.orders(1, "filled")
    frame = subscribe(socket, client.signer.address.upper().replace("0X", "0x"), accountIndex=0)
    snapshot = frame.pop("contents")
    assert frame == {"type": "subscribed", "channel": "orders", "id": client.signer.address, "accountIndex": 0}
    assert snapshot["isSnapshot"] is True
    assert {order["orderId"] for order in snapshot["openOrders"]} == {order["orderId"] for order in live}
    assert [order["orderId"] for order in snapshot["recentClosedOrders"]] == [filled[0]["orderId"]]


def test_the_snapshot_may_be_declined(client: ArcusClient, socket: ClientConnection) -> None:
    assert "contents" not in subscribe(socket, client.signer.address, snapshot=False)


def test_other_subaccounts_and_unsubscribed_topics_are_quiet(client: ArcusClient, socket: ClientConnection) -> None:
    address = client.signer.address
    subscribe(socket, address, accountIndex=1)
    subscribe(socket, address)
    gone = ask(socket, {"type": "unsubscribe", "channel": "orders", "id": address})
    assert gone == {"type": "unsubscribed", "channel": "orders", "id": address, "accountIndex": 0}
    client.cancel(client.orders(1))
    time.sleep(0.05)
    assert ask(socket, {"type": "ping"}) == {"type": "pong"}


def test_fills_and_new_orders_are_told(client: ArcusClient, socket: ClientConnection) -> None:
    subscribe(socket, client.signer.address)
    (order,) = client.orders(1)
    assert heard(socket)["contents"]["status"] == "OPEN"
    client.state("fill", orderId=order["orderId"], part=True)
    partly = heard(socket)["contents"]
    assert (partly["status"], partly["state"], partly["remainingSize"]) == ("OPEN", "PARTIALLY_FILLED", "0.5")
    client.cancel([order])
    ended = heard(socket)["contents"]
    assert (ended["status"], ended["remainingSize"]) == ("CANCELED", "0.5")


STRANGE = ["", "{", "null", "[]", "5", b"\x00\xff", '"\\ud800"', "{}", '{"type": "subscribe"}', '{"type": 5}']
STRANGE += [
    json.dumps({"type": "subscribe", "channel": "orders", "id": written, "accountIndex": index})
    for written, index in (("0x12", 0), (5, 0), ("0x" + "ab" * 20, 10), ("0x" + "ab" * 20, "0"), ("ab" * 20, True))
]


@pytest.mark.parametrize("message", STRANGE)
def test_strange_messages_are_answered_and_do_no_harm(
    client: ArcusClient, socket: ClientConnection, message: str | bytes
) -> None:
    assert ask(socket, message)["type"] == "error"
    assert subscribe(socket, client.signer.address)["type"] == "subscribed"


def test_requests_belong_to_rest(socket: ClientConnection) -> None:
    assert ask(socket, {"type": "post", "id": 1, "request": {}})["status"] == 501


def test_another_path_is_no_socket(client: ArcusClient) -> None:
    with pytest.raises(InvalidStatus), connect(client.ws_url + "x", proxy=None):
        pass
    assert client.http.get("/v1/ws").status_code == 426


def test_a_stopping_server_drops_its_sockets_at_once() -> None:
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serve_in_thread(load("arcus").venue_class()))
        with connect(server.base_url.replace("http", "ws") + "/v1/ws", proxy=None) as opened:
            subscribe(opened, "0x" + "ab" * 20)
            began = time.perf_counter()
            stack.close()
            assert time.perf_counter() - began < 2
            with pytest.raises(ConnectionClosed):
                opened.recv(timeout=2)


def test_a_client_that_vanishes_harms_nobody(client: ArcusClient, socket: ClientConnection) -> None:
    orders = client.orders(1)
    subscribe(socket, client.signer.address)
    with connect(client.ws_url, proxy=None) as vanishing:
        subscribe(vanishing, client.signer.address)
        vanishing.socket.shutdown(SHUT_RDWR)
        client.cancel(orders)
        assert heard(socket)["contents"]["status"] == "CANCELED"


def test_a_venue_without_a_channel_speaks_no_websocket() -> None:
    with serve_in_thread(load("bayse").venue_class()) as server:
        url = server.base_url.replace("http", "ws") + "/v1/ws"
        with pytest.raises(InvalidStatus), connect(url, proxy=None):
            pass
