"""Faults in what a connection is taken to say of whoever speaks over it."""

from __future__ import annotations

from typing import Unpack

from ...http import Request
from ...venue import VenueOptions
from ..base import Refusal
from ..orders import Account
from ..venue import BayseVenue


class TrustsTheConnection(BayseVenue):
    """Serves a request that authenticates nobody as the account that spoke over its connection before."""

    caught_by = "bayse.authentication.wrong-secret-refused"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._spoke: dict[str, Account] = {}

    async def authenticate(self, request: Request) -> Account:
        try:
            self._spoke[request.client] = await super().authenticate(request)
        except Refusal:
            if request.client not in self._spoke:
                raise
        return self._spoke[request.client]
