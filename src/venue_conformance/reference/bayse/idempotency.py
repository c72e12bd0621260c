"""One effect per key: what an Idempotency-Key promises (batch-cancel page, headers)."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Unpack

from ..http import Request, Response
from ..venue import VenueOptions
from .base import Refusal
from .orders import Account
from .verify import SignedRequests

KEPT_SECONDS = 24 * 3600.0
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)

CarryOut = Callable[[], Awaitable[Response]]
Slot = tuple[str, str]
"""Where a key is remembered: the public key of the caller, and the key."""


@dataclass(slots=True)
class IdempotencyRecord:
    """What is remembered of a key: the request that claimed it, since when, and its answer once there is one."""

    slot: Slot
    route: str
    body_hash: bytes
    body: bytes
    claimed_at: float
    response: Response | None = None


class IdempotentRequests(SignedRequests):
    """Claims a key, carries the request out, stores its answer; later requests under the key are told of it."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.records: dict[Slot, IdempotencyRecord] = {}

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        """Carry the request out, or answer from what is known of its key."""
        key = self.idempotency_key(request)
        if key is None:
            return await self.carry_out_without_key(account, request, carry_out)
        slot = self.slot(account, key)
        record = await self.find_record(slot)
        if record is not None:
            return await self.answer_again(record, request, carry_out)
        # Nothing may be awaited between the look-up and the claim: that gap is where two requests both get through.
        record = self.claim(slot, request)
        return await self.carry_out_claimed(record, carry_out)

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        """A request without a key is carried out every time."""
        return await carry_out()

    async def carry_out_claimed(self, record: IdempotencyRecord, carry_out: CarryOut) -> Response:
        """Carry the request out under its claim, then keep its answer or give the key free."""
        try:
            response = await carry_out()
        except Refusal as refusal:
            response = self.refuse(refusal)
        except BaseException:
            self.release(record)
            raise
        if self.worth_keeping(response):
            self.keep(record, response)
        else:
            self.release(record)
        return self.first_answer(response)

    async def answer_again(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        """The answer to a request whose key is taken: replay, other body, or still in flight."""
        if not self.same_request(record, request):
            return await self.refuse_other_request(record, request, carry_out)
        if record.response is None:
            return await self.refuse_in_flight(record, request, carry_out)
        return await self.replay(record, record.response, request, carry_out)

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        """422: the key belongs to another body."""
        raise Refusal(422, "idempotency_key_reused", "This Idempotency-Key was used with a different request")

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        """409: the request that claimed the key is still being carried out."""
        raise Refusal(409, "idempotency_conflict", "A request with this Idempotency-Key is still in progress")

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        """The stored answer once more, marked as a replay."""
        return self.mark_replayed(stored)

    # -- keys ------------------------------------------------------------------------------------------------------

    def idempotency_key(self, request: Request) -> str | None:
        """The request's key, None when it has none. Raises `Refusal` (400) for a malformed or repeated one."""
        values = request.header_values("idempotency-key")
        if not values:
            return None
        if len(values) > 1 or not self.is_well_formed(values[0]):
            raise Refusal(400, "invalid_idempotency_key", "Idempotency-Key must be 1-255 characters of [A-Za-z0-9_-]")
        return self.normal_key(values[0])

    def is_well_formed(self, key: str) -> bool:
        """Whether a key has only permitted characters, and not too many of them."""
        return _KEY.fullmatch(key) is not None

    def normal_key(self, key: str) -> str:
        """The part of a key that counts: all of it."""
        return key

    def slot(self, account: Account, key: str) -> Slot:
        """Where a key is remembered: every caller has keys of their own."""
        return (account.public_key, key)

    # -- records ---------------------------------------------------------------------------------------------------

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        """What is remembered under a slot, unless it is too old."""
        record = self.records.get(slot)
        if record is not None and self.is_too_old(record):
            self.release(record)
            return None
        return record

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        """Take the key for this request."""
        record = IdempotencyRecord(
            slot=slot,
            route=self.route_of(request),
            body_hash=self.fingerprint(request),
            body=request.body,
            claimed_at=self.clock.retention(),
        )
        self.records[slot] = record
        return record

    def keep(self, record: IdempotencyRecord, response: Response) -> None:
        """Remember the answer."""
        record.response = response

    def release(self, record: IdempotencyRecord) -> None:
        """Forget the key, so that its next request is carried out afresh."""
        if self.records.get(record.slot) is record:
            del self.records[record.slot]

    def is_too_old(self, record: IdempotencyRecord) -> bool:
        """Whether an answered key has been kept for long enough; one in flight is kept whatever its age."""
        return record.response is not None and self.clock.retention() - record.claimed_at > self.kept_seconds()

    def kept_seconds(self) -> float:
        """How long a key is remembered."""
        return KEPT_SECONDS

    def worth_keeping(self, response: Response) -> bool:
        """Whether an answer uses its key up: only a success does, whatever was refused may be corrected."""
        return 200 <= response.status < 300

    # -- what counts as the same request ---------------------------------------------------------------------------

    def same_request(self, record: IdempotencyRecord, request: Request) -> bool:
        """Whether a request is a retry of the one that claimed the key: same route, same body."""
        return record.route == self.route_of(request) and record.body_hash == self.fingerprint(request)

    def route_of(self, request: Request) -> str:
        """The operation that was called."""
        return f"{request.method} {request.path}"

    def fingerprint(self, request: Request) -> bytes:
        """What is compared of a body: its bytes. Timestamp and signature change from retry to retry and stay out."""
        return hashlib.sha256(request.body).digest()

    # -- marks -----------------------------------------------------------------------------------------------------

    def first_answer(self, response: Response) -> Response:
        """An answer that is no replay, as it is sent."""
        return response

    def mark_replayed(self, response: Response) -> Response:
        """A stored answer as it is sent again."""
        return response.with_header("idempotent-replayed", "true")
