"""The `orders` channel: the socket on which the fate of cancelled orders is seen (the page, Response behavior).

Frames follow https://docs.arcus.xyz/api-reference/websocket and https://docs.arcus.xyz/api-reference/account/orders.
Account channels are public: whoever knows an address may subscribe to its orders.
"""

from __future__ import annotations

import asyncio
import json
from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from contextlib import suppress
from typing import Any, NamedTuple, Unpack

from ..http import Receive, Send
from ..venue import VenueOptions
from .base import CHANNEL_PATH, ArcusBase, Refusal, normal_address
from .orders import Order, Status

RECENTLY_CLOSED = 100
CLOSE_NORMALLY = 1000

Frame = dict[str, Any]


class Topic(NamedTuple):
    """One subaccount's orders: what a subscription is for."""

    address: str
    account_index: int


class Subscriber:
    """One socket: what it subscribed to and what waits to be sent on it, in order."""

    def __init__(self) -> None:
        self.topics: set[Topic] = set()
        self.waiting: asyncio.Queue[str] = asyncio.Queue()

    def post(self, frame: Frame) -> None:
        """Send a frame after those that wait already."""
        self.waiting.put_nowait(json.dumps(frame, separators=(",", ":")))


class OrdersChannel(ArcusBase):
    """Keeps the sockets and tells them what becomes of orders."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.connections: set[Subscriber] = set()
        self._published: defaultdict[Topic, int] = defaultdict(int)

    # -- events ----------------------------------------------------------------------------------------------------

    def publish_order(self, order: Order) -> None:
        """Tell the owner's subscribers how an order stands now."""
        topic = Topic(order.address, order.account_index)
        self.publish(topic, order.market.name, self.order_event(order))

    def tell_again(self, order: Order, *, stale: bool = False) -> None:
        """Tell the latest of an order once more; ``stale`` tells how it stood while it was open, and comes late."""
        topic = Topic(order.address, order.account_index)
        contents = order.describe(Status.OPEN) if stale else self.order_event(order)
        number = self._published[topic] - (1 if stale else 0)
        frame = self.update(topic, order.market.name, {**contents, "sequenceNumber": number})
        for connection in self.audience(topic):
            connection.post(frame)

    def tell_everybody(self, order: Order, status: Status) -> None:
        """Tell of an order on every socket, whoever it belongs to."""
        topic = Topic(order.address, order.account_index)
        contents = {**order.describe(status), "sequenceNumber": self._published[topic] + 1}
        for connection in self.connections:
            connection.post(self.update(topic, order.market.name, contents))

    def order_event(self, order: Order) -> Frame:
        """The contents of an event about an order."""
        return order.describe(order.status)

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        """Send an event to whoever subscribed to the topic."""
        self._published[topic] += 1
        frame = self.update(topic, market, {**contents, "sequenceNumber": self._published[topic]})
        for connection in self.audience(topic):
            connection.post(frame)

    def update(self, topic: Topic, market: str, contents: Frame) -> Frame:
        """The frame of an event."""
        return {"type": "channel_data", "channel": "orders", **_named(topic), "market": market, "contents": contents}

    def audience(self, topic: Topic) -> Iterator[Subscriber]:
        """The sockets that subscribed to a topic."""
        return (connection for connection in self.connections if topic in connection.topics)

    # -- sockets ---------------------------------------------------------------------------------------------------

    async def handle_websocket(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Serve one socket until it closes."""
        await receive()  # the offer to connect
        if scope["path"] != CHANNEL_PATH:
            await send({"type": "websocket.close", "code": CLOSE_NORMALLY})
            return
        await send({"type": "websocket.accept"})
        connection = Subscriber()
        self.connections.add(connection)
        self.greet(connection)
        writer = asyncio.create_task(_write(connection, send))
        try:
            while (message := await receive())["type"] == "websocket.receive":
                self.take(connection, message.get("text"))
        finally:
            self.connections.discard(connection)
            writer.cancel()

    def greet(self, connection: Subscriber) -> None:
        """What a new socket is told before it asks; nothing, here."""

    def take(self, connection: Subscriber, text: str | None) -> None:
        """Answer one message; one that cannot be understood is answered with an error and does no harm."""
        try:
            message = self.read_json((text or "").encode("utf-8", "surrogatepass"))
            if not isinstance(message, dict):
                raise Refusal(400, "a message must be a JSON object")
            self.answer_message(connection, message)
        except Refusal as refusal:
            error = {"type": "InvalidRequest", "message": refusal.error}
            connection.post({"type": "error", "status": refusal.status, "error": error})

    def answer_message(self, connection: Subscriber, message: Frame) -> None:
        """Do what a message asks. Raises `Refusal` (400, or 501 for requests that belong to REST here)."""
        kind = message.get("type")
        if kind == "ping":
            connection.post({"type": "pong"})
        elif kind == "subscribe":
            self.subscribe(connection, message)
        elif kind == "unsubscribe":
            topic = self.topic_of(message)
            connection.topics.discard(topic)
            connection.post({"type": "unsubscribed", "channel": "orders", **_named(topic)})
        elif kind in ("post", "get", "authenticate"):
            raise Refusal(501, "only subscriptions are served on this socket")
        else:
            raise Refusal(400, "unknown message type")

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        """Start a subscription. Snapshot and first event leave no gap: nothing happens between the two lines."""
        topic = self.topic_of(message)
        connection.post(self.subscribed(topic, message))
        connection.topics.add(topic)

    def subscribed(self, topic: Topic, message: Frame) -> Frame:
        """The reply to a subscription, with a snapshot unless the caller wants none."""
        frame: Frame = {"type": "subscribed", "channel": "orders", **_named(topic)}
        if message.get("snapshot", True):
            frame["contents"] = self.snapshot(topic, message.get("nRecentClosed", RECENTLY_CLOSED))
        return frame

    def snapshot(self, topic: Topic, closed_wanted: Any) -> Frame:
        """How a subaccount's orders stand: all that are live, and the latest that are not."""
        counted = isinstance(closed_wanted, int) and 0 <= closed_wanted <= RECENTLY_CLOSED
        limit = closed_wanted if counted else RECENTLY_CLOSED
        live: list[Frame] = []
        closed: list[Frame] = []
        for order in reversed(self.book.of(*topic)):
            status = self.visible_status(order)
            shown = order.describe(status)
            if status in (Status.OPEN, Status.PARTIALLY_FILLED):
                live.append(shown)
            elif len(closed) < limit:
                closed.append(shown)
        return {
            "isSnapshot": True,
            "lastSequenceId": self._published[topic],
            "openOrders": live,
            "recentClosedOrders": closed,
        }

    def topic_of(self, message: Frame) -> Topic:
        """What a message names. Raises `Refusal` (400) unless it is the orders channel of a well-formed address."""
        if message.get("channel") != "orders":
            raise Refusal(400, "unknown channel")
        written, account_index = message.get("id"), message.get("accountIndex", 0)
        address = normal_address(written) if isinstance(written, str) else None
        if address is None:
            raise Refusal(400, "id must be an address")
        if not isinstance(account_index, int) or isinstance(account_index, bool) or not 0 <= account_index <= 9:
            raise Refusal(400, "accountIndex must be an integer from 0 to 9")
        return Topic(address, account_index)


def _named(topic: Topic) -> Frame:
    return {"id": topic.address, "accountIndex": topic.account_index}


async def _write(connection: Subscriber, send: Send) -> None:
    with suppress(OSError):  # the socket has gone; whoever reads it notices, too
        while True:
            await send({"type": "websocket.send", "text": await connection.waiting.get()})
