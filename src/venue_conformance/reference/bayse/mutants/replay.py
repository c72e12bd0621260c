"""Faults in what a key that was used before brings: the same body again, or another one."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account
from ..venue import BayseVenue


class CarriesOutReplays(BayseVenue):
    """Carries the batch out again and calls its answer a replay."""

    caught_by = "bayse.idempotency.replay-same-answer"

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        return self.mark_replayed(await carry_out())


class AnswersReplaysWith208(BayseVenue):
    """Answers a replay with 208 instead of the first status."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def mark_replayed(self, response: Response) -> Response:
        return replace(super().mark_replayed(response), status=208)


class ReplaysTheSummaryOnly(BayseVenue):
    """Keeps the summary of an answer and replays it without rows."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def mark_replayed(self, response: Response) -> Response:
        answer = _read(response.body)
        return super().mark_replayed(self.reply(response.status, {**answer, "results": []}))


class SortsReplayedRows(BayseVenue):
    """Replays the rows in the order of their ids, as its table has them."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def mark_replayed(self, response: Response) -> Response:
        answer = _read(response.body)
        rows = sorted(answer.get("results", []), key=lambda row: str(row["orderId"]))
        return super().mark_replayed(self.reply(response.status, {**answer, "results": rows}))


class LeavesReplaysUnmarked(BayseVenue):
    """Replays without Idempotent-Replayed."""

    caught_by = "bayse.idempotency.replay-marked"

    def mark_replayed(self, response: Response) -> Response:
        return response


class MarksReplaysWithOne(BayseVenue):
    """Marks replays with Idempotent-Replayed: 1."""

    caught_by = "bayse.idempotency.replay-marked"

    def mark_replayed(self, response: Response) -> Response:
        return response.with_header("idempotent-replayed", "1")


class MarksFirstAnswers(BayseVenue):
    """Marks the first answer under a key as a replay too."""

    caught_by = "bayse.idempotency.first-not-marked"

    def first_answer(self, response: Response) -> Response:
        return self.mark_replayed(response)


class MarksAnswersWithoutKeys(BayseVenue):
    """Marks the answer to a request without a key as a replay."""

    caught_by = "bayse.idempotency.first-not-marked"

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        return self.mark_replayed(await super().carry_out_without_key(account, request, carry_out))


class MarksRefusedReuse(BayseVenue):
    """Marks the 422 for another body as a replay."""

    caught_by = "bayse.idempotency.first-not-marked"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        try:
            return await super().refuse_other_request(record, request, carry_out)
        except Refusal as refusal:
            return self.mark_replayed(self.refuse(refusal))


class ComparesTimestamps(BayseVenue):
    """Takes a retry with another timestamp for another request, and refuses it."""

    caught_by = "bayse.idempotency.retry-signed-afresh"

    def fingerprint(self, request: Request) -> bytes:
        return super().fingerprint(request) + self.timestamp_of(request).encode("latin-1")


class ComparesTraceIds(BayseVenue):
    """Counts the trace id among what makes a request the same, and clients make one for each try."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def fingerprint(self, request: Request) -> bytes:
        return super().fingerprint(request) + (request.header("x-trace-id") or "").encode()


class ComparesUserAgents(BayseVenue):
    """Counts the program that sent it among what makes a request the same."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def fingerprint(self, request: Request) -> bytes:
        return super().fingerprint(request) + (request.header("user-agent") or "").encode()


class CarriesOutWhatIsSignedAfresh(BayseVenue):
    """Carries a retry out again when its signature is another one."""

    caught_by = "bayse.idempotency.retry-signed-afresh"
    _signed: frozenset[tuple[Slot, str]] = frozenset()

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        self._signed = self._signed | {(slot, self.signature_of(request))}
        return super().claim(slot, request)

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        if (record.slot, self.signature_of(request)) in self._signed:
            return await super().replay(record, stored, request, carry_out)
        return await self.carry_out_claimed(self.claim(record.slot, request), carry_out)


class ReplaysForAnyBody(BayseVenue):
    """Replays the stored answer even when the body differs."""

    caught_by = "bayse.idempotency.changed-body"

    def same_request(self, record: IdempotencyRecord, request: Request) -> bool:
        return record.route == self.route_of(request)


class ComparesTheNumberOfIds(BayseVenue):
    """Takes another body for the same one when it names as many orders."""

    caught_by = "bayse.idempotency.changed-body"

    def fingerprint(self, request: Request) -> bytes:
        return str(len(_order_ids(request))).encode()


class ComparesIdsAsASet(BayseVenue):
    """Takes another body for the same one when it names the same orders in another order."""

    caught_by = "bayse.idempotency.changed-body"

    def fingerprint(self, request: Request) -> bytes:
        return json.dumps(sorted(set(_order_ids(request)))).encode()


class ComparesTheFirstId(BayseVenue):
    """Takes another body for the same one when its first order is the same."""

    caught_by = "bayse.idempotency.changed-body"

    def fingerprint(self, request: Request) -> bytes:
        return json.dumps(_order_ids(request)[:1]).encode()


class RefusesReuseWith400(BayseVenue):
    """Refuses another body under a used key with 400."""

    caught_by = "bayse.idempotency.changed-body"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        raise Refusal(400, "bad_request", "This Idempotency-Key was used with a different request")


class CarriesOutOtherBodies(BayseVenue):
    """Carries another body out under a used key, and leaves the key as it is."""

    caught_by = "bayse.idempotency.changed-body"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        return await carry_out()


class CancelsBehindThe422(BayseVenue):
    """Refuses another body under a used key with 422, and has carried it out."""

    caught_by = "bayse.idempotency.changed-body"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        await carry_out()
        return await super().refuse_other_request(record, request, carry_out)


class ForgetsTheKeyOnReuse(BayseVenue):
    """Refuses another body under a used key, and forgets the first answer over it."""

    caught_by = "bayse.idempotency.first-answer-survives"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        self.release(record)
        return await super().refuse_other_request(record, request, carry_out)


class GivesTheKeyToTheLastBody(BayseVenue):
    """Refuses another body under a used key, and from then on takes that body for the key's."""

    caught_by = "bayse.idempotency.first-answer-survives"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        record.body_hash = self.fingerprint(request)
        return await super().refuse_other_request(record, request, carry_out)


class KeepsTheRefusalOfReuse(BayseVenue):
    """Refuses another body under a used key, and stores the refusal over the first answer."""

    caught_by = "bayse.idempotency.first-answer-survives"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        try:
            return await super().refuse_other_request(record, request, carry_out)
        except Refusal as refusal:
            record.response = self.refuse(refusal)
            raise


def _read(body: bytes) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(body)
    return answer


def _order_ids(request: Request) -> list[str]:
    try:
        document = json.loads(request.body)
    except ValueError:
        return []
    order_ids = document.get("orderIds") if isinstance(document, dict) else None
    return [str(order_id) for order_id in order_ids] if isinstance(order_ids, list) else []
