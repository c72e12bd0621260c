"""Faults in what a connection is taken to say of whoever speaks over it."""

from __future__ import annotations

from typing import Any

from ...http import Request
from ..base import Refusal
from ..orders import ApiKey
from ..venue import ArcusVenue


class TrustsTheConnection(ArcusVenue):
    """Takes a request with an unknown key for one with the key that its connection was used with before."""

    caught_by = "arcus.authentication.unknown-key-refused"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._spoke: dict[str, ApiKey] = {}

    def key_of(self, request: Request) -> ApiKey:
        try:
            self._spoke[request.client] = super().key_of(request)
        except Refusal:
            if request.client not in self._spoke:
                raise
        return self._spoke[request.client]
