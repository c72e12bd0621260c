"""How the outcome of a batch is worded (batch-cancel page, Response; https://docs.arcus.xyz/api-reference/exchange/cancel-order)."""

from __future__ import annotations

from typing import Any

from .cancels import Batch, Element, Outcome
from .orders import Status, plain
from .rate_limit import CancelPools

ACKNOWLEDGED = "CANCEL_ACKNOWLEDGED"
FAILED = "ERROR"

Row = dict[str, Any]


class CancelRows(CancelPools):
    """Words one row for each element, and the answer made of them."""

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        """What every row has: the target as it was named, and a status."""
        return {
            "address": self.shown_address(element),
            "accountIndex": element.account_index,
            "marketId": element.market_id,
            "marketDisplayName": self.market_name(element.market_id),
            "status": status,
            "updateTime": self.update_time(),
            **self.echo(element),
        }

    def shown_address(self, element: Element) -> str:
        """The address in a row: 0x and lower case, however it was written."""
        return element.address

    def update_time(self) -> int:
        """When a row was written, in microseconds since 1970."""
        return self.microseconds()

    def echo(self, element: Element) -> Row:
        """The id that the element named its order by."""
        if element.order_id is not None:
            return {"orderId": element.order_id}
        return {"clientId": element.client_id}

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        """The row of an element that was handed on; its end is not known yet."""
        return self.row(batch, element, ACKNOWLEDGED)

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        """The row of an element that was not carried out. Its form is not documented for cancels."""
        return {**self.row(batch, element, FAILED), "error": objection}

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        """The row of an element whose end is known."""
        row = self.row(batch, outcome.element, str(self.final_status(outcome)))
        order = outcome.order
        if order is not None:
            row["orderId"] = order.id
            row["remainingSize"] = plain(order.size - order.filled)
            row["filledSize"] = plain(order.filled)
        if outcome.status is Status.REJECTED:
            row["rejectionReason"] = outcome.reason
        return row

    def final_status(self, outcome: Outcome) -> str:
        """The status of a row whose end is known."""
        return outcome.status

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        """The body of the answer to a batch. Where no limit is configured nothing is said about one."""
        snapshot = self.pool_snapshot(batch)
        answer: dict[str, Any] = {"responses": rows}
        return answer if snapshot is None else {**answer, "rateLimit": snapshot}
