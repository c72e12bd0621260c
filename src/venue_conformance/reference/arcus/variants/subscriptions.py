"""Freedoms in what one socket may subscribe to, and in what it is told first."""

from __future__ import annotations

from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..channel import Frame, Subscriber
from ..venue import ArcusVenue


class ServesOneSubscriptionPerSocket(ArcusVenue):
    """How many subscriptions a socket may hold is not documented; here a second one is an error."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-per-cancelled-order")

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        if connection.topics:
            raise Refusal(400, "this socket has a subscription")
        super().subscribe(connection, message)


class EndsAnEarlierSubscription(ArcusVenue):
    """How many subscriptions a socket may hold is not documented; here a second one ends the first, and says so."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.event-per-cancelled-order")

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        for topic in tuple(connection.topics):
            connection.post({"type": "unsubscribed", "channel": "orders", "id": topic.address})
        connection.topics.clear()
        super().subscribe(connection, message)


class GivesSnapshotsAsEvents(ArcusVenue):
    """What stands at the beginning of a subscription may come in a frame of its own, one order after the other."""

    concerns = ("arcus.channel.other-frames", "arcus.channel.snapshot-is-current", "arcus.channel.no-false-cancelled")

    def subscribe(self, connection: Subscriber, message: Frame) -> None:
        super().subscribe(connection, {**message, "snapshot": False})
        topic = self.topic_of(message)
        contents = [order.describe(order.status) for order in self.book.of(*topic)]
        connection.post(self.update(topic, "", {}) | {"contents": contents})


class LeavesSignaturesToTheEngine(ArcusVenue):
    """An element with a wrong signature may be acknowledged, too; the engine turns it down, and the channel says so."""

    concerns = (
        *("arcus.signature.refusal-form", "arcus.signature.adjacent-elements", "arcus.signature.every-element"),
        *("arcus.lifecycle.open-cancelled", "arcus.channel.no-false-cancelled", "arcus.channel.rejected-events"),
    )

    def judge(self, batch: Batch) -> dict[int, str]:
        return {}

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        objections = super().judge(batch)
        for element in elements:
            if element.position in objections:
                self.publish_rejection(batch, element, None)
        outcomes = super().match(batch, tuple(each for each in elements if each.position not in objections))
        denied = [self.finished(each, None) for each in elements if each.position in objections]
        return [*outcomes, *denied]
