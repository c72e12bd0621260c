"""Freedoms in how answers are written and carried."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ...http import Headers, Request, Response
from ..base import Refusal
from ..orders import Order
from ..rows import Row, RowError
from ..venue import BayseVenue


class AddsFields(BayseVenue):
    """Answers may have fields beyond the documented ones, in rows, errors, the summary and beside them."""

    concerns = ("bayse.rows.extra-fields", "bayse.rows.one-per-order", "bayse.isolation.indistinguishable")

    def success_row(self, order_id: str) -> Row:
        return {**super().success_row(order_id), "status": "cancelled", "cancelledAt": self.clock.nanoseconds()}

    def row_error(self, code: str, message: str) -> RowError:
        return {**super().row_error(code, message), "retryable": False, "details": None}

    def batch_answer(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        numbered = [{"index": index, **row} for index, row in enumerate(rows)]
        answer = super().batch_answer(order_ids, numbered)
        return {"batchId": self.identities.uuid(), **answer, "processedAt": self.clock.nanoseconds()}

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        return {**super().summary(order_ids, rows), "requested": len(order_ids)}


class WordsErrorsItsOwnWay(BayseVenue):
    """No error text is documented, and of the codes only two of a row's."""

    concerns = ("bayse.lifecycle.finished-code", "bayse.rows.error-on-failure", "bayse.errors.envelope")

    def refuse(self, refusal: Refusal) -> Response:
        return super().refuse(Refusal(refusal.status, "E_REFUSED", "Überprüfen Sie die Anfrage.", refusal.headers))

    def row_error(self, code: str, message: str) -> RowError:
        return super().row_error(code, f"Failed: {message.lower()}.")

    def finished(self, order: Order) -> RowError:
        return self.row_error("ORDER_NOT_CANCELLABLE", f"Order is {order.status}")


class WritesAbsentErrorsAsNull(BayseVenue):
    """A row that succeeded may say that it has no error: null."""

    concerns = ("bayse.rows.error-on-failure",)

    def success_row(self, order_id: str) -> Row:
        return {**super().success_row(order_id), "error": None}


class CallsFinishedOrdersNotFound(BayseVenue):
    """No code is documented for an order that is no longer open; this one keeps only live orders in its book."""

    concerns = ("bayse.lifecycle.finished-code", "bayse.lifecycle.filled-is-final")

    def finished(self, order: Order) -> RowError:
        return self.not_found(order)


class RefusesWith422(BayseVenue):
    """400 and 422 are both documented for parameters that are wrong."""

    concerns = (
        "bayse.limits.empty-refused",
        "bayse.limits.wrong-type-refused",
        "bayse.idempotency.key-alphabet-refused",
    )

    def refuse(self, refusal: Refusal) -> Response:
        if refusal.status == 400:
            refusal = Refusal(422, "validation_error", refusal.message, refusal.headers)
        return super().refuse(refusal)


class PutsTheEnvelopeAround429(BayseVenue):
    """A 429 is documented with a body of its own in one place and with the common envelope in another."""

    concerns = ("bayse.rate-limit.retry-after", "bayse.errors.envelope")

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        common = {"error": refusal.code, "message": refusal.message, "statusCode": refusal.status}
        return {**common, **super().envelope(refusal)}


class SendsChunks(BayseVenue):
    """A body may come in pieces, without Content-Length."""

    concerns = ("bayse.rows.status-200", "bayse.limits.hundred-accepted")

    async def answer(self, request: Request) -> Response:
        return replace(await super().answer(request), chunked=True)


class TakesItsTime(BayseVenue):
    """No latency is promised: every answer takes 80 ms."""

    concerns = ("bayse.idempotency.in-flight", "bayse.idempotency.carried-out-once", "bayse.rate-limit.enforced")

    async def answer(self, request: Request) -> Response:
        await self.clock.sleep(0.08)
        return await super().answer(request)


class WritesHeadersInOddCase(BayseVenue):
    """Header names have no case."""

    concerns = ("bayse.idempotency.replay-marked", "bayse.rate-limit.retry-after", "bayse.errors.trace-id")

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        odd = tuple(("-".join(map(_odd, name.split("-"))), value) for name, value in response.headers)
        return replace(response, headers=odd)


class ClosesConnections(BayseVenue):
    """A connection need not outlive its answer."""

    concerns = ("bayse.lifecycle.open-cancelled", "bayse.idempotency.carried-out-once")

    async def answer(self, request: Request) -> Response:
        return (await super().answer(request)).with_header("connection", "close")


class PrintsJsonForPeople(BayseVenue):
    """White space, the order of keys and the use of escapes in an answer are free."""

    concerns = ("bayse.idempotency.replay-same-answer", "bayse.rows.echo-order-id", "bayse.isolation.indistinguishable")

    def reply(self, status: int, value: object, headers: Headers = ()) -> Response:
        body = json.dumps(value, indent=2, sort_keys=True).encode() + b"\r\n"
        return Response(status, body, (("content-type", "application/json; charset=utf-8"), *headers))


class NumbersItsAnswers(BayseVenue):
    """Answers may carry headers of their own, other ones with every answer, a replay's included."""

    concerns = ("bayse.idempotency.replay-same-answer", "bayse.isolation.indistinguishable")
    _answers = 0

    async def answer(self, request: Request) -> Response:
        self._answers += 1
        response = (await super().answer(request)).with_header("x-request-id", self.identities.uuid())
        return response.with_header("x-ratelimit-remaining", str(1000 - self._answers))


def _odd(word: str) -> str:
    return "".join(letter.upper() if place % 2 else letter for place, letter in enumerate(word))
