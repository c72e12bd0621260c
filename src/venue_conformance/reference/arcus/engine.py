"""The matching engine: cancels take effect here, a moment after they were accepted, and events tell of it.

An answer with 202 is sent before the cancels take effect (batch-cancel page, Response behavior).
"""

from __future__ import annotations

import asyncio
from typing import ClassVar, Unpack

from ..venue import VenueOptions
from .cancels import Batch, Element, Outcome
from .channel import OrdersChannel, Topic
from .orders import Account, Order, Status

NOT_FOUND = "ORDER_NOT_FOUND"


class MatchingEngine(OrdersChannel):
    """Finds the order that each element names, cancels it if it is live, and publishes what happened."""

    effect_seconds: ClassVar[float] = 0.005
    """How long after its acceptance a batch takes effect."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._under_way: set[asyncio.Task[None]] = set()
        self.kept_back: list[tuple[Batch, tuple[Element, ...]]] | None = None
        """Where a list stands, what is forwarded goes there and is not carried out: a stage says what becomes of it."""

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        """Let the elements take effect soon, without waiting for it. Batches keep the order they came in."""
        if self.kept_back is not None:
            self.kept_back.append((batch, elements))
            return
        task = asyncio.get_running_loop().create_task(self._match_later(batch, elements))
        self._under_way.add(task)  # the loop itself holds tasks weakly
        task.add_done_callback(self._under_way.discard)

    async def settled(self) -> None:
        """Wait until what was forwarded so far has taken effect."""
        while under_way := list(self._under_way):
            await asyncio.wait(under_way)

    async def _match_later(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        await self.clock.sleep(self.effect_seconds)
        self.match(batch, elements)

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        """Carry out the elements now, one outcome for each, in their order.

        An order that two elements of one batch name is cancelled once, and both have the same outcome.
        """
        ended: dict[str, Outcome] = {}
        outcomes: list[Outcome] = []
        for element in elements:
            order = self.find_target(batch.caller.account, element)
            earlier = None if order is None else ended.get(order.id)
            if earlier is not None:
                outcome = Outcome(element, earlier.status, earlier.order, earlier.reason)
            else:
                outcome = self.match_one(batch, element, order)
            if order is not None:
                ended.setdefault(order.id, outcome)
            outcomes.append(outcome)
        return outcomes

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        """Carry out one element now."""
        if order is not None and self.is_cancellable(order):
            self.cancel(order)
            return Outcome(element, Status.CANCELED, order)
        self.publish_rejection(batch, element, order)
        return self.finished(element, order)

    def finished(self, element: Element, order: Order | None) -> Outcome:
        """The outcome of an element that matches no live order: how it was filled, or that there is none."""
        if order is not None and order.status is Status.FILLED:
            return Outcome(element, Status.FILLED, order)
        return Outcome(element, Status.REJECTED, None, NOT_FOUND)

    def cancel(self, order: Order) -> None:
        """Take the order off the book, and tell so; what is filled of it stays filled."""
        self.move(order, Status.CANCELED)
        self.publish_order(order)

    # -- which order -----------------------------------------------------------------------------------------------

    def find_target(self, account: Account, element: Element) -> Order | None:
        """The order that an element names, if it is one of the subaccount's and in the market that is named too."""
        order = self.order_named(account, element)
        return order if order is not None and self.is_right(account, element, order) else None

    def order_named(self, account: Account, element: Element) -> Order | None:
        """The order of an element's id, whoever owns it; by client id only the subaccount's own can be named."""
        if element.order_id is not None:
            return self.book.get(element.order_id)
        if element.client_id is not None:
            return self.book.named(account.address, element.account_index, element.client_id)
        return None

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        """Whether the order lies where the element says: with the caller, their subaccount, and the market."""
        return (
            self.owns(account, order)
            and order.account_index == element.account_index
            and order.market.id == element.market_id
        )

    def owns(self, account: Account, order: Order) -> bool:
        """Whether the order is the caller's."""
        return order.address == account.address

    def is_cancellable(self, order: Order) -> bool:
        """Whether the order is still in a status from which it can be cancelled."""
        return order.is_live

    # -- what is told ----------------------------------------------------------------------------------------------

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        """Tell the caller's subscribers that an element matched no live order."""
        event = {
            "orderId": element.order_id or "",
            "clientId": element.client_id or "",
            "marketId": element.market_id,
            "marketDisplayName": self.market_name(element.market_id),
            "status": str(Status.REJECTED),
            "rejectionReason": NOT_FOUND,
            "updatedAt": self.microseconds(),
        }
        topic = Topic(batch.caller.address, element.account_index)
        self.publish(topic, self.market_name(element.market_id), event)
