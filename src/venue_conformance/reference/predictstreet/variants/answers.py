"""Freedoms in how answers look and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ...http import Headers, Request, Response, json_response
from ..base import Refusal
from ..orders import Caller
from ..outcomes import Outcomes
from ..rate_limit import BudgetLevel
from ..venue import PredictStreetVenue


class AnswersWith201(PredictStreetVenue):
    """Answers a batch with 201, as its framework does by default."""

    concerns = ("predictstreet.response.status",)

    def success(self, order_ids: Sequence[str], outcomes: Outcomes) -> Response:
        return self.reply(201, self.outcome_answer(order_ids, outcomes))


class SortsTheCancelled(PredictStreetVenue):
    """Lists ids in the reverse of their alphabetical order, whatever order they were sent in."""

    concerns = ("predictstreet.response.order", "predictstreet.outcomes.every-id")

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> dict[str, Any]:
        return super().outcome_answer(order_ids, dict(sorted(outcomes.items(), reverse=True)))


class AddsFields(PredictStreetVenue):
    """Adds fields of its own to answers and errors."""

    concerns = ("predictstreet.response.extra-fields", "predictstreet.response.shape")

    def outcome_answer(self, order_ids: Sequence[str], outcomes: Outcomes) -> dict[str, Any]:
        answer = super().outcome_answer(order_ids, outcomes)
        return {"requested": len(order_ids), **answer, "batchId": self.identities.uuid(), "market": None}

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        return {**super().envelope(refusal), "docs": "https://docs.adipredictstreet.com/errors/codes"}


class NestsErrors(PredictStreetVenue):
    """Words errors in the other documented envelope, the code in error.code, with a trace id."""

    concerns = ("predictstreet.robustness.error-envelope", "predictstreet.robustness.error-code-field")

    def refuse(self, refusal: Refusal) -> Response:
        trace_id = self.identities.digits(32)
        inner = {"code": refusal.code, "message": refusal.message}
        body = {"status": refusal.status, "error": inner, "trace_id": trace_id}
        return self.reply(refusal.status, body, refusal.headers).with_header("x-trace-id", trace_id)


class AnswersIn80Milliseconds(PredictStreetVenue):
    """Takes 80 milliseconds for every batch, whatever its size."""

    concerns = ("predictstreet.latency.bounded",)

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        await self.clock.sleep(0.08)
        return await super().run_batch(caller, order_ids)


class SendsChunks(PredictStreetVenue):
    """Sends answers in chunks, without their length."""

    concerns = ("predictstreet.response.shape",)

    def stamped(self, response: Response) -> Response:
        whole = super().stamped(response)
        return Response(whole.status, whole.body, whole.headers, chunked=True)


class ClosesConnections(PredictStreetVenue):
    """Closes the connection after every answer."""

    concerns = ("predictstreet.request.example",)

    def stamped(self, response: Response) -> Response:
        return super().stamped(response).with_header("connection", "close")


class PrintsPrettily(PredictStreetVenue):
    """Sends JSON in many lines and names its charset."""

    concerns = ("predictstreet.response.shape",)

    def reply(self, status: int, value: object, headers: Headers = ()) -> Response:
        pretty = json_response(status, value, headers, indent=2)
        return pretty.without_header("content-type").with_header("content-type", "application/json; charset=utf-8")


class SendsFewHeaders(PredictStreetVenue):
    """Sends neither its own time nor, but for a 429, how the budget stands."""

    concerns = ("predictstreet.rate-limit.headers-elsewhere",)

    def stamped(self, response: Response) -> Response:
        return response

    def with_allowance(self, response: Response, allowance: BudgetLevel | None) -> Response:
        return response


class AnswersInvalidBodiesWith422(PredictStreetVenue):
    """Refuses an invalid body with 422."""

    concerns = ("predictstreet.request.validation-answer", "predictstreet.limits.empty-refused")

    def invalid(self, message: str) -> Refusal:
        return Refusal(422, "unprocessable_entity", message)


class AnswersInvalidBodiesWithoutBody(PredictStreetVenue):
    """Refuses an invalid body with 400 and the code alone."""

    concerns = ("predictstreet.request.validation-answer", "predictstreet.limits.wrong-type-refused")

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        return {"code": "bad_request"} if refusal.status == 400 else super().envelope(refusal)


class HoldsAfterTheCommit(PredictStreetVenue):
    """Keeps a request that is to be held until its orders are cancelled, and holds its answer."""

    concerns = ("predictstreet.atomicity.committed-before-answer", "predictstreet.atomicity.serial")

    async def hold(self, caller: Caller) -> None:
        return

    async def run_batch(self, caller: Caller, order_ids: Sequence[str]) -> Outcomes:
        outcomes = await super().run_batch(caller, order_ids)
        await super().hold(caller)
        return outcomes


class RefusesRepeatedHeadersWith400(PredictStreetVenue):
    """Refuses a request that sends a header of ours twice with 400, before it looks at anything else."""

    concerns = ("predictstreet.request.check-order",)

    async def answer(self, request: Request) -> Response:
        if any(len(request.header_values(name)) > 1 for name in ("x-api-key", "x-user-wallet")):
            return self.stamped(self.refuse(Refusal(400, "bad_request", "A header was sent twice")))
        return await super().answer(request)
