"""Freedoms in the forms of answers and of rejections."""

from __future__ import annotations

import gzip
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Unpack

from ...http import Request, Response
from ..base import PredictStreetOptions, Refusal
from ..orders import Caller
from ..venue import PredictStreetVenue

_GUESSES, _GUESSING_SECONDS = 10, 4.0


class CompressesAnswers(PredictStreetVenue):
    """Compresses a body when the client accepts that."""

    concerns = ("predictstreet.response.shape", "predictstreet.isolation.indistinguishable")

    async def answer(self, request: Request) -> Response:
        response = await super().answer(request)
        if "gzip" not in (request.header("accept-encoding") or ""):
            return response
        return replace(response, body=gzip.compress(response.body)).with_header("content-encoding", "gzip")


class AnswersTooManyWith413(PredictStreetVenue):
    """Refuses a batch of more than one hundred ids as too large."""

    concerns = ("predictstreet.limits.over-hundred-refused", "predictstreet.limits.repeat-counts")

    def check_count(self, order_ids: Sequence[Any]) -> None:
        if len(order_ids) > 100:
            raise Refusal(413, "payload_too_large", "orderIds must contain at most 100 elements")
        super().check_count(order_ids)


class SlowsDownGuessing(PredictStreetVenue):
    """Refuses with 429 what fails to authenticate once ten requests have within four seconds."""

    concerns = (
        "predictstreet.authentication.wrong-secret-refused",
        "predictstreet.authentication.status-401",
        "predictstreet.authentication.refused-cancels-nothing",
        "predictstreet.wallet.malformed",
    )

    def __init__(self, **options: Unpack[PredictStreetOptions]) -> None:
        super().__init__(**options)
        self._failed: deque[float] = deque()

    async def authenticate(self, request: Request) -> Caller:
        now = self.clock.monotonic()
        while self._failed and now - self._failed[0] > _GUESSING_SECONDS:
            self._failed.popleft()
        try:
            return await super().authenticate(request)
        except Refusal:
            if len(self._failed) >= _GUESSES:
                headers = (("retry-after", str(int(_GUESSING_SECONDS) + 1)),)
                raise Refusal(429, "too_many_attempts", "Too many failed attempts", headers) from None
            self._failed.append(now)
            raise
