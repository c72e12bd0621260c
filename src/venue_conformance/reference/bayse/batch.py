"""The operation itself: from a batch-cancel request to its answer (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..faults import Failure
from ..http import Headers, Request, Response
from .base import Refusal
from .orders import Account
from .rows import CancelRows

MAX_ORDER_IDS = 100


class BatchCancel(CancelRows):
    """Who is calling, is it a retry, what is asked, can they afford it, and only then: do it."""

    async def cancel_batch(self, request: Request) -> Response:
        """Answer `DELETE /v1/pm/orders/batch`. Raises `Refusal` for a request that is refused as a whole."""
        account = await self.authenticate(request)
        # The key is looked at before the body is understood: a used key with any other body is a reuse.
        return await self.once_per_key(account, request, lambda: self.carry_out(account, request))

    async def carry_out(self, account: Account, request: Request) -> Response:
        """Read, charge, and run the batch."""
        order_ids = self.read_order_ids(request)
        await self.charge_batch(account, order_ids)
        return await self.run_batch(account, order_ids)

    async def charge_batch(self, account: Account, order_ids: Sequence[str]) -> None:
        """Charge one token for each id. Raises `Refusal` (429) before any order is touched."""
        await self.charge(account, self.price_of(account, order_ids))

    def price_of(self, account: Account, order_ids: Sequence[str]) -> int:
        """The tokens that a batch costs."""
        return len(order_ids)

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        """Cancel the orders and answer, with the hold and the failure that may be armed for the caller."""
        failure = self.faults.take_failure(account.public_key)
        await self.hold(account)
        if failure is not None and not failure.after_commit:
            return self.injected(failure)
        rows = await self.cancel_all(account, order_ids)
        if failure is not None:
            return self.injected(failure)
        return self.reply(200, self.batch_answer(order_ids, rows))

    async def hold(self, account: Account) -> None:
        """Wait if a hold is armed for the caller."""
        seconds = self.faults.take_hold(account.public_key)
        if seconds > 0:
            await self.clock.sleep(seconds)

    def injected(self, failure: Failure) -> Response:
        """The answer that a provider state asked for."""
        headers: Headers = (("retry-after", "1"),) if failure.status in (429, 503) else ()
        codes = {408: "request_timeout", 429: "rate_limit", 503: "service_unavailable"}
        refusal = Refusal(failure.status, codes.get(failure.status, "internal_server_error"), "Injected", headers)
        return self.refuse(refusal)

    # -- the request body ------------------------------------------------------------------------------------------

    def read_order_ids(self, request: Request) -> list[str]:
        """The ids a body asks to cancel. Raises `Refusal` (400) for anything but 1 to 100 texts in `orderIds`."""
        document = self.read_json(request)
        if not isinstance(document, dict):
            raise Refusal(400, "bad_request", "The request body must be a JSON object")
        order_ids = self.order_ids_in(document)
        self.check_count(order_ids)
        return [self.read_order_id(order_id) for order_id in order_ids]

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        """The array `orderIds` of a body. Raises `Refusal` (400) when it is missing or no array."""
        if "orderIds" not in document:
            raise Refusal(400, "bad_request", "orderIds is required")
        order_ids = document["orderIds"]
        if not isinstance(order_ids, list):
            raise Refusal(400, "bad_request", "orderIds must be an array")
        return order_ids

    def check_count(self, order_ids: Sequence[Any]) -> None:
        """Raises `Refusal` (400) for no id at all and for more than one hundred."""
        if not 1 <= len(order_ids) <= MAX_ORDER_IDS:
            raise Refusal(400, "bad_request", f"orderIds must hold 1 to {MAX_ORDER_IDS} ids")

    def read_order_id(self, order_id: Any) -> str:
        """One id. A text that is no UUID names no order and fails alone; what is no text fails the request (400)."""
        if not isinstance(order_id, str):
            raise Refusal(400, "bad_request", "Every order id must be a string")
        return order_id
