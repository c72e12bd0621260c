"""Faults in what 202 and 200 mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ...http import Response
from ..cancels import Batch, Element, Outcome
from ..orders import Order, Status
from ..rows import Row
from ..venue import ArcusVenue


class AnswersWith201(ArcusVenue):
    """Answers an accepted batch with 201."""

    caught_by = "arcus.async.success-status"

    def answer_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        return replace(super().answer_batch(batch, objections), status=201)


class AnswersSeveralWith207(ArcusVenue):
    """Answers an accepted batch of several elements with 207."""

    caught_by = "arcus.async.success-status"

    def answer_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = super().answer_batch(batch, objections)
        return replace(response, status=207) if len(batch.elements) > 1 else response


class PromisesCancelledIn202(ArcusVenue):
    """Says CANCELED in rows that were only handed on."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        return {**super().acknowledged_row(batch, element), "status": "CANCELED"}


class TellsOldNewsIn202(ArcusVenue):
    """Says FILLED in a 202 row when the gateway remembers that the order was filled."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        order = self.find_target(batch.caller.account, element)
        return {**row, "status": "FILLED"} if order is not None and order.status is Status.FILLED else row


class PromisesCancelledByClientIdIn202(ArcusVenue):
    """Says CANCELED in rows of a 202 that repeat a client id."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        return row if element.client_id is None else {**row, "status": "CANCELED"}


class ClaimsCancelledForEverything(ArcusVenue):
    """Says CANCELED in every 200 row, whatever became of the order."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        row.pop("rejectionReason", None)
        return {**row, "status": "CANCELED"}


class ClaimsCancelledForFilledOrders(ArcusVenue):
    """Says CANCELED in the 200 row of an order that was filled."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def final_status(self, outcome: Outcome) -> str:
        return "CANCELED" if outcome.status is Status.FILLED else super().final_status(outcome)


class AnswersDefinitivelyAndForgets(ArcusVenue):
    """Says CANCELED in 200 rows before the engine has been asked, and never asks it."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if self.is_definitive(batch) and order is not None and order.is_live:
            return Outcome(element, Status.CANCELED, order)
        return super().match_one(batch, element, order)


class ForgetsWhatADefinitiveBatchNamesByClientId(ArcusVenue):
    """Says CANCELED in 200 rows of orders that were named by client id, and does not cancel them."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if self.is_definitive(batch) and element.client_id is not None and order is not None and order.is_live:
            return Outcome(element, Status.CANCELED, order)
        return super().match_one(batch, element, order)


class ForgetsTheRestOfADefinitiveBatch(ArcusVenue):
    """Says CANCELED in every 200 row of a large batch, and carries out the first twenty of its elements."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if self.is_definitive(batch) and element.position >= 20 and order is not None and order.is_live:
            return Outcome(element, Status.CANCELED, order)
        return super().match_one(batch, element, order)


class CallsCancelledOrdersRejected(ArcusVenue):
    """Says REJECTED in the 200 row of an order that the request cancelled."""

    caught_by = "arcus.async.no-other-final-status"

    def final_status(self, outcome: Outcome) -> str:
        return "REJECTED" if outcome.status is Status.CANCELED else super().final_status(outcome)


class CallsOrdersCancelledByClientIdRejected(ArcusVenue):
    """Says REJECTED in the 200 row of an order that the request cancelled by its client id."""

    caught_by = "arcus.async.no-other-final-status"

    def final_status(self, outcome: Outcome) -> str:
        by_name = outcome.element.client_id is not None
        return "REJECTED" if by_name and outcome.status is Status.CANCELED else super().final_status(outcome)


class CallsCancelledOrdersFilled(ArcusVenue):
    """Says FILLED in the 200 row of an order that the request cancelled."""

    caught_by = "arcus.async.no-other-final-status"

    def final_status(self, outcome: Outcome) -> str:
        return "FILLED" if outcome.status is Status.CANCELED else super().final_status(outcome)


class CallsTheSecondOfTwoRejected(ArcusVenue):
    """Says REJECTED in 200 rows after the first, for the answer was waited for once."""

    caught_by = "arcus.async.no-other-final-status"

    def final_status(self, outcome: Outcome) -> str:
        first = outcome.element.position == 0
        return super().final_status(outcome) if first else "REJECTED"


class AcknowledgesWithAck(ArcusVenue):
    """Says ACK in 202 rows, as for a placed order."""

    caught_by = "arcus.async.acknowledged-status"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        return {**super().acknowledged_row(batch, element), "status": "ACK"}


class KeepsAcknowledgingIn200(ArcusVenue):
    """Says CANCEL_ACKNOWLEDGED in 200 rows, too."""

    caught_by = "arcus.async.definitive-status"

    def final_status(self, outcome: Outcome) -> str:
        return "CANCEL_ACKNOWLEDGED"


class LeavesOutStatusIn200(ArcusVenue):
    """Gives no status in rows of a 200."""

    caught_by = "arcus.async.definitive-rows"

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        row = super().definitive_row(batch, outcome)
        del row["status"]
        return row


class AcknowledgesClientIdsIn200(ArcusVenue):
    """Says CANCEL_ACKNOWLEDGED in the 200 row of an order that was named by its client id."""

    caught_by = "arcus.async.definitive-rows"

    def final_status(self, outcome: Outcome) -> str:
        by_name = outcome.element.client_id is not None and outcome.order is not None
        return "CANCEL_ACKNOWLEDGED" if by_name else super().final_status(outcome)
