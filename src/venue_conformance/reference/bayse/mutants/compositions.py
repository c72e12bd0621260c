"""Faults that need a batch of a certain size or composition, or a certain history, to show."""

from __future__ import annotations

from collections.abc import Sequence

from ...http import Request, Response
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account
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
