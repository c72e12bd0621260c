"""Who is calling: the verifier of signed requests (batch-cancel page, authentication and example request).

A signature is the base64 of HMAC-SHA256, keyed with the secret, over `timestamp.METHOD.path.bodyHash`, where
bodyHash is the lower-case hex SHA-256 of the body as it was sent, and empty when there is no body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re

from ..http import Request
from .base import BayseBase, Refusal
from .orders import Account

TIMESTAMP_WINDOW_SECONDS = 300
"""How far a timestamp may be from the venue's clock; the page is silent on the future side, which is treated alike."""

_SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


class SignedRequests(BayseBase):
    """Authenticates callers; each step is a method of its own."""

    async def authenticate(self, request: Request) -> Account:
        """The account that signed the request. Raises `Refusal` (401) when none can be shown to have."""
        account = self.find_account(request)
        timestamp = self.timestamp_of(request)
        signature = self.signature_of(request)
        if not self.signature_fits(account, timestamp, signature, request):
            raise Refusal(401, "invalid_signature", "The request signature is invalid")
        # Judged after the signature: only who holds the secret learns how the venue's clock stands.
        self.check_freshness(timestamp)
        return account

    async def identify(self, request: Request) -> Account:
        """The account that a read names by its public key alone. Raises `Refusal` (401)."""
        return self.find_account(request)

    def find_account(self, request: Request) -> Account:
        """The account of X-Public-Key. Raises `Refusal` (401) when it is missing or was never issued."""
        account = self.accounts.get(self.required_header(request, "x-public-key"))
        if account is None:
            raise Refusal(401, "unauthorized", "Invalid credentials")
        return account

    def timestamp_of(self, request: Request) -> str:
        """X-Timestamp as it was sent. Raises `Refusal` (401) when it is missing."""
        return self.required_header(request, "x-timestamp")

    def signature_of(self, request: Request) -> str:
        """X-Signature as it was sent. Raises `Refusal` (401) when it is missing."""
        return self.required_header(request, "x-signature")

    def required_header(self, request: Request, name: str) -> str:
        """The one value of a header. Raises `Refusal` (401) unless it was sent exactly once and is not empty."""
        values = request.header_values(name)
        if len(values) != 1 or not values[0]:
            raise Refusal(401, "unauthorized", "Missing or invalid credentials")
        return values[0]

    def signature_fits(self, account: Account, timestamp: str, signature: str, request: Request) -> bool:
        """Whether the signature is the account's, for this timestamp and this request."""
        return self.same_signature(self.sign(account, self.payload(timestamp, request)), signature)

    def payload(self, timestamp: str, request: Request) -> str:
        """The text that a signature for this request is made over."""
        return f"{timestamp}.{request.method}.{request.path}.{self.body_hash(request)}"

    def body_hash(self, request: Request) -> str:
        """The hash of the body as sent, or nothing at all for a request without a body."""
        return hashlib.sha256(request.body).hexdigest() if request.body else ""

    def sign(self, account: Account, payload: str) -> str:
        """The signature that the account would give to the payload."""
        digest = hmac.digest(account.secret_key.encode(), payload.encode("latin-1"), "sha256")
        return base64.b64encode(digest).decode("ascii")

    def same_signature(self, expected: str, given: str) -> bool:
        """Whether the two are equal, in a time that does not tell where they differ."""
        return hmac.compare_digest(expected.encode("latin-1"), given.encode("latin-1"))

    def check_freshness(self, timestamp: str) -> None:
        """Raises `Refusal` (401) when the timestamp is no number of seconds or too far from now."""
        seconds = self.seconds_of(timestamp)
        if seconds is None:
            raise Refusal(401, "unauthorized", "X-Timestamp is not a Unix time in seconds")
        if not self.is_fresh(seconds):
            raise Refusal(401, "timestamp_expired", "The request timestamp is outside the allowed window")

    def seconds_of(self, timestamp: str) -> int | None:
        """The timestamp as a number, None when it is not written in decimal digits only."""
        return int(timestamp) if _SECONDS.fullmatch(timestamp) else None

    def is_fresh(self, seconds: int) -> bool:
        """Whether a timestamp is close enough to the venue's clock."""
        return abs(self.clock.seconds() - seconds) <= TIMESTAMP_WINDOW_SECONDS
