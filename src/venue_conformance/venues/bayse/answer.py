"""What a Bayse batch cancel answers (page 004, response)."""

from __future__ import annotations

from typing import Any

from venue_conformance.errors import Violation
from venue_conformance.wire.exchange import Answer

NOT_FOUND = "ORDER_NOT_FOUND"
UNSUPPORTED_ENGINE = "UNSUPPORTED_ENGINE"


class BatchAnswer(Answer):
    """The answer to a batch cancel; each part is read, and found wrong, only when a check asks for it."""

    @property
    def succeeded(self) -> bool:
        """Whether the batch was processed: any 2xx, or a 4xx with the documented body in which every row failed.

        Which status a batch has of which nothing could be cancelled is not documented.
        """
        return super().succeeded or (super().refused and self._nothing_cancelled())

    @property
    def refused(self) -> bool:
        """Whether the request as a whole was refused: a 4xx that is not the answer to a processed batch."""
        return super().refused and not self.succeeded

    def _nothing_cancelled(self) -> bool:
        try:
            rows = self.json_object.get("results")
        except Violation:
            return False
        return (
            isinstance(rows, list)
            and rows != []
            and all(isinstance(row, dict) and row.get("success") is False for row in rows)
        )

    @property
    def processed(self) -> dict[str, Any]:
        """The body of an answer that says the batch was processed. Raises Violation when it does not."""
        if not self.succeeded:
            raise Violation("a processed batch (2xx)", repr(self))
        return self.json_object

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows, in the order of the answer."""
        rows = self.processed.get("results")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Violation("results to be a list of objects", repr(self))
        return rows

    @property
    def ids(self) -> list[str]:
        """The orderId of each row; what is no text stands there as Python would write it."""
        given = [row.get("orderId") for row in self.rows]
        return [value if isinstance(value, str) else repr(value) for value in given]

    def row(self, order_id: str) -> dict[str, Any]:
        """The one row of an order; of several rows for it, the first. Raises Violation when there is none."""
        for row in self.rows:
            if row.get("orderId") == order_id:
                return row
        raise Violation(f"a row for {order_id}", repr(self))

    def rows_of(self, order_id: str) -> list[dict[str, Any]]:
        """Every row of an order."""
        return [row for row in self.rows if row.get("orderId") == order_id]

    def cancelled(self, order_id: str) -> bool:
        """Whether the order's row says that it was cancelled. Raises Violation when it says neither yes nor no."""
        success = self.row(order_id).get("success")
        if not isinstance(success, bool):
            raise Violation(f"success to be true or false in the row of {order_id}", repr(self.row(order_id)))
        return success

    def reason(self, order_id: str) -> str | None:
        """The error code of an order's row, None when it has none."""
        error = self.row(order_id).get("error")
        return error.get("code") if isinstance(error, dict) else None

    @property
    def outcomes(self) -> dict[str, str]:
        """Per id ``cancelled`` or ``failed``."""
        return {order_id: "cancelled" if self.cancelled(order_id) else "failed" for order_id in self.ids}

    @property
    def summary(self) -> dict[str, Any]:
        """The summary object. Raises Violation when there is none."""
        summary = self.processed.get("summary")
        if not isinstance(summary, dict):
            raise Violation("a summary object", repr(self))
        return summary

    @property
    def replayed(self) -> bool:
        """Whether the answer says of itself that it is a replay."""
        return (self.header("Idempotent-Replayed") or "").strip().lower() == "true"
