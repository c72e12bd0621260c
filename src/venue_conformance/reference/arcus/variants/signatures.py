"""Freedoms in how signatures are judged, and when."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ...http import Response
from ..base import Refusal
from ..cancels import Batch, Element
from ..payload import CancelPayload
from ..venue import ArcusVenue

_BOTH_IDS = "exactly one of orderId and clientId is allowed"


class RefusesTheRequestForAWrongSignature(ArcusVenue):
    """A wrong element signature may refuse the whole request with 401."""

    concerns = ("arcus.signature.refusal-form", "arcus.signature.adjacent-elements", "arcus.signature.every-element")

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        if objections:
            raise Refusal(401, next(iter(objections.values())))
        return {}


class RefusesTheRequestWhenNoSignatureIsRight(ArcusVenue):
    """Wrong signatures may refuse the request with 401 when no element is left, and fail their rows otherwise."""

    concerns = ("arcus.signature.refusal-form", "arcus.signature.adjacent-elements")

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        if len(objections) == len(batch.elements):
            raise Refusal(401, "invalid order signature")
        return objections


class AWrongSignatureSpoilsTheBatch(ArcusVenue):
    """Whether right elements are carried out beside a wrong one is not documented; here every row fails."""

    concerns = ("arcus.signature.adjacent-elements", "arcus.signature.refusal-form")

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        failed = {element.position: "another cancel of the batch failed" for element in batch.elements}
        return {**failed, **objections} if objections else {}


class WantsXSignature(ArcusVenue):
    """Later pages want X-Signature present and not empty, whatever it says, or every element fails."""

    concerns = ("arcus.authentication.x-signature-absent", "arcus.signature.header-value-ignored")

    def objection(self, batch: Batch, element: Element) -> str | None:
        return super().objection(batch, element) if batch.header_signature else "invalid order signature"


class RefusesWithoutXSignature(ArcusVenue):
    """A venue of the later pages may refuse a batch without X-Signature as a whole."""

    concerns = ("arcus.authentication.x-signature-absent", "arcus.signature.header-value-ignored")

    async def carry_out(self, batch: Batch) -> Response:
        if not batch.header_signature:
            raise Refusal(401, "missing X-Signature")
        return await super().carry_out(batch)


class ClientIdsAreSignedInLowerCase(ArcusVenue):
    """Earlier pages have a clientId signed in lower case."""

    concerns = ("arcus.signature.client-id-case",)

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return payload if payload.client_id is None else replace(payload, client_id=payload.client_id.lower())


class WantsSignaturesInLowerCase(ArcusVenue):
    """Whether an element's signature may be in upper-case hex is not documented."""

    concerns = ("arcus.signature.upper-case-hex",)

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        return signature == signature.lower() and super().verify(public_key, message, signature)


class _BothIdsAfterTheSignature(ArcusVenue):
    """Judges the signatures first, and refuses both ids then."""

    def resolve_both_ids(self, position: int, order_id: str, client_id: str) -> tuple[str | None, str | None]:
        return order_id, client_id

    def check_kind(self, item: dict[str, Any], kind: str) -> None:
        if not ("orderId" in item and "clientId" in item):
            super().check_kind(item, kind)

    def judge(self, batch: Batch) -> dict[int, str]:
        faulty = [each for each in batch.elements if each.order_id is not None and each.client_id is not None]
        if not all(self.is_signed(batch, element) for element in faulty):
            raise Refusal(401, "invalid order signature")
        if faulty:
            raise Refusal(400, _BOTH_IDS)
        return super().judge(batch)


class RefusesBothIdsAfterASignatureOverBoth(_BothIdsAfterTheSignature):
    """Both ids may be refused after the signature was judged, over a payload with both."""

    concerns = ("arcus.target.both-ids", "arcus.target.both-ids-any-position", "arcus.authentication.fault-precedence")


class RefusesBothIdsAfterASignatureOverTheOrderId(_BothIdsAfterTheSignature):
    """Both ids may be refused after the signature was judged, over a payload with the orderId alone."""

    concerns = ("arcus.target.both-ids", "arcus.target.both-ids-any-position", "arcus.authentication.fault-precedence")

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return payload if payload.order_id is None else replace(payload, client_id=None)


class RefusesBothIdsAfterASignatureOverTheClientId(_BothIdsAfterTheSignature):
    """Both ids may be refused after the signature was judged, over a payload with the clientId alone."""

    concerns = ("arcus.target.both-ids", "arcus.target.both-ids-any-position", "arcus.authentication.fault-precedence")

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        payload = super().payload(batch, element)
        return payload if payload.client_id is None else replace(payload, order_id=None)
