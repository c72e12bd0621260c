"""Faults in orders that are not there, and about those that belong to others."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Unpack

from ...http import Response
from ..base import PredictStreetOptions
from ..orders import Caller, Order
from ..outcomes import ALREADY_TERMINAL, NOT_FOUND, UNKNOWN, Outcomes
from ..venue import PredictStreetVenue


class CallsUnknownIdsTerminal(PredictStreetVenue):
    """Reports an id that names no order at all as terminal."""

    caught_by = "predictstreet.isolation.unknown-not-found"

    def not_found(self, order: Order | None) -> str:
        return ALREADY_TERMINAL if order is None else super().not_found(order)


class CallsUnknownIdsUnknown(PredictStreetVenue):
    """Reports an id that names no order at all as unknown."""

    caught_by = "predictstreet.isolation.unknown-not-found"

    def not_found(self, order: Order | None) -> str:
        return UNKNOWN if order is None else super().not_found(order)


class CancelsOrdersOfOthers(PredictStreetVenue):
    """Asks of an order whether it is open, and not whose it is."""

    caught_by = "predictstreet.isolation.foreign-not-found"

    def owns(self, caller: Caller, order: Order) -> bool:
        return order.is_cancellable or super().owns(caller, order)


class RemembersWhatItDidNotFind(PredictStreetVenue):
    """Keeps for every wallet that there is no such order, once it has told one wallet so."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._not_found: set[str] = set()

    def not_found(self, order: Order | None) -> str:
        if order is not None:
            self._not_found.add(order.id)
        return super().not_found(order)

    def owns(self, caller: Caller, order: Order) -> bool:
        return order.id not in self._not_found and super().owns(caller, order)


class RepeatsToOthersWhatTheOwnerWasTold(PredictStreetVenue):
    """Keeps that an order is terminal for the next batch that names it, whoever sends that."""

    caught_by = "predictstreet.isolation.foreign-terminal"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._told: set[str] = set()

    def already_terminal(self, order: Order) -> str:
        self._told.add(order.id)
        return super().already_terminal(order)

    def not_found(self, order: Order | None) -> str:
        return ALREADY_TERMINAL if order is not None and order.id in self._told else super().not_found(order)


class CallsForeignOrdersForbidden(PredictStreetVenue):
    """Reports an open order of another wallet as forbidden."""

    caught_by = "predictstreet.isolation.foreign-not-found"

    def not_found(self, order: Order | None) -> str:
        return "forbidden" if order is not None and order.is_cancellable else super().not_found(order)


class TriesBeforeItLooksForTheOwner(PredictStreetVenue):
    """Tells how the owner's cancel of an order would have failed, once, to whoever names it first."""

    caught_by = "predictstreet.isolation.foreign-not-found"

    def not_found(self, order: Order | None) -> str:
        failed = self.failed_attempt(order) if order is not None and order.is_cancellable else None
        return failed or super().not_found(order)


class LooksAtTheStatusFirst(PredictStreetVenue):
    """Looks whether an order has come to an end before it looks whose it is."""

    caught_by = "predictstreet.isolation.foreign-terminal"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        if order is not None and not self.is_cancellable(order):
            return self.already_terminal(order)
        return super().objection(caller, order)


class RemembersForAllWhatItCancelled(PredictStreetVenue):
    """Answers from a list of what it has cancelled of late, which does not say for whom."""

    caught_by = "predictstreet.isolation.foreign-terminal"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._lately: set[str] = set()

    def cancelled(self, order: Order) -> Order:
        self._lately.add(order.id)
        return super().cancelled(order)

    def not_found(self, order: Order | None) -> str:
        return ALREADY_TERMINAL if order is not None and order.id in self._lately else super().not_found(order)


class _KnowsWhatIsForeign(PredictStreetVenue):
    """Remembers which orders of the batch at hand belong to other wallets."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.foreign: set[str] = set()

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        self.foreign.update(order.id for order in found.values() if order.wallet != caller.wallet)
        return super().decide(caller, order_ids, found)


class SaysInAHeaderHowManyItRead(_KnowsWhatIsForeign):
    """Says in a header how many rows the batch found, those of other wallets among them."""

    caught_by = "predictstreet.isolation.indistinguishable"

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        rows = [key for key, reason in outcomes.items() if reason != NOT_FOUND or key in self.foreign]
        return super().success(order_ids, outcomes).with_header("x-rows-matched", str(len(rows)))


class WarnsOfForeignOrders(_KnowsWhatIsForeign):
    """Adds a warning to the answer when an order of the batch belongs to somebody else."""

    caught_by = "predictstreet.isolation.indistinguishable"

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        if not self.foreign.intersection(order_ids):
            return super().success(order_ids, outcomes)
        answer = self.outcome_answer(order_ids, outcomes)
        return self.reply(200, {**answer, "warnings": ["not all orders belong to this wallet"]})


class Answers202ForForeignOrders(_KnowsWhatIsForeign):
    """Answers 202 in place of 200 when an order of the batch belongs to somebody else, to look into it."""

    caught_by = "predictstreet.isolation.indistinguishable"

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        status = 202 if self.foreign.intersection(order_ids) else 200
        return self.reply(status, self.outcome_answer(order_ids, outcomes))


class CancelsForeignOrdersInSilence(PredictStreetVenue):
    """Reports an order of another wallet as not found and has cancelled it."""

    caught_by = "predictstreet.isolation.foreign-untouched"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        foreign = [order for key, order in found.items() if outcomes[key] == NOT_FOUND and order.is_cancellable]
        return super().cancelled_versions(found, outcomes) + [self.cancelled(order) for order in foreign]


class ChecksTheOwnersOfTheFirstTwenty(PredictStreetVenue):
    """Cancels the orders of a batch from the twenty-first on for whoever names them."""

    caught_by = "predictstreet.isolation.foreign-not-found"

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        for order_id in order_ids[20:]:
            if order_id in found and self.is_cancellable(found[order_id]):
                outcomes[order_id] = None
        return outcomes
