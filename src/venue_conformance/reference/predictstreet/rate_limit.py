"""What a wallet may send: one budget per wallet and kind of request (the page, description; docs: auth/rate-limits).

The page names a rate, 5 a second, and no window. This venue keeps a token bucket that holds one second's worth:
a wallet that has rested may send 5 requests at once, and one that is evenly paced below 5 a second never finds its
bucket empty. A request that is refused for the rate takes nothing out, so silence for 200 ms is worth one request. All
that are let in are charged, whatever becomes of them; those refused for their key are not, as no wallet is known.
The documented budgets per IP address are left out: they would make one test pay for another.
"""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Unpack

from ..http import Headers, Request, Response
from .base import PredictStreetOptions, Refusal
from .orders import WRITE_ORDERS, Caller
from .verify import KeyedRequests

Work = Callable[[Caller], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of one kind of request a wallet may send: so many a second, so many at once after a rest."""

    name: str
    per_second: float
    capacity: int


CANCEL_BATCH = Budget("cancel-batch", 5.0, 5)
CANCEL = Budget("cancel", 20.0, 20)
CANCEL_ALL = Budget("cancel-all", 1.0, 1)
PLACE = Budget("place", 20.0, 20)
READ = Budget("read", 5.0, 300)


@dataclass(frozen=True, slots=True)
class BudgetLevel:
    """How a budget stands after a request: whether it was let in, what is left, and in how many seconds it is full."""

    limit: int
    remaining: int
    full_in_seconds: float
    wait_seconds: float = 0.0
    """How long to wait before the next request is let in; 0.0 for one that was."""


@dataclass(slots=True)
class Bucket:
    """Tokens that are there, as of a moment of the retention clock."""

    tokens: float
    as_of: float


class RateLimiter(KeyedRequests):
    """Lets requests in: known caller, right scope, budget not spent."""

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.buckets: dict[tuple[str, str], Bucket] = {}

    async def admit(self, request: Request, budget: Budget, work: Work, scope: str | None = WRITE_ORDERS) -> Response:
        """Answer a request with what `work` makes of it, once its caller is known and has paid for it."""
        caller = await self.authenticate(request)
        if scope is not None:
            self.check_scope(caller, scope)
        allowance = self.charge(self.budget_owner(caller, request), budget)
        try:
            response = await work(caller)
        except Refusal as refusal:
            response = self.refuse(refusal)
        return self.with_allowance(response, allowance)

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        """Take one request out of the owner's budget. Raises `Refusal` (429) when it is spent.

        The answer is None where nobody is held to a budget.
        """
        if not self.rate_limited:
            return None
        allowance = self.spend(owner, budget)
        if allowance.wait_seconds > 0:
            raise self.over_limit(allowance)
        return allowance

    def budget_owner(self, caller: Caller, request: Request) -> str:
        """Whose budget a request comes out of: the acting wallet's, in its one spelling, whatever the key."""
        return caller.wallet

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        """Take one token if there is one; else say in how many seconds there will be."""
        now = self.clock.retention()
        bucket = self.buckets.setdefault((owner, budget.name), Bucket(budget.capacity, now))
        bucket.tokens = min(budget.capacity, bucket.tokens + (now - bucket.as_of) * budget.per_second)
        bucket.as_of = now
        wait_seconds = 0.0
        if bucket.tokens >= 1:
            bucket.tokens -= 1
        else:
            wait_seconds = (1 - bucket.tokens) / budget.per_second
        full_in_seconds = (budget.capacity - bucket.tokens) / budget.per_second
        return BudgetLevel(budget.capacity, math.floor(bucket.tokens), full_in_seconds, wait_seconds)

    def over_limit(self, allowance: BudgetLevel) -> Refusal:
        """The refusal of a wallet that has to wait. Neither code nor body of a 429 is documented."""
        headers = (("retry-after", str(self.retry_after(allowance))), *self.rate_headers(allowance))
        return Refusal(429, "rate_limited", "Too many requests for this wallet", headers)

    def retry_after(self, allowance: BudgetLevel) -> int:
        """Whole seconds to wait before the next try, at least 1."""
        return max(1, math.ceil(allowance.wait_seconds))

    def with_allowance(self, response: Response, allowance: BudgetLevel | None) -> Response:
        """An answer other than a 429, with how the budget stands."""
        for name, value in self.rate_headers(allowance) if allowance is not None else ():
            response = response.with_header(name, value)
        return response

    def rate_headers(self, allowance: BudgetLevel) -> Headers:
        """How the budget stands; the reset is in seconds since 1970."""
        reset = math.ceil(self.clock.seconds() + allowance.full_in_seconds)
        return (
            ("x-ratelimit-limit", str(allowance.limit)),
            ("x-ratelimit-remaining", str(allowance.remaining)),
            ("x-ratelimit-reset", str(reset)),
        )
