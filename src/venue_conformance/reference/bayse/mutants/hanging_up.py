"""Faults to clients that hung up and come back."""

from __future__ import annotations

from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account
from ..rows import Row
from ..venue import BayseVenue


class _NoticesWhoHungUp(BayseVenue):
    """Does something of its own with the key of a request that nobody waits for any more."""

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        response = await super().once_per_key(account, request, carry_out)
        key = self.idempotency_key(request)
        record = None if key is None else self.records.get(self.slot(account, key))
        if record is not None and await request.hung_up():
            self.leave(record)
        return response

    def leave(self, record: IdempotencyRecord) -> None:
        """What becomes of the key."""


class ForgetsKeysOfWhoHungUp(_NoticesWhoHungUp):
    """Carries out what a client hung up on, and forgets its key, as nobody got the answer."""

    caught_by = "bayse.idempotency.carried-out-once"

    def leave(self, record: IdempotencyRecord) -> None:
        self.release(record)


class LeavesKeysOfWhoHungUpInFlight(_NoticesWhoHungUp):
    """Carries out what a client hung up on, and takes it for in flight for good."""

    caught_by = "bayse.idempotency.replay-after-conflict"

    def leave(self, record: IdempotencyRecord) -> None:
        record.response = None


class LocksOrdersOfWhoHungUp(BayseVenue):
    """Leaves the orders of a request that a client hung up on open, and takes them for about to be cancelled."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._locked: set[str] = set()

    async def carry_out(self, account: Account, request: Request) -> Response:
        await self.hold(account)
        if await request.hung_up():
            self._locked.update(self.read_order_ids(request))
            raise Refusal(503, "service_unavailable", "The client has gone")
        return await super().carry_out(account, request)

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.book.get(order_id)
        if order is not None and order_id in self._locked:
            return self.failure_row(order_id, self.finished(order))
        return super().cancel_one(account, order_id)
