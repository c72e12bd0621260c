"""Freedoms in how an element is denied that names no order: with the request, as the reference does, or in its row."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch, Caller, Element
from ..rows import FAILED, Row
from ..venue import ArcusVenue


class FailsTheRowOfAnElementWithoutId(ArcusVenue):
    """An element with neither id may be denied in its row, with ERROR, beside elements that are carried out."""

    concerns = ("arcus.target.neither-id", "arcus.limits.refusal-status", "arcus.lifecycle.open-cancelled")

    def check_neither_id(self, position: int) -> None:
        """Judged with the signatures."""

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if "orderId" in item or "clientId" in item:
            super().check_kind(item, kind)

    def objection(self, batch: Batch, element: Element) -> str | None:
        if element.order_id is None and element.client_id is None:
            return "one of orderId and clientId is required"
        return super().objection(batch, element)


class RejectsTheRowOfAnElementWithoutId(FailsTheRowOfAnElementWithoutId):
    """The row that denies an element with neither id may say REJECTED, and need not say why."""

    concerns = ("arcus.target.neither-id", "arcus.rows.documented-fields", "arcus.limits.refusal-status")

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        if element.order_id is None and element.client_id is None:
            return {"status": "REJECTED"}
        return super().error_row(batch, element, objection)


class FailsTheRowOfWhatIsNoObject(ArcusVenue):
    """What is no object among the elements may be denied in its row, beside elements that are carried out."""

    concerns = ("arcus.limits.wrong-type-refused", "arcus.lifecycle.open-cancelled")

    def read_element(self, position: int, item: Any) -> Element:
        if isinstance(item, dict):
            return super().read_element(position, item)
        return Element(position, "", 0, 0, None, None, None, None, {})

    def check_element(self, caller: Caller, element: Element) -> None:
        if self._is_object(element):
            super().check_element(caller, element)

    def objection(self, batch: Batch, element: Element) -> str | None:
        return super().objection(batch, element) if self._is_object(element) else "every cancel must be a JSON object"

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        if self._is_object(element):
            return super().error_row(batch, element, objection)
        return {"status": FAILED, "error": objection}

    def _is_object(self, element: Element) -> bool:
        return bool(element.source)
