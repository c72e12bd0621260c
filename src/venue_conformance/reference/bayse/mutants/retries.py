"""Faults in what counts as a retry: it is known by its key, its body and its route, and by nothing else."""

from __future__ import annotations

import hashlib
import json
from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account
from ..venue import BayseVenue

_REPLAYED = "bayse.idempotency.replay-same-answer"


class _ComparesAHeader(BayseVenue):
    """Counts a header that says how a request or its answer is written among what makes a request the same."""

    compared: str

    def fingerprint(self, request: Request) -> bytes:
        return super().fingerprint(request) + (request.header(self.compared) or "").encode("latin-1")


class ComparesContentTypes(_ComparesAHeader):
    """Takes a retry whose Content-Type names the charset as well for another request, and refuses it."""

    caught_by = _REPLAYED
    compared = "content-type"


class ComparesAcceptedForms(_ComparesAHeader):
    """Takes a retry that accepts other media types than the first request for another request, and refuses it."""

    caught_by = _REPLAYED
    compared = "accept"


class ComparesAcceptedEncodings(_ComparesAHeader):
    """Takes a retry that accepts other encodings than the first request for another request, and refuses it."""

    caught_by = _REPLAYED
    compared = "accept-encoding"


class HasAMemoryForEachWorker(BayseVenue):
    """Keeps keys in the memory of one of two workers, which share the connections between them."""

    caught_by = _REPLAYED

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._connections: dict[str, int] = {}

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        worker = self._connections.setdefault(request.client, len(self._connections)) % 2
        # Only a request that has a key looks for it: that of the caller, at this worker.
        theirs = Account(f"{account.public_key} {worker}", account.secret_key, account.user_id)
        return await super().once_per_key(theirs, request, carry_out)


class LeavesRefusedKeysInFlight(BayseVenue):
    """Gives a key free when its request was carried out or failed, but not when it was refused as invalid."""

    caught_by = _REPLAYED

    async def carry_out_claimed(self, record: IdempotencyRecord, carry_out: CarryOut) -> Response:
        response = await super().carry_out_claimed(record, carry_out)
        if response.status == 400:
            self.records[record.slot] = record
        return response


class LeavesRepeatsOutOfWhatItCompares(BayseVenue):
    """Takes another body for the same one when it names an order once more that it has named already."""

    caught_by = "bayse.idempotency.changed-body"

    def fingerprint(self, request: Request) -> bytes:
        try:
            return json.dumps([*dict.fromkeys(self.read_order_ids(request))]).encode()
        except Refusal:
            return super().fingerprint(request)


class ComparesTheBeginningOfBodies(BayseVenue):
    """Takes another body for the same one when its first 4 KiB are."""

    caught_by = "bayse.idempotency.changed-body"

    def fingerprint(self, request: Request) -> bytes:
        return hashlib.sha256(request.body[:4096]).digest()


class ReplaysWithoutTheKey(BayseVenue):
    """Replays what was stored under a key to a request without one that has the same body."""

    caught_by = "bayse.idempotency.optional"

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        for (owner, _), record in self.records.items():
            if owner == account.public_key and record.body == request.body and record.response is not None:
                return self.mark_replayed(record.response)
        return await super().carry_out_without_key(account, request, carry_out)


class RemembersTheKeyOfAConnection(BayseVenue):
    """Takes a request without a key for one with the key that came over its connection before."""

    caught_by = "bayse.idempotency.optional"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._keys: dict[str, str] = {}

    def idempotency_key(self, request: Request) -> str | None:
        key = super().idempotency_key(request)
        if key is None:
            return self._keys.pop(request.client, None)
        self._keys[request.client] = key
        return key


class RefusesTheSameBatchUnderAnotherKey(BayseVenue):
    """Answers 409 to a body that another of the caller's keys has in flight."""

    caught_by = "bayse.idempotency.other-keys-served"

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        for (owner, key), record in self.records.items():
            if owner == slot[0] and key != slot[1] and record.response is None and record.body == request.body:
                raise Refusal(409, "idempotency_conflict", "The same batch is in progress")
        return super().claim(slot, request)


class ServesOneCallerAtATime(BayseVenue):
    """Answers 409 to whoever comes with a key while another caller's is in flight."""

    caught_by = "bayse.idempotency.other-keys-served"

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        if any(owner != slot[0] and record.response is None for (owner, _), record in self.records.items()):
            raise Refusal(409, "idempotency_conflict", "A request is in progress")
        return super().claim(slot, request)


class MarksConflicts(BayseVenue):
    """Marks every answer to a key that it knows as a replay, the 409 for a request in flight included."""

    caught_by = "bayse.idempotency.first-not-marked"

    async def refuse_in_flight(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        try:
            return await super().refuse_in_flight(record, request, carry_out)
        except Refusal as refusal:
            return self.mark_replayed(self.refuse(refusal))
