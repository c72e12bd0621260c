"""Freedoms in the forms of requests, ids and answers, and in what a venue has seen before."""

from __future__ import annotations

import gzip
import json
from collections import defaultdict, deque
from dataclasses import replace
from typing import Unpack

from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..idempotency import IdempotencyRecord, Slot
from ..orders import Account, Order, Status, Terms
from ..rows import RowError
from ..venue import BayseVenue

_GUESSES, _GUESSING_SECONDS = 10, 4.0


class TakesPlainJsonOnly(BayseVenue):
    """A Content-Type that names a charset may be refused: every example has application/json."""

    concerns = ("bayse.idempotency.replay-same-answer", "bayse.limits.one-accepted")

    async def cancel_batch(self, request: Request) -> Response:
        if request.header("content-type") != "application/json":
            raise Refusal(415, "unsupported_media_type", "The body must be application/json")
        return await super().cancel_batch(request)


class RefusesRepeatedIds(BayseVenue):
    """A batch that names an id twice may be refused, before anybody looks at its key."""

    concerns = (
        "bayse.rows.duplicates",
        "bayse.rows.duplicates-consistent",
        "bayse.idempotency.changed-body",
        "bayse.isolation.foreign-untouched",
    )

    async def cancel_batch(self, request: Request) -> Response:
        await self.authenticate(request)
        order_ids = self.read_order_ids(request)
        if len(set(order_ids)) < len(order_ids):
            raise Refusal(400, "bad_request", "orderIds must be different")
        return await super().cancel_batch(request)


class CompressesAnswers(BayseVenue):
    """A body may be compressed when the client accepts that."""

    concerns = ("bayse.rows.one-per-order", "bayse.idempotency.replay-same-answer")

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if "gzip" not in (request.header("accept-encoding") or ""):
            return response
        return replace(response, body=gzip.compress(response.body)).with_header("content-encoding", "gzip")


class HasNoWordsForErrors(BayseVenue):
    """The words of an error are not documented: they may be an empty text."""

    concerns = ("bayse.rows.error-on-failure", "bayse.isolation.indistinguishable")

    def row_error(self, code: str, message: str) -> RowError:
        return super().row_error(code, "")


class ReplaysFromAColumnOfJson(BayseVenue):
    """A stored answer may have been parsed meanwhile: its keys are in another order, its white space is another."""

    concerns = ("bayse.idempotency.replay-same-answer", "bayse.idempotency.replay-marked")

    def mark_replayed(self, response: Response) -> Response:
        body = json.dumps(json.loads(response.body), sort_keys=True, indent=1).encode("ascii")
        return super().mark_replayed(replace(response, body=body))


class IssuesIdsInUpperCase(BayseVenue):
    """The ids of orders are UUIDs; nothing says in which letter case."""

    concerns = (
        "bayse.rows.echo-order-id",
        "bayse.rows.one-per-order",
        "bayse.lifecycle.open-cancelled",
        "bayse.isolation.indistinguishable",
    )

    def make_order(self, owner: Account, terms: Terms, *, status: Status = Status.OPEN, engine: str = "CLOB") -> Order:
        order = super().make_order(owner, terms, status=status, engine=engine)
        order.id = order.id.upper()
        self.book.add(order)
        return order


class SlowsDownGuessing(BayseVenue):
    """Who fails to authenticate ten times within four seconds may have to wait: such a request gets 429."""

    concerns = (
        "bayse.authentication.wrong-secret-refused",
        "bayse.authentication.status-401",
        "bayse.authentication.refused-cancels-nothing",
        "bayse.authentication.keys-unaffected",
    )

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._failed: dict[str, deque[float]] = defaultdict(deque)

    async def authenticate(self, request: Request) -> Account:
        failed, now = self._failed[request.header("x-public-key") or ""], self.clock.monotonic()
        while failed and now - failed[0] > _GUESSING_SECONDS:
            failed.popleft()
        try:
            return await super().authenticate(request)
        except Refusal:
            if len(failed) >= _GUESSES:
                wait = str(int(_GUESSING_SECONDS) + 1)
                raise Refusal(429, "rate_limit", "Too many failed attempts", (("retry-after", wait),)) from None
            failed.append(now)
            raise


class HasSeenPlainKeysBefore(BayseVenue):
    """Whose keys are one space is not documented: somebody else may have used 0 or constructor before."""

    concerns = ("bayse.idempotency.key-scope", "bayse.idempotency.key-alphabet-accepted")

    async def find_record(self, slot: Slot) -> IdempotencyRecord | None:
        others = any(owner != slot[0] and key == slot[1] for owner, key in self.records)
        if slot not in self.records and (others or slot[1] in ("0", "null", "undefined", "constructor", "__proto__")):
            raise Refusal(422, "idempotency_key_reused", "This Idempotency-Key was used with a different request")
        return await super().find_record(slot)
