"""Freedoms in how five requests a second are counted."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import replace
from typing import Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Caller
from ..rate_limit import CANCEL_BATCH, Bucket, Budget, BudgetLevel
from ..venue import PredictStreetVenue


class HoldsABucketOfTwenty(PredictStreetVenue):
    """Lets a rested wallet send twenty requests at once, and five a second in the long run."""

    concerns = ("predictstreet.rate-limit.burst", "predictstreet.rate-limit.enforced")

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return super().charge(owner, replace(budget, capacity=20) if budget is CANCEL_BATCH else budget)


class CountsBySecondsOfTheClock(PredictStreetVenue):
    """Lets five requests through in each second of the clock, whenever in it they come."""

    concerns: tuple[str, ...] = (
        "predictstreet.rate-limit.burst",
        "predictstreet.rate-limit.one-bucket-per-spelling",
    )

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._counted: dict[tuple[str, str], tuple[float, int]] = {}

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        seconds = 1.0 if budget.capacity <= budget.per_second else budget.capacity / budget.per_second
        now = self.clock.retention()
        window = math.floor(now / seconds)
        since, count = self._counted.get((owner, budget.name), (window, 0))
        count = count + 1 if since == window else 1
        self._counted[owner, budget.name] = (window, count)
        left = (window + 1) * seconds - now
        remaining = max(0, budget.capacity - count)
        return BudgetLevel(budget.capacity, remaining, left, left if count > budget.capacity else 0.0)


class CountsTheLastSecond(PredictStreetVenue):
    """Lets a request through when fewer than five have come through in the second before it."""

    concerns: tuple[str, ...] = (
        "predictstreet.rate-limit.burst",
        "predictstreet.rate-limit.below-never-refused",
    )

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._let_in: dict[tuple[str, str], deque[float]] = {}

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        seconds = budget.capacity / budget.per_second
        now = self.clock.retention()
        let_in = self._let_in.setdefault((owner, budget.name), deque())
        while let_in and now - let_in[0] >= seconds:
            let_in.popleft()
        if len(let_in) >= budget.capacity:
            wait = let_in[0] + seconds - now
            return BudgetLevel(budget.capacity, 0, wait, max(wait, 1e-6))
        let_in.append(now)
        return BudgetLevel(budget.capacity, budget.capacity - len(let_in), let_in[0] + seconds - now)


class ChargesRefusedRequests(PredictStreetVenue):
    """Charges also what it refuses for the rate, so that a wallet has to be silent until all is paid."""

    concerns = ("predictstreet.rate-limit.recovers", "predictstreet.rate-limit.refused-count")

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        allowance = super().spend(owner, budget)
        if allowance.wait_seconds == 0:
            return allowance
        bucket: Bucket = self.buckets[owner, budget.name]
        bucket.tokens -= 1
        return replace(allowance, remaining=0, wait_seconds=(1 - bucket.tokens) / budget.per_second)


class DoesNotChargeInvalidBodies(PredictStreetVenue):
    """Gives a request back to the budget that was refused for its body."""

    concerns = ("predictstreet.rate-limit.refused-count",)

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        try:
            return await super().carry_out(caller, request)
        except Refusal:
            bucket = self.buckets.get((caller.wallet, CANCEL_BATCH.name))
            if bucket is not None:
                bucket.tokens = min(CANCEL_BATCH.capacity, bucket.tokens + 1)
            raise


class SaysToWaitLonger(PredictStreetVenue):
    """Says in Retry-After to wait four seconds longer than need be."""

    concerns = ("predictstreet.rate-limit.retry-after", "predictstreet.rate-limit.recovers")

    def retry_after(self, allowance: BudgetLevel) -> int:
        return super().retry_after(allowance) + 4


class HasABudgetForEachAddressAsWell(PredictStreetVenue):
    """Lets all wallets together send 120 batches a minute from one address, besides what each of them may."""

    concerns = (
        "predictstreet.rate-limit.recovers",
        "predictstreet.rate-limit.accounts-independent",
        "predictstreet.rate-limit.other-wallets-same-key",
    )
    most = 120

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._since, self._left = self.clock.retention(), self.most

    async def cancel_batch(self, request: Request) -> Response:
        now = self.clock.retention()
        if now - self._since >= 60:
            self._since, self._left = now, self.most
        self._left -= 1
        if self.rate_limited and self._left < 0:
            wait = 60 - (now - self._since)
            raise self.over_limit(BudgetLevel(self.most, 0, wait, wait))
        return await super().cancel_batch(request)


class GivesUpOnAThirdAtOnce(PredictStreetVenue):
    """Sits behind a gateway that answers a third request at once with 504, although the venue carries it out."""

    concerns = ("predictstreet.rate-limit.refused-cancels-nothing", "predictstreet.rate-limit.status-429")
    _inside = 0

    async def answer(self, request: Request) -> Response:
        given_up = self._inside >= 2
        self._inside += 1
        try:
            response = await super().answer(request)
            await self.clock.sleep(0.05)
        finally:
            self._inside -= 1
        return Response(504, b"") if given_up and response.status == 200 else response


class RefusesForTheRateWithoutBody(PredictStreetVenue):
    """Sends a 429 with its headers and no body."""

    concerns = ("predictstreet.rate-limit.body", "predictstreet.rate-limit.status-429")

    def refuse(self, refusal: Refusal) -> Response:
        if refusal.status == 429:
            return Response(429, b"", refusal.headers)
        return super().refuse(refusal)


class AllowsThreeHundredAtOnce(PredictStreetVenue):
    """Keeps five a second over a minute: a rested wallet may send three hundred requests at once."""

    concerns = (
        "predictstreet.rate-limit.burst",
        "predictstreet.rate-limit.enforced",
        "predictstreet.rate-limit.sustained",
        "predictstreet.rate-limit.refused-cancels-nothing",
        "predictstreet.rate-limit.status-429",
        "predictstreet.rate-limit.one-bucket-per-spelling",
        "predictstreet.rate-limit.one-bucket-over-keys",
        "predictstreet.rate-limit.declared-wallet-ignored",
        "predictstreet.rate-limit.accounts-independent",
        "predictstreet.rate-limit.other-wallets-same-key",
        "predictstreet.rate-limit.recovers",
    )

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return super().charge(owner, replace(budget, capacity=300) if budget is CANCEL_BATCH else budget)


class CountsByMinutesOfTheClock(CountsBySecondsOfTheClock):
    """Lets three hundred requests through in each minute of the clock, whenever in it they come."""

    concerns = AllowsThreeHundredAtOnce.concerns

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return super().charge(owner, replace(budget, capacity=300) if budget is CANCEL_BATCH else budget)


class CountsTheLastMinute(CountsTheLastSecond):
    """Lets a request through when fewer than three hundred have come through in the minute before it."""

    concerns = AllowsThreeHundredAtOnce.concerns

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return super().charge(owner, replace(budget, capacity=300) if budget is CANCEL_BATCH else budget)


class RefusesForwardedAddresses(PredictStreetVenue):
    """Sits behind a gateway that lets no client say in headers or a query where it comes from."""

    concerns = ("predictstreet.rate-limit.sustained",)

    async def answer(self, request: Request) -> Response:
        if any(request.header(name) for name in ("x-forwarded-for", "forwarded", "x-real-ip")) or request.query:
            return Response(403, b"")
        return await super().answer(request)
