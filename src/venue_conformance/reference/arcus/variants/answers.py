"""Freedoms in what answers say."""

from __future__ import annotations

from typing import Any

from ...http import Headers, Response, json_response
from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..engine import NOT_FOUND
from ..orders import Order, Status
from ..rate_limit import Snapshot
from ..rows import Row
from ..venue import ArcusVenue

_OF_ENDED_ORDERS = ("remainingSize", "filledSize", "rejectionReason")


class AlwaysDefinitive(ArcusVenue):
    """How often 200 is answered is not documented; this venue waits for the engine every time."""

    concerns = ("arcus.async.which-success", "arcus.async.success-status")

    def is_definitive(self, batch: Batch) -> bool:
        return True


class DefinitiveForSmallBatches(ArcusVenue):
    """When 200 is answered is not documented; this venue waits for the engine when a batch has one element."""

    concerns = ("arcus.async.which-success", "arcus.async.success-status")

    def is_definitive(self, batch: Batch) -> bool:
        return super().is_definitive(batch) or len(batch.elements) == 1


class LeavesOutStatusIn202(ArcusVenue):
    """The page's example has no status, so a row that was only handed on may do without."""

    concerns = (
        "arcus.async.acknowledgement-is-no-end-state",
        "arcus.async.acknowledged-status",
        "arcus.rows.documented-fields",
    )

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        del row["status"]
        return row


class RejectsUnknownTargetsAtOnce(ArcusVenue):
    """A target that is no order of the caller's has no end that a 202 row could claim, so REJECTED may say so."""

    concerns = ("arcus.async.acknowledgement-is-no-end-state", "arcus.async.acknowledged-status")

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        return row if self.find_target(batch.caller.account, element) else {**row, "status": "REJECTED"}


class FilledOrdersAreNotFound(ArcusVenue):
    """The 200 row of a filled order may say REJECTED, for it matches no live order."""

    concerns = ("arcus.async.filled-row", "arcus.async.definitive-status")

    def finished(self, element: Element, order: Order | None) -> Outcome:
        return Outcome(element, Status.REJECTED, None, NOT_FOUND)


class CancelledBeforeIsCancelled(ArcusVenue):
    """The 200 row of an order that was cancelled before may say CANCELED, which is true."""

    concerns = ("arcus.async.cancelled-rows-are-true", "arcus.async.definitive-status")

    def finished(self, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.CANCELED:
            return Outcome(element, Status.CANCELED, order)
        return super().finished(element, order)


class RowsInReverse(ArcusVenue):
    """The order of rows is not documented; this venue gives the last first."""

    concerns = ("arcus.rows.order", "arcus.rows.one-per-order")

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, rows[::-1])


class RowsSortedById(ArcusVenue):
    """The order of rows is not documented; this venue sorts them."""

    concerns = ("arcus.rows.order", "arcus.rows.one-per-order")

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, sorted(rows, key=lambda row: (row.get("orderId") or "", str(row))))


class ResolvesClientIdsAtOnce(ArcusVenue):
    """A 202 row may give the orderId that a clientId was resolved to, beside it."""

    concerns = ("arcus.rows.resolved-order-id", "arcus.rows.echo-client-id")

    def echo(self, element: Element) -> Row:
        echo = super().echo(element)
        order = element.client_id and self.book.named(element.address, element.account_index, element.client_id)
        return {**echo, "orderId": order.id} if isinstance(order, Order) else echo


class GivesBothIdsOfAnOrder(ArcusVenue):
    """The row of an element with an orderId may give the order's clientId beside it."""

    concerns = ("arcus.rows.resolved-order-id", "arcus.rows.echo-order-id", "arcus.rows.one-per-order")

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        order = self.find_target(batch.caller.account, element)
        return row if order is None or order.client_id is None else {**row, "clientId": order.client_id}


class NeverResolvesClientIds(ArcusVenue):
    """A 200 row need not give the orderId that a clientId was resolved to."""

    concerns = ("arcus.rows.resolved-order-id", "arcus.rows.echo-client-id")

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        return row if outcome.element.order_id is not None else {k: v for k, v in row.items() if k != "orderId"}


class NullForTheOtherId(ArcusVenue):
    """The id that an element did not name may be null in its row."""

    concerns = ("arcus.rows.echo-order-id", "arcus.rows.echo-client-id")

    def echo(self, element: Element) -> Row:
        return {"orderId": None, "clientId": None, **super().echo(element)}


class AddsFields(ArcusVenue):
    """Answers may have fields beyond the documented ones, in rows and beside them."""

    concerns = ("arcus.rows.documented-fields", "arcus.rows.one-per-order", "arcus.rate-limit.one-snapshot")

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        return {"index": element.position, **row, "kind": "cancel", "engine": {"shard": 3}}

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return {"requestId": "5e1f", **super().batch_answer(batch, rows), "accepted": len(rows), "errors": []}


class LeavesOutAllButTheIds(ArcusVenue):
    """The contract pages require of a row no more than the id that was named, and of a 200 row its status."""

    concerns = (
        "arcus.rows.documented-fields",
        "arcus.async.acknowledged-status",
        "arcus.async.definitive-status",
        "arcus.rows.echo-order-id",
    )

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        return self.echo(element)

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        return {**self.echo(outcome.element), "status": self.final_status(outcome)}


class GivesOnlyIdsWhileTheEndIsUnknown(ArcusVenue):
    """The rows of a 202 have nothing but the ids; those of a 200 are full."""

    concerns = ("arcus.rows.documented-fields", "arcus.rows.market-and-account-echo", "arcus.rows.update-time")

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        return self.echo(element)


class WritesNullForWhatItLeavesOut(ArcusVenue):
    """A member that need not be there may be there as null: in a row all but the id that was named, and its status."""

    concerns = (
        "arcus.rows.market-and-account-echo",
        "arcus.rows.status-vocabulary",
        "arcus.rows.update-time",
        "arcus.rows.sizes-when-final",
        "arcus.rows.rejection-reason",
        "arcus.async.acknowledged-status",
        "arcus.address.answers-lower-case",
    )

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        left_out = dict.fromkeys((*super().acknowledged_row(batch, element), *_OF_ENDED_ORDERS))
        return {**left_out, **self.echo(element)}

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        left_out = dict.fromkeys((*row, *_OF_ENDED_ORDERS))
        return {**left_out, **self.echo(outcome.element), "status": row["status"]}


class SaysNothingOfALimit(ArcusVenue):
    """A venue without a configured limit leaves the snapshot out."""

    concerns = ("arcus.rate-limit.not-enforced", "arcus.rate-limit.omitted", "arcus.rate-limit.after-charging")

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        return None


class EnforcesNoLimit(ArcusVenue):
    """A remaining of -1 stands for a limit that is not enforced."""

    concerns = ("arcus.rate-limit.not-enforced", "arcus.rate-limit.after-charging", "arcus.rate-limit.per-subaccount")

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        return {"pool": "cancel", "remaining": -1}


class CopiesTheSnapshotIntoRows(ArcusVenue):
    """The page's example shows a snapshot in the row, and so may an answer, beside the one at the top."""

    concerns = ("arcus.rate-limit.copy-in-rows", "arcus.rate-limit.one-snapshot")

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        copies = [{**row, "rateLimit": self.pool_snapshot(batch)} for row in rows]
        return super().batch_answer(batch, copies)


class WritesWholeNumbersWithAPoint(ArcusVenue):
    """JSON has one sort of numbers, so that 7.0 is as whole as 7."""

    concerns = ("arcus.rate-limit.one-snapshot", "arcus.rate-limit.after-charging", "arcus.rows.update-time")

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {**snapshot, "remaining": float(snapshot["remaining"])}

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        row = super().row(batch, element, status)
        return {**row, "updateTime": float(row["updateTime"])}


class GivesNoPool(ArcusVenue):
    """The page's example has no pool in the snapshot."""

    concerns = ("arcus.rate-limit.pool", "arcus.rate-limit.one-snapshot")

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        return snapshot and {"remaining": snapshot["remaining"]}


class WordsErrorsItsOwnWay(ArcusVenue):
    """No error text is documented, and further members may stand beside it."""

    concerns = ("arcus.robustness.error-body", "arcus.signature.refusal-form")

    def refuse(self, refusal: Refusal) -> Response:
        more = {"code": "E_REFUSED", "errorSource": "Cancel", "errorType": "InvalidRequest", "requestId": "9"}
        return super().refuse(Refusal(refusal.status, "Prüfen Sie die Anfrage.", refusal.headers, **more))

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        return {**self.row(batch, element, "REJECTED"), "error": {"code": 17, "message": objection}}


class IndentsItsAnswers(ArcusVenue):
    """JSON may be written with white space, and its type may name a charset."""

    concerns = ("arcus.rows.responses-array", "arcus.robustness.error-body")

    def reply(self, status: int, value: object, headers: Headers = ()) -> Response:
        response = json_response(status, value, headers, indent=4).without_header("content-type")
        return response.with_header("Content-Type", "application/json; charset=utf-8")
