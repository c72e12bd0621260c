"""Faults in who may call, told by headers that are missing or names that were never issued."""

from __future__ import annotations

import base64
import binascii
import hmac

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut
from ..orders import Account
from ..venue import BATCH_PATH, BayseVenue


class StripsThePrefixOfSecrets(BayseVenue):
    """Keys the HMAC with the secret without its `sk_test_`, so that no right signature is accepted."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def sign(self, account: Account, payload: str) -> str:
        bare = account.secret_key.removeprefix("sk_test_")
        return base64.b64encode(hmac.digest(bare.encode(), payload.encode("latin-1"), "sha256")).decode()


class ReadsSignaturesAsIfFromUrls(BayseVenue):
    """Refuses a right signature that has a plus or a slash in it, for it takes base64 for base64url."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def same_signature(self, expected: str, given: str) -> bool:
        return super().same_signature(expected.replace("+", "-").replace("/", "_"), given)


class WantsNoPublicKey(BayseVenue):
    """Without X-Public-Key it tries every account's secret and serves the one that fits."""

    caught_by = "bayse.authentication.key-required"

    def find_account(self, request: Request) -> Account:
        if request.header("x-public-key") is not None:
            return super().find_account(request)
        timestamp, signature = self.timestamp_of(request), self.signature_of(request)
        for account in self.accounts.values():
            if self.signature_fits(account, timestamp, signature, request):
                return account
        raise Refusal(401, "unauthorized", "Invalid credentials")


class WantsNoTimestamp(BayseVenue):
    """Without X-Timestamp it leaves the signature unchecked."""

    caught_by = "bayse.authentication.timestamp-required"

    async def authenticate(self, request: Request) -> Account:
        if request.header("x-timestamp") is None:
            return self.find_account(request)
        return await super().authenticate(request)


class SuppliesTheTimestamp(BayseVenue):
    """Without X-Timestamp it checks the signature against its own clock, a few seconds either way."""

    caught_by = "bayse.authentication.timestamp-required"

    async def authenticate(self, request: Request) -> Account:
        if request.header("x-timestamp") is not None:
            return await super().authenticate(request)
        account, signature = self.find_account(request), self.signature_of(request)
        now = int(self.clock.seconds())
        if any(self.signature_fits(account, str(second), signature, request) for second in range(now - 5, now + 6)):
            return account
        raise Refusal(401, "invalid_signature", "The request signature is invalid")


class WantsNoSignature(BayseVenue):
    """Takes a request without X-Signature for a request that need not be signed."""

    caught_by = "bayse.authentication.signature-required"

    async def authenticate(self, request: Request) -> Account:
        if not request.header("x-signature"):
            return self.find_account(request)
        return await super().authenticate(request)


class OpensAccountsForAnyKey(BayseVenue):
    """A public key that was never issued is served as a new caller, signature unseen."""

    caught_by = "bayse.authentication.unknown-key-refused"

    async def authenticate(self, request: Request) -> Account:
        public_key = self.required_header(request, "x-public-key")
        if public_key not in self.accounts:
            self.timestamp_of(request)
            self.signature_of(request)
            return Account(public_key, "", self.identities.uuid())
        return await super().authenticate(request)


class CancelsBeforeItAuthenticates(BayseVenue):
    """Refuses a request that fails authentication, but has cancelled the orders of the caller it names."""

    caught_by = "bayse.authentication.refused-cancels-nothing"

    async def authenticate(self, request: Request) -> Account:
        try:
            return await super().authenticate(request)
        except Refusal:
            account = self.accounts.get(request.header("x-public-key") or "")
            if account is not None and request.method == "DELETE" and request.path == BATCH_PATH:
                await self.cancel_all(account, self.read_order_ids(request))
            raise


class CancelsForUnknownKeys(BayseVenue):
    """Refuses a public key that was never issued, but has cancelled the orders for their owners."""

    caught_by = "bayse.authentication.refused-cancels-nothing"

    async def authenticate(self, request: Request) -> Account:
        public_key = request.header("x-public-key")
        if public_key and public_key not in self.accounts and request.path == BATCH_PATH:
            for order_id in self.read_order_ids(request):
                order = self.book.get(order_id)
                if order is not None and self.is_cancellable(order):
                    self.cancel(order)
        return await super().authenticate(request)


class ReplaysUnsigned(BayseVenue):
    """Gives out the stored answer of a key before it looks at the signature."""

    caught_by = "bayse.authentication.replay-needs-signature"

    async def cancel_batch(self, request: Request) -> Response:
        account = self.accounts.get(request.header("x-public-key") or "")
        key = request.header("idempotency-key")
        if account is not None and key is not None:
            record = await self.find_record(self.slot(account, key))
            if record is not None and record.response is not None and self.same_request(record, request):
                return self.mark_replayed(record.response)
        return await super().cancel_batch(request)


class ReplaysInsideThe401(BayseVenue):
    """Refuses a badly signed retry with 401, and puts the stored answer in the body."""

    caught_by = "bayse.authentication.replay-needs-signature"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            return await super().cancel_batch(request)
        except Refusal as refusal:
            account = self.accounts.get(request.header("x-public-key") or "")
            key = request.header("idempotency-key")
            record = None if account is None or key is None else await self.find_record(self.slot(account, key))
            if refusal.status != 401 or record is None or record.response is None:
                raise
            return Response(401, record.response.body, record.response.headers)


class AnswersAuthenticationFailuresWith403(BayseVenue):
    """Refuses what fails authentication with 403."""

    caught_by = "bayse.authentication.status-401"

    async def authenticate(self, request: Request) -> Account:
        try:
            return await super().authenticate(request)
        except Refusal as refusal:
            raise Refusal(403, "forbidden", refusal.message) from None


class TakesHexSignatures(BayseVenue):
    """Takes the signature in hex as well as in base64."""

    caught_by = "bayse.authentication.base64-signature"

    def same_signature(self, expected: str, given: str) -> bool:
        digest_in_hex = binascii.hexlify(base64.b64decode(expected)).decode()
        return super().same_signature(expected, given) or given.lower() == digest_in_hex


class TakesAnyWordForATimestamp(BayseVenue):
    """Takes a timestamp that is no number for the present."""

    caught_by = "bayse.authentication.malformed-timestamp-refused"

    def seconds_of(self, timestamp: str) -> int | None:
        seconds = super().seconds_of(timestamp)
        return int(self.clock.seconds()) if seconds is None else seconds


class NeverTiresOfTimestamps(BayseVenue):
    """Accepts timestamps of any age."""

    caught_by = "bayse.authentication.stale-timestamp-refused"

    def is_fresh(self, seconds: int) -> bool:
        return seconds <= self.clock.seconds() + 300


class AllowsAMinuteOnly(BayseVenue):
    """Refuses timestamps that are more than sixty seconds off."""

    caught_by = "bayse.authentication.recent-timestamp-accepted"

    def is_fresh(self, seconds: int) -> bool:
        return abs(self.clock.seconds() - seconds) <= 60


class AllowsFourMinutesOnly(BayseVenue):
    """Refuses timestamps that are more than four minutes old."""

    caught_by = "bayse.authentication.recent-timestamp-accepted"

    def is_fresh(self, seconds: int) -> bool:
        return super().is_fresh(seconds) and self.clock.seconds() - seconds <= 240


class AllowsHalfAMinuteMore(BayseVenue):
    """Accepts timestamps that are up to 330 seconds old."""

    caught_by = "bayse.authentication.stale-timestamp-refused"

    def is_fresh(self, seconds: int) -> bool:
        return abs(self.clock.seconds() - seconds) <= 330


class RefusesRepeatedSignatures(BayseVenue):
    """Takes the same signed bytes for an attack when they come a second time."""

    caught_by = "bayse.authentication.same-bytes-twice"
    _seen: frozenset[str] = frozenset()

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        signature = self.signature_of(request)
        if signature in self._seen:
            raise Refusal(401, "signature_reused", "This signature was used before")
        self._seen = self._seen | {signature}
        return await super().once_per_key(account, request, carry_out)
