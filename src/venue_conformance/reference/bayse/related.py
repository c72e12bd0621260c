"""The endpoints around the batch cancel: placing, reading and single cancels, enough of each to provision its orders.

Any UUID names a market here, and nothing ever matches: an order that rests stays open until a provider state fills
it, and one that must not rest (market, FAK, FOK) ends cancelled at once.
"""

from __future__ import annotations

import hashlib
import math
import re
from typing import Any
from urllib.parse import parse_qs

from ..http import Request, Response
from .base import Refusal
from .batch import BatchCancel
from .orders import Account, Order, Status, Terms
from .rows import ENGINE

MAX_PLACED = 20
_UUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}", re.ASCII)
_MINIMUM = {"USD": 1.0, "NGN": 100.0}


class RelatedEndpoints(BatchCancel):
    """Place, batch place, get, list and single cancel (https://docs.bayse.markets/api-reference)."""

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        """Whether the signature is the account's. Beside the batch, "the empty hash" of a request without a body may be
        read as the hash of no bytes as well: the batch's own page speaks of it as if it were one.
        """  # noqa: D205
        if super().signature_fits(account, timestamp, signature, request):
            return True
        if request.body or request.path.endswith("/batch"):
            return False
        hashed = self.payload(timestamp, request) + hashlib.sha256(b"").hexdigest()
        return self.same_signature(self.sign(account, hashed), signature)

    async def place(self, request: Request, event_id: str, market_id: str) -> Response:
        """`POST /v1/pm/events/{eventId}/markets/{marketId}/orders`."""
        account = await self.authenticate(request)
        item = self.read_json(request)
        if not (_UUID.fullmatch(event_id) and _UUID.fullmatch(market_id)):
            raise Refusal(404, "not_found", "Market not found")
        terms = read_terms(item, event_id, market_id)
        await self.charge(account, 1)
        return self.reply(201, {"engine": ENGINE, "order": self.shown(self.placed(account, terms))})

    async def place_batch(self, request: Request) -> Response:
        """`POST /v1/pm/orders/batch`: 1 to 20 orders, each on its own; takes an Idempotency-Key like its sibling."""
        account = await self.authenticate(request)

        async def carry_out() -> Response:
            document = self.read_json(request)
            items = document.get("orders") if isinstance(document, dict) else None
            if not isinstance(items, list) or not 1 <= len(items) <= MAX_PLACED:
                raise Refusal(400, "bad_request", f"orders must be an array of 1 to {MAX_PLACED} orders")
            await self.charge(account, len(items))
            rows = [self.place_item(account, index, item) for index, item in enumerate(items)]
            return self.reply(200, self.batch_answer([str(row["index"]) for row in rows], rows))

        return await self.once_per_key(account, request, carry_out)

    def place_item(self, account: Account, index: int, item: Any) -> dict[str, Any]:
        """Place one order of a batch. An item names no market; all go to the venue's first."""
        row: dict[str, Any] = {"index": index}
        if isinstance(item, dict) and isinstance(item.get("clientOrderId"), str):
            row["clientOrderId"] = item["clientOrderId"]
        try:
            event_id, market_id = self.markets[0]
            terms = read_terms(item, event_id, market_id)
        except Refusal as refusal:
            return {**row, "success": False, "error": self.row_error("BAD_REQUEST", refusal.message)}
        return {**row, "success": True, "order": self.shown(self.placed(account, terms))}

    def placed(self, account: Account, terms: Terms) -> Order:
        """A newly placed order."""
        rests = terms.order_type == "LIMIT" and terms.time_in_force in ("GTC", "GTD")
        return self.make_order(account, terms, status=Status.OPEN if rests else Status.CANCELLED)

    async def get_order(self, request: Request, order_id: str) -> Response:
        """`GET /v1/pm/orders/{orderId}`: the bare order, the caller's own only."""
        account = await self.identify(request)
        await self.charge(account, 1, "read")
        return self.reply(200, self.shown(self.own_order(account, order_id)))

    async def list_orders(self, request: Request) -> Response:
        """`GET /v1/pm/orders`: the caller's orders, newest first, filtered and in pages."""
        account = await self.identify(request)
        await self.charge(account, 1, "read")
        query = {name: values[-1] for name, values in parse_qs(request.query).items()}
        page, size = _positive(query, "page", 1), min(_positive(query, "size", 20), 100)
        filters = ("side", "status", "eventId", "marketId", "outcomeId", "currency")
        shown = [self.shown(order) for order in self.book.of(account.public_key)]
        found = [order for order in shown if all(order[name] == query[name] for name in filters if name in query)]
        found.reverse()
        pagination = {
            "page": page,
            "size": size,
            "lastPage": max(1, math.ceil(len(found) / size)),
            "totalCount": len(found),
        }
        return self.reply(200, {"orders": found[(page - 1) * size : page * size], "pagination": pagination})

    async def cancel_single(self, request: Request, order_id: str) -> Response:
        """`DELETE /v1/pm/orders/{orderId}`: one order, no body."""
        account = await self.authenticate(request)
        await self.charge(account, 1)
        order = self.own_order(account, order_id)
        error = self.objection(account, order)
        if error is not None:
            raise Refusal(400, str(error["code"]).lower(), str(error["message"]))
        self.cancel(order)
        return self.reply(200, {"message": "Order cancelled"})

    def own_order(self, account: Account, order_id: str) -> Order:
        """An order of the caller's. Raises `Refusal` (404) when there is none of that id."""
        order = self.book.get(order_id)
        if order is None or order.owner != account.public_key:
            raise Refusal(404, "not_found", "Order not found")
        return order

    def shown(self, order: Order) -> dict[str, Any]:
        """An order as reads show it."""
        return order.describe(self.visible_status(order))


def read_terms(item: Any, event_id: str, market_id: str) -> Terms:
    """The terms of an order to place. Raises `Refusal` (400) for terms that the venue documents as wrong."""
    if not isinstance(item, dict):
        raise Refusal(400, "bad_request", "An order must be a JSON object")
    outcome_id = item.get("outcomeId")
    if not isinstance(outcome_id, str) or not _UUID.fullmatch(outcome_id):
        raise Refusal(400, "bad_request", "outcomeId must be a UUID")
    order_type = _choice(item, "type", ("LIMIT", "MARKET"), None)
    currency = _choice(item, "currency", tuple(_MINIMUM), "USD")
    price = _number(item, "price", 0.01, 0.99, None if order_type == "LIMIT" else 0.5)
    post_only = item.get("postOnly", False)
    if not isinstance(post_only, bool):
        raise Refusal(400, "bad_request", "postOnly must be true or false")
    stp_mode = item.get("stpMode")
    return Terms(
        event_id=event_id,
        market_id=market_id,
        outcome_id=outcome_id,
        side=_choice(item, "side", ("BUY", "SELL"), None),
        order_type=order_type,
        time_in_force=_choice(
            item, "timeInForce", ("GTC", "GTD", "FAK", "FOK"), "GTC" if order_type == "LIMIT" else "FAK"
        ),
        price=price,
        amount=_number(item, "amount", _MINIMUM[currency], 1e12, None),
        currency=currency,
        post_only=post_only,
        stp_mode=stp_mode if stp_mode in ("CANCEL_OLDEST", "CANCEL_NEWEST", "CANCEL_BOTH") else "SKIP",
    )


def _choice(item: dict[str, Any], name: str, known: tuple[str, ...], default: str | None) -> str:
    value = item.get(name, default)
    if not isinstance(value, str) or value not in known:
        raise Refusal(400, "bad_request", f"{name} must be one of {', '.join(known)}")
    return value


def _number(item: dict[str, Any], name: str, low: float, high: float, default: float | None) -> float:
    value = item.get(name, default)
    if not isinstance(value, (int, float)) or isinstance(value, bool) or not low <= value <= high:
        raise Refusal(400, "bad_request", f"{name} must be a number from {low} to {high}")
    return float(value)


def _positive(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise Refusal(400, "bad_request", f"{name} must be a positive number")
    return int(text)
