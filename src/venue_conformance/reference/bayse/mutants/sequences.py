"""Faults that come out only when the right things happen one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any, Unpack

from ...faults import Failure
from ...http import Request, Response
from ...venue import VenueOptions
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account, Order, Status
from ..rows import Row
from ..venue import BayseVenue


class ForgetsKeysOnAnError(BayseVenue):
    """Forgets all keys of a caller when one of their batches ends in 5xx."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def injected(self, failure: Failure) -> Response:
        if failure.status >= 500:
            self.records = {slot: record for slot, record in self.records.items() if record.response is None}
        return super().injected(failure)


class DoesNotKeepRetries(BayseVenue):
    """Carries a batch out again for good once it has failed: the answer to its retry is not kept."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._failed: set[Slot] = set()

    def keep(self, record: IdempotencyRecord, response: Response) -> None:
        if record.slot in self._failed:
            self.release(record)
        else:
            super().keep(record, response)

    def release(self, record: IdempotencyRecord) -> None:
        self._failed.add(record.slot)
        super().release(record)


class ReplaysTwice(BayseVenue):
    """Replays an answer twice; whoever asks a third time is served afresh."""

    caught_by = "bayse.idempotency.replay-same-answer"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._replays: Counter[Slot] = Counter()

    async def replay(
        self, record: IdempotencyRecord, stored: Response, request: Request, carry_out: CarryOut
    ) -> Response:
        self._replays[record.slot] += 1
        if self._replays[record.slot] > 2:
            return self.mark_replayed(await carry_out())
        return await super().replay(record, stored, request, carry_out)


class CountsOrdersUnderAKey(BayseVenue):
    """Counts different orders instead of rows when a batch under a key names one twice."""

    caught_by = "bayse.rows.duplicates-consistent"
    _keyed = False

    async def carry_out_claimed(self, record: IdempotencyRecord, carry_out: CarryOut) -> Response:
        self._keyed = True
        try:
            return await super().carry_out_claimed(record, carry_out)
        finally:
            self._keyed = False

    def summary(self, order_ids: Sequence[str], rows: list[Row]) -> dict[str, Any]:
        if not self._keyed:
            return super().summary(order_ids, rows)
        return super().summary(order_ids, list({row["orderId"]: row for row in rows}.values()))


class GivesInToTheSecondReuse(BayseVenue):
    """Refuses another body under a used key with 422, and the next one too, but has cancelled what that one named."""

    caught_by = "bayse.idempotency.changed-body"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._refused: Counter[Slot] = Counter()

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        self._refused[record.slot] += 1
        if self._refused[record.slot] > 1:
            await carry_out()
        return await super().refuse_other_request(record, request, carry_out)


class ForgetsTheKeyOnTheNextReuse(BayseVenue):
    """Gives a key free when a second other body has been refused under it."""

    caught_by = "bayse.idempotency.first-answer-survives"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._refused: Counter[Slot] = Counter()

    async def refuse_other_request(self, record: IdempotencyRecord, request: Request, carry_out: CarryOut) -> Response:
        self._refused[record.slot] += 1
        if self._refused[record.slot] > 1:
            self.release(record)
        return await super().refuse_other_request(record, request, carry_out)


class FillsUpOnTheSecondPart(BayseVenue):
    """Takes an order that was filled in part twice for one that is filled, and does not cancel it."""

    caught_by = "bayse.lifecycle.partially-filled-cancelled"

    def is_cancellable(self, order: Order) -> bool:
        parts = [status for _, status in order.past if status is Status.PARTIALLY_FILLED]
        return super().is_cancellable(order) and len(parts) < 2


class CancelsWhatWasFilledInParts(BayseVenue):
    """Takes an order that was filled in part, and then wholly, for one that is still filled in part, and cancels it."""

    caught_by = "bayse.lifecycle.filled-is-final"

    def is_cancellable(self, order: Order) -> bool:
        before = [status for _, status in order.past[:-1]]
        in_parts = order.status is Status.FILLED and Status.PARTIALLY_FILLED in before
        return in_parts or super().is_cancellable(order)


class UnlocksWhatWasAskedForTwice(BayseVenue):
    """Looks at the owner of an order until its owner has failed to cancel it; from then on it is anybody's."""

    caught_by = "bayse.isolation.foreign-not-found"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._asked: set[str] = set()

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.book.get(order_id)
        if order is not None and order.owner == account.public_key and not self.is_cancellable(order):
            self._asked.add(order_id)
        return super().cancel_one(account, order_id)

    def owns(self, account: Account, order: Order) -> bool:
        return order.id in self._asked or super().owns(account, order)
