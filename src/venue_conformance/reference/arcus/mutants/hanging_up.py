"""Faults to clients that hung up and come back."""

from __future__ import annotations

from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..cancels import Batch, Element
from ..orders import Account, Order
from ..venue import ArcusVenue


class LocksOrdersOfWhoHungUp(ArcusVenue):
    """Leaves the orders of a batch that a client hung up on open, and matches no further cancel with them."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._left: set[str] = set()

    async def cancel_batch(self, request: Request) -> Response:
        caller = self.authenticate(request)
        batch = self.read_batch(request, caller)
        await self.hold(caller.address)
        if await request.hung_up():
            self._left.update(self._named(batch))
            raise Refusal(503, "the client has gone")
        return await self.carry_out(batch)

    def find_target(self, account: Account, element: Element) -> Order | None:
        order = super().find_target(account, element)
        return None if order is None or order.id in self._left else order

    def _named(self, batch: Batch) -> set[str]:
        orders = [self.find_target(batch.caller.account, element) for element in batch.elements]
        return {order.id for order in orders if order is not None}
