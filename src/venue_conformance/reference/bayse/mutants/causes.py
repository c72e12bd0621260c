"""Faults in a batch in which orders of one status fail."""

from __future__ import annotations

from collections.abc import Sequence

from ..orders import Account, Status
from ..rows import Row
from ..venue import BayseVenue
from .isolation import UndoesTheBatchOnFailure


class StopsAtExpiredOrders(BayseVenue):
    """Leaves every order after an expired one as it is, and fails its row too."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        stopped = False
        for order_id in order_ids:
            skipped = self.row_error("BAD_REQUEST", "An earlier order of the batch has expired")
            rows.append(self.failure_row(order_id, skipped) if stopped else self.cancel_one(account, order_id))
            order = self.book.get(order_id)
            stopped = stopped or (order is not None and order.status is Status.EXPIRED)
        return rows


class UndoesTheBatchWhenTheLastWasRejected(UndoesTheBatchOnFailure):
    """Puts every order back when the last one of the batch is one that was rejected, and says success all the same."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await BayseVenue.cancel_all(self, account, order_ids)
        last = self.book.get(order_ids[-1])
        if last is not None and last.status is Status.REJECTED:
            self.put_back([row["orderId"] for row in rows if row["success"]])
        return rows
