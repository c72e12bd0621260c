"""Faults in which elements of a batch have their signatures judged."""

from __future__ import annotations

from ..cancels import Batch, Element
from ..venue import ArcusVenue


class VerifiesTheFirstElementOnly(ArcusVenue):
    """Verifies the first element's signature and trusts the rest of the batch."""

    caught_by = "arcus.signature.every-element"

    def objection(self, batch: Batch, element: Element) -> str | None:
        return super().objection(batch, element) if element.position == 0 else None


class VerifiesFirstAndLastOnly(ArcusVenue):
    """Verifies the signatures at both ends of a batch and trusts those between."""

    caught_by = "arcus.signature.every-element"

    def objection(self, batch: Batch, element: Element) -> str | None:
        at_an_end = element.position in (0, len(batch.elements) - 1)
        return super().objection(batch, element) if at_an_end else None


class TrustsTheLastElement(ArcusVenue):
    """Verifies every signature of a batch but that of the last of several elements."""

    caught_by = "arcus.signature.every-element"

    def objection(self, batch: Batch, element: Element) -> str | None:
        trusted = 0 < element.position == len(batch.elements) - 1
        return None if trusted else super().objection(batch, element)


class TrustsClientIdsInCompany(ArcusVenue):
    """Verifies the signatures of clientIds in batches of one, and trusts them in larger ones."""

    caught_by = "arcus.signature.every-element"

    def is_signed(self, batch: Batch, element: Element) -> bool:
        trusted = element.client_id is not None and len(batch.elements) > 1
        return trusted or super().is_signed(batch, element)


class CarriesOutUnsignedElementsInCompany(ArcusVenue):
    """Carries out an element without a signature when another element of its batch has one."""

    caught_by = "arcus.signature.missing"

    def is_signed(self, batch: Batch, element: Element) -> bool:
        beside_signed = any(other.signature for other in batch.elements)
        return (element.signature is None and beside_signed) or super().is_signed(batch, element)
