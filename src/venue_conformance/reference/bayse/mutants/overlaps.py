"""Faults that come out only when requests overlap, without being held."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account, Order, Status
from ..rows import Row
from ..venue import BayseVenue

_LOOK_SECONDS = 0.004
"""How long it takes between looking at an order and changing it."""


class CancelsOverFills(BayseVenue):
    """Overwrites a fill that came between looking at an order and cancelling it."""

    caught_by = "bayse.lifecycle.filled-is-final"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._seen_open: set[str] = set()

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        found = [order for order in map(self.book.get, order_ids) if order is not None]
        live = {order.id for order in found if self.is_cancellable(order)}
        await self.clock.sleep(_LOOK_SECONDS)
        self._seen_open = live  # nothing is awaited until it has been used
        return await super().cancel_all(account, order_ids)

    def is_cancellable(self, order: Order) -> bool:
        filled_meanwhile = order.status is Status.FILLED and order.id in self._seen_open
        return filled_meanwhile or super().is_cancellable(order)


class GivesUpOnContention(BayseVenue):
    """Refuses orders that another batch is just about to look at, which does the same."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._wanted: dict[str, int] = {}

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        mine = dict.fromkeys(order_ids)
        for order_id in mine:
            self._wanted[order_id] = self._wanted.get(order_id, 0) + 1
        await self.clock.sleep(_LOOK_SECONDS)
        contended = {order_id for order_id in mine if self._wanted[order_id] > 1}
        await self.clock.sleep(_LOOK_SECONDS)
        for order_id in mine:
            self._wanted[order_id] -= 1
        return [
            self.failure_row(order_id, self.row_error("CONFLICT", "Try again"))
            if order_id in contended
            else self.cancel_one(account, order_id)
            for order_id in order_ids
        ]


class ComparesBodiesTooLate(BayseVenue):
    """Learns of other bodies under a key that is in flight only when the first has been on its way for a while."""

    caught_by = "bayse.idempotency.changed-body"

    async def answer_again(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        age = self.clock.retention() - record.claimed_at
        if record.response is None and age < 5 * _LOOK_SECONDS and not self.same_request(record, request):
            return await carry_out()
        return await super().answer_again(record, request, carry_out)

    async def hold(self, account: Account) -> None:
        await self.clock.sleep(_LOOK_SECONDS)
        await super().hold(account)
