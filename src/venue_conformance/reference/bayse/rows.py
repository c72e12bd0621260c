"""The outcome of each order of a batch, and the answer made of them (batch-cancel page, request body and response)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .orders import CANCELLABLE, Account, Order, Status
from .rate_limit import RateLimiter

Row = dict[str, Any]
RowError = dict[str, Any]

ENGINE = "CLOB"


class CancelRows(RateLimiter):
    """Cancels the orders of a batch one by one and words their rows."""

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        """One row per id, in the order of the ids; an id named twice is judged twice, the second time as it is then.

        The orders change between two awaits: nobody sees half of a batch.
        """
        return [self.cancel_one(account, order_id) for order_id in order_ids]

    def cancel_one(self, account: Account, order_id: str) -> Row:
        """Cancel one order if nothing speaks against it, and say so in its row."""
        order = self.book.get(order_id)
        error = self.objection(account, order)
        if error is not None or order is None:
            return self.failure_row(order_id, error or self.not_found(order))
        self.cancel(order)
        return self.success_row(order_id)

    def cancel(self, order: Order) -> None:
        """Take the order off the book; what is filled of it stays filled."""
        self.move(order, Status.CANCELLED)

    # -- what speaks against it ------------------------------------------------------------------------------------

    def objection(self, account: Account, order: Order | None) -> RowError | None:
        """Why the caller cannot cancel this order, or None when they can.

        Ownership comes first: whatever else is true of another caller's order, they learn only that there is none.
        """
        if order is None or not self.owns(account, order):
            return self.not_found(order)
        if not self.is_supported(order):
            return self.unsupported_engine(order)
        if not self.is_cancellable(order):
            return self.finished(order)
        return None

    def owns(self, account: Account, order: Order) -> bool:
        """Whether the order is the caller's."""
        return order.owner == account.public_key

    def is_supported(self, order: Order) -> bool:
        """Whether batches deal with the order's engine at all."""
        return order.engine == ENGINE

    def is_cancellable(self, order: Order) -> bool:
        """Whether the order is still in a status from which it can be cancelled."""
        return order.status in CANCELLABLE

    def not_found(self, order: Order | None) -> RowError:
        """The error for an id that names no order of the caller's: one and the same for nobody's and another's."""
        return self.row_error("ORDER_NOT_FOUND", "Order not found")

    def unsupported_engine(self, order: Order) -> RowError:
        """The error for an AMM order, which has executed long since."""
        return self.row_error("UNSUPPORTED_ENGINE", "Only CLOB orders can be cancelled in a batch")

    def finished(self, order: Order) -> RowError:
        """The error for an order that is no longer open. No code is documented; this one is, for its siblings."""
        return self.row_error("BAD_REQUEST", "Order is no longer open")

    def row_error(self, code: str, message: str) -> RowError:
        """The error of one row."""
        return {"code": code, "message": message}

    # -- the answer ------------------------------------------------------------------------------------------------

    def success_row(self, order_id: str) -> Row:
        """The row of an order that was cancelled."""
        return {"orderId": order_id, "success": True}

    def failure_row(self, order_id: str, error: RowError) -> Row:
        """The row of an order that was not."""
        return {"orderId": order_id, "success": False, "error": error}

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        """The body of the answer to a batch."""
        return {"engine": ENGINE, "results": rows, "summary": self.summary(order_ids, rows)}

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        """The rows, counted."""
        succeeded = sum(1 for row in rows if row.get("success") is True)
        return {"total": len(rows), "succeeded": succeeded, "failed": len(rows) - succeeded}
