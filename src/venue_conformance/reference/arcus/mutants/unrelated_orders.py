"""Faults that the orders channel tells of orders that no batch has named."""

from __future__ import annotations

from typing import ClassVar

from ..cancels import Batch, Element, Outcome
from ..channel import Topic
from ..orders import Order, Status
from ..venue import ArcusVenue


class PublishesCancelledForTheNewestOrder(ArcusVenue):
    """Tells with a batch of several of the account's newest live order as CANCELED, too, and leaves it open."""

    caught_by = "arcus.channel.no-false-cancelled"
    newest: ClassVar[bool] = True

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        outcomes = super().match(batch, elements)
        live = [order for order in self.book.of(batch.caller.address) if order.is_live]
        if len(elements) > 1 and live:
            self._publish_cancelled(live[-1 if self.newest else 0])
        return outcomes

    def _publish_cancelled(self, order: Order) -> None:
        topic = Topic(order.address, order.account_index)
        self.publish(topic, order.market.name, order.describe(Status.CANCELED))


class PublishesCancelledForTheOldestOrder(PublishesCancelledForTheNewestOrder):
    """Tells with a batch of several of the account's oldest live order as CANCELED, too, and leaves it open."""

    caught_by = "arcus.channel.no-false-cancelled"
    newest = False
