"""Faults in what one request sees of another that is answered at the same time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...http import Response
from ..cancels import Batch, Caller
from ..venue import ArcusVenue

_LOOKUP_SECONDS = 0.005


class SharesWhoIsCalling(ArcusVenue):
    """Keeps the caller in one place for all requests, and reads it again once the signatures have been checked."""

    caught_by = "arcus.isolation.foreign-order-id"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._calling: Caller | None = None

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        self._calling = batch.caller
        await self.clock.sleep(_LOOKUP_SECONDS)
        caller = self._calling
        elements = tuple(replace(element, address=caller.address) for element in batch.elements)
        return await super().run_batch(replace(batch, caller=caller, elements=elements), objections)
