"""Faults in the rows and in the summary, about orders that were treated as they should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...http import Response
from ..orders import Account, Order
from ..rows import Row, RowError
from ..venue import BayseVenue


class Answers207ForMixedBatches(BayseVenue):
    """Answers 207 when some of the ids failed."""

    caught_by = "bayse.rows.status-200"

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        response = await super().run_batch(account, order_ids)
        return replace(response, status=207) if b'"success":false' in response.body else response


class DropsTheHundredthRow(BayseVenue):
    """Cancels the hundredth order of a batch and has no row for it."""

    caught_by = "bayse.rows.one-per-order"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        return (await super().cancel_all(account, order_ids))[:99]


class LeavesOutUnknownIds(BayseVenue):
    """Has no row for an id that names no order."""

    caught_by = "bayse.rows.one-per-order"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        return [row for row in rows if self.book.get(row["orderId"]) is not None]


class AddsARowOfItsOwn(BayseVenue):
    """Ends every answer with a row for an order that nobody named."""

    caught_by = "bayse.rows.one-per-order"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        return [*rows, self.success_row("00000000-0000-4000-8000-000000000000")]


class SortsRows(BayseVenue):
    """Sorts the rows by order id."""

    caught_by = "bayse.rows.request-order"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        return sorted(await super().cancel_all(account, order_ids), key=lambda row: str(row["orderId"]))


class PutsFailuresLast(BayseVenue):
    """Names the cancelled orders first and the failures after them."""

    caught_by = "bayse.rows.request-order"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        return sorted(await super().cancel_all(account, order_ids), key=lambda row: not row["success"])


class WritesIdsInUpperCase(BayseVenue):
    """Writes order ids in upper case."""

    caught_by = "bayse.rows.echo-order-id"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        return super().batch_answer(order_ids, [{**row, "orderId": row["orderId"].upper()} for row in rows])


class NamesNoUnknownOrder(BayseVenue):
    """Has null for the order id of an order that it does not find."""

    caught_by = "bayse.rows.echo-order-id"

    def failure_row(self, order_id: str, error: RowError) -> Row:
        row = super().failure_row(order_id, error)
        return {**row, "orderId": None} if error["code"] == "ORDER_NOT_FOUND" else row


class SaysSuccessInText(BayseVenue):
    """Writes success as the text "true" or "false"."""

    caught_by = "bayse.rows.success-flag"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        answer = super().batch_answer(order_ids, rows)
        answer["results"] = [{**row, "success": str(row["success"]).lower()} for row in rows]
        return answer


class SaysSuccessInNumbers(BayseVenue):
    """Writes success as 1 or 0."""

    caught_by = "bayse.rows.success-flag"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        answer = super().batch_answer(order_ids, rows)
        answer["results"] = [{**row, "success": int(row["success"])} for row in rows]
        return answer


class LeavesFailuresWithoutTheFlag(BayseVenue):
    """Leaves success out of a row that failed; its error is to tell."""

    caught_by = "bayse.rows.success-flag"

    def failure_row(self, order_id: str, error: RowError) -> Row:
        return {"orderId": order_id, "error": error}


class WritesErrorsAsText(BayseVenue):
    """Has the bare code where the error object belongs."""

    caught_by = "bayse.rows.error-on-failure"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        flat = [{**row, "error": row["error"]["code"]} if "error" in row else row for row in rows]
        return super().batch_answer(order_ids, flat)


class FindsNoWordsForFinishedOrders(BayseVenue):
    """Has null for the message of an order that is no longer open."""

    caught_by = "bayse.rows.error-on-failure"

    def finished(self, order: Order) -> RowError:
        return {**super().finished(order), "message": None}


class NumbersItsErrorCodes(BayseVenue):
    """Has a number for the code of an order that is no longer open."""

    caught_by = "bayse.rows.error-on-failure"

    def finished(self, order: Order) -> RowError:
        return {**super().finished(order), "code": 4003}


class AddsAnErrorToSuccess(BayseVenue):
    """Adds an error with the code OK to a row that succeeded."""

    caught_by = "bayse.rows.error-on-failure"

    def success_row(self, order_id: str) -> Row:
        return {**super().success_row(order_id), "error": self.row_error("OK", "Order cancelled")}


class CountsEveryRowAsSuccess(BayseVenue):
    """Counts failed rows as succeeded in the summary."""

    caught_by = "bayse.rows.summary"

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        return {"total": len(rows), "succeeded": len(rows), "failed": 0}


class CountsOnlyUnknownIdsAsFailed(BayseVenue):
    """Counts a failed row only when its order was not found."""

    caught_by = "bayse.rows.summary"

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        failed = sum(1 for row in rows if not row["success"] and row["error"]["code"] == "ORDER_NOT_FOUND")
        return {**super().summary(order_ids, rows), "failed": failed}


class LeavesOutTheSummary(BayseVenue):
    """Answers without a summary."""

    caught_by = "bayse.rows.summary"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        answer = super().batch_answer(order_ids, rows)
        del answer["summary"]
        return answer


class CountsInText(BayseVenue):
    """Writes the counts of the summary as text."""

    caught_by = "bayse.rows.summary"

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        return {name: str(count) for name, count in super().summary(order_ids, rows).items()}


class LeavesOutTheEngine(BayseVenue):
    """Answers without naming its engine."""

    caught_by = "bayse.rows.engine"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        answer = super().batch_answer(order_ids, rows)
        del answer["engine"]
        return answer


class NamesTheEngineOfTheFirstOrder(BayseVenue):
    """Says AMM when the first order of the batch is an AMM order."""

    caught_by = "bayse.rows.engine"

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        first = self.book.get(order_ids[0]) if order_ids else None
        engine = "CLOB" if first is None else first.engine
        return {**super().batch_answer(order_ids, rows), "engine": engine}


class CountsRepeatsItHasNoRowFor(BayseVenue):
    """Has one row for an id named twice, and counts it twice."""

    caught_by = "bayse.rows.duplicates-consistent"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        return await super().cancel_all(account, list(dict.fromkeys(order_ids)))

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        counted = super().summary(order_ids, rows)
        repeats = len(order_ids) - len(rows)
        return {**counted, "total": len(order_ids), "succeeded": counted["succeeded"] + repeats}


class CountsOrdersInsteadOfRows(BayseVenue):
    """Has a row for each mention of an id, and counts the orders."""

    caught_by = "bayse.rows.duplicates-consistent"

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        orders = len(set(order_ids))
        succeeded = min(orders, sum(1 for row in rows if row["success"]))
        return {"total": orders, "succeeded": succeeded, "failed": orders - succeeded}
