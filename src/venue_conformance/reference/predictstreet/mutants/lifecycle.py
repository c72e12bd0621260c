"""Faults in what becomes of an order in each status."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Unpack

from ..base import PredictStreetOptions
from ..orders import Caller, Order, Status
from ..outcomes import ALREADY_TERMINAL, NOT_FOUND, Outcomes
from ..venue import PredictStreetVenue


class JudgesAfterItsOwnWrite(PredictStreetVenue):
    """Cancels an open order, reads it back and reports that it is terminal."""

    caught_by = "predictstreet.lifecycle.open-cancelled"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        versions = super().cancelled_versions(found, outcomes)
        for order in versions:
            if found[order.id].status is Status.OPEN:
                outcomes[order.id] = ALREADY_TERMINAL
        return versions


class HoldsPartialFillsForTerminal(PredictStreetVenue):
    """Takes a partially filled order for one that has come to an end."""

    caught_by = "predictstreet.lifecycle.partially-filled-cancelled"

    def is_cancellable(self, order: Order) -> bool:
        return super().is_cancellable(order) and order.status is not Status.PARTIAL


class LeavesPartialFillsFilled(PredictStreetVenue):
    """Closes a partially filled order as filled when it is cancelled."""

    caught_by = "predictstreet.lifecycle.partially-filled-cancelled"

    def cancelled(self, order: Order) -> Order:
        version = super().cancelled(order)
        return replace(version, status=Status.FILLED) if order.status is Status.PARTIAL else version


class ForgetsTheLastWrite(PredictStreetVenue):
    """Reports every order that it cancels and writes all of them but the last."""

    caught_by = "predictstreet.lifecycle.read-back"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        return super().cancelled_versions(found, outcomes)[:-1]


class ExpiresWhatItCancels(PredictStreetVenue):
    """Ends an open order as expired where it says cancelled."""

    caught_by = "predictstreet.lifecycle.read-back"

    def cancelled(self, order: Order) -> Order:
        version = super().cancelled(order)
        return replace(version, status=Status.EXPIRED) if order.status is Status.OPEN else version


class CancelsFilledOrders(PredictStreetVenue):
    """Reports a filled order as cancelled."""

    caught_by = "predictstreet.lifecycle.filled-is-final"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason = super().objection(caller, order)
        filled = order is not None and order.status is Status.FILLED
        return None if filled and reason == ALREADY_TERMINAL else reason

    def cancelled(self, order: Order) -> Order:
        return order if order.status is Status.FILLED else super().cancelled(order)


class _DoesNotFind(PredictStreetVenue):
    """Looks for orders where those of one status are kept no longer."""

    status: Status

    def already_terminal(self, order: Order) -> str:
        return NOT_FOUND if order.status is self.status else super().already_terminal(order)


class DoesNotFindFilledOrders(_DoesNotFind):
    """Reports a filled order as not found, as the single cancel does."""

    caught_by = "predictstreet.lifecycle.filled-is-final"
    status = Status.FILLED


class DoesNotFindRejectedOrders(_DoesNotFind):
    """Reports a rejected order as not found, for it was never in the book."""

    caught_by = "predictstreet.lifecycle.rejected-is-final"
    status = Status.REJECTED


class DoesNotFindExpiredOrders(_DoesNotFind):
    """Reports an expired order as not found."""

    caught_by = "predictstreet.lifecycle.expired-is-final"
    status = Status.EXPIRED


class CallsExpiredOrdersCancelled(PredictStreetVenue):
    """Reports an expired order as cancelled by this very request."""

    caught_by = "predictstreet.lifecycle.expired-is-final"

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason = super().objection(caller, order)
        expired = order is not None and order.status is Status.EXPIRED
        return None if expired and reason == ALREADY_TERMINAL else reason

    def cancelled(self, order: Order) -> Order:
        return order if order.status is Status.EXPIRED else super().cancelled(order)


class _KnowsItsOwnCancels(PredictStreetVenue):
    """Remembers which orders its batches have cancelled, and how often each was named since."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.named_since: dict[str, int] = {}

    def cancelled(self, order: Order) -> Order:
        self.named_since[order.id] = 0
        return super().cancelled(order)

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        if order is not None and self.owns(caller, order) and order.id in self.named_since:
            self.named_since[order.id] += 1
        return super().objection(caller, order)


class DoesNotFindOrdersCancelledBefore(_KnowsItsOwnCancels):
    """Reports an order that was cancelled otherwise than by a batch as not found."""

    caught_by = "predictstreet.lifecycle.cancelled-is-final"

    def already_terminal(self, order: Order) -> str:
        elsewhere = order.status is Status.CANCELLED and order.id not in self.named_since
        return NOT_FOUND if elsewhere else super().already_terminal(order)


class _CancelsAgain(_KnowsItsOwnCancels):
    """Reports orders that are cancelled already as cancelled once more, and leaves them as they are."""

    def again(self, order: Order) -> bool:
        """Whether this cancelled order is one of those."""
        raise NotImplementedError

    def objection(self, caller: Caller, order: Order | None) -> str | None:
        reason = super().objection(caller, order)
        if order is None or reason != ALREADY_TERMINAL or order.status is not Status.CANCELLED:
            return reason
        return None if self.again(order) else reason

    def cancelled(self, order: Order) -> Order:
        return order if order.status is Status.CANCELLED else super().cancelled(order)


class CancelsOrdersCancelledBefore(_CancelsAgain):
    """Reports an order that was cancelled otherwise than by a batch as cancelled."""

    caught_by = "predictstreet.lifecycle.cancelled-is-final"

    def again(self, order: Order) -> bool:
        return order.id not in self.named_since


class ReportsACancelOnceMore(_CancelsAgain):
    """Reports an order as cancelled also to the batch that is sent again."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def again(self, order: Order) -> bool:
        return order.id in self.named_since


class ReportsEveryThirdTry(_CancelsAgain):
    """Reports an order as cancelled again when its batch is sent for the third time."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def again(self, order: Order) -> bool:
        return self.named_since.get(order.id) == 2


class ForgetsWhatItCancelled(_KnowsItsOwnCancels):
    """Does not find an order any more that one of its batches has cancelled."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def already_terminal(self, order: Order) -> str:
        return NOT_FOUND if order.id in self.named_since else super().already_terminal(order)


class ForgetsOldCancels(PredictStreetVenue):
    """Does not find an order any more that it cancelled more than a minute ago."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._cancelled_at: dict[str, float] = {}

    def cancelled(self, order: Order) -> Order:
        self._cancelled_at[order.id] = self.clock.retention()
        return super().cancelled(order)

    def already_terminal(self, order: Order) -> str:
        age = self.clock.retention() - self._cancelled_at.get(order.id, self.clock.retention())
        return NOT_FOUND if age > 60 else super().already_terminal(order)


class OverwritesEveryEnd(PredictStreetVenue):
    """Reports a terminal order as such and sets its status to cancelled all the same."""

    caught_by = "predictstreet.lifecycle.terminal-unchanged"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        ended = [found[order_id] for order_id, reason in outcomes.items() if reason == ALREADY_TERMINAL]
        return super().cancelled_versions(found, outcomes) + [self.cancelled(order) for order in ended]


class ReopensExpiredOrders(PredictStreetVenue):
    """Reports an expired order as terminal and opens it again."""

    caught_by = "predictstreet.lifecycle.terminal-unchanged"

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        ended = [found[order_id] for order_id, reason in outcomes.items() if reason == ALREADY_TERMINAL]
        expired = [replace(order, status=Status.OPEN) for order in ended if order.status is Status.EXPIRED]
        return super().cancelled_versions(found, outcomes) + expired


class CancelsTheWholeMarket(PredictStreetVenue):
    """Cancels with the orders that a batch names the wallet's other open orders in their market."""

    caught_by = "predictstreet.isolation.unnamed-untouched"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        if None not in outcomes.values():
            return outcomes
        async with self.store.transaction() as transaction:
            await transaction.lock(caller.wallet)
            others = [order for order in await transaction.open_orders(caller.wallet) if order.id not in outcomes]
            await transaction.write([self.cancelled(order) for order in others])
        return outcomes


class CancelsTheOldestInTheirPlace(PredictStreetVenue):
    """Falls back on the wallet's oldest open order when a batch of one names none that is open."""

    caught_by = "predictstreet.isolation.unnamed-untouched"

    def falls_back(self, outcomes: Outcomes) -> bool:
        """Whether these outcomes make it cancel one more."""
        return len(outcomes) == 1 and None not in outcomes.values()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        if not self.falls_back(outcomes):
            return outcomes
        async with self.store.transaction() as transaction:
            await transaction.lock(caller.wallet)
            oldest = (await transaction.open_orders(caller.wallet))[:1]
            await transaction.write([self.cancelled(order) for order in oldest if order.id not in outcomes])
        return outcomes


class CancelsTheOldestForAnUnknownOne(CancelsTheOldestInTheirPlace):
    """Cancels the wallet's oldest open order as well when a batch that cancels one names one that is unknown."""

    caught_by = "predictstreet.isolation.unnamed-untouched"

    def falls_back(self, outcomes: Outcomes) -> bool:
        return {None, NOT_FOUND} <= set(outcomes.values())
