"""Faults in requests that share a key at the same time."""

from __future__ import annotations

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account
from ..venue import BayseVenue

_STEP_SECONDS = 0.005
_WAIT_SECONDS = 30.0
_LEASE_SECONDS = 5.0


class WaitsForTheFirst(BayseVenue):
    """Lets a retry wait for the first request and then replays, instead of refusing it with 409."""

    caught_by = "bayse.idempotency.in-flight"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        waited = 0.0
        while record.response is None and self.records.get(record.slot) is record and waited < _WAIT_SECONDS:
            await self.clock.sleep(_STEP_SECONDS)
            waited += _STEP_SECONDS
        if record.response is None:
            return await super().refuse_in_flight(record, request, carry_out)
        return await self.replay(record, record.response, request, carry_out)


class AcceptsRetriesInFlight(BayseVenue):
    """Answers a retry with 202 while the first request is in flight."""

    caught_by = "bayse.idempotency.in-flight"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        return self.reply(202, {"message": "This request is being processed"})


class RefusesRetriesInFlightWith425(BayseVenue):
    """Refuses a retry in flight with 425."""

    caught_by = "bayse.idempotency.in-flight"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        raise Refusal(425, "too_early", "A request with this Idempotency-Key is still in progress")


class PausesBeforeItClaims(BayseVenue):
    """Looks a key up, waits for its slow store, and claims the key without looking again."""

    caught_by = "bayse.idempotency.carried-out-once"

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        record = await super().find_record(slot)
        if record is None:
            await self.clock.sleep(0.02)
        return record


class ClaimsWhenItIsDone(BayseVenue):
    """Remembers a key when its request has been carried out, and knows of none in flight."""

    caught_by = "bayse.idempotency.carried-out-once"

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        record = await super().find_record(slot)
        return None if record is None or record.response is None else record

    async def hold(self, account: Account) -> None:
        await self.clock.sleep(0.01)  # the work between look-up and claim, which nothing else here takes time for
        await super().hold(account)


class CarriesConflictsOut(BayseVenue):
    """Refuses a retry in flight with 409, and has carried it out."""

    caught_by = "bayse.idempotency.carried-out-once"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        await carry_out()
        return await super().refuse_in_flight(record, request, carry_out)


class KeepsTheConflict(BayseVenue):
    """Stores the 409 of a retry under the key, and replays it when the first request has finished."""

    caught_by = "bayse.idempotency.replay-after-conflict"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        try:
            return await super().refuse_in_flight(record, request, carry_out)
        except Refusal as refusal:
            record.response = self.refuse(refusal)
            raise

    def keep(self, record: IdempotencyRecord, response: Response) -> None:
        if record.response is None:
            super().keep(record, response)


class ForgetsTheKeyOnConflict(BayseVenue):
    """Forgets a key when a retry meets its request in flight, so that the next one is carried out again."""

    caught_by = "bayse.idempotency.replay-after-conflict"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        self.release(record)
        return await super().refuse_in_flight(record, request, carry_out)


class AnswersConflictForGood(BayseVenue):
    """Never stops to answer 409 once a retry has met its request in flight."""

    caught_by = "bayse.idempotency.replay-after-conflict"
    _met: frozenset[Slot] = frozenset()

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        self._met = self._met | {record.slot}
        return await super().refuse_in_flight(record, request, carry_out)

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        if record.slot in self._met:
            return await self.refuse_in_flight(record, request, carry_out)
        return await super().replay(record, stored, request, carry_out)


class ServesOneKeyAtATime(BayseVenue):
    """Refuses a caller's other keys with 409 while one of their requests is in flight."""

    caught_by = "bayse.idempotency.other-keys-served"

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        own = await super().find_record(slot)
        others = (record for record in self.records.values() if record.slot[0] == slot[0])
        if own is None and any(record.response is None for record in others):
            raise Refusal(409, "idempotency_conflict", "Another request of this caller is still in progress")
        return own


class LetsClaimsRunOut(BayseVenue):
    """Takes a request that has been in flight for five seconds for lost, and carries its retry out."""

    caught_by = "bayse.idempotency.carried-out-once"

    def is_too_old(self, record: IdempotencyRecord) -> bool:
        lost = record.response is None and self.clock.retention() - record.claimed_at > _LEASE_SECONDS
        return lost or super().is_too_old(record)


class TiresOfConflicts(BayseVenue):
    """Answers 423 instead of 409 to a retry of a request that has been in flight for five seconds."""

    caught_by = "bayse.idempotency.in-flight"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        if self.clock.retention() - record.claimed_at > _LEASE_SECONDS:
            raise Refusal(423, "locked", "A request with this Idempotency-Key does not come to an end")
        return await super().refuse_in_flight(record, request, carry_out)


class CarriesOutReplaysUnseen(BayseVenue):
    """Answers a retry with the first answer, and has carried its batch out again before."""

    caught_by = "bayse.idempotency.carried-out-once"

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        await carry_out()
        return await super().replay(record, stored, request, carry_out)
