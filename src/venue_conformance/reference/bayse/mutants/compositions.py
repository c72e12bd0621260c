"""Faults that need a batch of a certain size or composition, or a certain history, to show."""

from __future__ import annotations

from collections.abc import Sequence

from ...http import Request, Response
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account, Order
from ..rows import Row
from ..venue import BayseVenue


class WordsForeignOrdersBehindOthersDifferently(BayseVenue):
    """Has another message for another caller's order where it is not the first of its batch."""

    caught_by = "bayse.isolation.indistinguishable"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        for row in rows[1:]:
            order = self.book.get(row["orderId"])
            if order is not None and not self.owns(account, order):
                row["error"] = {**row["error"], "message": "Order not found for this account"}
        return rows


class FreesTheKeyOfAnotherBodyInFlight(BayseVenue):
    """Refuses another body that comes while the first is in flight, and gives its key free with that."""

    caught_by = "bayse.idempotency.first-answer-survives"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        if record.response is None:
            self.release(record)
        return await super().refuse_other_request(record, request, carry_out)


class ChecksTheOwnersOfTheFirstTwenty(BayseVenue):
    """Cancels the orders of a batch from the twenty-first on for whoever names them."""

    caught_by = "bayse.isolation.foreign-not-found"
    _place = 0

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        self._place = 0  # nothing is awaited until the last of them has been looked at
        return await super().cancel_all(account, order_ids)

    def owns(self, account: Account, order: Order) -> bool:
        return self._place > 20 or super().owns(account, order)

    def cancel_one(self, account: Account, order_id: str) -> Row:
        self._place += 1
        return super().cancel_one(account, order_id)
