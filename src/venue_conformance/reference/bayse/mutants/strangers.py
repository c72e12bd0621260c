"""Faults in what somebody who cannot sign leaves behind under another's key."""

from __future__ import annotations

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord
from ..venue import BayseVenue


class _ClaimsBeforeItAuthenticates(BayseVenue):
    """Takes the key for the caller who is named, then looks at the signature."""

    async def cancel_batch(self, request: Request) -> Response:
        account, key = self.accounts.get(request.header("x-public-key") or ""), self.idempotency_key(request)
        if account is None or key is None:
            return await super().cancel_batch(request)
        slot = self.slot(account, key)
        known = await self.find_record(slot)
        record = known or self.claim(slot, request)
        try:
            await self.authenticate(request)
        except Refusal as refusal:
            if known is None:
                self.leave(record, self.refuse(refusal))
            raise
        if known is None:
            self.release(record)
        return await super().cancel_batch(request)

    def leave(self, record: IdempotencyRecord, refused: Response) -> None:
        """What becomes of a key whose first request was wrongly signed."""
        self.release(record)


class KeepsRefusalsOfStrangers(_ClaimsBeforeItAuthenticates):
    """Stores the 401 of a wrongly signed request under the key of the caller whom it names."""

    caught_by = "bayse.authentication.keys-unaffected"

    def leave(self, record: IdempotencyRecord, refused: Response) -> None:
        self.keep(record, refused)


class LeavesKeysToStrangers(_ClaimsBeforeItAuthenticates):
    """Takes a key for in flight for good once a wrongly signed request came under it."""

    caught_by = "bayse.authentication.keys-unaffected"

    def leave(self, record: IdempotencyRecord, refused: Response) -> None:
        """Nothing is given free."""


class BindsKeysToBodiesOfStrangers(_ClaimsBeforeItAuthenticates):
    """Refuses any other body under a key than that of a wrongly signed request, and carries that body out."""

    caught_by = "bayse.authentication.keys-unaffected"

    def leave(self, record: IdempotencyRecord, refused: Response) -> None:
        self.keep(record, refused)

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        if stored.status == 401:
            self.release(record)
            return await self.cancel_batch(request)
        return await super().replay(record, stored, request, carry_out)
