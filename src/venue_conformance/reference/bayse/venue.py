"""The conforming Bayse venue: which request goes where."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Unpack

from ..http import Request, Response
from ..venue import VenueOptions
from .base import Refusal
from .related import RelatedEndpoints
from .states import BayseStates

BATCH_PATH = "/v1/pm/orders/batch"
ORDERS_PATH = "/v1/pm/orders"
_ONE_ORDER = re.compile(r"/v1/pm/orders/([^/]+)")
_PLACE = re.compile(r"/v1/pm/events/([^/]+)/markets/([^/]+)/orders")
_VERSION = "1.0.0"

Endpoint = Callable[[Request], Awaitable[Response]]


class BayseVenue(RelatedEndpoints):
    """A Bayse that keeps every promise of its batch-cancel page.

    Mutants and variants subclass this and replace one step; each step is a method of one of the parts:
    `verify`, `idempotency`, `rate_limit`, `rows`, `batch`, `related`.
    """

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = BayseStates(self)

    async def answer(self, request: Request) -> Response:
        """Answer one request to the venue."""
        try:
            response = await self.route(request)
        except Refusal as refusal:
            response = self.refuse(refusal)
        return self.traced(request, response)

    def route(self, request: Request) -> Awaitable[Response]:
        """The endpoint that a request is for. Raises `Refusal` (404, 405) when there is none."""
        path = request.path
        if path == BATCH_PATH:  # before single orders: the literal route wins
            return self._by_method(request, DELETE=self.cancel_batch, POST=self.place_batch)
        if path == ORDERS_PATH:
            return self._by_method(request, GET=self.list_orders)
        if path == "/health":
            return self._by_method(request, GET=self.health)
        if path == "/version":
            return self._by_method(request, GET=self.version)
        if one := _ONE_ORDER.fullmatch(path):
            return self._by_method(
                request,
                GET=lambda asked: self.get_order(asked, one[1]),
                DELETE=lambda asked: self.cancel_single(asked, one[1]),
            )
        if place := _PLACE.fullmatch(path):
            return self._by_method(request, POST=lambda asked: self.place(asked, place[1], place[2]))
        raise Refusal(404, "not_found", "There is no such endpoint")

    def _by_method(self, request: Request, **endpoints: Endpoint) -> Awaitable[Response]:
        endpoint = endpoints.get(request.method)
        if endpoint is None:
            allowed = ", ".join(sorted(endpoints))
            raise Refusal(405, "method_not_allowed", f"Only {allowed} is answered here", (("allow", allowed),))
        return endpoint(request)

    async def health(self, request: Request) -> Response:
        """`GET /health`, public."""
        return self.reply(200, {"status": "ok"})

    async def version(self, request: Request) -> Response:
        """`GET /version`, public."""
        return self.reply(200, {"version": _VERSION})
