"""The endpoints around the batch cancel: reads, single cancel, cancel-all, placing; enough of each to stand beside it.

Which scope a read needs is documented nowhere; here any key reads.
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs

from ..http import Request, Response
from .base import Refusal
from .batch import BatchCancel
from .orders import Caller, Order, Status, plain
from .placing import PLACE_FIELDS, read_terms, rests
from .rate_limit import CANCEL, CANCEL_ALL, PLACE, READ

_FILTERS = frozenset({"marketId", "side", "outcome", "type"})


class RelatedEndpoints(BatchCancel):
    """Open orders, history, one order, its fills, cancel, cancel-all and place (docs: api-reference/orders)."""

    # -- reads -----------------------------------------------------------------------------------------------------

    async def list_open(self, request: Request) -> Response:
        """`GET /api/orders/open`: newest first; a partially filled order is shown as open here."""

        async def work(caller: Caller) -> Response:
            query = _query(request)
            shown = [order.describe() for order in await self.own_orders(caller) if order.is_cancellable]
            for order in shown:
                if order["status"] == Status.PARTIAL:
                    order["status"] = str(Status.OPEN)
            asked = [(name, value) for name, value in query.items() if name in _FILTERS]
            found = [order for order in shown if all(order[name] == value for name, value in asked)]
            return self.page(caller, found, query, default=500, most=500)

        return await self.admit(request, READ, work, None)

    async def list_history(self, request: Request) -> Response:
        """`GET /api/orders/history`: orders of every status, or of those asked for, newest first."""

        async def work(caller: Caller) -> Response:
            query = _query(request)
            wanted = set(query.get("status", ",".join(Status)).split(","))
            if not wanted <= set(Status):
                raise Refusal(400, "bad_request", "status is not known")
            found = [order.describe() for order in await self.own_orders(caller) if order.status in wanted]
            return self.page(caller, found, query, default=100, most=200)

        return await self.admit(request, READ, work, None)

    async def get_order(self, request: Request, order_id: str) -> Response:
        """`GET /api/orders/{id}`: an order of the wallet's own; any other is not there."""

        async def work(caller: Caller) -> Response:
            order = await self.own_order(caller, order_id)
            if order is None:
                raise Refusal(404, "order_not_found", "Order not found")
            return self.reply(200, order.describe())

        return await self.admit(request, READ, work, None)

    async def get_fills(self, request: Request, order_id: str) -> Response:
        """`GET /api/orders/{id}/fills`: its fills in one trade; an order that is not there has none."""

        async def work(caller: Caller) -> Response:
            order = await self.own_order(caller, order_id)
            trades = []
            if order is not None and order.filled:
                trades.append({"price": order.terms.price, "quantity": plain(order.filled)})
            return self.reply(200, {"orderId": order_id, "trades": trades})

        return await self.admit(request, READ, work, None)

    async def own_order(self, caller: Caller, order_id: str) -> Order | None:
        """The order of this id as reads show it, if it is the wallet's own."""
        order = (await self.store.find([order_id])).get(order_id)
        return self.visible(order) if order is not None and self.owns(caller, order) else None

    async def own_orders(self, caller: Caller) -> list[Order]:
        """The wallet's orders as reads show them, newest first."""
        return [self.visible(order) for order in reversed(await self.store.of(caller.wallet))]

    def page(
        self, caller: Caller, found: list[dict[str, Any]], query: dict[str, str], *, default: int, most: int
    ) -> Response:
        """One page of orders; the cursor of the next is the id of this page's last order."""
        limit = min(_limit(query, default), most)
        start = 0
        if "cursor" in query:
            ids = [order["id"] for order in found]
            start = ids.index(query["cursor"]) + 1 if query["cursor"] in ids else len(ids)
        orders = found[start : start + limit]
        more = start + limit < len(found)
        cursor = orders[-1]["id"] if more else None
        return self.reply(200, {"walletAddress": caller.wallet, "orders": orders, "nextCursor": cursor})

    # -- other cancels ---------------------------------------------------------------------------------------------

    async def cancel_single(self, request: Request) -> Response:
        """`POST /api/orders/cancel`: one order. What is unknown, foreign or terminal is `not_found` here, with 200."""

        async def work(caller: Caller) -> Response:
            document = self.read_object(request)
            order_id = document.get("orderId")
            if not isinstance(order_id, str) or len(document) > 1:
                raise self.invalid("orderId must be a string, and the only property")
            reason = (await self.run_batch(caller, [order_id]))[order_id]
            if reason == "lock_invariant":
                raise Refusal(409, reason, "The order's balance lock does not hold")
            if reason == "unknown":
                raise self.failure(503, "The order could not be cancelled just now")
            return self.reply(200, {"orderId": order_id, "status": "cancelled" if reason is None else "not_found"})

        return await self.admit(request, CANCEL, work)

    async def cancel_all(self, request: Request) -> Response:
        """`POST /api/orders/cancel-all`: every open order there is when it is carried out, filtered if so asked."""

        async def work(caller: Caller) -> Response:
            filters = self.read_object(request) if request.body else {}
            if not set(filters) <= {"marketId", "side", "outcome"} or not all(
                isinstance(value, str) for value in filters.values()
            ):
                raise self.invalid("marketId, side and outcome may be given, as strings")
            async with self.store.transaction() as transaction:
                await transaction.lock(caller.wallet)
                found = {
                    order.id: order
                    for order in await transaction.open_orders(caller.wallet)
                    if all(order.describe()[name] == value for name, value in filters.items())
                }
                outcomes = self.decide(caller, list(found), found)
                await transaction.write(self.cancelled_versions(found, outcomes))
            await self.notify_matcher(outcomes)
            market = {"marketId": filters["marketId"]} if "marketId" in filters else {}
            return self.reply(200, {**self.outcome_answer(list(found), outcomes), **market})

        return await self.admit(request, CANCEL_ALL, work)

    # -- placing ---------------------------------------------------------------------------------------------------

    async def place(self, request: Request) -> Response:
        """`POST /api/orders/place`. The EIP-712 signature is not verified here, and nothing ever matches.

        An order that may rest is open until a provider state fills it; one that may not ends cancelled at once.
        A `clientOrderId` used again names the order it was first used for.
        """

        async def work(caller: Caller) -> Response:
            document = self.read_object(request)
            if surplus := sorted(set(document) - PLACE_FIELDS):
                raise self.invalid(f"property {surplus[0]} should not exist")
            terms = read_terms(document)
            order = next(
                (
                    placed
                    for placed in await self.store.of(caller.wallet)
                    if terms.client_order_id is not None and placed.terms.client_order_id == terms.client_order_id
                ),
                None,
            )
            if order is None:
                order = self.new_order(caller.wallet, terms, Status.OPEN if rests(terms) else Status.CANCELLED)
                await self.store.add([order])
            shown = order.describe()
            answer = {name: shown[name] for name in ("status", "filledQty", "remainingQty")}
            return self.reply(201, {"orderId": order.id, **answer, "trades": []})

        return await self.admit(request, PLACE, work)


def _query(request: Request) -> dict[str, str]:
    return {name: values[-1] for name, values in parse_qs(request.query).items()}


def _limit(query: dict[str, str], default: int) -> int:
    text = query.get("limit", str(default))
    if not re.fullmatch(r"[1-9][0-9]{0,8}", text, re.ASCII):
        raise Refusal(400, "invalid_limit", "limit must be a whole number of at least 1")
    return int(text)
