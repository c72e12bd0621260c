"""The WebSocket client, and what is made of what it hears."""

from __future__ import annotations

import http
import json
import math
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from types import SimpleNamespace
from typing import Any, cast

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.http11 import Request, Response
from websockets.sync.server import ServerConnection, serve

from fixtures.arcus_channel import Unheard
from venue_conformance.errors import NeverExercised, Unreachable
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.channel import OrdersChannel, channel_url
from venue_conformance.wire.channel import LARGEST_MESSAGE, Channel

ADDRESS = "0x" + "ab" * 20
Handler = Callable[[ServerConnection], None]


@contextmanager
def served(handler: Handler, refuse: Callable[..., Response | None] | None = None) -> Iterator[str]:
    with serve(handler, "127.0.0.1", 0, process_request=refuse) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        port = server.socket.getsockname()[1]
        try:
            yield f"ws://127.0.0.1:{port}/v1/ws"
        finally:
            server.shutdown()
            thread.join()


def reported(*frames: Any) -> Handler:
    """A server that answers the first message with these frames and then waits."""

    def handle(connection: ServerConnection) -> None:
        try:
            connection.recv()
            for frame in frames:
                connection.send(frame if isinstance(frame, str) else json.dumps(frame))
            connection.recv()
        except ConnectionClosed:
            pass

    return handle


def order(order_id: str, client_id: str | None = None) -> ProvisionedOrder:
    return ProvisionedOrder(order_id, 1, 0, client_id, "open", "CLOB", ADDRESS)


def update(**contents: Any) -> dict[str, Any]:
    return {"type": "channel_data", "channel": "orders", "contents": contents}


def opened(url: str, **options: Any) -> Channel:
    channel = Channel(url, timeout_seconds=5, **options)
    channel.open()
    return channel


@pytest.fixture(autouse=True)
def a_proxy_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")


def test_events_are_read_and_everything_is_kept() -> None:
    frames = [
        {"type": "connected"},
        {"type": "subscribed", "contents": {"openOrders": [{"orderId": "a", "status": "CANCELED"}]}},
        "no JSON",
        update(orderId="a", status="OPEN"),
        update(orderId="a", clientId="", status="CANCELED"),
        update(orderId=7, clientId="c-1", status="CANCELED"),
        {"type": "channel_data", "channel": "trades", "contents": {"orderId": "z", "status": "CANCELED"}},
    ]
    with served(reported(*frames)) as url:
        wire = opened(url, headers={"X-Gateway": "key"}, caller=ADDRESS)
        channel = OrdersChannel(wire, ADDRESS, settle_seconds=5)
        channel.subscribe([0])

        assert channel.missing([order("a"), order("b", "c-1")]) == []
        assert [event.status for event in channel.about(order("a"))] == ["OPEN", "CANCELED"]
        assert channel.about("z") == []
        wire.close()

    exchange = wire.exchange
    assert (exchange.status, exchange.fault, exchange.url) == (101, None, url)
    assert ("X-Gateway", "key") in exchange.request.headers
    assert json.loads(exchange.request.body or b"") == {
        "type": "subscribe",
        "channel": "orders",
        "id": ADDRESS,
        "accountIndex": 0,
    }
    assert exchange.body.decode().splitlines()[0] == '{"type": "connected"}'


def test_an_order_id_decides_whose_order_an_event_is_about() -> None:
    mine, theirs = order("a", "c-1"), order("b", "c-1")
    frames = [
        update(orderId="a", clientId="c-1", status="CANCELED"),
        update(orderId="", clientId="c-2", status="CANCELED"),
        update(orderId="another", clientId="c-3", status="CANCELED"),
    ]
    with served(reported(*frames)) as url:
        wire = opened(url)
        channel = OrdersChannel(wire, ADDRESS, settle_seconds=5)
        channel.subscribe([0])

        assert channel.missing([mine, order("c", "c-2"), order("d", "c-3")]) == []
        assert channel.cancelled(mine)
        assert not channel.cancelled(theirs)
        assert channel.cancelled(order("e", "c-2"))
        assert [event.order_id for event in channel.cancels(order("d", "c-3"))] == ["another"]
        wire.close()


def test_without_a_reply_a_subscription_holds_when_the_time_is_over() -> None:
    with served(reported()) as url:
        wire = opened(url)
        channel, began = OrdersChannel(wire, ADDRESS, settle_seconds=0.2), time.monotonic()

        channel.subscribe([0])

        assert time.monotonic() - began >= 0.2
        assert channel.missing([order("a")]) == [order("a")]
        wire.close()


def test_a_redirect_is_not_followed() -> None:
    def elsewhere(connection: ServerConnection, request: Request) -> Response:
        response = connection.respond(http.HTTPStatus.FOUND, "")
        response.headers["Location"] = url.replace("/v1/ws", "/other")
        asked.append(request.path)
        return response

    asked: list[str] = []
    with served(reported(), elsewhere) as url:
        channel = Channel(url)
        with pytest.raises(Unreachable):
            channel.open()

    assert asked == ["/v1/ws"]
    assert channel.exchange.fault


@pytest.mark.parametrize("status", [404, 401, 500])
def test_a_refused_handshake_is_told(status: int) -> None:
    def refuse(connection: ServerConnection, request: Request) -> Response:
        return connection.respond(http.HTTPStatus(status), "no")

    with served(reported(), refuse) as url:
        channel = Channel(url)
        with pytest.raises(Unreachable, match=str(status)):
            channel.open()

    assert channel.exchange.status == status


@pytest.mark.parametrize("url", ["ws://127.0.0.1:1/v1/ws", "http://127.0.0.1/v1/ws", "ws:///v1/ws", "ws://[::1/"])
def test_what_cannot_be_reached(url: str) -> None:
    with pytest.raises(Unreachable):
        Channel(url, timeout_seconds=1).open()


def test_a_message_that_is_too_long_breaks_the_connection() -> None:
    with served(reported("x" * (LARGEST_MESSAGE + 1))) as url:
        wire = opened(url)
        wire.send({})
        with pytest.raises(Unreachable):
            wire.receive(5)
        wire.close()

    assert wire.exchange.fault


def test_a_connection_that_breaks_is_no_silence() -> None:
    with served(lambda connection: connection.close()) as url:
        channel = OrdersChannel(opened(url), ADDRESS, settle_seconds=5)
        with pytest.raises(Unreachable):
            channel.subscribe([0])


@pytest.mark.parametrize(
    ("base_url", "given", "expected"),
    [
        ("http://127.0.0.1:9001", None, "ws://127.0.0.1:9001/v1/ws"),
        ("https://venue.example", None, "wss://venue.example/v1/ws"),
        ("https://venue.example", "wss://push.example/x", "wss://push.example/x"),
    ],
)
def test_where_the_channel_is(base_url: str, given: str | None, expected: str) -> None:
    assert channel_url(base_url, given) == expected


class _Lasted:
    """A channel that was open for so many seconds, and either spoke or did not."""

    def __init__(self, seconds: float, *, silent: bool, in_vain: float = 0.0, unconfirmed: float = 0.0) -> None:
        self.silent, self.in_vain, self.unconfirmed = silent, in_vain, unconfirmed
        exchange = SimpleNamespace(started=0.0, finished=seconds, fault="OverflowError: more than 9 messages")
        self.wire = SimpleNamespace(url="ws://h/", exchange=exchange, endless=seconds == math.inf)


@pytest.mark.parametrize(
    ("lasted", "given_up"),
    [
        ([(59, True)], False),
        ([(31, True), (31, True)], True),
        ([(31, False), (31, True), (31, True)], False),
        ([(31, True), (1, False), (90, True)], False),
        ([(math.inf, False)], True),
    ],
)
def test_a_run_gives_up_a_channel_that_never_says_anything_or_never_ends(
    lasted: list[tuple[float, bool]], given_up: bool
) -> None:
    unheard = Unheard()
    for seconds, silent in lasted:
        unheard.note(cast(OrdersChannel, _Lasted(seconds, silent=silent)))
    assert bool(unheard.reasons) == given_up


def test_a_run_gives_up_a_channel_on_which_it_waits_in_vain_again_and_again() -> None:
    unheard = Unheard()
    for given_up in (False, False, True):
        unheard.note(cast(OrdersChannel, _Lasted(30, silent=False, in_vain=25)))
        assert bool(unheard.reasons) == given_up


def test_a_run_waits_briefly_where_no_subscription_was_ever_confirmed() -> None:
    unheard = Unheard()
    for _ in range(3):
        assert unheard.hold_seconds("ws://h/") is None
        unheard.note(cast(OrdersChannel, _Lasted(30, silent=False, unconfirmed=25)))
    assert unheard.hold_seconds("ws://h/") == 1.0
    assert not unheard.reasons


def test_a_subscription_that_had_little_time_to_hold_proves_nothing() -> None:
    with served(reported()) as url:
        wire = opened(url)
        channel = OrdersChannel(wire, ADDRESS, settle_seconds=0.2, hold_seconds=0.01)
        channel.subscribe([0])

        assert 0 < channel.unconfirmed < 0.2
        with pytest.raises(NeverExercised, match="nothing confirms"):
            channel.missing([order("a")])
        wire.close()


@pytest.mark.parametrize(
    ("replies", "holds"),
    [
        ([{"type": "subscribed", "channel": "orders", "id": "0xAB"}], True),
        ([{"type": "subscribed"}], True),
        ([{"type": "subscribed", "id": "0xcd"}], False),
        ([{"type": "error"}], False),
        ([{"type": "unsubscribed", "id": "0xcd"}, {"type": "subscribed", "id": "0xab"}], False),
        ([], False),
    ],
)
def test_a_further_subscription_holds_once_it_is_confirmed(replies: list[Any], holds: bool) -> None:
    def handle(connection: ServerConnection) -> None:
        with suppress(ConnectionClosed):
            for frames in ([{"type": "subscribed", "channel": "orders"}], replies):
                connection.recv()
                for frame in frames:
                    connection.send(json.dumps(frame))
            connection.recv()

    with served(handle) as url:
        wire = opened(url)
        channel = OrdersChannel(wire, ADDRESS, settle_seconds=0.2)
        channel.subscribe([0])

        assert channel.subscribe_also("0xab") is holds
        assert channel.in_vain == 0
        wire.close()


def test_time_spent_in_vain_is_counted() -> None:
    cancelled = update(orderId="1", status="CANCELED")
    with served(reported(cancelled)) as url:
        channel = Channel(url)
        channel.open()
        orders = OrdersChannel(channel, ADDRESS, 0.3)
        orders.subscribe([0])
        assert orders.missing([order("1")]) == []
        assert orders.in_vain == 0
        assert orders.missing([order("2")]) != []
        assert orders.in_vain >= 0.3
        channel.close()
