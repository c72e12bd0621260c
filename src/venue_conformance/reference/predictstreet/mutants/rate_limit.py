"""Faults in the rate: what it is and whose it is."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import replace
from typing import Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Caller, PartnerKind
from ..rate_limit import CANCEL_BATCH, Budget, BudgetLevel
from ..venue import PredictStreetVenue


class _BudgetsOtherwise(PredictStreetVenue):
    """Grants another budget for batches."""

    batch_budget: Budget

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return super().charge(owner, self.batch_budget if budget is CANCEL_BATCH else budget)


class AllowsFiftyASecond(_BudgetsOtherwise):
    """Refuses nobody who sends fewer than fifty batches a second."""

    caught_by = "predictstreet.rate-limit.sustained"
    batch_budget = replace(CANCEL_BATCH, per_second=50.0, capacity=50)


class LimitsNobody(PredictStreetVenue):
    """Holds nobody to a budget for batches."""

    caught_by = "predictstreet.rate-limit.enforced"

    def charge(self, owner: str, budget: Budget) -> BudgetLevel | None:
        return None if budget is CANCEL_BATCH else super().charge(owner, budget)


class AllowsAThousandAtOnce(_BudgetsOtherwise):
    """Keeps five a second over so long a time that a rested wallet may send a thousand batches at once."""

    caught_by = "predictstreet.rate-limit.enforced"
    batch_budget = replace(CANCEL_BATCH, capacity=1000)


class RefillsTwentyASecond(_BudgetsOtherwise):
    """Lets five batches through at once and then twenty a second."""

    caught_by = "predictstreet.rate-limit.sustained"
    batch_budget = replace(CANCEL_BATCH, per_second=20.0)


class RefillsFiftyASecondFarAway(_BudgetsOtherwise):
    """Lets fifteen batches through at once and then fifty a second, and is 300 milliseconds away."""

    caught_by = "predictstreet.rate-limit.sustained"
    batch_budget = replace(CANCEL_BATCH, per_second=50.0, capacity=15)

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        await self.clock.sleep(0.3)
        return response


class ForgetsWhatItCountedOnARefusal(PredictStreetVenue):
    """Starts to count afresh whenever it has refused a wallet once."""

    caught_by = "predictstreet.rate-limit.sustained"

    def spend(self, owner: str, budget: Budget) -> BudgetLevel:
        allowance = super().spend(owner, budget)
        if allowance.wait_seconds > 0:
            del self.buckets[owner, budget.name]
        return allowance


class RefillsTwoASecond(_BudgetsOtherwise):
    """Lets five batches through at once and then two a second."""

    caught_by = "predictstreet.rate-limit.below-never-refused"
    batch_budget = replace(CANCEL_BATCH, per_second=2.0)


class KeepsRequestsApart(_BudgetsOtherwise):
    """Wants 300 milliseconds between two batches of a wallet."""

    caught_by = "predictstreet.rate-limit.below-never-refused"
    batch_budget = replace(CANCEL_BATCH, per_second=1 / 0.3, capacity=1)


class AllowsSixtyAMinute(_BudgetsOtherwise):
    """Counts by the minute: ten batches at once, sixty in a minute."""

    caught_by = "predictstreet.rate-limit.below-never-refused"
    batch_budget = replace(CANCEL_BATCH, per_second=1.0, capacity=10)


class ChargesTwentyIdsAsARequest(PredictStreetVenue):
    """Charges a batch for every twenty ids that it has."""

    caught_by = "predictstreet.rate-limit.counts-requests"

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        bucket = self.buckets.get((caller.wallet, CANCEL_BATCH.name))
        surcharge = max(0.0, len(self.read_order_ids(request)) / 20 - 1)
        if bucket is not None:
            if bucket.tokens < surcharge:
                raise Refusal(429, "rate_limited", "Too many ids for this wallet", (("retry-after", "1"),))
            bucket.tokens -= surcharge
        return await super().carry_out(caller, request)


class CancelsWhatItRefusesForTheRate(PredictStreetVenue):
    """Answers 429 to a batch too many and carries it out nevertheless."""

    caught_by = "predictstreet.rate-limit.refused-cancels-nothing"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            return await super().cancel_batch(request)
        except Refusal as refusal:
            if refusal.status == 429:
                with suppress(Refusal):
                    await self.carry_out(await self.authenticate(request), request)
            raise


class _ShutsOut(PredictStreetVenue):
    """Shuts out for a time, when a wallet has exceeded its budget, whoever is in one group with it."""

    seconds: float

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._shut_until: dict[str, tuple[float, str]] = {}

    def group(self, caller: Caller) -> str:
        """Who is shut out together with the caller."""
        raise NotImplementedError

    def spares(self, caller: Caller, culprit: str) -> bool:
        """Whether the caller may pass although the group is shut out."""
        return False

    def budget_owner(self, caller: Caller, request: Request) -> str:
        if not request.path.endswith("/cancel-batch"):
            return super().budget_owner(caller, request)
        now = self.clock.retention()
        until, culprit = self._shut_until.get(self.group(caller), (-math.inf, ""))
        if now < until and not self.spares(caller, culprit):
            raise self.over_limit(BudgetLevel(CANCEL_BATCH.capacity, 0, 1.0, until - now))
        owner = super().budget_owner(caller, request)
        bucket = self.buckets.get((owner, CANCEL_BATCH.name))
        if self.rate_limited and bucket is not None:
            there = bucket.tokens + (now - bucket.as_of) * CANCEL_BATCH.per_second
            if there < 1:
                self._shut_until[self.group(caller)] = (now + self.seconds, caller.wallet)
        return owner


class ShutsAWalletOutForAMinute(_ShutsOut):
    """Refuses a wallet that has exceeded its budget for a minute."""

    caught_by = "predictstreet.rate-limit.recovers"
    seconds = 60.0

    def group(self, caller: Caller) -> str:
        return caller.wallet


class ShutsAWalletOutForAWhile(ShutsAWalletOutForAMinute):
    """Refuses a wallet that has exceeded its budget for longer than its requests take, but not for very long."""

    caught_by = "predictstreet.rate-limit.recovers"
    seconds = 15.0


class ClosesForAllWhenOneExceeds(_ShutsOut):
    """Refuses all other wallets for a second when one has exceeded its budget."""

    caught_by = "predictstreet.rate-limit.accounts-independent"
    seconds = 1.0

    def group(self, caller: Caller) -> str:
        return "everybody"

    def spares(self, caller: Caller, culprit: str) -> bool:
        return caller.wallet == culprit


class ClosesTheKeyWhenOneWalletExceeds(ClosesForAllWhenOneExceeds):
    """Refuses the other wallets of a key for a second when one of them has exceeded its budget."""

    caught_by = "predictstreet.rate-limit.other-wallets-same-key"

    def group(self, caller: Caller) -> str:
        return caller.account.key_id


class HasOneBudgetForAll(PredictStreetVenue):
    """Charges all wallets to one budget."""

    caught_by = "predictstreet.rate-limit.accounts-independent"

    def budget_owner(self, caller: Caller, request: Request) -> str:
        return "everybody"


class ChargesTheKeyAsWell(PredictStreetVenue):
    """Charges each request to the budget of its wallet and to one of its key."""

    caught_by = "predictstreet.rate-limit.other-wallets-same-key"

    def budget_owner(self, caller: Caller, request: Request) -> str:
        if request.path.endswith("/cancel-batch"):
            self.charge(caller.account.key_id, CANCEL_BATCH)
        return super().budget_owner(caller, request)


class ChargesEachSpelling(PredictStreetVenue):
    """Grants each spelling of a wallet a budget of its own."""

    caught_by = "predictstreet.rate-limit.one-bucket-per-spelling"

    def budget_owner(self, caller: Caller, request: Request) -> str:
        declared = request.header("x-user-wallet")
        if caller.account.partner_kind is PartnerKind.MULTI_WALLET and declared is not None:
            return declared
        return super().budget_owner(caller, request)


class ChargesEachKeyOfAWallet(PredictStreetVenue):
    """Grants each key that acts for a wallet a budget of its own."""

    caught_by = "predictstreet.rate-limit.one-bucket-over-keys"

    def budget_owner(self, caller: Caller, request: Request) -> str:
        return f"{super().budget_owner(caller, request)} by {caller.account.key_id}"


class ChargesTheDeclaredWallet(PredictStreetVenue):
    """Charges a single_wallet key's requests to whatever wallet they declare."""

    caught_by = "predictstreet.rate-limit.declared-wallet-ignored"

    def budget_owner(self, caller: Caller, request: Request) -> str:
        declared = request.header("x-user-wallet")
        if caller.account.partner_kind is PartnerKind.SINGLE_WALLET and declared is not None:
            return declared.lower()
        return super().budget_owner(caller, request)
