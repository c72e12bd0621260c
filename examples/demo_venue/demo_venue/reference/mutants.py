"""Demo venues that each break one promise."""

from __future__ import annotations

import json
from typing import ClassVar

from demo_venue.reference.venue import DemoVenue
from venue_conformance.reference.http import Request, Response


class TakesElevenIds(DemoVenue):
    """The limit is off by one."""

    caught_by: ClassVar[str] = "demo.limits.over-ten-refused"

    def takes(self, count: int) -> bool:
        return 1 <= count <= 11


class CancelsWhileClosed(DemoVenue):
    """The answer says that the market is closed, and the orders are cancelled all the same."""

    caught_by: ClassVar[str] = "demo.market.closed-refused"

    def refuse_closed(self, account: str, ids: list[str]) -> Response:
        for order_id in ids:
            self.cancel(account, order_id)
        return super().refuse_closed(account, ids)


class LeavesTheLastOpen(DemoVenue):
    """The last order of a batch is listed as cancelled and stays open."""

    caught_by: ClassVar[str] = "demo.batch.cancels-named"

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if response.status == 200 and (cancelled := json.loads(response.body)["cancelled"]):
            self.status_of[cancelled[-1]] = "open"
        return response
