"""Freedoms in how often a cancel fails for a transient cause, which the page says is safe to retry."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Unpack

from ...http import Request, Response
from ..desk import PredictStreetOptions
from ..orders import Caller, Order
from ..outcomes import LOCK_INVARIANT, UNKNOWN, Outcomes
from ..venue import PredictStreetVenue


class ReportsOneInFortyAsUnknownAtFirst(PredictStreetVenue):
    """Reports one id in forty as unknown, whatever it names, the first time that a wallet sends it.

    Where a provider state asked for an outcome or a failure, that comes about, as the target protocol wants it.
    """

    concerns = (
        "predictstreet.outcomes.reasons",
        "predictstreet.outcomes.every-id",
        "predictstreet.outcomes.mixed-batch",
        "predictstreet.outcomes.lock-invariant-rest",
        "predictstreet.outcomes.unknown-retry",
        "predictstreet.outcomes.failed-stays-open",
        "predictstreet.isolation.foreign",
        "predictstreet.isolation.unknown",
        "predictstreet.lifecycle.open",
        "predictstreet.lifecycle.read-back",
        "predictstreet.lifecycle.re-cancel",
        "predictstreet.limits.hundred-accepted",
        "predictstreet.duplicates.collapsed",
        "predictstreet.atomicity.failed-batch",
    )
    one_in = 40

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._random = Random(options.get("seed", 0))
        self._sent: set[tuple[str, str]] = set()
        self._reliable: dict[str, bool] = {}

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        self._reliable[caller.wallet] = self.faults.awaits_failure(caller.wallet)
        return await super().carry_out(caller, request)

    def decide(self, caller: Caller, order_ids: Sequence[str], found: Mapping[str, Order]) -> Outcomes:
        outcomes = super().decide(caller, order_ids, found)
        for order_id in order_ids:
            first = (caller.wallet, order_id) not in self._sent
            self._sent.add((caller.wallet, order_id))
            asked = self._reliable[caller.wallet] or outcomes[order_id] in (LOCK_INVARIANT, UNKNOWN)
            if first and not asked and self._random.randrange(self.one_in) == 0:
                outcomes[order_id] = UNKNOWN
        return outcomes
