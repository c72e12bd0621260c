"""Faults in what one request sees of another that is answered at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..orders import Caller
from ..outcomes import Outcomes
from ..venue import PredictStreetVenue

_LOOKUP_SECONDS = 0.005


class SharesWhoIsCalling(PredictStreetVenue):
    """Keeps the wallet in one place for all requests, and reads it again after a look into its database."""

    caught_by = "predictstreet.isolation.foreign-untouched"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._calling: Caller | None = None

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        self._calling = caller
        await self.clock.sleep(_LOOKUP_SECONDS)
        return await super().run_batch(self._calling, order_ids)
