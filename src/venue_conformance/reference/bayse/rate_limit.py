"""What a caller may spend: a token bucket per API key (the page, closing note; docs.bayse.markets/rate-limits).

The documentation names a rate, 20 tokens a second for writes and 30 for reads, but no burst, and a batch of one
hundred ids costs one hundred tokens at once. With a bucket of 20 such a batch could never pass although the page
allows it. This venue resolves the contradiction with a bucket that holds 100: any permitted batch passes when the
caller has rested, and over time nobody gets more than the documented rate.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Unpack

from ..venue import VenueOptions
from .base import Refusal
from .idempotency import IdempotentRequests
from .orders import Account

CAPACITY = 100.0
WRITES_PER_SECOND = 20.0
READS_PER_SECOND = 30.0


@dataclass(slots=True)
class Bucket:
    """Tokens that are there, as of a moment of the retention clock."""

    tokens: float
    as_of: float


class RateLimiter(IdempotentRequests):
    """Charges callers for what they ask; reads and writes have budgets of their own."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.buckets: dict[tuple[str, str], Bucket] = {}

    async def charge(self, account: Account, tokens: int, purpose: str = "write") -> None:
        """Take tokens from the caller's budget. Raises `Refusal` (429), taking none, when there are too few."""
        if not self.rate_limited:
            return
        missing_seconds = self.spend(self.budget_owner(account), tokens, purpose)
        if missing_seconds > 0:
            raise self.over_limit(missing_seconds)

    def budget_owner(self, account: Account) -> str:
        """Whose budget a request comes out of: the API key's."""
        return account.public_key

    def spend(self, owner: str, tokens: int, purpose: str) -> float:
        """Take the tokens if they are there; else say in how many seconds they will be."""
        rate = WRITES_PER_SECOND if purpose == "write" else READS_PER_SECOND
        now = self.clock.retention()
        bucket = self.buckets.setdefault((owner, purpose), Bucket(CAPACITY, now))
        bucket.tokens = min(CAPACITY, bucket.tokens + (now - bucket.as_of) * rate)
        bucket.as_of = now
        if tokens > bucket.tokens:
            return (tokens - bucket.tokens) / rate
        bucket.tokens -= tokens
        return 0.0

    def over_limit(self, missing_seconds: float) -> Refusal:
        """The refusal of a caller who has to wait."""
        wait = max(1, math.ceil(missing_seconds))
        message = "Rate limit exceeded. Please try again later."
        return Refusal(429, "rate_limit", message, (("retry-after", str(wait)),))
