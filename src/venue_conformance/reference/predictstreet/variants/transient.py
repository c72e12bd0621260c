"""Freedoms in how often a cancel fails for a transient cause, which the page says is safe to retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions
from ..orders import Caller, Order
from ..outcomes import LOCK_INVARIANT, UNKNOWN, Outcomes
from ..venue import PredictStreetVenue

_ONE_IN = 40


class _FailsAtFirst(PredictStreetVenue):
    """Fails now and then at what a wallet sends for the first time.

    Where a provider state asked for an outcome or a failure, that comes about, as the target protocol wants it.
    """

    concerns: tuple[str, ...] = (
        "predictstreet.outcomes.reasons",
        "predictstreet.outcomes.every-id",
        "predictstreet.independence.bad-id-affects-no-other",
        "predictstreet.outcomes.lock-invariant",
        "predictstreet.outcomes.lock-invariant-rest",
        "predictstreet.outcomes.unknown-retry",
        "predictstreet.outcomes.failed-stays-open",
        "predictstreet.isolation.foreign-not-found",
        "predictstreet.isolation.unknown-not-found",
        "predictstreet.lifecycle.open-cancelled",
        "predictstreet.lifecycle.read-back",
        "predictstreet.lifecycle.re-cancel",
        "predictstreet.limits.hundred-accepted",
        "predictstreet.duplicates.collapsed",
        "predictstreet.atomicity.failed-batch",
    )

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._random = Random(options.get("seed", 0))
        self._sent: set[tuple[str, ...]] = set()
        self._to_fail: dict[str, bool] = {}

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        self._to_fail[caller.wallet] = self.faults.awaits_failure(caller.wallet)
        return await super().carry_out(caller, request)

    def fails(self, caller: Caller, *order_ids: str) -> bool:
        """Whether these ids fail now: one time in forty, and only when the wallet sends them for the first time."""
        sent = (caller.wallet, *order_ids)
        first = sent not in self._sent
        self._sent.add(sent)
        return first and not self._to_fail[caller.wallet] and self._random.randrange(_ONE_IN) == 0


class ReportsOneIdInFortyAsUnknownAtFirst(_FailsAtFirst):
    """Reports one id in forty as unknown, whatever it names, the first time that a wallet sends it."""

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        for order_id in order_ids:
            if outcomes[order_id] not in (LOCK_INVARIANT, UNKNOWN) and self.fails(caller, order_id):
                outcomes[order_id] = UNKNOWN
        return outcomes


class ReportsOneBatchInFortyAsUnknownAtFirst(_FailsAtFirst):
    """Gives one batch in forty up, with all its ids unknown, the first time that a wallet sends it."""

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        if not self.armed_outcomes.keys() & set(order_ids) and self.fails(caller, *order_ids):
            return dict.fromkeys(order_ids, UNKNOWN)
        return await super().run_batch(caller, order_ids)
