"""Faults in one batch being one transaction. Those that leave out the lock or the one COMMIT do so on either store."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextvars import ContextVar
from typing import Unpack

from ...faults import Failure
from ...http import Request, Response
from ..base import PredictStreetOptions
from ..orders import Caller, Order
from ..outcomes import ALREADY_TERMINAL, NOT_FOUND, Outcomes
from ..venue import PredictStreetVenue

_SPELLED: ContextVar[str] = ContextVar("the wallet of the request being answered, as it is spelled there")
_STATEMENT_SECONDS = 2.0
_ASIDE_SECONDS = 0.02
"""What a look at the balances between read and write takes, say."""


class CommitsEachId(PredictStreetVenue):
    """Cancels each id of a batch in a transaction of its own."""

    caught_by = "predictstreet.atomicity.no-partial-view"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes: Outcomes = {}
        for order_id in order_ids:
            outcomes.update(await super().run_batch(caller, [order_id]))
            await self.clock.sleep(0.001)  # a disk takes as long to keep a COMMIT
        return outcomes


class CommitsSlicesOfTen(PredictStreetVenue):
    """Lets the batches of a wallet wait for each other, and commits each of them in slices of ten ids."""

    caught_by = "predictstreet.atomicity.no-partial-view"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._queues: dict[str, asyncio.Lock] = {}

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes: Outcomes = {}
        async with self._queues.setdefault(caller.wallet, asyncio.Lock()):
            for start in range(0, len(order_ids), 10):
                outcomes.update(await super().run_batch(caller, order_ids[start : start + 10]))
                await self.clock.sleep(_ASIDE_SECONDS)
        return outcomes


class RefreshesReadsOneByOne(PredictStreetVenue):
    """Commits a batch at once and then brings what readers see up to date order by order."""

    caught_by = "predictstreet.atomicity.no-partial-view"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._cached: dict[str, Order] = {}

    def visible(self, order: Order) -> Order:
        return self._cached.get(order.id, order)

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        versions = super().cancelled_versions(found, outcomes)
        self._cached.update((order.id, found[order.id]) for order in versions)
        return versions

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        for order_id, reason in outcomes.items():
            if reason is None:
                await self.clock.sleep(0.001)
                self._cached.pop(order_id, None)
        return outcomes


class AnswersBeforeItCommits(PredictStreetVenue):
    """Answers what it is going to do and does it a quarter of a second later."""

    caught_by = "predictstreet.atomicity.committed-before-answer"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._pending: set[asyncio.Task[None]] = set()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        found = await self.store.find(order_ids)
        outcomes = self.decide(caller, order_ids, found)
        commit = asyncio.create_task(self._commit(caller, self.cancelled_versions(found, outcomes)))
        self._pending.add(commit)
        commit.add_done_callback(self._pending.discard)
        return outcomes

    async def _commit(self, caller: Caller, versions: Sequence[Order]) -> None:
        await self.clock.sleep(0.25)
        async with self.store.transaction() as transaction:
            await transaction.lock(caller.wallet)
            await transaction.write(versions)


class DecidesByAStaleCopy(PredictStreetVenue):
    """Decides by a copy of the orders that lags behind its own commits by a quarter of a second."""

    caught_by = "predictstreet.atomicity.committed-before-answer"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._before: dict[str, tuple[float, Order]] = {}

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        return super().decide(caller, order_ids, {key: self._copy_of(order) for key, order in found.items()})

    def cancelled_versions(self, found: Mapping[str, Order], outcomes: Outcomes) -> list[Order]:
        versions = super().cancelled_versions(found, outcomes)
        for order in versions:
            self._before.setdefault(order.id, (self.clock.monotonic(), found[order.id]))
        return versions

    def _copy_of(self, order: Order) -> Order:
        since, before = self._before.get(order.id, (0.0, order))
        return before if self.clock.monotonic() - since < 0.25 else order


class DecidesWithoutLock(PredictStreetVenue):
    """Reads the orders, decides and writes in one transaction, but locks nothing meanwhile."""

    caught_by = "predictstreet.atomicity.cancelled-once"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        async with self.store.transaction() as transaction:
            found = await transaction.read(order_ids)
            await self.clock.sleep(_ASIDE_SECONDS)
            outcomes = self.decide(caller, order_ids, found)
            await transaction.write(self.cancelled_versions(found, outcomes))
        await self.notify_matcher(outcomes)
        return outcomes


class ReadsBeforeItLocks(PredictStreetVenue):
    """Takes the lock, but decides by what it read before."""

    caught_by = "predictstreet.atomicity.cancelled-once"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        async with self.store.transaction() as transaction:
            found = await transaction.read(order_ids)
            await self.clock.sleep(_ASIDE_SECONDS)
            await transaction.lock(caller.wallet)
            outcomes = self.decide(caller, order_ids, found)
            await transaction.write(self.cancelled_versions(found, outcomes))
        await self.notify_matcher(outcomes)
        return outcomes


class LocksTheKeyInPlaceOfTheWallet(PredictStreetVenue):
    """Lets the batches of one key wait for each other, and those of two keys of one wallet run side by side."""

    caught_by = "predictstreet.atomicity.cancelled-once"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        async with self.store.transaction() as transaction:
            await transaction.lock(caller.account.key_id)
            found = await transaction.read(order_ids)
            await self.clock.sleep(_ASIDE_SECONDS)
            outcomes = self.decide(caller, order_ids, found)
            await transaction.write(self.cancelled_versions(found, outcomes))
        await self.notify_matcher(outcomes)
        return outcomes


class LocksTheWalletAsItIsSpelled(PredictStreetVenue):
    """Lets the batches of a wallet wait for each other only when they spell it alike."""

    caught_by = "predictstreet.atomicity.cancelled-once"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        _SPELLED.set(request.header("x-user-wallet") or caller.wallet)
        return await super().carry_out(caller, request)

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        async with self.store.transaction() as transaction:
            await transaction.lock(_SPELLED.get())
            found = await transaction.read(order_ids)
            await self.clock.sleep(_ASIDE_SECONDS)
            outcomes = self.decide(caller, order_ids, found)
            await transaction.write(self.cancelled_versions(found, outcomes))
        await self.notify_matcher(outcomes)
        return outcomes


class SkipsLockedOrders(PredictStreetVenue):
    """Passes over orders that another batch has locked, and does not find them."""

    caught_by = "predictstreet.atomicity.serial"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._locked: set[str] = set()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        free = [order_id for order_id in order_ids if order_id not in self._locked]
        self._locked.update(free)
        try:
            await self.clock.sleep(_ASIDE_SECONDS)
            outcomes = await super().run_batch(caller, free)
        finally:
            self._locked.difference_update(free)
        return {order_id: outcomes.get(order_id, NOT_FOUND) for order_id in order_ids}


class ClaimsOrdersOneByOne(PredictStreetVenue):
    """Claims the orders of a batch one by one, calls those terminal that another batch claimed, commits the rest."""

    caught_by = "predictstreet.atomicity.serial"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._claimed: set[str] = set()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        found = await self.store.find(order_ids)
        own = {key for key, order in found.items() if self.owns(caller, order) and self.is_cancellable(order)}
        skipped: set[str] = set()
        claimed: set[str] = set()
        try:
            for order_id in order_ids:
                await self.clock.sleep(0.001)
                if order_id in own:
                    (skipped if order_id in self._claimed else claimed).add(order_id)
                    self._claimed.add(order_id)
            kept = [order_id for order_id in order_ids if order_id not in skipped]
            outcomes = await super().run_batch(caller, kept)
        finally:
            self._claimed -= claimed
        return {key: outcomes.get(key, ALREADY_TERMINAL) for key in order_ids}


class FailsHalfWay(PredictStreetVenue):
    """Has committed the first half of a batch when it fails."""

    caught_by = "predictstreet.atomicity.failed-batch"

    async def fail_before_commit(self, caller: Caller, order_ids: Sequence[str]) -> None:
        distinct = self.distinct(order_ids)
        await self.run_batch(caller, distinct[: (len(distinct) + 1) // 2])


class TakesATripPerId(PredictStreetVenue):
    """Makes a trip of 20 milliseconds to another service for each id of a batch."""

    caught_by = "predictstreet.latency.bounded"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        for _ in order_ids:
            await self.clock.sleep(0.02)
        return await super().run_batch(caller, order_ids)


class TakesAShortTripPerId(PredictStreetVenue):
    """Makes a trip of 8 milliseconds to the database for each id of a batch."""

    caught_by = "predictstreet.latency.bounded"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        for _ in order_ids:
            await self.clock.sleep(0.008)
        return await super().run_batch(caller, order_ids)


class TakesATripPerIdBehindASlowGateway(TakesAShortTripPerId):
    """Makes a trip of 8 milliseconds for each id of a batch, behind a gateway that takes 100 for any batch."""

    caught_by = "predictstreet.latency.bounded"

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        await self.clock.sleep(0.1)
        return await super().run_batch(caller, order_ids)


class WaitsForTheMatcher(PredictStreetVenue):
    """Tells the matcher of each cancelled order, and waits for its word, before it answers."""

    caught_by = "predictstreet.latency.bounded"

    async def notify_matcher(self, outcomes: Outcomes) -> None:
        for order_id, reason in outcomes.items():
            if reason is None:
                await self.matcher.deliver([order_id])
                await self.clock.sleep(0.02)


class TellsAgainWhatWasNotAnswered(PredictStreetVenue):
    """Reports orders as cancelled once more when the answer that should have told so was a failure."""

    caught_by = "predictstreet.lifecycle.re-cancel"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._latest: list[str] = []
        self._unreported: set[str] = set()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        self._latest = [order_id for order_id, reason in outcomes.items() if reason is None]
        return outcomes

    def injected(self, failure: Failure) -> Response:
        if failure.after_commit:
            self._unreported.update(self._latest)
        return super().injected(failure)

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        notified: Outcomes = {order_id: None for order_id in outcomes if order_id in self._unreported}
        self._unreported -= notified.keys()
        return super().success(order_ids, {**outcomes, **notified})


class CommitsWhatItCouldInTime(PredictStreetVenue):
    """Commits half of a batch that takes longer than its database allows, and answers 503 for the rest."""

    caught_by = "predictstreet.atomicity.failed-batch"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        held = self.faults.take_hold(caller.wallet)
        if held <= _STATEMENT_SECONDS:
            if held > 0:
                self.faults.arm_holds(caller.wallet, held, 1)
            return await super().carry_out(caller, request)
        await self.clock.sleep(held)
        order_ids = self.distinct(self.read_order_ids(request))
        await self.run_batch(caller, order_ids[: len(order_ids) // 2])
        return self.refuse(self.failure(503, "Canceling statement due to statement timeout"))


class FailsWhileTheWalletIsLocked(PredictStreetVenue):
    """Answers 500 to a batch that finds its wallet locked by another, instead of waiting for that one's end."""

    caught_by = "predictstreet.atomicity.serial"

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._locked: set[str] = set()

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        if caller.wallet in self._locked:
            raise self.failure(500, "Lock not available")
        self._locked.add(caller.wallet)
        try:
            await self.clock.sleep(_ASIDE_SECONDS)
            return await super().run_batch(caller, order_ids)
        finally:
            self._locked.discard(caller.wallet)
