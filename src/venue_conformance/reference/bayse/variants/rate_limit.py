"""Freedoms in how callers are limited: a rate is documented, neither a burst nor a shape."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account
from ..rate_limit import CAPACITY, WRITES_PER_SECOND, Bucket
from ..venue import BayseVenue


class LimitsNobody(BayseVenue):
    """A deployment may hold nobody to a limit."""

    concerns = ("bayse.rate-limit.enforced", "bayse.rate-limit.one-token-per-id", "bayse.rate-limit.every-id-charged")

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.rate_limited = False


class RefusesForwardedAddresses(BayseVenue):
    """Sits behind a gateway that lets no client say in headers or a query where it comes from."""

    concerns = ("bayse.rate-limit.status-429",)

    async def answer(self, request: Request) -> Response:
        if any(request.header(name) for name in ("x-forwarded-for", "forwarded", "x-real-ip")) or request.query:
            return Response(403, b"")
        return await super().answer(request)


class CountsInWindows(BayseVenue):
    """The limit may be one hundred tokens in each second by the clock, instead of a bucket."""

    concerns = ("bayse.rate-limit.enforced", "bayse.rate-limit.one-token-per-id")

    def spend(self, owner: str, tokens: int, purpose: str) -> float:
        now = self.clock.retention()
        window = float(int(now))
        bucket = self.buckets.setdefault((owner, purpose), Bucket(CAPACITY, window))
        if bucket.as_of != window:
            bucket.tokens, bucket.as_of = CAPACITY, window
        if tokens > bucket.tokens:
            return window + 1 - now
        bucket.tokens -= tokens
        return 0.0


class TakesLongerThanItsWindow(BayseVenue):
    """A batch may take so long that the next one finds the budget full: 100 tokens in each quarter of a second."""

    concerns = ("bayse.rate-limit.one-token-per-id", "bayse.rate-limit.every-id-charged")

    def spend(self, owner: str, tokens: int, purpose: str) -> float:
        now = self.clock.retention()
        window = now // 0.25
        bucket = self.buckets.setdefault((owner, purpose), Bucket(CAPACITY, window))
        if bucket.as_of != window:
            bucket.tokens, bucket.as_of = CAPACITY, window
        if tokens > bucket.tokens:
            return 0.25 * (window + 1) - now
        bucket.tokens -= tokens
        return 0.0

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        await self.clock.sleep(0.003 * len(order_ids))
        return await super().run_batch(account, order_ids)


class LimitsRequestsAtOnce(BayseVenue):
    """A gateway may refuse with 429 whoever comes while ten requests are being answered, whatever they cost."""

    concerns = (
        "bayse.rate-limit.one-token-per-id",
        "bayse.rate-limit.enforced",
        "bayse.idempotency.rate-limit-not-kept",
    )
    _inside = 0

    async def charge(self, account: Account, tokens: int, purpose: str = "write") -> None:
        """Nobody has a budget."""

    async def answer(self, request: Request) -> Response:
        if self._inside >= 10:
            return self.refuse(self.over_limit(1))
        self._inside += 1
        try:
            await self.clock.sleep(0.02)
            return await super().answer(request)
        finally:
            self._inside -= 1


class LetsCallersOwe(BayseVenue):
    """A bucket of twenty tokens may let any batch pass that finds one token in it, and be paid later."""

    concerns = ("bayse.rate-limit.enforced", "bayse.rate-limit.one-token-per-id", "bayse.limits.hundred-accepted")

    def spend(self, owner: str, tokens: int, purpose: str) -> float:
        now = self.clock.retention()
        bucket = self.buckets.setdefault((owner, purpose), Bucket(WRITES_PER_SECOND, now))
        bucket.tokens = min(WRITES_PER_SECOND, bucket.tokens + (now - bucket.as_of) * WRITES_PER_SECOND)
        bucket.as_of = now
        if bucket.tokens < 1:
            return (1 - bucket.tokens) / WRITES_PER_SECOND
        bucket.tokens -= tokens
        return 0.0


class ChargesForReplays(BayseVenue):
    """A replay may cost a token like any other request."""

    concerns = ("bayse.idempotency.replay-same-answer", "bayse.rate-limit.one-token-per-id")

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        account = self.find_account(request)
        await self.charge(account, 1)
        return await super().replay(record, stored, request, carry_out)


class LimitsBeforeItLooksAtKeys(BayseVenue):
    """Every authenticated request may cost a token, refused and replayed ones included, before its key is looked at."""

    concerns = ("bayse.rate-limit.every-id-charged", "bayse.idempotency.changed-body", "bayse.idempotency.in-flight")

    async def authenticate(self, request: Request) -> Account:
        account = await super().authenticate(request)
        await self.charge(account, 1)
        return account

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return len(order_ids) - 1
