"""What a Bayse batch cancel answers (batch-cancel page, response)."""

from __future__ import annotations

from typing import Any, Self

from venue_conformance.errors import Presupposed, Violation
from venue_conformance.wire.exchange import Answer

NOT_FOUND = "ORDER_NOT_FOUND"
UNSUPPORTED_ENGINE = "UNSUPPORTED_ENGINE"
SIGNED_REQUEST_ACCEPTED = "authentication.signed-request-accepted"
FLAG = "bayse.rows.success-flag"


class BatchAnswer(Answer):
    """The answer to a batch cancel; each part is read, and found wrong, only when a check asks for it."""

    @property
    def succeeded(self) -> bool:
        """Whether the answer claims that the batch was processed: any 2xx, or a 4xx with rows that all say they failed.

        Which status a batch has of which nothing could be cancelled is not documented.
        """
        rows = self._readable_rows() if super().refused else None
        return super().succeeded or (bool(rows) and all(row.get("success") is False for row in rows or ()))

    @property
    def accepted(self) -> bool:
        """Whether the batch was processed, and the answer has rows that can be read."""
        return self.succeeded and self._readable_rows() is not None

    @property
    def refused(self) -> bool:
        """Whether the request as a whole was refused: a 4xx that is not the answer to a processed batch."""
        return super().refused and not self.succeeded

    def _readable_rows(self) -> list[dict[str, Any]] | None:
        try:
            rows = self.json_object.get("results")
        except Violation:
            return None
        return rows if isinstance(rows, list) and all(isinstance(row, dict) for row in rows) else None

    @property
    def has_envelope(self) -> bool:
        """Whether the body is an object with an error and a message, both text, and the answer's own statusCode."""
        try:
            body = self.json_object
        except Violation:
            return False
        texts = all(isinstance(body.get(name), str) for name in ("error", "message"))
        return texts and body.get("statusCode") == self.status

    @property
    def processed(self) -> dict[str, Any]:
        """The body of an answer that says the batch was processed. Raises Violation when it does not."""
        if not self.accepted:
            raise Violation(
                "a processed batch: 2xx, and results that are a list of objects", repr(self), kind="not-processed"
            )
        return self.json_object

    def require_processed(self) -> Self:
        """Hand the answer back: the control of who builds on a processed batch. Raises Presupposed for any other."""
        if not self.accepted:
            raise Presupposed(SIGNED_REQUEST_ACCEPTED, f"a valid batch was answered {self!r}")
        return self

    def same_as(self, other: BatchAnswer) -> bool:
        """Whether status and body are those of another answer, white space in the body aside."""
        return self.status == other.status and self.json == other.json

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows, in the order of the answer."""
        rows: list[dict[str, Any]] = self.processed["results"]
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
        raise Violation(f"a row for {order_id}", repr(self), kind="row-missing")

    def rows_of(self, order_id: str) -> list[dict[str, Any]]:
        """Every row of an order."""
        return [row for row in self.rows if row.get("orderId") == order_id]

    def cancelled(self, order_id: str) -> bool:
        """Whether the order's row says that it was cancelled.

        Raises Violation of the promise of ``success`` when it says neither yes nor no: what that means, nobody knows.
        """
        row = self.row(order_id)
        success = row.get("success")
        if not isinstance(success, bool):
            raise Violation(f"success to be true or false in the row of {order_id}", repr(row), FLAG, kind="no-flag")
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
            raise Violation("a summary object", repr(self), kind="no-summary")
        return summary

    @property
    def counted(self) -> dict[str, int]:
        """The summary that agrees with the rows; the total alone where one of them says neither yes nor no."""
        flags = [row.get("success") for row in self.rows]
        total = {"total": len(flags)}
        if not all(isinstance(flag, bool) for flag in flags):
            return total
        return {**total, "succeeded": flags.count(True), "failed": flags.count(False)}

    @property
    def replayed(self) -> bool:
        """Whether the answer says of itself that it is a replay."""
        return (self.header("Idempotent-Replayed") or "").strip().lower() == "true"
