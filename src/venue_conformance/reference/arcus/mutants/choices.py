"""Faults in what a client may choose in a request beside its order ids."""

from __future__ import annotations

from typing import Unpack

from ...http import Request
from ...venue import VenueOptions
from ..cancels import Batch, Caller
from ..channel import Topic
from ..venue import ArcusVenue


class KeepsAPoolPerForwardedAddress(ArcusVenue):
    """Charges a pool of its own for each address that X-Forwarded-For names."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._forwarded: dict[int, str] = {}

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        self._forwarded[caller.timestamp] = request.header("x-forwarded-for") or ""
        return super().read_batch(request, caller)

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        owner = super().pool_owner(batch, account_index)
        return Topic(owner.address + self._forwarded[batch.caller.timestamp], account_index)
