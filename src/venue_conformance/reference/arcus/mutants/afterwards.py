"""Faults that come out a while after the answer: what was read as it must be changes once more."""

from __future__ import annotations

import asyncio

from ..cancels import Batch
from ..orders import Order, Status
from ..venue import ArcusVenue

LATER_SECONDS = 0.3
"""Long after whoever sent a batch has looked at its orders."""


class ReopensCancelledOrders(ArcusVenue):
    """Puts a cancelled order back into the book a while later, as a restart from an old snapshot would."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        asyncio.get_running_loop().call_later(LATER_SECONDS, self.move, order, Status.OPEN)


class CarriesOutDeniedElementsLater(ArcusVenue):
    """Carries out an element that it denied for its signature, once a retry of its own finds it in a queue."""

    caught_by = "arcus.signature.wrong-key"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        for element in batch.elements:
            order = self.find_target(batch.caller.account, element)
            if element.position in objections and order is not None:
                asyncio.get_running_loop().call_later(LATER_SECONDS, self._cancel_late, order)
        return objections

    def _cancel_late(self, order: Order) -> None:
        if order.is_live:
            self.cancel(order)
