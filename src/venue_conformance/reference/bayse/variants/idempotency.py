"""Freedoms in what a key means beyond what is promised of it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Sequence

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account
from ..venue import BayseVenue


class MarksFirstAnswersFalse(BayseVenue):
    """An answer that is no replay may say so, with Idempotent-Replayed: false."""

    concerns = ("bayse.idempotency.first-not-marked", "bayse.idempotency.optional")

    async def cancel_batch(self, request: Request) -> Response:
        response = await super().cancel_batch(request)
        if ("idempotent-replayed", "true") in response.headers:
            return response
        return response.with_header("idempotent-replayed", "false")


class ComparesParsedBodies(BayseVenue):
    """Bodies may be compared by what they say: white space, escapes and the order of keys do not count then."""

    concerns = ("bayse.idempotency.body-comparison", "bayse.idempotency.changed-body")

    def fingerprint(self, request: Request) -> bytes:
        try:
            return json.dumps(json.loads(request.body.decode("utf-8")), sort_keys=True).encode()
        except (ValueError, RecursionError):
            return super().fingerprint(request)


class ComparesWhatItKnows(BayseVenue):
    """Bodies may be compared by what was read from them, so that members that nobody knows do not count."""

    concerns = ("bayse.idempotency.body-comparison", "bayse.idempotency.changed-body")

    def fingerprint(self, request: Request) -> bytes:
        try:
            return json.dumps(json.loads(request.body.decode("utf-8"))["orderIds"]).encode()
        except (ValueError, TypeError, KeyError, RecursionError):
            return super().fingerprint(request)


class KeepsKeysForTwoDays(BayseVenue):
    """Keys may be kept for longer than 24 hours."""

    concerns = ("bayse.idempotency.kept-longer", "bayse.idempotency.kept-for-24-hours", "bayse.idempotency.expires")

    def kept_seconds(self) -> float:
        return 48 * 3600.0


class KeepsRefusals(BayseVenue):
    """A request refused with 4xx may use its key up; 408 and 429 may not, and 409 is about the key itself."""

    concerns = ("bayse.idempotency.refusal-kept", "bayse.idempotency.rate-limit-not-kept")

    def worth_keeping(self, response: Response) -> bool:
        return super().worth_keeping(response) or (400 <= response.status < 500 and response.status not in (408, 429))


class NeverForgetsKeys(BayseVenue):
    """What becomes of a key after its 24 hours is not documented: it may be kept for ever."""

    concerns = ("bayse.idempotency.expires", "bayse.idempotency.kept-longer")

    def is_too_old(self, record: IdempotencyRecord) -> bool:
        return False


class HasKeysForEachRoute(BayseVenue):
    """The same key on another route may be another key."""

    concerns = ("bayse.idempotency.other-route",)

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        self._prefix = self.route_of(request)  # nothing is awaited before `slot` reads it
        return await super().once_per_key(account, request, carry_out)

    def slot(self, account: Account, key: str) -> Slot:
        return (account.public_key, f"{self._prefix} {key}")

    _prefix = ""


class SaysWhenToRetryAConflict(BayseVenue):
    """A 409 may say in Retry-After when to come back."""

    concerns = ("bayse.idempotency.conflict-retry-after", "bayse.idempotency.in-flight")

    def refuse(self, refusal: Refusal) -> Response:
        response = super().refuse(refusal)
        return response.with_header("retry-after", "1") if refusal.status == 409 else response


class ConflictsBeforeItCompares(BayseVenue):
    """Another body under a key that is in flight may get 409 instead of 422."""

    concerns = ("bayse.idempotency.in-flight", "bayse.idempotency.changed-body")

    async def answer_again(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        if record.response is None:
            return await self.refuse_in_flight(record, request, carry_out)
        return await super().answer_again(record, request, carry_out)


class TakesABlankKeyForNone(BayseVenue):
    """An empty key may be taken for no key at all."""

    concerns = ("bayse.idempotency.blank-key", "bayse.idempotency.optional")

    def idempotency_key(self, request: Request) -> str | None:
        if request.header_values("idempotency-key") == [""]:
            return None
        return super().idempotency_key(request)


class TakesAMalformedKeyForNone(BayseVenue):
    """What comes of a malformed key is not documented: the request may be carried out like one without a key."""

    concerns = (
        "bayse.idempotency.malformed-key",
        "bayse.idempotency.key-too-long",
        "bayse.idempotency.key-alphabet-refused",
    )

    def idempotency_key(self, request: Request) -> str | None:
        try:
            return super().idempotency_key(request)
        except Refusal:
            return None


class RefusesKeysOfOthers(BayseVenue):
    """Whose keys are one space is not documented: a key that another caller has used may be refused."""

    concerns = ("bayse.idempotency.key-scope", "bayse.idempotency.callers-independent")

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        for owner, used in list(self.records):
            other = await super().find_record((owner, used)) if used == slot[1] and owner != slot[0] else None
            if other is not None and other.response is not None:
                raise Refusal(422, "idempotency_key_reused", "This Idempotency-Key was used with a different request")
        return await super().find_record(slot)


class RefusesKeysOfOthersInFlight(BayseVenue):
    """Whose keys are one space is not documented: a key may be blocked while anybody has a request in flight."""

    concerns = ("bayse.idempotency.key-scope", "bayse.idempotency.callers-independent")

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        own = await super().find_record(slot)
        if own is not None:
            return own
        for record in self.records.values():
            if record.response is None and record.slot[1] == slot[1]:
                raise Refusal(409, "idempotency_conflict", "A request with this Idempotency-Key is still in progress")
        return None


class StoresAnswersAfterItSentThem(BayseVenue):
    """An answer may be stored, and its key given free, a moment after it was sent; until then its key is in flight."""

    concerns = (
        "bayse.idempotency.replay-same-answer",
        "bayse.idempotency.replay-marked",
        "bayse.idempotency.retry-signed-afresh",
        "bayse.idempotency.changed-body",
        "bayse.idempotency.replay-after-conflict",
        "bayse.idempotency.server-error-not-kept",
    )

    async def answer_again(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        if record.response is None:
            return await self.refuse_in_flight(record, request, carry_out)
        return await super().answer_again(record, request, carry_out)

    def keep(self, record: IdempotencyRecord, response: Response) -> None:
        self._in_a_moment(lambda: super(StoresAnswersAfterItSentThem, self).keep(record, response))

    def release(self, record: IdempotencyRecord) -> None:
        self._in_a_moment(lambda: super(StoresAnswersAfterItSentThem, self).release(record))

    def _in_a_moment(self, store: Callable[[], None]) -> None:
        asyncio.get_running_loop().call_later(0.05, store)


class HoldsAfterItCancelled(BayseVenue):
    """A held request may have changed its orders before the hold instead of after it."""

    concerns = ("bayse.idempotency.in-flight", "bayse.idempotency.carried-out-once")

    async def run_batch(self, account: Account, order_ids: Sequence[str]) -> Response:
        held_for = self.faults.take_hold(account.public_key)
        response = await super().run_batch(account, order_ids)
        if held_for > 0:
            await self.clock.sleep(held_for)
        return response


class DropsWhatItsClientLeft(BayseVenue):
    """A request whose client has hung up may be dropped: nothing is cancelled, and its key is free."""

    concerns = (
        "bayse.idempotency.carried-out-once",
        "bayse.idempotency.replay-after-conflict",
        "bayse.lifecycle.open-cancelled",
    )

    async def carry_out(self, account: Account, request: Request) -> Response:
        await self.hold(account)
        if await request.hung_up():
            raise Refusal(503, "service_unavailable", "The client has gone")
        return await super().carry_out(account, request)
