"""Faults that come out only when the right things happen one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Unpack

from ...faults import Failure
from ...http import Request, Response
from ...venue import VenueOptions
from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..channel import Topic
from ..orders import Account, Order, Status
from ..rows import Row
from ..venue import ArcusVenue


class TrustsAKeyThatSignedWell(ArcusVenue):
    """Does not look any more at which operation a key signed for when two batches of it were all rightly signed."""

    caught_by = "arcus.signature.other-operation"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._signed_well: Counter[str] = Counter()

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        self._signed_well[batch.caller.key.public_key] += not objections
        return objections

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        if super().signature_fits(batch, element, signature):
            return True
        key, payload = batch.caller.key.public_key, self.payload(batch, element)
        others = (replace(payload, operation=operation).canonical() for operation in (1, 3))
        return self._signed_well[key] > 1 and any(self.verify(key, other, signature) for other in others)


class TakesRetriesForSigned(ArcusVenue):
    """Looks at the signatures of a cancel once, and not again when it is sent once more after a failure."""

    caught_by = "arcus.signature.wrong-key"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._failed: set[str | None] = set()

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = await super().run_batch(batch, objections)
        if response.status >= 500:
            self._failed |= {element.order_id for element in self.unopposed(batch, objections) if element.order_id}
        return response

    def objection(self, batch: Batch, element: Element) -> str | None:
        return None if element.order_id in self._failed else super().objection(batch, element)


class TakesRetriesForRepeats(ArcusVenue):
    """Acknowledges a batch that names the open orders that a failed one named, and does not carry it out."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._failed: list[list[str | None]] = []

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        named = [element.order_id or element.client_id for element in batch.elements]
        if named in self._failed:
            return self.reply(202, self.batch_answer(batch, [self.acknowledged_row(batch, e) for e in batch.elements]))
        response = await super().run_batch(batch, objections)
        found = [self.find_target(batch.caller.account, element) for element in batch.elements]
        if response.status >= 500 and all(order is not None and order.status is Status.OPEN for order in found):
            self._failed.append(named)
        return response


class RefusesStrangersOnce(ArcusVenue):
    """Does not cancel another account's order, unless the same caller names it again."""

    caught_by = "arcus.isolation.foreign-order-id"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._refused: set[tuple[str, str]] = set()

    def is_right(self, account: Account, element: Element, order: Order) -> bool:
        if self.owns(account, order):
            return super().is_right(account, element, order)
        asked = (account.address, order.id)
        again = asked in self._refused
        self._refused.add(asked)
        return again


class PassesClientIdsOn(ArcusVenue):
    """Takes the clientId of a cancelled order for the account's first open order with one, in a right batch."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if element.client_id and order is not None and order.status is Status.CANCELED and not self.judge(batch):
            heirs = [each for each in self.book.of(order.address) if each.client_id and each.is_live]
            order = next(iter(heirs), order)
        return super().match_one(batch, element, order)


class FillsUpOnTheSecondPart(ArcusVenue):
    """Takes an order that was filled in part twice for one that is filled, and does not cancel it."""

    caught_by = "arcus.lifecycle.partially-filled-cancelled"

    def is_cancellable(self, order: Order) -> bool:
        parts = [status for _, status in order.past if status is Status.PARTIALLY_FILLED]
        return super().is_cancellable(order) and len(parts) < 2


class GivesInToTheSecondBothIds(ArcusVenue):
    """Refuses a batch with both ids in an element, and the key's next one too, but has cancelled its other orders."""

    caught_by = "arcus.target.both-ids-any-position"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._refused: Counter[str] = Counter()
        self._both: Refusal | None = None

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        try:
            return super().resolve_both_ids(position, order_id, client_id)
        except Refusal as refusal:
            self._both = refusal
        return order_id, None

    def check_kind(self, item: dict[str, object], kind: str) -> None:
        if not ("orderId" in item and "clientId" in item):
            super().check_kind(item, kind)

    async def cancel_batch(self, request: Request) -> Response:
        self._both = None
        return await super().cancel_batch(request)

    async def carry_out(self, batch: Batch) -> Response:
        if self._both is None:
            return await super().carry_out(batch)
        key = batch.caller.key.public_key
        self._refused[key] += 1
        if self._refused[key] > 1:
            carry_out = self.match if self.is_definitive(batch) else self.forward
            carry_out(batch, self.unopposed(batch, self.judge(batch)))
        raise self._both


class SkipsWhatFollowsARepeat(ArcusVenue):
    """Acknowledges a batch and leaves the rest of it alone from the second mention of an order on."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        if self.is_definitive(batch):
            return super().match(batch, elements)
        named = [element.order_id or element.client_id for element in elements]
        fresh = next((place for place, name in enumerate(named) if name in named[:place]), len(named))
        return super().match(batch, elements[:fresh])


class ForgetsWhatWasLeft(ArcusVenue):
    """Says FILLED in the 200 row of an order that was filled in part and cancelled, when it is named again."""

    caught_by = "arcus.channel.consistent"

    def finished(self, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.CANCELED and order.filled:
            return Outcome(element, Status.FILLED, order)
        return super().finished(element, order)


class RemembersEndsIn202(ArcusVenue):
    """Says CANCELED in the 202 row of an order when a 200 has said so before."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._reported: set[str | None] = set()

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        if outcome.status is Status.CANCELED:
            self._reported.add(outcome.element.order_id)
        return super().definitive_row(batch, outcome)

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        known = element.order_id is not None and element.order_id in self._reported
        return {**row, "status": "CANCELED"} if known else row


class CancelsAllAfterAFailure(ArcusVenue):
    """Cancels every order of an account with the first right batch of it after a failure."""

    caught_by = "arcus.isolation.unnamed-untouched"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._failing = False
        self._failed: set[str] = set()

    def injected(self, failure: Failure) -> Response:
        self._failing = True
        return super().injected(failure)

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = await super().run_batch(batch, objections)
        if self._failing:
            self._failing = False
            self._failed.add(batch.caller.address)
        elif batch.caller.address in self._failed and not objections:
            self._failed.discard(batch.caller.address)
            for order in self.book.of(batch.caller.address):
                if order.is_live:
                    self.cancel(order)
        return response


class PublishesFilledAfterTwoFills(ArcusVenue):
    """Tells of a cancelled order as FILLED once more when it had been filled in part twice."""

    caught_by = "arcus.channel.consistent"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        if [status for _, status in order.past].count(Status.PARTIALLY_FILLED) > 1:
            self.publish(Topic(order.address, order.account_index), order.market.name, order.describe(Status.FILLED))


class PublishesCancelledAfterAFillInParts(ArcusVenue):
    """Tells of an order that was filled part by part as CANCELED when somebody wants it cancelled then."""

    caught_by = "arcus.channel.consistent"

    def publish_rejection(self, batch: Batch, element: Element, order: Order | None) -> None:
        super().publish_rejection(batch, element, order)
        past = [] if order is None else [status for _, status in order.past]
        if order is not None and order.status is Status.FILLED and Status.PARTIALLY_FILLED in past:
            topic = Topic(order.address, order.account_index)
            self.publish(topic, order.market.name, order.describe(Status.CANCELED))
