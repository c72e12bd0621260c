"""The operation itself: from a batch-cancel request to its answer (batch-cancel page)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..faults import Failure
from ..http import Request, Response
from .orders import Caller
from .outcomes import CancelOutcomes, Outcomes
from .rate_limit import CANCEL_BATCH

MAX_ORDER_IDS = 100


class BatchCancel(CancelOutcomes):
    """Who is calling, can they afford it, what do they ask, and only then: do it, as one transaction."""

    async def cancel_batch(self, request: Request) -> Response:
        """Answer `POST /api/orders/cancel-batch`. Raises `Refusal` for a request that is refused as a whole."""
        return await self.admit(request, CANCEL_BATCH, lambda caller: self.carry_out(caller, request))

    async def carry_out(self, caller: Caller, request: Request) -> Response:
        """Read the request and run the batch, with the hold and the failure that may be armed for the wallet."""
        order_ids = self.read_order_ids(request)
        failure = self.faults.take_failure(caller.wallet)
        await self.hold(caller)
        if failure is not None and not failure.after_commit:
            await self.fail_before_commit(caller, order_ids)
            return self.injected(failure)
        outcomes = await self.run_batch(caller, self.distinct(order_ids))
        if failure is not None:
            return self.injected(failure)
        return self.success(order_ids, outcomes)

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        """The answer to a batch that was carried out. Its status is documented nowhere; other pages suggest 200."""
        return self.reply(200, self.outcome_answer(order_ids, outcomes))

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        """Cancel what can be cancelled: one transaction, one lock, one COMMIT; the matcher learns of it afterwards."""
        async with self.store.transaction() as transaction:
            await transaction.lock(caller.wallet)
            found = await transaction.read(order_ids)
            outcomes = self.decide(caller, order_ids, found)
            await transaction.write(self.cancelled_versions(found, outcomes))
        await self.notify_matcher(outcomes)
        return outcomes

    async def notify_matcher(self, outcomes: Outcomes) -> None:
        """Have the matcher told of what was cancelled; the answer does not wait for it."""
        self.matcher.notify([order_id for order_id, reason in outcomes.items() if reason is None])

    async def hold(self, caller: Caller) -> None:
        """Wait if a hold is armed for the wallet; no order is locked meanwhile."""
        seconds = self.faults.take_hold(caller.wallet)
        if seconds > 0:
            await self.clock.sleep(seconds)

    async def fail_before_commit(self, caller: Caller, order_ids: Sequence[str]) -> None:
        """What a batch has done by the time it fails on its way: nothing."""

    def injected(self, failure: Failure) -> Response:
        """The answer that a provider state asked for."""
        return self.refuse(self.failure(failure.status, "Injected"))

    # -- the request body ------------------------------------------------------------------------------------------

    def read_order_ids(self, request: Request) -> list[str]:
        """The ids a body asks to cancel, as sent. Raises `Refusal` (400) for anything but 1 to 100 texts."""
        document = self.read_object(request)
        self.check_fields(document)
        order_ids = self.order_ids_in(document)
        self.check_count(order_ids)
        return [self.read_order_id(order_id) for order_id in order_ids]

    def check_fields(self, document: dict[str, Any]) -> None:
        """Raises `Refusal` (400) for a field besides `orderIds`.

        Documented for placing orders, and presumably the same everywhere; undocumented for this operation.
        """
        if surplus := sorted(set(document) - {"orderIds"}):
            raise self.invalid(f"property {surplus[0]} should not exist")

    def order_ids_in(self, document: dict[str, Any]) -> list[Any]:
        """The array `orderIds` of a body. Raises `Refusal` (400) when it is missing or no array."""
        order_ids = document.get("orderIds")
        if not isinstance(order_ids, list):
            raise self.invalid("orderIds must be an array")
        return order_ids

    def check_count(self, order_ids: Sequence[Any]) -> None:
        """Raises `Refusal` (400) for no id and for more than one hundred; repeats count."""
        if not 1 <= len(order_ids) <= MAX_ORDER_IDS:
            raise self.invalid(f"orderIds must contain 1 to {MAX_ORDER_IDS} elements")

    def read_order_id(self, order_id: Any) -> str:
        """One id. A text that is no UUID names no order and is not found; what is no text fails the request (400)."""
        if not isinstance(order_id, str):
            raise self.invalid("each value in orderIds must be a string")
        return order_id

    def distinct(self, order_ids: Sequence[str]) -> list[str]:
        """Each id once, in the order in which they were first named; letter case counts."""
        return list(dict.fromkeys(order_ids))
