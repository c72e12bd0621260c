"""The conforming PredictStreet venue: which request goes where."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Unpack

from ..http import Request, Response
from .base import PredictStreetOptions, Refusal
from .related import RelatedEndpoints
from .states import PredictStreetStates
from .store import StoreUnavailable

BATCH_PATH = "/api/orders/cancel-batch"
_ONE_ORDER = re.compile(r"/api/orders/([^/]+)")
_FILLS = re.compile(r"/api/orders/([^/]+)/fills")

Endpoint = Callable[[Request], Awaitable[Response]]


class PredictStreetVenue(RelatedEndpoints):
    """A PredictStreet that keeps every promise of its batch-cancel page.

    Mutants and variants subclass this and replace one step; each step is a method of one of the parts:
    `verify`, `rate_limit`, `outcomes`, `batch`, `related`.
    """

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self.states = PredictStreetStates(self)

    async def answer(self, request: Request) -> Response:
        """Answer one request to the venue."""
        try:
            response = await self.route(request)
        except Refusal as refusal:
            response = self.refuse(refusal)
        except StoreUnavailable:
            response = self.refuse(self.failure(503, "The order store cannot be reached"))
        return self.stamped(response)

    def route(self, request: Request) -> Awaitable[Response]:
        """The endpoint that a request is for. Raises `Refusal` (404, 405) when there is none."""
        path = request.path
        literal: dict[str, tuple[str, Endpoint]] = {
            BATCH_PATH: ("POST", self.cancel_batch),
            "/api/orders/cancel": ("POST", self.cancel_single),
            "/api/orders/cancel-all": ("POST", self.cancel_all),
            "/api/orders/place": ("POST", self.place),
            "/api/orders/open": ("GET", self.list_open),
            "/api/orders/history": ("GET", self.list_history),
        }
        if path in literal:  # before single orders: the literal route wins
            return self._by_method(request, *literal[path])
        if one := _ONE_ORDER.fullmatch(path):
            return self._by_method(request, "GET", lambda asked: self.get_order(asked, one[1]))
        if fills := _FILLS.fullmatch(path):
            return self._by_method(request, "GET", lambda asked: self.get_fills(asked, fills[1]))
        raise Refusal(404, "not_found", "There is no such endpoint")

    def _by_method(self, request: Request, method: str, endpoint: Endpoint) -> Awaitable[Response]:
        if request.method != method:
            raise Refusal(405, "method_not_allowed", f"Only {method} is answered here", (("allow", method),))
        return endpoint(request)
