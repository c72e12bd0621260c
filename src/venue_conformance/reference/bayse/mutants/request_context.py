"""Faults in what one request sees of another that is answered at the same time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ...http import Response
from ...venue import VenueOptions
from ..orders import Account
from ..venue import BayseVenue

_LOOKUP_SECONDS = 0.005


class SharesWhoIsCalling(BayseVenue):
    """Keeps the caller in one place for all requests, and reads it again after a look into its database."""

    caught_by = "bayse.isolation.foreign-untouched"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._calling: Account | None = None

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        self._calling = account
        await self.clock.sleep(_LOOKUP_SECONDS)
        return await super().run_batch(self._calling, order_ids)
