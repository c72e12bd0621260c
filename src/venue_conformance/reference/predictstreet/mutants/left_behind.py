"""Faults of venues that leave something behind of a batch that was refused or failed, or of an order's earlier life."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Caller, Order, Status
from ..outcomes import ALREADY_TERMINAL, LOCK_INVARIANT, Outcomes
from ..venue import PredictStreetVenue


class _TakesOrdersForTerminal(PredictStreetVenue):
    """Takes orders for terminal that it keeps in a list."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._listed: set[str] = set()

    def is_cancellable(self, order: Order) -> bool:
        return order.id not in self._listed and super().is_cancellable(order)


class LocksOrdersOfRejectedKeys(_TakesOrdersForTerminal):
    """Takes open orders for terminal from then on that a request named whose key was wrong."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            return await super().cancel_batch(request)
        except Refusal as refusal:
            if refusal.status == 401:
                self._listed.update(self.read_order_ids(request))
            raise


class LocksOrdersOfInvalidBatches(_TakesOrdersForTerminal):
    """Takes open orders for terminal from then on that were named in a batch of too many."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    def check_count(self, order_ids: Sequence[Any]) -> None:
        try:
            super().check_count(order_ids)
        except Refusal:
            self._listed.update(map(str, order_ids))
            raise


class ForgetsToUndoWhatFailed(_TakesOrdersForTerminal):
    """Takes orders for terminal from then on whose cancellation was rolled back."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    async def fail_before_commit(self, caller: Caller, order_ids: Sequence[str]) -> None:
        self._listed.update(order_ids)


class CancelsWhatIsLeftAgain(PredictStreetVenue):
    """Goes by what is left of an order, and cancels one again that was filled in part and then cancelled."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._partly_filled: set[str] = set()

    def cancelled(self, order: Order) -> Order:
        if order.status is Status.PARTIAL:
            self._partly_filled.add(order.id)
        return super().cancelled(order)

    def is_cancellable(self, order: Order) -> bool:
        return order.id in self._partly_filled or super().is_cancellable(order)


class _SeesRepeats(PredictStreetVenue):
    """Knows which ids of a batch were named more than once."""

    _repeated: frozenset[str] = frozenset()

    def distinct(self, order_ids: Sequence[str]) -> list[str]:
        self._repeated = frozenset(each for each in order_ids if order_ids.count(each) > 1)
        return super().distinct(order_ids)

    def failed_repeats(self, outcomes: Outcomes) -> list[str]:
        """Those whose first attempt has failed."""
        return [each for each, reason in outcomes.items() if reason == LOCK_INVARIANT and each in self._repeated]


class TriesARepeatInSilence(_SeesRepeats):
    """Tries a repeat of an order whose balance lock did not hold once more, and reports the first outcome."""

    caught_by = "predictstreet.outcomes.failed-stays-open"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        again = [self.cancelled(found[each]) for each in self.failed_repeats(outcomes)]
        return [*super().cancelled_versions(found, outcomes), *again]


class TriesARepeatAgain(TriesARepeatInSilence):
    """Tries a repeat of an order whose balance lock did not hold once more, and reports both outcomes."""

    caught_by = "predictstreet.outcomes.once"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> dict[str, Any]:
        answer = super().outcome_answer(order_ids, outcomes)
        return {**answer, "cancelled": [*answer["cancelled"], *self.failed_repeats(outcomes)]}


class CallsARepeatOfAFailureTerminal(_SeesRepeats):
    """Reports an order whose balance lock did not hold as terminal when it is named a second time."""

    caught_by = "predictstreet.outcomes.lock-invariant"

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> dict[str, Any]:
        answer = super().outcome_answer(order_ids, outcomes)
        answer["notCancelled"].update(dict.fromkeys(self.failed_repeats(outcomes), ALREADY_TERMINAL))
        return answer
