"""Faults in what a client may choose in a request beside its order ids."""

from __future__ import annotations

from typing import Unpack

from ...http import Request
from ...venue import VenueOptions
from ..cancels import Batch, Caller
from ..channel import Topic
from ..venue import ArcusVenue


class _KeepsAPoolPerChoice(ArcusVenue):
    """Charges a pool of its own for each value of what a client chooses."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._chosen: dict[int, str] = {}

    def chosen(self, request: Request) -> str | None:
        """What the client chose."""
        raise NotImplementedError

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        self._chosen[caller.timestamp] = self.chosen(request) or ""
        return super().read_batch(request, caller)

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        owner = super().pool_owner(batch, account_index)
        return Topic(owner.address + self._chosen[batch.caller.timestamp], account_index)


class KeepsAPoolPerForwardedAddress(_KeepsAPoolPerChoice):
    """Charges a pool of its own for each address that X-Forwarded-For names."""

    def chosen(self, request: Request) -> str | None:
        return request.header("x-forwarded-for")


class KeepsAPoolPerQuery(_KeepsAPoolPerChoice):
    """Charges a pool of its own for each query of the address."""

    def chosen(self, request: Request) -> str | None:
        return request.query


class KeepsAPoolPerConnection(_KeepsAPoolPerChoice):
    """Charges a pool of its own for each connection."""

    def chosen(self, request: Request) -> str | None:
        return request.client
