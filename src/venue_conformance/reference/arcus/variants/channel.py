"""Freedoms of the engine and the orders channel."""

from __future__ import annotations

import asyncio
from typing import Any

from ..cancels import Batch, Element
from ..channel import Frame, Subscriber, Topic
from ..orders import Account, Market, Order, Status
from ..venue import ArcusVenue

_LATE_SECONDS = 0.3


class EffectsComeLate(ArcusVenue):
    """An accepted cancel may take a while to show."""

    concerns = ("arcus.lifecycle.open-cancelled", "arcus.channel.event-per-cancelled-order")
    effect_seconds = _LATE_SECONDS


class EffectsComeAtOnce(ArcusVenue):
    """A cancel may have taken effect before it is acknowledged with 202."""

    concerns = ("arcus.lifecycle.open-cancelled", "arcus.async.acknowledgement-is-no-end-state")

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        self.match(batch, elements)


class EffectsComeOneByOne(ArcusVenue):
    """The elements of a batch may take effect one after the other."""

    concerns = ("arcus.limits.hundred-accepted", "arcus.channel.event-per-cancelled-order")

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        for element in elements:
            super().forward(batch, (element,))

    async def _match_later(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        await self.clock.sleep(0.001 * elements[0].position)
        await super()._match_later(batch, elements)


class FillsShowLate(ArcusVenue):
    """What is read of an order may lag behind, and a fill longer than a cancel."""

    concerns = ("arcus.lifecycle.terminal-unchanged",)

    def visible_status(self, order: Order) -> Status:
        late = order.status is Status.FILLED
        return order.status_at(self.clock.monotonic() - _LATE_SECONDS) if late else super().visible_status(order)


class EventsComeLate(ArcusVenue):
    """An event may arrive a while after its order was cancelled."""

    concerns = ("arcus.channel.event-per-cancelled-order", "arcus.channel.consistent")

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        task = asyncio.get_running_loop().create_task(self._publish_late(topic, market, contents))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def _publish_late(self, topic: Topic, market: str, contents: Frame) -> None:
        await self.clock.sleep(_LATE_SECONDS)
        super().publish(topic, market, contents)


class RepeatsEvents(ArcusVenue):
    """An event may arrive more than once."""

    concerns = ("arcus.channel.repeated-events", "arcus.channel.event-per-cancelled-order")

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        super().publish(topic, market, contents)
        super().publish(topic, market, contents)


class GivesMinimalEvents(ArcusVenue):
    """An event need not tell more than the order's ids and its status."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-order-id", "arcus.channel.event-client-id")

    def update(self, topic: Topic, market: str, contents: Frame) -> Frame:
        kept = {name: contents[name] for name in ("orderId", "clientId", "status") if name in contents}
        return {"type": "channel_data", "channel": "orders", "contents": kept}


class AddsFieldsToEvents(ArcusVenue):
    """Events may have further members, some of which earlier pages show."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-order-id")

    def update(self, topic: Topic, market: str, contents: Frame) -> Frame:
        more: Frame = {
            "cancelReason": None,
            "fills": [],
            "clientOrderId": contents.get("clientId"),
            "fee": {"paid": "0"},
        }
        frame = super().update(topic, market, {**contents, **more})
        return {**frame, "publishTimestampMs": self.microseconds() // 1000, "version": 2}


class NamesNoMissingClientId(ArcusVenue):
    """The clientId of an order without one may be null or empty in events."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-client-id")

    def order_event(self, order: Order) -> Frame:
        return {"clientId": None, **super().order_event(order)}


class NumbersTheClientIdsOfAnAccount(ArcusVenue):
    """Every order may have a clientId, which need not differ from that of another account's order."""

    concerns = ("arcus.channel.owner-only", "arcus.channel.no-false-cancelled", "arcus.isolation.foreign-client-id")

    def make_order(self, owner: Account, market: Market, **terms: Any) -> Order:
        return super().make_order(owner, market, **{**terms, "client_id": f"c-{len(self.book.of(owner.address)) + 1}"})


class GreetsAndPings(ArcusVenue):
    """Frames of other kinds may come at any time: a greeting, pings, pongs, other channels."""

    concerns = ("arcus.channel.other-frames",)

    def greet(self, connection: Subscriber) -> None:
        connection.post({"type": "connected", "connectionId": self.identities.digits(8), "message_id": 0})

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        for connection in self.connections:
            connection.post({"type": "ping"})
            connection.post({"type": "pong", "ts": self.microseconds()})
            connection.post({"type": "channel_data", "channel": "bbo", "id": market, "contents": {"bid": "1"}})
        super().publish(topic, market, contents)


class GivesNoSnapshot(ArcusVenue):
    """The reply to a subscription need not have a snapshot."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.without-authentication")

    def subscribed(self, topic: Topic, message: Frame) -> Frame:
        return super().subscribed(topic, {**message, "snapshot": False})


class SaysNothingToSubscribers(ArcusVenue):
    """A subscription need not be answered at all before its first event."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.without-authentication")

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        connection.topics.add(self.topic_of(message))


class PublishesNoRejections(ArcusVenue):
    """A cancel that matched no live order need not be told of."""

    concerns = ("arcus.channel.rejected-events",)

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        """Nobody is told."""


class PublishesPendingCancels(ArcusVenue):
    """An order whose cancel was accepted may be told of with a further status before it is CANCELED."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-per-cancelled-order")

    def cancel(self, order: Order) -> None:
        topic = Topic(order.address, order.account_index)
        pending = {**order.describe(order.status), "status": "CANCEL_PENDING"}
        self.publish(topic, order.market.name, pending)
        super().cancel(order)
