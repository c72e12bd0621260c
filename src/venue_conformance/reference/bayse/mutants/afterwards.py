"""Faults that come out a while after the answer: what was read as it must be changes once more."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

from ...http import Request, Response
from ..orders import Order, Status
from ..venue import BATCH_PATH, BayseVenue

LATER_SECONDS = 0.3
"""Long after whoever sent a batch has looked at its orders."""


class ReopensCancelledOrders(BayseVenue):
    """Puts a cancelled order back into the book a while later, as a restart from an old snapshot would."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        asyncio.get_running_loop().call_later(LATER_SECONDS, self.move, order, Status.OPEN)


class CarriesOutRefusedRequestsLater(BayseVenue):
    """Carries out a request that it refused with 401, once a retry of its own finds it in a queue."""

    caught_by = "bayse.authentication.refused-cancels-nothing"

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if response.status == 401 and request.path == BATCH_PATH:
            asyncio.get_running_loop().call_later(LATER_SECONDS, self._cancel_late, request.body)
        return response

    def _cancel_late(self, body: bytes) -> None:
        with suppress(ValueError, LookupError, TypeError):
            for order_id in json.loads(body)["orderIds"]:
                order = self.book.get(order_id)
                if order is not None and order.status is Status.OPEN:
                    self.cancel(order)
