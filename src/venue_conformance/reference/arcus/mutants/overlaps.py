"""Faults that come out only when requests overlap, without being held."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from ...http import Response
from ...venue import VenueOptions
from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..orders import Account, Order, Status
from ..rows import Row
from ..venue import ArcusVenue

_LOOK_SECONDS = 0.004
"""How long it takes between looking at an order, or at a caller, and acting on it."""


class CancelsOverFills(ArcusVenue):
    """Looks at the orders of a batch when it accepts it, and overwrites a fill that comes before they are cancelled."""

    caught_by = "arcus.lifecycle.terminal-unchanged"
    effect_seconds = 2 * _LOOK_SECONDS

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._seen_live: set[str] = set()

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        found = [self.find_target(batch.caller.account, element) for element in elements]
        self._seen_live |= {order.id for order in found if order is not None and order.is_live}
        super().forward(batch, elements)

    def is_cancellable(self, order: Order) -> bool:
        filled_meanwhile = order.status is Status.FILLED and order.id in self._seen_live
        return filled_meanwhile or super().is_cancellable(order)


class GivesUpOnContention(ArcusVenue):
    """Leaves an order alone that several batches are about to cancel, each for the sake of the others."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._wanted: Counter[str | None] = Counter()

    async def _match_later(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        mine = {self._id_of(batch, element) for element in elements} - {None}
        self._wanted.update(mine)
        await self.clock.sleep(_LOOK_SECONDS)
        contended = {order_id for order_id in mine if self._wanted[order_id] > 1}
        await self.clock.sleep(_LOOK_SECONDS)
        self._wanted.subtract(mine)
        self.match(batch, tuple(each for each in elements if self._id_of(batch, each) not in contended))

    def _id_of(self, batch: Batch, element: Element) -> str | None:
        order = self.find_target(batch.caller.account, element)
        return order.id if order is not None else None


class BreaksOnContention(ArcusVenue):
    """Answers 500 to a batch that names an order which another batch is about to cancel."""

    caught_by = "arcus.async.success-status"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._taken: Counter[str | None] = Counter()

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        mine = {element.order_id or element.client_id for element in batch.elements}
        if any(self._taken[order_id] for order_id in mine):
            return self.refuse(Refusal(500, "deadlock detected"))
        self._taken.update(mine)
        await self.clock.sleep(_LOOK_SECONDS)
        self._taken.subtract(mine)
        return await super().run_batch(batch, objections)


class MixesUpCallers(ArcusVenue):
    """Carries a batch out for whoever was the last to send one."""

    caught_by = "arcus.isolation.foreign-order-id"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._account = self.first_account

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        self._account = batch.caller.account
        await self.clock.sleep(_LOOK_SECONDS)
        return await super().run_batch(batch, objections)

    def find_target(self, account: Account, element: Element) -> Order | None:
        return super().find_target(self._account, element)


class TellsWhatItSawBefore(ArcusVenue):
    """Says CANCELED in a 200 of an order that was live when it looked, though it was filled a moment later."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._seen_live: set[str] = set()

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        found = [self.find_target(batch.caller.account, element) for element in batch.elements]
        live = {order.id for order in found if order is not None and order.is_live}
        await self.clock.sleep(_LOOK_SECONDS)
        self._seen_live = live  # nothing is awaited until it has been used
        return await super().run_batch(batch, objections)

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        outcome = super().match_one(batch, element, order)
        if order is not None and order.status is Status.FILLED and order.id in self._seen_live:
            return replace(outcome, status=Status.CANCELED)
        return outcome


class ForgetsWhatItKeptWaiting(ArcusVenue):
    """Acknowledges a batch that was inside while another of its account came, and does not carry it out."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._latest: dict[str, Batch] = {}

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        self._latest[batch.caller.address] = batch
        return await super().run_batch(batch, objections)

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        if self._latest[batch.caller.address] is batch:
            super().forward(batch, elements)


class AnswersWithTheLatestBatch(ForgetsWhatItKeptWaiting):
    """Has the row of another batch's order in an answer, when that batch came before the answer was given."""

    caught_by = "arcus.rows.echo-order-id"

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        ArcusVenue.forward(self, batch, elements)

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        latest = self._latest[batch.caller.address].elements
        return super().acknowledged_row(batch, element if element.position else latest[0])


class ForgetsFillsWhileACancelIsUnderWay(ArcusVenue):
    """Tells of no fill of an order whose cancel was accepted and has not reached the engine yet."""

    caught_by = "arcus.channel.filled-instead"
    effect_seconds = 0.05

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._waiting: set[str] = set()

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        targets = (self.find_target(batch.caller.account, element) for element in elements)
        self._waiting |= {order.id for order in targets if order is not None and order.is_live}
        super().forward(batch, elements)

    def publish_order(self, order: Order) -> None:
        if order.status is not Status.FILLED or order.id not in self._waiting:
            super().publish_order(order)
