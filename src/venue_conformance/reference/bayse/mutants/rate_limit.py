"""Faults in what a batch costs, and about what a refused one did."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from ...http import Headers, Request, Response
from ..base import Refusal
from ..orders import Account
from ..venue import BayseVenue


class ChargesOneTokenForABatch(BayseVenue):
    """Charges a batch like a single request."""

    caught_by = "bayse.rate-limit.one-token-per-id"

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return 1


class ChargesForRequestsAlone(BayseVenue):
    """Charges twenty-five tokens for a request, however many ids it has: four may come at once."""

    caught_by = "bayse.rate-limit.one-token-per-id"

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return 25


class ChargesByTheDozen(BayseVenue):
    """Charges one token for every twelve ids begun."""

    caught_by = "bayse.rate-limit.one-token-per-id"

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        return math.ceil(len(order_ids) / 12)


class GivesUnknownIdsAwayFree(BayseVenue):
    """Charges only for ids that name an order of the caller's."""

    caught_by = "bayse.rate-limit.every-id-charged"

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        orders = [self.book.get(order_id) for order_id in order_ids]
        return sum(1 for order in orders if order is not None and self.owns(account, order))


class ChargesUnknownBatchesOnce(BayseVenue):
    """Charges one token for all the unknown ids of a batch together."""

    caught_by = "bayse.rate-limit.every-id-charged"

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        known = sum(1 for order_id in order_ids if self.book.get(order_id) is not None)
        return known + (known < len(order_ids))


class CancelsWhatTheBudgetAllows(BayseVenue):
    """Refuses a batch with 429, having cancelled as many of its orders as the budget allowed, one at least."""

    caught_by = "bayse.rate-limit.refused-cancels-nothing"

    async def charge_batch(self, account: Account, order_ids: Sequence[str]) -> None:
        try:
            await super().charge_batch(account, order_ids)
        except Refusal:
            left = int(self.buckets[self.budget_owner(account), "write"].tokens)
            await self.cancel_all(account, order_ids[: max(1, left)])
            raise


class ChargesAfterTheFact(BayseVenue):
    """Cancels the whole batch, and refuses it with 429 when it comes to charging for it."""

    caught_by = "bayse.rate-limit.refused-cancels-nothing"

    async def charge_batch(self, account: Account, order_ids: Sequence[str]) -> None:
        try:
            await super().charge_batch(account, order_ids)
        except Refusal:
            await self.cancel_all(account, order_ids)
            raise


class LimitsAllCallersTogether(BayseVenue):
    """Has one budget for all callers."""

    caught_by = "bayse.rate-limit.accounts-independent"

    def budget_owner(self, account: Account) -> str:
        return "everybody"


class TellsNobodyWhenToComeBack(BayseVenue):
    """Refuses with 429 and no Retry-After."""

    caught_by = "bayse.rate-limit.retry-after"

    def over_limit(self, missing_seconds: float) -> Refusal:
        return Refusal(429, "rate_limit", "Rate limit exceeded. Please try again later.")


class SaysToComeBackAtOnce(BayseVenue):
    """Refuses with 429 and Retry-After: 0."""

    caught_by = "bayse.rate-limit.retry-after"

    def over_limit(self, missing_seconds: float) -> Refusal:
        refusal = super().over_limit(missing_seconds)
        return Refusal(refusal.status, refusal.code, refusal.message, (("retry-after", "0"),))


class PleadsOverload(BayseVenue):
    """Answers 503 to who is over the limit."""

    caught_by = "bayse.rate-limit.status-429"

    def over_limit(self, missing_seconds: float) -> Refusal:
        refusal = super().over_limit(missing_seconds)
        return Refusal(503, "service_unavailable", refusal.message, refusal.headers)


class LimitsRowByRow(BayseVenue):
    """Has each order of a batch over the limit fail in its row."""

    caught_by = "bayse.rate-limit.status-429"

    async def carry_out(self, account: Account, request: Request) -> Response:
        try:
            return await super().carry_out(account, request)
        except Refusal as refusal:
            if refusal.status != 429:
                raise
            order_ids = self.read_order_ids(request)
            error = self.row_error("RATE_LIMITED", refusal.message)
            return self.reply(200, self.batch_answer(order_ids, [self.failure_row(each, error) for each in order_ids]))


class _SaysWhenInItsOwnWay(BayseVenue):
    """Says something else in Retry-After than how many seconds to wait."""

    def over_limit(self, missing_seconds: float) -> Refusal:
        refusal = super().over_limit(missing_seconds)
        return Refusal(refusal.status, refusal.code, refusal.message, self.refusal_headers(missing_seconds))

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        return {"message": refusal.message} if refusal.status == 429 else super().envelope(refusal)

    def refusal_headers(self, missing_seconds: float) -> Headers:
        """The headers of the refusal."""
        return (("retry-after", str(max(1, math.ceil(missing_seconds)))),)


class SaysItInMilliseconds(_SaysWhenInItsOwnWay):
    """Says in milliseconds when to come back."""

    caught_by = "bayse.rate-limit.retry-after"

    def refusal_headers(self, missing_seconds: float) -> Headers:
        return (("retry-after", str(math.ceil(1000 * missing_seconds))),)


class SaysFractionsOfSeconds(_SaysWhenInItsOwnWay):
    """Says in fractions of seconds when to come back, which HTTP does not know."""

    caught_by = "bayse.rate-limit.retry-after"

    def refusal_headers(self, missing_seconds: float) -> Headers:
        return (("retry-after", f"{max(1.0, missing_seconds):.2f}"),)


class RoundsTheWaitDown(_SaysWhenInItsOwnWay):
    """Rounds the seconds to wait down, which are none where a small batch was refused."""

    caught_by = "bayse.rate-limit.retry-after"

    def refusal_headers(self, missing_seconds: float) -> Headers:
        return (("retry-after", str(math.floor(missing_seconds))),)


class SaysASecondAlways(_SaysWhenInItsOwnWay):
    """Says to wait for a second, whatever a batch costs."""

    caught_by = "bayse.rate-limit.retry-after"

    def refusal_headers(self, missing_seconds: float) -> Headers:
        return (("retry-after", "1"),)


class SaysThatMoreIsLeftThanThereIs(_SaysWhenInItsOwnWay):
    """Says beside a right Retry-After that more tokens are left than there are."""

    caught_by = "bayse.rate-limit.retry-after"

    def refusal_headers(self, missing_seconds: float) -> Headers:
        return (
            *super().refusal_headers(missing_seconds),
            ("x-ratelimit-limit", "20"),
            ("x-ratelimit-remaining", "100"),
        )
