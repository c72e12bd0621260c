"""Faults in the status in one of the occasions that it is documented for."""

from __future__ import annotations

import hashlib

from ...http import Request
from ..base import Refusal
from ..orders import Account
from ..venue import BayseVenue


class AnswersStaleTimestampsWith400(BayseVenue):
    """Refuses a request for its age with 400."""

    caught_by = "bayse.authentication.status-401"

    def check_freshness(self, timestamp: str) -> None:
        try:
            super().check_freshness(timestamp)
        except Refusal as refusal:
            raise Refusal(400, refusal.code, refusal.message) from None


class AnswersAnEmptyBodysHashWith400(BayseVenue):
    """Refuses a signature that covers the hash of nothing with 400."""

    caught_by = "bayse.authentication.status-401"

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        hashed = hashlib.sha256(b"").hexdigest()
        other = self.sign(account, f"{timestamp}.{request.method}.{request.path}.{hashed}")
        if self.same_signature(other, signature):
            raise Refusal(400, "invalid_body_hash", "The signature covers another body")
        return super().signature_fits(account, timestamp, signature, request)


class ForbidsRetriesThatAreWronglySigned(BayseVenue):
    """Refuses a wrongly signed request with 403 when its idempotency key was used before."""

    caught_by = "bayse.authentication.status-401"

    async def authenticate(self, request: Request) -> Account:
        try:
            return await super().authenticate(request)
        except Refusal as refusal:
            if any(key == request.header("idempotency-key") for _, key in self.records):
                raise Refusal(403, "forbidden", refusal.message) from None
            raise
