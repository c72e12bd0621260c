"""Faults in how a refusal for the rate looks (docs: auth/rate-limits)."""

from __future__ import annotations

from dataclasses import replace
from email.utils import formatdate

from ...http import Headers
from ..base import Refusal
from ..rate_limit import Budget, BudgetLevel
from ..venue import PredictStreetVenue


class _RefusesOtherwise(PredictStreetVenue):
    """Refuses for the rate with another status."""

    status: int

    def over_limit(self, allowance: BudgetLevel) -> Refusal:
        refusal = super().over_limit(allowance)
        refusal.status = self.status
        return refusal


class RefusesForTheRateWith503(_RefusesOtherwise):
    """Refuses for the rate as if the exchange were down."""

    caught_by = "predictstreet.rate-limit.status-429"
    status = 503


class RefusesForTheRateWith403(_RefusesOtherwise):
    """Refuses for the rate as if the wallet were banned."""

    caught_by = "predictstreet.rate-limit.status-429"
    status = 403


class _HeadersOtherwise(PredictStreetVenue):
    """Sends one header of a 429 with another value, or not at all."""

    header: str
    value: str | None

    def over_limit(self, allowance: BudgetLevel) -> Refusal:
        refusal = super().over_limit(allowance)
        headers: Headers = tuple(pair for pair in refusal.headers if pair[0] != self.header)
        refusal.headers = headers if self.value is None else (*headers, (self.header, self.value))
        return refusal


class LeavesRetryAfterOut(_HeadersOtherwise):
    """Does not say when to try again."""

    caught_by = "predictstreet.rate-limit.retry-after"
    header = "retry-after"
    value = None


class SaysToTryAgainAtOnce(_HeadersOtherwise):
    """Rounds the time to wait down to no seconds."""

    caught_by = "predictstreet.rate-limit.retry-after"
    header = "retry-after"
    value = "0"


class SaysWhenToTryAgainInFractions(_HeadersOtherwise):
    """Gives the time to wait as a fraction of a second."""

    caught_by = "predictstreet.rate-limit.retry-after"
    header = "retry-after"
    value = "0.2"


class LeavesTheBudgetOut(_HeadersOtherwise):
    """Does not say how large the budget is that a wallet has exceeded."""

    caught_by = "predictstreet.rate-limit.headers"
    header = "x-ratelimit-limit"
    value = None


class SaysTheResetAsADate(_HeadersOtherwise):
    """Gives the moment at which the budget is full again as a date."""

    caught_by = "predictstreet.rate-limit.headers"
    header = "x-ratelimit-reset"
    value = formatdate(1_900_000_000, usegmt=True)


class SaysWhenInMilliseconds(_HeadersOtherwise):
    """Gives the time to wait in milliseconds."""

    caught_by = "predictstreet.rate-limit.retry-after"
    header = "retry-after"
    value = "200"


class ForgetsWhatItCharges(PredictStreetVenue):
    """Charges what it refuses five times over, and says how long to wait as if it did not."""

    caught_by = "predictstreet.rate-limit.retry-after"

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        allowance = super().spend(owner, budget)
        if allowance.wait_seconds > 0:
            self.buckets[owner, budget.name].tokens -= 5
            allowance = replace(allowance, remaining=0, wait_seconds=1 / budget.per_second)
        return allowance


class SaysTheResetInMilliseconds(_HeadersOtherwise):
    """Gives the moment at which the budget is full again in milliseconds."""

    caught_by = "predictstreet.rate-limit.headers"
    header = "x-ratelimit-reset"
    value = "1900000000000"
