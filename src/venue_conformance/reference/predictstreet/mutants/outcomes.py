"""Faults in what one order's failure means for it and for the rest of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Unpack

from ...http import Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Caller, Order, Status
from ..outcomes import ALREADY_TERMINAL, LOCK_INVARIANT, NOT_FOUND, UNKNOWN, Outcomes
from ..venue import PredictStreetVenue


def _ending_at(outcomes: Outcomes, *reasons: str) -> Outcomes:
    """The outcomes up to the first of these reasons; whatever would have been cancelled after it is unknown."""
    ended: Outcomes = {}
    stopped = False
    for order_id, reason in outcomes.items():
        ended[order_id] = UNKNOWN if stopped and reason is None else reason
        stopped = stopped or reason in reasons
    return ended


class StopsAtTheFirstThatFails(PredictStreetVenue):
    """Cancels nothing more once an id of the batch is unknown, foreign or terminal."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        return _ending_at(super().decide(caller, order_ids, found), NOT_FOUND, ALREADY_TERMINAL)


class CancelsAllOrNothing(PredictStreetVenue):
    """Cancels nothing of a batch in which one id cannot be cancelled."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if not {NOT_FOUND, ALREADY_TERMINAL} & set(outcomes.values()):
            return outcomes
        return {order_id: reason or UNKNOWN for order_id, reason in outcomes.items()}


class ReportsTheOthersAsUnknownAtFirst(PredictStreetVenue):
    """Calls the other orders of a batch unknown the first time that it meets an id that cannot be cancelled."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._met: set[str] = set()

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        bad = {order_id for order_id, reason in outcomes.items() if reason in (NOT_FOUND, ALREADY_TERMINAL)}
        if bad <= self._met:
            return outcomes
        self._met |= bad
        return {order_id: reason or UNKNOWN for order_id, reason in outcomes.items()}


class RefusesABatchWithAnUnknownId(PredictStreetVenue):
    """Refuses a batch as a whole with 404 when one of its ids names no order."""

    caught_by = "predictstreet.independence.bad-id-affects-no-other"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if NOT_FOUND in outcomes.values() and None in outcomes.values():
            raise Refusal(404, "order_not_found", "One of the orders was not found")
        return outcomes


class Answers404WhenNothingWasFound(PredictStreetVenue):
    """Answers 404 when no id of the batch names an order of the wallet."""

    caught_by = "predictstreet.outcomes.none-cancelled"

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        if set(outcomes.values()) == {NOT_FOUND}:
            raise Refusal(404, "order_not_found", "None of the orders was found")
        return super().success(order_ids, outcomes)


class Answers409WhenAllHaveEnded(PredictStreetVenue):
    """Answers 409 when every order of the batch has come to an end before."""

    caught_by = "predictstreet.outcomes.none-cancelled"

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        if set(outcomes.values()) == {ALREADY_TERMINAL}:
            raise Refusal(409, "not_cancellable", "The orders cannot be cancelled")
        return super().success(order_ids, outcomes)


class CallsALockFailureUnknown(PredictStreetVenue):
    """Reports a failed balance-lock check as a passing failure."""

    caught_by = "predictstreet.outcomes.lock-invariant"

    def failed_attempt(self, order: Order) -> str | None:
        reason = super().failed_attempt(order)
        return UNKNOWN if reason == LOCK_INVARIANT else reason


class CallsAPartialFillsLockFailureTerminal(PredictStreetVenue):
    """Reports a partially filled order whose balance lock does not hold as one that has come to an end."""

    caught_by = "predictstreet.outcomes.lock-invariant"

    def failed_attempt(self, order: Order) -> str | None:
        reason = super().failed_attempt(order)
        return ALREADY_TERMINAL if reason == LOCK_INVARIANT and order.status is Status.PARTIAL else reason


class CallsALastLockFailureNotFound(PredictStreetVenue):
    """Reports an order whose balance lock does not hold as not found where it is the last of a batch."""

    caught_by = "predictstreet.outcomes.lock-invariant"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if len(outcomes) > 1 and outcomes[order_ids[-1]] == LOCK_INVARIANT:
            outcomes[order_ids[-1]] = NOT_FOUND
        return outcomes


class StopsAtALockFailure(PredictStreetVenue):
    """Cancels nothing more after an order whose balance lock does not hold."""

    caught_by = "predictstreet.outcomes.lock-invariant-rest"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        return _ending_at(super().decide(caller, order_ids, found), LOCK_INVARIANT)


class GivesUpAtTheSecondLockFailure(PredictStreetVenue):
    """Cancels nothing of a batch in which two balance locks do not hold."""

    caught_by = "predictstreet.outcomes.lock-invariant-rest"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if list(outcomes.values()).count(LOCK_INVARIANT) < 2:
            return outcomes
        return {order_id: reason or UNKNOWN for order_id, reason in outcomes.items()}


class ReportsTheRestOfALockFailureAsUnknown(PredictStreetVenue):
    """Calls the other orders of a batch unknown when one balance lock does not hold, wherever they stand in it."""

    caught_by = "predictstreet.outcomes.lock-invariant-rest"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if LOCK_INVARIANT not in outcomes.values():
            return outcomes
        return {order_id: reason or UNKNOWN for order_id, reason in outcomes.items()}


class RollsTheRestBackOnALockFailure(PredictStreetVenue):
    """Reports the rest of a batch as cancelled although the lock failure of one order has rolled it back."""

    caught_by = "predictstreet.outcomes.lock-invariant-rest"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        return [] if LOCK_INVARIANT in outcomes.values() else super().cancelled_versions(found, outcomes)


class FailsTheBatchOnALockFailure(PredictStreetVenue):
    """Answers 500 for the whole batch when one balance lock does not hold."""

    caught_by = "predictstreet.outcomes.lock-invariant-rest"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        if LOCK_INVARIANT in outcomes.values() and len(outcomes) > 1:
            raise self.failure(500, "A balance lock does not hold")
        return outcomes


class CallsAPassingFailureNotFound(PredictStreetVenue):
    """Reports an order that it failed to cancel for a passing cause as not found."""

    caught_by = "predictstreet.outcomes.unknown"

    def failed_attempt(self, order: Order) -> str | None:
        reason = super().failed_attempt(order)
        return NOT_FOUND if reason == UNKNOWN else reason


class RemembersTheFailure(PredictStreetVenue):
    """Answers unknown for good for an order that ended so once."""

    caught_by = "predictstreet.outcomes.unknown-retry"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._failed: set[str] = set()

    def failed_attempt(self, order: Order) -> str | None:
        reason = super().failed_attempt(order)
        if reason == UNKNOWN:
            self._failed.add(order.id)
        return UNKNOWN if order.id in self._failed else reason


class CallsARetryTerminal(PredictStreetVenue):
    """Answers already_terminal to the retry of an order that ended as unknown, and leaves it open."""

    caught_by = "predictstreet.outcomes.unknown-retry"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._failed: set[str] = set()

    def failed_attempt(self, order: Order) -> str | None:
        if order.id in self._failed:
            return ALREADY_TERMINAL
        reason = super().failed_attempt(order)
        if reason == UNKNOWN:
            self._failed.add(order.id)
        return reason


class CancelsWhatItCallsUnknown(PredictStreetVenue):
    """Reports an order as unknown and has cancelled it."""

    caught_by = "predictstreet.outcomes.failed-stays-open"
    cancelled_as_well: frozenset[str] = frozenset({UNKNOWN})

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        failed: dict[str, Any] = {key: None for key, reason in outcomes.items() if reason in self.cancelled_as_well}
        return super().cancelled_versions(found, {**outcomes, **failed})


class CancelsDespiteTheLock(CancelsWhatItCallsUnknown):
    """Reports an order as lock_invariant and has cancelled it."""

    caught_by = "predictstreet.outcomes.failed-stays-open"
    cancelled_as_well = frozenset({LOCK_INVARIANT})
