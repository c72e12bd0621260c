"""Faults in ids that are named more than once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import groupby
from typing import Any

from ...http import Request
from ..outcomes import ALREADY_TERMINAL, NOT_FOUND, UNKNOWN, Outcomes
from ..venue import PredictStreetVenue

Answer = dict[str, Any]


class JudgesRepeatsAgain(PredictStreetVenue):
    """Gives a repeat of an id that it has just cancelled an outcome of its own."""

    caught_by = "predictstreet.duplicates.collapsed"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        counts = Counter(order_ids)
        again = {order_id: ALREADY_TERMINAL for order_id in answer["cancelled"] if counts[order_id] > 1}
        return {**answer, "notCancelled": {**answer["notCancelled"], **again}}


class ListsRepeatsTwice(PredictStreetVenue):
    """Lists a cancelled order as often as it was named."""

    caught_by = "predictstreet.duplicates.collapsed"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        return {**answer, "cancelled": [order_id for order_id in order_ids if outcomes[order_id] is None]}


class RefusesRepeats(PredictStreetVenue):
    """Refuses a batch that names an id twice."""

    caught_by = "predictstreet.duplicates.collapsed"

    def read_order_ids(self, request: Request) -> list[str]:
        order_ids = super().read_order_ids(request)
        if len(set(order_ids)) < len(order_ids):
            raise self.invalid("All orderIds's elements must be unique")
        return order_ids


class CollapsesNeighboursOnly(PredictStreetVenue):
    """Sees a repeat only where it stands next to the id that it repeats."""

    caught_by = "predictstreet.duplicates.any-spread"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        runs = [order_id for order_id, _ in groupby(order_ids)]
        return {**answer, "cancelled": [order_id for order_id in runs if outcomes[order_id] is None]}


class RefusesManyRepeats(PredictStreetVenue):
    """Takes a batch for an attack when it names one id more than ten times."""

    caught_by = "predictstreet.duplicates.any-spread"

    def read_order_ids(self, request: Request) -> list[str]:
        order_ids = super().read_order_ids(request)
        if Counter(order_ids).most_common(1)[0][1] > 10:
            raise self.invalid("orderIds must not repeat themselves like that")
        return order_ids


class CollapsesOneRepeat(PredictStreetVenue):
    """Takes one repeat of an id out and overlooks the next."""

    caught_by = "predictstreet.duplicates.any-spread"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        answer = super().outcome_answer(order_ids, outcomes)
        counts = Counter(order_ids)
        listed = [[order_id] * max(1, counts[order_id] - 1) for order_id in answer["cancelled"]]
        return {**answer, "cancelled": [order_id for repeats in listed for order_id in repeats]}


class _JudgesRepeatsOtherwise(PredictStreetVenue):
    """Gives a repeated id another reason than one that is named once."""

    reason: str
    instead: str

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> Answer:
        counts = Counter(order_ids)
        judged = {
            order_id: self.instead if reason == self.reason and counts[order_id] > 1 else reason
            for order_id, reason in outcomes.items()
        }
        return super().outcome_answer(order_ids, judged)


class CallsARepeatedUnknownIdTerminal(_JudgesRepeatsOtherwise):
    """Reports an id that names no order of the wallet as terminal when it is repeated."""

    caught_by = "predictstreet.duplicates.same-reason"
    reason = NOT_FOUND
    instead = ALREADY_TERMINAL


class CallsARepeatedTerminalOrderUnknown(_JudgesRepeatsOtherwise):
    """Reports an order that has come to an end as unknown when it is repeated."""

    caught_by = "predictstreet.duplicates.same-reason"
    reason = ALREADY_TERMINAL
    instead = UNKNOWN
