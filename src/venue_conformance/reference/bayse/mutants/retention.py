"""Faults in which answers are kept, and for how long."""

from __future__ import annotations

from ...faults import Failure
from ...http import Request, Response
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..venue import BayseVenue

_HOUR = 3600.0


class KeepsServerErrors(BayseVenue):
    """Stores a 5xx answer and replays it."""

    caught_by = "bayse.idempotency.server-error-not-kept"

    def worth_keeping(self, response: Response) -> bool:
        return response.status >= 500 or super().worth_keeping(response)


class KeepsUnavailability(BayseVenue):
    """Stores a 503 answer and replays it; other server errors it does not."""

    caught_by = "bayse.idempotency.server-error-not-kept"

    def worth_keeping(self, response: Response) -> bool:
        return response.status == 503 or super().worth_keeping(response)


class KeepsErrorsAfterCommit(BayseVenue):
    """Stores a 5xx answer when the orders had been cancelled before it failed."""

    caught_by = "bayse.idempotency.server-error-not-kept"
    _committed = False

    def injected(self, failure: Failure) -> Response:
        self._committed = failure.after_commit
        return super().injected(failure)

    def worth_keeping(self, response: Response) -> bool:
        return (response.status >= 500 and self._committed) or super().worth_keeping(response)


class HoldsTheKeyAfterAnError(BayseVenue):
    """Leaves a key claimed after a 5xx answer, so that its retries get 409 for good."""

    caught_by = "bayse.idempotency.server-error-not-kept"
    _failed = False

    def release(self, record: IdempotencyRecord) -> None:
        if not self._failed:
            super().release(record)

    def worth_keeping(self, response: Response) -> bool:
        self._failed = response.status >= 500
        return super().worth_keeping(response)


class KeepsRateLimitRefusals(BayseVenue):
    """Stores a 429 answer and replays it."""

    caught_by = "bayse.idempotency.rate-limit-not-kept"

    def worth_keeping(self, response: Response) -> bool:
        return response.status == 429 or super().worth_keeping(response)


class KeepsRefusalsOfItsOwnLimit(BayseVenue):
    """Stores the 429 of its own limit and replays it; one that was injected it does not store."""

    caught_by = "bayse.idempotency.rate-limit-not-kept"

    def worth_keeping(self, response: Response) -> bool:
        own = response.status == 429 and b"Injected" not in response.body
        return own or super().worth_keeping(response)


class KeepsTimeouts(BayseVenue):
    """Stores a 408 answer and replays it."""

    caught_by = "bayse.idempotency.timeout-not-kept"

    def worth_keeping(self, response: Response) -> bool:
        return response.status == 408 or super().worth_keeping(response)


class KeepsKeysForTwelveHours(BayseVenue):
    """Forgets a key after twelve hours."""

    caught_by = "bayse.idempotency.kept-for-24-hours"

    def kept_seconds(self) -> float:
        return 12 * _HOUR


class KeepsKeysForAQuarterOfAnHour(BayseVenue):
    """Forgets a key after fifteen minutes."""

    caught_by = "bayse.idempotency.kept-for-24-hours"

    def kept_seconds(self) -> float:
        return _HOUR / 4


class KeepsShortAnswersOnly(BayseVenue):
    """Stores no answer of more than 8 KiB, so that its batch is carried out again."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def worth_keeping(self, response: Response) -> bool:
        return super().worth_keeping(response) and len(response.body) <= 8192


class ForgetsBodiesInAnHour(BayseVenue):
    """Carries another body out under a key that was used more than an hour ago, and still replays its own."""

    caught_by = "bayse.idempotency.changed-body-for-24-hours"

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        if self.clock.retention() - record.claimed_at > _HOUR:
            return await carry_out()
        return await super().refuse_other_request(record, request, carry_out)


class RemembersThirtyKeys(BayseVenue):
    """Remembers the last thirty keys of a caller, and forgets those before."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        own = [each for each in self.records if each[0] == slot[0]]
        for forgotten in own[:-29]:
            del self.records[forgotten]
        return super().claim(slot, request)
