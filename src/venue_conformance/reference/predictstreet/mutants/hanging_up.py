"""Faults to clients that hung up and come back."""

from __future__ import annotations

from typing import Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions
from ..orders import Caller, Order
from ..venue import PredictStreetVenue


class _NoticesWhoHungUp(PredictStreetVenue):
    """Remembers the orders of requests that nobody waited for."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.left: set[str] = set()


class LocksOrdersOfWhoHungUp(_NoticesWhoHungUp):
    """Leaves the orders of a batch that a client hung up on open, and calls them terminal from then on."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        await self.hold(caller)
        if await request.hung_up():
            self.left.update(self.read_order_ids(request))
            return self.refuse(self.failure(503, "The client has gone"))
        return await super().carry_out(caller, request)

    def is_cancellable(self, order: Order) -> bool:
        return order.id not in self.left and super().is_cancellable(order)


class CancelsAgainForWhoHungUp(_NoticesWhoHungUp):
    """Reports what a client hung up on as cancelled just now when it comes back."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        response = await super().carry_out(caller, request)
        if await request.hung_up():
            self.left.update(self.read_order_ids(request))
        return response

    def is_cancellable(self, order: Order) -> bool:
        return order.id in self.left or super().is_cancellable(order)
