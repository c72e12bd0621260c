"""The endpoints around the batch cancel that cancel and read: enough of each to provision and check its orders.

https://docs.arcus.xyz/api-reference/exchange and /account. Reads are public: they name an account by its address.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from ..http import Request, Response
from .base import Refusal
from .batch import BatchCancel
from .cancels import Batch, Caller, Element
from .channel import Topic
from .elements import MAX_ACCOUNT_INDEX, MAX_MARKET_ID
from .payload import action_payload
from .rate_limit import CAPACITY
from .verify import query_values

MAX_LISTED = 1000
_NUMBER = re.compile(r"[0-9]{1,9}", re.ASCII)


class RelatedEndpoints(BatchCancel):
    """Single cancel, cancel all, and the reads."""

    # -- cancels ---------------------------------------------------------------------------------------------------

    async def cancel_single(self, request: Request) -> Response:
        """`POST /v1/cancelOrder`: one element as the body, signed in X-Signature; the answer is its row."""
        caller = self.authenticate(request)
        element = replace(self.read_element(0, self.read_json(request.body)), signature=self.header_signature(request))
        self.check_element(caller, element)
        batch = Batch(caller, (element,), request.body, element.signature)
        objection = self.objection(batch, element)
        if objection is not None:
            raise Refusal(401, objection)
        self.use_timestamp(caller)
        self.charge(batch)
        if self.is_definitive(batch):
            status, row = 200, self.definitive_row(batch, self.match(batch, batch.elements)[0])
        else:
            self.forward(batch, batch.elements)
            status, row = 202, self.acknowledged_row(batch, element)
        return self.reply(status, self.with_snapshot(batch, row))

    async def cancel_all(self, request: Request) -> Response:
        """`POST /v1/cancelAllOrders`: every live order of a subaccount, or of one market of it."""
        caller = self.authenticate(request)
        body = self.signed_body(request, caller, "cancelAllOrders")
        account_index = self.integer_in(body, "accountIndex", 0, MAX_ACCOUNT_INDEX)
        market_id = self.integer_in(body, "marketId", 0, MAX_MARKET_ID) if "marketId" in body else None
        if self.read_element_address(body) != caller.address:
            raise Refusal(403, "address does not belong to the API key")
        self.use_timestamp(caller)
        live = [order for order in self.book.of(caller.address, account_index) if order.is_live]
        ids = [(order.id, order.market.id) for order in live if market_id in (None, order.market.id)]
        batch = Batch(caller, tuple(_by_id(caller, account_index, *named) for named in ids))
        self.forward(batch, batch.elements)
        answer: dict[str, Any] = {"address": caller.address, "accountIndex": account_index}
        if market_id is not None:
            answer |= {"marketId": market_id, "marketDisplayName": self.market_name(market_id)}
        return self.reply(202, {**answer, "status": "CANCEL_ALL_ACKNOWLEDGED", "updateTime": self.microseconds()})

    def with_snapshot(self, batch: Batch, row: dict[str, Any]) -> dict[str, Any]:
        """The answer to a single order operation: its row, and the pool in it."""
        snapshot = self.pool_snapshot(batch)
        return row if snapshot is None else {**row, "rateLimit": snapshot}

    def header_signature(self, request: Request) -> str:
        """X-Signature. Raises `Refusal` (401) when it is missing."""
        signature = request.header("x-signature")
        if not signature:
            raise Refusal(401, "missing X-Signature")
        return signature

    def signed_body(self, request: Request, caller: Caller, action: str) -> dict[str, Any]:
        """The JSON object that the caller signed for an action by the older scheme. Raises `Refusal` (400, 401)."""
        body = self.read_json(request.body)
        if not isinstance(body, dict):
            raise self.malformed("the request body must be a JSON object")
        try:
            message = action_payload(caller.timestamp, action, body)
        except UnicodeEncodeError:
            raise self.malformed("the request body holds half a character") from None
        if not self.verify(caller.key.public_key, message, self.header_signature(request)):
            raise Refusal(401, "invalid signature")
        return body

    # -- reads -----------------------------------------------------------------------------------------------------

    async def open_orders(self, request: Request) -> Response:
        """`GET /v1/openOrders`: the live orders of an account."""
        shown = [order for order in self.shown_orders(request) if order["state"] in ("OPEN", "PARTIALLY_FILLED")]
        return self.reply(200, {"orders": shown, "total": len(shown)})

    async def order_history(self, request: Request) -> Response:
        """`GET /v1/orders`: the latest orders of an account."""
        limit = _number(request, "limit", MAX_LISTED)
        if limit is None or not 1 <= limit <= MAX_LISTED:
            raise Refusal(400, f"limit must be from 1 to {MAX_LISTED}")
        shown = self.shown_orders(request)
        return self.reply(200, {"orders": shown[:limit], "total": len(shown)})

    async def get_order(self, request: Request, order_id: str) -> Response:
        """`GET /v1/order/{orderId}`: one order of an account."""
        address = self.queried_address(request)
        order = self.book.get(order_id)
        if order is None or order.address != address:
            raise Refusal(404, "order not found")
        return self.reply(200, self.shown(order.describe(self.visible_status(order)), order.time_in_force))

    def shown_orders(self, request: Request) -> list[dict[str, Any]]:
        """The orders that a read names, newest first."""
        account_index = _number(request, "accountIndex", None)
        orders = self.book.of(self.queried_address(request), account_index)
        return [
            self.shown(order.describe(self.visible_status(order)), order.time_in_force) for order in reversed(orders)
        ]

    def shown(self, described: dict[str, Any], time_in_force: str) -> dict[str, Any]:
        """An order as reads show it; one that rests until its time is up is called good till cancelled."""
        return {**described, "type": "LIMIT", "timeInForce": "GTC" if time_in_force == "GTT" else time_in_force}

    def queried_address(self, request: Request) -> str:
        """The address that a read names. Raises `Refusal` (400)."""
        values = query_values(request, "address")
        if len(values) != 1:
            raise Refusal(400, "missing address")
        return self.read_address(values[0])

    async def time(self, request: Request) -> Response:
        """`GET /v1/time`: the venue's clock, in nanoseconds."""
        return self.reply(200, {"timeNs": self.clock.nanoseconds()})

    async def rate_limit_usage(self, request: Request) -> Response:
        """`GET /v1/rateLimit`: what a subaccount has used of its pools; placing orders is not limited here."""
        account_index = _number(request, "accountIndex", 0) or 0
        address = self.queried_address(request)
        used = CAPACITY - self.pool_of(Topic(address, account_index)).remaining
        return self.reply(
            200,
            {
                "address": address,
                "accountIndex": account_index,
                "order": {"used": 0, "cap": CAPACITY, "nextAvailableMs": 0},
                "cancel": {"used": used, "cap": CAPACITY, "nextAvailableMs": 0},
            },
        )


def _by_id(caller: Caller, account_index: int, order_id: str, market_id: int) -> Element:
    return Element(0, caller.address, market_id, account_index, order_id, None, None, None, {})


def _number(request: Request, name: str, default: int | None) -> int | None:
    values = query_values(request, name)
    if not values:
        return default
    if not _NUMBER.fullmatch(values[-1]):
        raise Refusal(400, f"{name} must be a number")
    return int(values[-1])
