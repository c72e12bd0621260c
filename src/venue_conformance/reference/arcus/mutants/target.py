"""Faults in how an element names its order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..orders import Account, Order
from ..payload import CancelPayload
from ..venue import ArcusVenue


class WantsAClientIdToo(ArcusVenue):
    """Refuses an element that names its order by orderId alone."""

    caught_by = "arcus.target.order-id-alone"

    def read_element(self, position: int, item: Any) -> Element:
        element = super().read_element(position, item)
        if element.order_id is not None and element.client_id is None:
            raise self.malformed("clientId is required")
        return element


class WantsAnOrderIdToo(ArcusVenue):
    """Refuses an element that names its order by clientId alone."""

    caught_by = "arcus.target.client-id-alone"

    def read_element(self, position: int, item: Any) -> Element:
        element = super().read_element(position, item)
        if element.order_id is None:
            raise self.malformed("orderId is required")
        return element


class ResolvesNoClientIds(ArcusVenue):
    """Acknowledges a cancel by clientId and never finds its order."""

    caught_by = "arcus.target.client-id-alone"

    def order_named(self, account: Account, element: Element) -> Order | None:
        return None if element.order_id is None else super().order_named(account, element)


class CancelsTheNewestForAClientId(ArcusVenue):
    """Cancels the newest order with a client id instead of the one with the client id that was named."""

    caught_by = "arcus.target.client-id-alone"

    def find_target(self, account: Account, element: Element) -> Order | None:
        named = super().find_target(account, element)
        if named is None or element.order_id is not None:
            return named
        return next(order for order in reversed(self.book.of(account.address)) if order.client_id is not None)


class WantsAnEmptyIdSigned(ArcusVenue):
    """Wants an element with a clientId signed with an empty orderId beside it."""

    caught_by = "arcus.target.client-id-alone"

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return payload if element.client_id is None else replace(payload, order_id="")


class _TakesBothIds(ArcusVenue):
    """Accepts an element with both ids, signed over both or over either."""

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        return order_id, client_id

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if not ("orderId" in item and "clientId" in item):
            super().check_kind(item, kind)

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        either = (replace(element, client_id=None), replace(element, order_id=None)) if _both(element) else ()
        fits = super().signature_fits
        return fits(batch, element, signature) or any(fits(batch, one, signature) for one in either)


class TakesTheOrderIdOfTwo(_TakesBothIds):
    """Cancels by orderId when an element has both ids."""

    caught_by = "arcus.target.both-ids"


class TakesTheClientIdOfTwo(_TakesBothIds):
    """Cancels by clientId when an element has both ids."""

    caught_by = "arcus.target.both-ids"

    def order_named(self, account: Account, element: Element) -> Order | None:
        return super().order_named(account, replace(element, order_id=None) if _both(element) else element)


class RefusesBothIdsWith422(ArcusVenue):
    """Answers an element with both ids with 422."""

    caught_by = "arcus.target.both-ids"

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        raise Refusal(422, "exactly one of orderId and clientId is allowed")


class RefusesBothIdsInTheRow(_TakesBothIds):
    """Answers an element with both ids with 202 and an error in its row."""

    caught_by = "arcus.target.both-ids"

    def objection(self, batch: Batch, element: Element) -> str | None:
        return "exactly one of orderId and clientId is allowed" if _both(element) else super().objection(batch, element)


class CancelsBeforeItRefusesBothIds(_TakesBothIds):
    """Answers an element with both ids with 400 after the batch was handed on."""

    caught_by = "arcus.target.both-ids"

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = await super().run_batch(batch, objections)
        if any(_both(element) for element in batch.elements):
            raise Refusal(400, "exactly one of orderId and clientId is allowed")
        return response


class LooksForBothIdsInTheFirstElement(_TakesBothIds):
    """Refuses both ids in the first element only, and cancels by orderId elsewhere."""

    caught_by = "arcus.target.both-ids-any-position"

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        if position == 0:
            raise Refusal(400, "exactly one of orderId and clientId is allowed")
        return order_id, client_id


class RefusesBothIdsInTheRowOfSeveral(_TakesBothIds):
    """Answers both ids in one of several elements with 202 and an error in its row."""

    caught_by = "arcus.target.both-ids-any-position"

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        batch = super().read_batch(request, caller)
        if len(batch.elements) == 1 and _both(batch.elements[0]):
            raise Refusal(400, "exactly one of orderId and clientId is allowed")
        return batch

    def objection(self, batch: Batch, element: Element) -> str | None:
        return "exactly one of orderId and clientId is allowed" if _both(element) else super().objection(batch, element)


class CancelsWhatStandsBeforeBothIds(_TakesBothIds):
    """Hands on the elements in front of one with both ids, then refuses the request."""

    caught_by = "arcus.target.both-ids-any-position"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        faulty = [element.position for element in batch.elements if _both(element)]
        if faulty:
            self.forward(batch, self.unopposed(batch, objections)[: faulty[0]])
            raise Refusal(400, "exactly one of orderId and clientId is allowed")
        return objections


class AcknowledgesAnElementWithoutId(ArcusVenue):
    """Answers an element without an id with 202 and acknowledges it, although it carries out nothing."""

    caught_by = "arcus.target.neither-id"

    def check_neither_id(self, position: int) -> None:
        """Judged with the signatures."""

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if "orderId" in item or "clientId" in item:
            super().check_kind(item, kind)

    def objection(self, batch: Batch, element: Element) -> str | None:
        return None if _neither(element) else super().objection(batch, element)


class CancelsEverythingForAnElementWithoutId(AcknowledgesAnElementWithoutId):
    """Takes an element without an id for a wish to cancel every order of the market."""

    caught_by = "arcus.target.neither-id"

    def objection(self, batch: Batch, element: Element) -> str | None:
        if _neither(element):
            orders = [order for order in self.book.of(batch.caller.address) if order.market.id == element.market_id]
            self.forward(batch, tuple(replace(element, order_id=order.id) for order in orders))
        return super().objection(batch, element)


class DeniesAnElementWithoutIdAndCancelsTheMarket(CancelsEverythingForAnElementWithoutId):
    """Denies an element without an id in its row, and has cancelled every order of the market for it."""

    caught_by = "arcus.target.neither-id"

    def objection(self, batch: Batch, element: Element) -> str | None:
        objection = super().objection(batch, element)
        return "one of orderId and clientId is required" if _neither(element) else objection


class ForgetsWhatStandsBesideAnElementWithoutId(AcknowledgesAnElementWithoutId):
    """Denies an element without an id in its row, and acknowledges those beside it without carrying them out."""

    caught_by = "arcus.target.neither-id"

    def objection(self, batch: Batch, element: Element) -> str | None:
        if _neither(element):
            return "one of orderId and clientId is required"
        return super().objection(batch, element)

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        nameless = any(_neither(element) for element in batch.elements)
        return () if nameless else super().unopposed(batch, objections)


class CancelsWhatStandsBesideAnElementWithoutId(AcknowledgesAnElementWithoutId):
    """Hands on the elements beside one without an id, then refuses the request."""

    caught_by = "arcus.target.neither-id"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        if any(_neither(element) for element in batch.elements):
            named = [element for element in self.unopposed(batch, objections) if not _neither(element)]
            self.forward(batch, tuple(named))
            raise Refusal(400, "one of orderId and clientId is required")
        return objections


class TakesTheKindOfTheFirstElement(ArcusVenue):
    """Acknowledges a batch of both sorts of id, but hands on the sort of the first element only."""

    caught_by = "arcus.target.mixed-batch"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        by_order_id = batch.elements[0].order_id is not None
        elements = super().unopposed(batch, objections)
        return tuple(element for element in elements if (element.order_id is not None) == by_order_id)


class RefusesMixedBatches(ArcusVenue):
    """Refuses a batch of both sorts of id."""

    caught_by = "arcus.target.mixed-batch"

    def read_cancels(self, request: Request) -> Sequence[Any]:
        cancels = super().read_cancels(request)
        kinds = {name for item in cancels if isinstance(item, dict) for name in ("orderId", "clientId") if name in item}
        twice = any(isinstance(item, dict) and {"orderId", "clientId"} <= set(item) for item in cancels)
        if len(kinds) == 2 and not twice:
            raise self.malformed("one batch holds one kind of cancel")
        return cancels


def _both(element: Element) -> bool:
    return element.order_id is not None and element.client_id is not None


def _neither(element: Element) -> bool:
    return element.order_id is None and element.client_id is None
