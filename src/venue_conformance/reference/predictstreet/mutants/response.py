"""Faults in the form of an answer, and about what it has to report."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..orders import Caller, Order, Status
from ..outcomes import ALREADY_TERMINAL, NOT_FOUND, Outcomes
from ..venue import PredictStreetVenue

Answer = dict[str, Any]


class LeavesOutWhatIsEmpty(PredictStreetVenue):
    """Leaves notCancelled out when everything was cancelled."""

    caught_by = "predictstreet.response.shape"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        return answer if answer["notCancelled"] else {"cancelled": answer["cancelled"]}


class AnswersNullForNothingCancelled(PredictStreetVenue):
    """Answers null where no order was cancelled."""

    caught_by = "predictstreet.response.shape"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        return {**answer, "cancelled": answer["cancelled"] or None}


class ListsReasonsAsRows(PredictStreetVenue):
    """Answers notCancelled as an array of rows."""

    caught_by = "predictstreet.response.shape"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        rows = [{"orderId": order_id, "reason": reason} for order_id, reason in answer["notCancelled"].items()]
        return {**answer, "notCancelled": rows}


class WrapsTheAnswer(PredictStreetVenue):
    """Answers with both fields inside of a data field."""

    caught_by = "predictstreet.response.shape"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        return {"data": super().outcome_answer(order_ids, outcomes)}


class CountsWhatItCancelled(PredictStreetVenue):
    """Answers the number of cancelled orders in place of their ids, as cancel-all once did."""

    caught_by = "predictstreet.response.shape"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        return {**answer, "cancelled": len(answer["cancelled"])}


class LeavesUnknownIdsOut(PredictStreetVenue):
    """Says nothing of ids that name no order of the wallet."""

    caught_by = "predictstreet.outcomes.every-id"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        known = {order_id: reason for order_id, reason in outcomes.items() if reason != NOT_FOUND}
        return super().outcome_answer(order_ids, known)


class ForgetsTheHundredth(PredictStreetVenue):
    """Carries out a hundred ids and reports ninety-nine of them."""

    caught_by = "predictstreet.outcomes.every-id"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        return super().outcome_answer(order_ids, dict(list(outcomes.items())[:99]))


class ReportsAnIdNobodySent(PredictStreetVenue):
    """Reports, with a cancelled order, the twin that it thinks it has cancelled along."""

    caught_by = "predictstreet.outcomes.every-id"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        twins = [self.identities.uuid()] if answer["cancelled"] else []
        return {**answer, "cancelled": answer["cancelled"] + twins}


class ReportsACancelledOrderTwice(PredictStreetVenue):
    """Puts an order that it cancelled into notCancelled as well, for it is terminal now."""

    caught_by = "predictstreet.outcomes.once"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        also = dict.fromkeys(answer["cancelled"], ALREADY_TERMINAL)
        return {**answer, "notCancelled": {**answer["notCancelled"], **also}}


class ListsTheLastCancelledTwice(PredictStreetVenue):
    """Lists the last order that it cancelled a second time, once two are in the list."""

    caught_by = "predictstreet.outcomes.once"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        cancelled = answer["cancelled"]
        return {**answer, "cancelled": cancelled + cancelled[-1:] if len(cancelled) > 1 else cancelled}


class ListsACancelledOrderInBothCases(PredictStreetVenue):
    """Lists an order that it cancelled a second time, in upper case."""

    caught_by = "predictstreet.outcomes.once"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        return {**answer, "cancelled": answer["cancelled"] + [order_id.upper() for order_id in answer["cancelled"]]}


class ReportsUnknownIdsInBothCases(PredictStreetVenue):
    """Reports an id that names no order a second time, in upper case."""

    caught_by = "predictstreet.outcomes.every-id"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        again = {key.upper(): reason for key, reason in answer["notCancelled"].items() if reason == NOT_FOUND}
        return {**answer, "notCancelled": {**answer["notCancelled"], **again}}


class NamesAnExpiredOrderExpired(PredictStreetVenue):
    """Gives an expired order a reason of its own."""

    caught_by = "predictstreet.outcomes.reasons"

    def already_terminal(self, order: Order) -> str:
        return "expired" if order.status is Status.EXPIRED else super().already_terminal(order)


class TurnsReasonsIntoSentences(PredictStreetVenue):
    """Gives the reason for a finished order with words around it."""

    caught_by = "predictstreet.outcomes.reasons"

    def already_terminal(self, order: Order) -> str:
        return f"{super().already_terminal(order)}: order is {order.status}"


class SpellsReasonsInUpperCase(PredictStreetVenue):
    """Spells every reason in capitals."""

    caught_by = "predictstreet.outcomes.reasons"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason = super().objection(caller, order)
        return reason.upper() if reason is not None else None
