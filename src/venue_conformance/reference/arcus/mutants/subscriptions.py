"""Faults in who is told: sockets with several subscriptions, several sockets, addresses in other letters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, MutableMapping
from typing import Any

from ...http import Receive, Request, Send
from ..cancels import Batch, Caller
from ..channel import Frame, Subscriber, Topic
from ..orders import Order
from ..venue import ArcusVenue
from ..verify import query_values


class KeepsOneSubscriptionPerSocket(ArcusVenue):
    """Confirms a second subscription of a socket, and drops the first for it."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        connection.topics.clear()
        super().subscribe(connection, message)


class ConfirmsFurtherSubscriptionsOnly(ArcusVenue):
    """Confirms a second subscription of a socket, and sends no events of it."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        before = set(connection.topics)
        super().subscribe(connection, message)
        connection.topics = before or connection.topics


class ForgetsAllSocketsWithOne(ArcusVenue):
    """Forgets every subscriber to an account when one of them closes its socket."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    async def handle_websocket(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        before = set(self.connections)
        try:
            await super().handle_websocket(scope, receive, send)
        finally:
            for connection in self.connections & before:
                connection.topics.clear()


class TellsOfOrdersInTheSnapshotOnly(ArcusVenue):
    """Sends a subscriber the events of orders alone that were there when it subscribed."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._listed: defaultdict[Subscriber, set[str]] = defaultdict(set)
        self._about = ""

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        super().subscribe(connection, message)
        self._listed[connection] |= {order.id for order in self.book.of(*self.topic_of(message))}

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        self._about = contents["orderId"]
        super().publish(topic, market, contents)

    def audience(self, topic: Topic) -> Iterator[Subscriber]:
        return (each for each in super().audience(topic) if self._about in self._listed[each])


class SubscribesToAddressesAsWritten(ArcusVenue):
    """Confirms a subscription to an address in mixed case, and sends no events of it."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        topic = self.topic_of(message)
        connection.post(self.subscribed(topic, message))
        connection.topics.add(topic._replace(address=message["id"]))


class PublishesToAddressesAsWritten(ArcusVenue):
    """Tells of orders to the subscribers of the address in the letters of the cancel's query."""

    caught_by = "arcus.channel.event-per-cancelled-order"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._written: dict[str, str] = {}

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        batch = super().read_batch(request, caller)
        [address] = query_values(request, "address")
        self._written |= {element.order_id: address for element in batch.elements if element.order_id is not None}
        return batch

    def publish_order(self, order: Order) -> None:
        address = self._written.get(order.id, order.address)
        self.publish(Topic(address, order.account_index), order.market.name, self.order_event(order))


class KeepsSnapshots(ArcusVenue):
    """Gives the snapshot that it made of an account for an earlier subscription, for a few seconds."""

    caught_by = "arcus.channel.snapshot-is-current"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._kept: dict[Topic, tuple[float, Frame]] = {}

    def snapshot(self, topic: Topic, closed_wanted: Any) -> Frame:
        now = self.clock.monotonic()
        if topic not in self._kept or now - self._kept[topic][0] > 5:
            self._kept[topic] = now, super().snapshot(topic, closed_wanted)
        return self._kept[topic][1]
