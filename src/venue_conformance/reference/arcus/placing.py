"""Placing one order (https://docs.arcus.xyz/api-reference/exchange/place-order).

Nothing ever matches here: an order that may rest stays open until a provider state fills it, and one that must not
(immediate or cancel, fill or kill) is rejected at once, as one without a fill is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ..http import Request, Response
from .base import Refusal
from .cancels import Batch, Caller
from .elements import MAX_ACCOUNT_INDEX, MAX_MARKET_ID
from .orders import Market, Order, Status
from .payload import PlacePayload
from .related import RelatedEndpoints

_SIDES = {"BUY": 0, "SELL": 1}
_TIMES_IN_FORCE = {"GTT": 0, "FOK": 1, "IOC": 2, "ALO": 3}
_AMOUNT = re.compile(r"[0-9]{1,20}(\.[0-9]{1,20})?", re.ASCII)
_MICROSECONDS = re.compile(r"[1-9][0-9]{0,17}", re.ASCII)


class Placing(RelatedEndpoints):
    """Takes limit orders."""

    async def place(self, request: Request) -> Response:
        """`POST /v1/placeOrder`, signed in X-Signature over the operation 1 payload."""
        caller = self.authenticate(request)
        body = self.read_json(request.body)
        if not isinstance(body, dict):
            raise self.malformed("the request body must be a JSON object")
        if self.read_element_address(body) != caller.address:
            raise Refusal(403, "address does not belong to the API key")
        market, payload = self.read_placement(caller, body)
        if not self.verify(caller.key.public_key, payload.canonical(), self.header_signature(request)):
            raise Refusal(401, "invalid order signature")
        self.use_timestamp(caller)
        return self.placed(caller, market, payload)

    def read_placement(self, caller: Caller, body: Mapping[str, Any]) -> tuple[Market, PlacePayload]:
        """The market and the terms of an order to place. Raises `Refusal` (400)."""
        fields = dict(body)
        market_id = self.integer_in(fields, "marketId", 0, MAX_MARKET_ID)
        market = next((market for market in self.markets if market.id == market_id), None)
        if market is None:
            raise Refusal(400, "unknown market", errorSource="Order", errorType="InvalidRequest")
        if fields.get("orderType", "LIMIT") != "LIMIT":
            raise Refusal(400, "only LIMIT orders are taken", errorSource="Order", errorType="InvalidRequest")
        client_id = self.text_in(fields, "clientId")
        self.check_id_form(None, client_id)
        reduce_only = fields.get("reduceOnly", False)
        if not isinstance(reduce_only, bool):
            raise self.malformed("reduceOnly must be true or false")
        good_til = self.text_in(fields, "goodTilTime") or ""
        if not _MICROSECONDS.fullmatch(good_til):
            raise self.malformed("goodTilTime must be Unix microseconds in a string")
        return market, PlacePayload(
            address=caller.address,
            account_index=self.integer_in(fields, "accountIndex", 0, MAX_ACCOUNT_INDEX),
            timestamp=caller.timestamp,
            market_id=market.id,
            good_til_ns=int(good_til) * 1000,
            price_ticks=self.units_in(fields, "price", market.tick),
            size_steps=self.units_in(fields, "quantity", market.step),
            reduce_only=reduce_only,
            side=self.choice_in(fields, "orderSide", _SIDES),
            time_in_force=self.choice_in(fields, "timeInForce", _TIMES_IN_FORCE),
            client_id=client_id,
        )

    def units_in(self, fields: dict[str, Any], name: str, unit: Decimal) -> int:
        """An amount as a whole number of units. Raises `Refusal` (400)."""
        text = self.text_in(fields, name) or ""
        if not _AMOUNT.fullmatch(text):
            raise self.malformed(f"{name} must be a decimal number in a string")
        try:
            units = Decimal(text) / unit
        except InvalidOperation:
            raise self.malformed(f"{name} is out of range") from None
        if units != units.to_integral_value() or units <= 0:
            raise Refusal(400, f"{name} is no multiple of {unit}", errorSource="Order", errorType="Tick")
        return int(units)

    def choice_in(self, fields: dict[str, Any], name: str, known: Mapping[str, int]) -> int:
        """The number that stands for a choice in the payload. Raises `Refusal` (400)."""
        text = self.text_in(fields, name)
        if text is None or text not in known:
            raise self.malformed(f"{name} must be one of {', '.join(known)}")
        return known[text]

    def placed(self, caller: Caller, market: Market, payload: PlacePayload) -> Response:
        """Enter the order, tell of it, and answer."""
        client_id = payload.client_id
        taken = client_id and self.book.named(caller.address, payload.account_index, client_id)
        if isinstance(taken, Order) and taken.is_live:
            raise Refusal(400, "client id is in use", errorSource="Order", rejectionReason="DUPLICATE_CLIENT_ID")
        time_in_force = next(name for name, number in _TIMES_IN_FORCE.items() if number == payload.time_in_force)
        rests = time_in_force in ("GTT", "ALO")
        order = self.make_order(
            caller.account,
            market,
            account_index=payload.account_index,
            status=Status.OPEN if rests else Status.REJECTED,
            client_id=client_id,
            size=payload.size_steps * market.step,
            price=payload.price_ticks * market.tick,
            side="SELL" if payload.side else "BUY",
            reason=None if rests else "IOC_CANCELED",
            time_in_force=time_in_force,
            good_til=payload.good_til_ns // 1000,
        )
        self.publish_order(order)
        answer = {
            "address": caller.address,
            "accountIndex": order.account_index,
            **order.describe(order.status),
            "status": "ACK",
        }
        return self.reply(202, self.with_snapshot(Batch(caller, ()), answer))

    def with_snapshot(self, batch: Batch, row: dict[str, Any]) -> dict[str, Any]:
        """The answer to a single order operation. Placing costs nothing of the cancel pool, and says nothing of it."""
        return super().with_snapshot(batch, row) if batch.elements else row
