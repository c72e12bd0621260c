"""The conforming Arcus venue: which request goes where."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Unpack

from ..http import Request, Response
from ..venue import VenueOptions
from .base import CHANNEL_PATH, Refusal
from .states import ArcusStates
from .wallet import KeyRegistration

BATCH_PATH = "/v1/batchCancelOrders"
_ONE_ORDER = re.compile(r"/v1/order/([^/]+)")

Endpoint = Callable[[Request], Awaitable[Response]]


class ArcusVenue(KeyRegistration):
    """An Arcus that keeps every promise of its batch-cancel page.

    Mutants and variants subclass this and replace one step; each step is a method of one of the parts: `channel`,
    `engine`, `verify`, `elements`, `signatures`, `rate_limit`, `rows`, `batch`, `related`, `placing`, `wallet`.
    """

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = ArcusStates(self)

    async def answer(self, request: Request) -> Response:
        """Answer one request to the venue."""
        try:
            return await self.route(request)
        except Refusal as refusal:
            return self.refused(request, refusal)

    def refused(self, request: Request, refusal: Refusal) -> Response:
        """The answer to a request that was refused; nothing has happened, and nobody is told."""
        return self.refuse(refusal)

    def route(self, request: Request) -> Awaitable[Response]:
        """The endpoint that a request is for. Raises `Refusal` (404, 405, 426) when there is none."""
        endpoints: dict[str, tuple[str, Endpoint]] = {
            BATCH_PATH: ("POST", self.cancel_batch),
            "/v1/cancelOrder": ("POST", self.cancel_single),
            "/v1/cancelAllOrders": ("POST", self.cancel_all),
            "/v1/placeOrder": ("POST", self.place),
            "/v1/createApiKey": ("POST", self.create_api_key),
            "/v1/openOrders": ("GET", self.open_orders),
            "/v1/orders": ("GET", self.order_history),
            "/v1/time": ("GET", self.time),
            "/v1/rateLimit": ("GET", self.rate_limit_usage),
        }
        if request.path == CHANNEL_PATH:
            raise Refusal(426, "this is a WebSocket", (("upgrade", "websocket"),))
        if one := _ONE_ORDER.fullmatch(request.path):
            method, endpoint = "GET", self._reader_of(one[1])
        elif request.path in endpoints:
            method, endpoint = endpoints[request.path]
        else:
            raise Refusal(404, "not found")
        if request.method != method:
            raise Refusal(405, "method not allowed", (("allow", method),))
        return endpoint(request)

    def _reader_of(self, order_id: str) -> Endpoint:
        return lambda request: self.get_order(request, order_id)
