"""Faults of venues that leave something behind of a request that they refused, or of an order's earlier life."""

from __future__ import annotations

from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord
from ..orders import Account, Order, Status
from ..venue import BayseVenue


class _LocksOrdersOfRefusedRequests(BayseVenue):
    """Locks the orders that a request names before it refuses it with a status, and never gives them free."""

    refused_with: int

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._locked: set[str] = set()

    async def cancel_batch(self, request: Request) -> Response:
        try:
            response = await super().cancel_batch(request)
        except Refusal as refusal:
            response = self.refuse(refusal)
        if response.status == self.refused_with:
            self._locked.update(self.read_order_ids(request))
        return response

    def is_cancellable(self, order: Order) -> bool:
        return order.id not in self._locked and super().is_cancellable(order)


class LocksOrdersOfUnauthenticatedRequests(_LocksOrdersOfRefusedRequests):
    """Fails orders for good that a request named whose signature was wrong."""

    caught_by = "bayse.lifecycle.open-cancelled"
    refused_with = 401


class LocksOrdersOfReusedKeys(_LocksOrdersOfRefusedRequests):
    """Fails orders for good that another body named under a used key."""

    caught_by = "bayse.lifecycle.open-cancelled"
    refused_with = 422


class LocksOrdersOverTheLimit(_LocksOrdersOfRefusedRequests):
    """Fails orders for good that a batch named which was refused with 429."""

    caught_by = "bayse.rate-limit.refused-cancels-nothing"
    refused_with = 429


class CancelsAgainUnderAKey(BayseVenue):
    """Says success for an order that was cancelled before, when it is named under a key: keyed requests repeat."""

    caught_by = "bayse.lifecycle.cancelled-is-final"
    _keyed = False

    async def carry_out_claimed(self, record: IdempotencyRecord, carry_out: CarryOut) -> Response:
        self._keyed = True
        try:
            return await super().carry_out_claimed(record, carry_out)
        finally:
            self._keyed = False

    def is_cancellable(self, order: Order) -> bool:
        return (self._keyed and order.status is Status.CANCELLED) or super().is_cancellable(order)


class CancelsWhatIsLeftAgain(BayseVenue):
    """Goes by what is left of an order, and says success again for one that was filled in part and then cancelled."""

    caught_by = "bayse.lifecycle.cancelled-is-final"

    def is_cancellable(self, order: Order) -> bool:
        left = order.status is Status.CANCELLED and any(status is Status.PARTIALLY_FILLED for _, status in order.past)
        return left or super().is_cancellable(order)


class LetsAnEmptySignaturePass(BayseVenue):
    """Verifies the signature of a request unless it is empty, as a header without a value is."""

    caught_by = "bayse.authentication.signature-required"

    def signature_of(self, request: Request) -> str:
        return "" if request.header("x-signature") == "" else super().signature_of(request)

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        return signature == "" or super().signature_fits(account, timestamp, signature, request)
