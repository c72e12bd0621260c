"""Faults in rows."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch, Element, Outcome
from ..orders import Status
from ..rows import Row
from ..venue import ArcusVenue


class AnswersWithABareArray(ArcusVenue):
    """Answers with the rows alone, without an object around them."""

    caught_by = "arcus.rows.responses-array"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return rows


class AnswersWithRowsById(ArcusVenue):
    """Gives the rows in an object, by the id that they are about."""

    caught_by = "arcus.rows.responses-array"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        by_id = {str(row.get("orderId") or row.get("clientId")): row for row in rows}
        return {**super().batch_answer(batch, rows), "responses": by_id}


class CallsTheRowsResults(ArcusVenue):
    """Gives the rows in a member called results."""

    caught_by = "arcus.rows.responses-array"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        answer = dict(super().batch_answer(batch, rows))
        return {"results": answer.pop("responses"), **answer}


class LeavesOutUnknownOrders(ArcusVenue):
    """Gives no row for an element that names no order of the caller's."""

    caught_by = "arcus.rows.unmatched-element"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        found = [self.find_target(batch.caller.account, element) is not None for element in batch.elements]
        kept = [row for row, known in zip(rows, found, strict=True) if known]
        return super().batch_answer(batch, kept)


class NamesNoUnknownOrder(ArcusVenue):
    """Gives no id in the row of an element that names no order of the caller's."""

    caught_by = "arcus.rows.unmatched-element"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        if self.find_target(batch.caller.account, element) is not None:
            return row
        return {name: value for name, value in row.items() if name not in ("orderId", "clientId")}


class LosesTheLastRow(ArcusVenue):
    """Gives no row for the last of several elements."""

    caught_by = "arcus.rows.one-per-order"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, rows[:-1] if len(rows) > 1 else rows)


class RepeatsTheFirstRow(ArcusVenue):
    """Gives the first of several rows twice."""

    caught_by = "arcus.rows.one-per-order"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, [*rows, rows[0]] if len(rows) > 1 else rows)


class AddsAClosingRow(ArcusVenue):
    """Ends the rows with one that is about the batch and not about an element."""

    caught_by = "arcus.rows.one-per-order"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        closing = {"address": batch.caller.address, "orderId": "", "status": "CANCEL_ALL_ACKNOWLEDGED"}
        return super().batch_answer(batch, [*rows, closing])


class RowsOfOtherOpenOrders(ArcusVenue):
    """Gives a row for the caller's latest open order as well, although nobody named it."""

    caught_by = "arcus.rows.one-per-order"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        named = {row.get("orderId") for row in rows} | {row.get("clientId") for row in rows}
        for order in reversed(self.book.of(batch.caller.address)):
            if order.is_live and order.id not in named and order.client_id not in named - {None}:
                extra = {**rows[0], "orderId": order.id, "marketId": order.market.id}
                extra.pop("clientId", None)
                return super().batch_answer(batch, [*rows, extra])
        return super().batch_answer(batch, rows)


class LeavesOutTheOrderId(ArcusVenue):
    """Gives no orderId in the row of an element that named one."""

    caught_by = "arcus.rows.echo-order-id"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        return {name: value for name, value in row.items() if name != "orderId"}


class PrefixesOrderIds(ArcusVenue):
    """Gives order ids with 0x in front."""

    caught_by = "arcus.rows.echo-order-id"

    def echo(self, element: Element) -> Row:
        return super().echo(element) if element.order_id is None else {"orderId": "0x" + element.order_id}


class CapitalizesOrderIds(ArcusVenue):
    """Gives order ids in upper case."""

    caught_by = "arcus.rows.echo-order-id"

    def echo(self, element: Element) -> Row:
        return super().echo(element) if element.order_id is None else {"orderId": element.order_id.upper()}


class AnswersWithTheClientIdInstead(ArcusVenue):
    """Gives only the clientId of an order that has one, though it was named by orderId."""

    caught_by = "arcus.rows.echo-order-id"

    def echo(self, element: Element) -> Row:
        order = self.book.get(element.order_id or "")
        return super().echo(element) if order is None or order.client_id is None else {"clientId": order.client_id}


class LeavesOutTheClientId(ArcusVenue):
    """Gives no clientId in the row of an element that named one."""

    caught_by = "arcus.rows.echo-client-id"

    def echo(self, element: Element) -> Row:
        return super().echo(element) if element.client_id is None else {}


class AnswersWithTheResolvedOrderId(ArcusVenue):
    """Gives the orderId that a clientId was resolved to, in the clientId's stead."""

    caught_by = "arcus.rows.echo-client-id"

    def echo(self, element: Element) -> Row:
        if element.client_id is None:
            return super().echo(element)
        named = self.book.named(element.address, element.account_index, element.client_id)
        return super().echo(element) if named is None else {"orderId": named.id}


class CapitalizesClientIds(ArcusVenue):
    """Gives client ids in upper case."""

    caught_by = "arcus.rows.echo-client-id"

    def echo(self, element: Element) -> Row:
        return super().echo(element) if element.client_id is None else {"clientId": element.client_id.upper()}


class ShortensClientIds(ArcusVenue):
    """Gives the first eight characters of a client id."""

    caught_by = "arcus.rows.echo-client-id"

    def echo(self, element: Element) -> Row:
        return super().echo(element) if element.client_id is None else {"clientId": element.client_id[:8]}


class LeavesOutTheMarketName(ArcusVenue):
    """Gives rows without marketDisplayName."""

    caught_by = "arcus.rows.documented-fields"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        return {name: value for name, value in row.items() if name != "marketDisplayName"}


class AnswersWithTheFirstMarket(ArcusVenue):
    """Gives the market of the first element in every row."""

    caught_by = "arcus.rows.market-and-account-echo"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        return {**super().row(batch, element, status), "marketId": batch.elements[0].market_id}


class NumbersAccountsFromOne(ArcusVenue):
    """Gives an accountIndex in rows that is one more than the element's."""

    caught_by = "arcus.rows.market-and-account-echo"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        return {**super().row(batch, element, status), "accountIndex": element.account_index + 1}


class WritesCancelledWithTwoLs(ArcusVenue):
    """Says CANCELLED where the documented status is CANCELED, and ACCEPTED where none is known yet."""

    caught_by = "arcus.rows.status-vocabulary"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        own = {"CANCELED": "CANCELLED", "CANCEL_ACKNOWLEDGED": "ACCEPTED"}
        return {**super().row(batch, element, status), "status": own.get(status, status)}


class GivesMilliseconds(ArcusVenue):
    """Gives updateTime in milliseconds."""

    caught_by = "arcus.rows.update-time"

    def update_time(self) -> int:
        return self.microseconds() // 1000


class GivesSizesAsNumbers(ArcusVenue):
    """Gives remainingSize and filledSize as JSON numbers."""

    caught_by = "arcus.rows.sizes-when-final"

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        return {name: float(value) if name.endswith("Size") else value for name, value in row.items()}


class GivesSizesIn202(ArcusVenue):
    """Gives sizes in rows that were only handed on."""

    caught_by = "arcus.rows.sizes-when-final"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        return {**super().acknowledged_row(batch, element), "remainingSize": "0", "filledSize": "0"}


class GivesAReasonForEverything(ArcusVenue):
    """Gives a rejectionReason in 200 rows whatever their status."""

    caught_by = "arcus.rows.rejection-reason"

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        return row if outcome.status is Status.REJECTED else {**row, "rejectionReason": "NONE"}
