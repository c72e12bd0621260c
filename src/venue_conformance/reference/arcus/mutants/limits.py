"""Faults in how many cancels a batch may hold, and about the form of the body."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..orders import Order, Status
from ..rows import ACKNOWLEDGED, Row
from ..venue import ArcusVenue


class RefusesABatchOfOne(ArcusVenue):
    """Refuses a batch of one cancel, for which there is another endpoint."""

    caught_by = "arcus.limits.one-accepted"

    def check_count(self, cancels: Sequence[Any]) -> None:
        if len(cancels) == 1:
            raise self.malformed("cancels must hold 2 to 100 elements")
        super().check_count(cancels)


class StopsAtNinetyNine(ArcusVenue):
    """Refuses a batch of 100 cancels."""

    caught_by = "arcus.limits.hundred-accepted"

    def check_count(self, cancels: Sequence[Any]) -> None:
        if len(cancels) == 100:
            raise self.malformed("cancels must hold fewer than 100 elements")
        super().check_count(cancels)


class HandsOnTheFirstFifty(ArcusVenue):
    """Acknowledges every element of a large batch and hands on the first fifty."""

    caught_by = "arcus.limits.hundred-accepted"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        return super().unopposed(batch, objections)[:50]


class ForgetsTheHundredth(ArcusVenue):
    """Acknowledges every element of a full batch and hands on 99."""

    caught_by = "arcus.limits.hundred-accepted"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        return super().unopposed(batch, objections)[:99]


class LeavesTheRestOfADefinitiveBatchOpen(ArcusVenue):
    """Carries out the first fifty elements of a batch that is answered with 200, and says of the others that it has."""

    caught_by = "arcus.limits.hundred-accepted"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        if self.is_definitive(batch) and element.position >= 50 and order is not None and order.is_live:
            return Outcome(element, Status.CANCELED, order)
        return super().match_one(batch, element, order)


class AcceptsAnEmptyBatch(ArcusVenue):
    """Answers a batch of no cancels with 202 and no rows."""

    caught_by = "arcus.limits.empty-refused"

    async def carry_out(self, batch: Batch) -> Response:
        return self.reply(202, {"responses": []}) if not batch.elements else await super().carry_out(batch)

    def check_count(self, cancels: Sequence[Any]) -> None:
        if cancels:
            super().check_count(cancels)


class AcceptsAHundredAndOne(ArcusVenue):
    """Carries out a batch of 101 cancels."""

    caught_by = "arcus.limits.over-hundred-refused"

    def check_count(self, cancels: Sequence[Any]) -> None:
        super().check_count(cancels[:100])


class CutsTheBatchToAHundred(ArcusVenue):
    """Carries out the first hundred cancels of a larger batch."""

    caught_by = "arcus.limits.over-hundred-refused"

    def cancels_in(self, document: Any) -> list[Any]:
        return super().cancels_in(document)[:100]


class CancelsAHundredAndRefusesTheRest(ArcusVenue):
    """Hands on the first hundred cancels of a larger batch, then refuses it."""

    caught_by = "arcus.limits.over-hundred-refused"

    def check_count(self, cancels: Sequence[Any]) -> None:
        super().check_count(cancels[:100])

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        if len(batch.elements) > 100:
            self.forward(batch, self.unopposed(batch, objections)[:100])
            raise Refusal(400, "cancels must hold 1 to 100 elements")
        return await super().run_batch(batch, objections)


class TakesMissingCancelsForNone(AcceptsAnEmptyBatch):
    """Answers a body without cancels with 202 and no rows."""

    caught_by = "arcus.limits.list-required"

    def cancels_in(self, document: Any) -> list[Any]:
        if isinstance(document, dict) and "cancels" not in document:
            return []
        found = super().cancels_in(document)
        if not found:
            raise self.malformed("cancels must hold 1 to 100 elements")
        return found


class TakesWhatIsNoJsonForAnEmptyBody(AcceptsAnEmptyBatch):
    """Answers a body that is not JSON with 202 and no rows."""

    caught_by = "arcus.limits.list-required"

    async def cancel_batch(self, request: Request) -> Response:
        try:
            document = json.loads(request.body)
        except (ValueError, RecursionError):
            self.authenticate(request)
            return self.reply(202, {"responses": []})
        if isinstance(document, dict) and document.get("cancels") == []:
            raise self.malformed("cancels must hold 1 to 100 elements")
        return await super().cancel_batch(request)


class TakesOneObjectForAnArray(ArcusVenue):
    """Takes an object in the place of the array for its one element."""

    caught_by = "arcus.limits.wrong-type-refused"

    def cancels_in(self, document: Any) -> list[Any]:
        cancels = document.get("cancels") if isinstance(document, dict) else None
        return [cancels] if isinstance(cancels, dict) else super().cancels_in(document)


class SkipsWhatIsNoObject(ArcusVenue):
    """Leaves out what is no object among the elements, and carries out the others."""

    caught_by = "arcus.limits.wrong-type-refused"

    def cancels_in(self, document: Any) -> list[Any]:
        cancels = super().cancels_in(document)
        return [item for item in cancels if isinstance(item, dict)] or cancels


class AcknowledgesWhatIsNoObject(ArcusVenue):
    """Acknowledges what is no object among the elements in a row of its own, although it carries out nothing."""

    caught_by = "arcus.limits.wrong-type-refused"

    def cancels_in(self, document: Any) -> list[Any]:
        cancels = super().cancels_in(document)
        self._others = sum(not isinstance(item, dict) for item in cancels)
        return [item for item in cancels if isinstance(item, dict)] or cancels

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, [*rows, *({"status": ACKNOWLEDGED} for _ in range(self._others))])


class CancelsBesideWhatIsNoObjectAndRefuses(ArcusVenue):
    """Hands on the elements of a batch that are objects, then refuses it for those that are none."""

    caught_by = "arcus.limits.wrong-type-refused"

    def cancels_in(self, document: Any) -> list[Any]:
        cancels = super().cancels_in(document)
        objects = [item for item in cancels if isinstance(item, dict)]
        self._mixed = 0 < len(objects) < len(cancels)
        return objects if self._mixed else cancels

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = await super().run_batch(batch, objections)
        if self._mixed:
            raise self.malformed("every cancel must be a JSON object")
        return response


class AnswersAnotherTypeWithNoRows(ArcusVenue):
    """Answers a body whose cancels is a text, a number or null with 202 and no rows."""

    caught_by = "arcus.limits.wrong-type-refused"

    async def cancel_batch(self, request: Request) -> Response:
        document = self.read_json(request.body)
        if isinstance(document, dict) and not isinstance(document.get("cancels", []), list):
            self.authenticate(request)
            return self.reply(202, {"responses": []})
        return await super().cancel_batch(request)


class ReadsNumbersInTexts(ArcusVenue):
    """Takes a text of digits for a number."""

    caught_by = "arcus.limits.field-wrong-type"

    def integer_in(self, item: dict[str, Any], name: str, low: int, high: int) -> int:
        value = item.get(name)
        if name in ("marketId", "accountIndex") and isinstance(value, str) and value.isdecimal():
            item = {**item, name: int(value)}
        return super().integer_in(item, name, low, high)


class ReadsTextsInNumbers(ArcusVenue):
    """Takes a number for the text that spells it."""

    caught_by = "arcus.limits.field-wrong-type"

    def text_in(self, item: dict[str, Any], name: str) -> str | None:
        value = item.get(name)
        return str(value) if isinstance(value, (int, float)) else super().text_in(item, name)
