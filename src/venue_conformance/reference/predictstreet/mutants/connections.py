"""Faults in what a connection is taken to say of whoever speaks over it."""

from __future__ import annotations

from typing import Any

from ...http import Request
from ..base import Refusal
from ..orders import Caller
from ..venue import PredictStreetVenue


class TrustsTheConnection(PredictStreetVenue):
    """Serves a request with a wrong key as the caller that spoke over its connection before."""

    caught_by = "predictstreet.authentication.wrong-secret-refused"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._spoke: dict[str, Caller] = {}

    async def authenticate(self, request: Request) -> Caller:
        try:
            self._spoke[request.client] = await super().authenticate(request)
        except Refusal:
            if request.client not in self._spoke:
                raise
        return self._spoke[request.client]
