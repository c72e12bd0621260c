"""Faults in what an element's signature covers."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from nacl.signing import SigningKey

from ..cancels import Batch, Element
from ..payload import CancelPayload, action_payload
from ..venue import ArcusVenue


class _Lenient(ArcusVenue):
    """Accepts a signature over other payloads too."""

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        if super().signature_fits(batch, element, signature):
            return True
        payload = self.payload(batch, element)
        return any(
            self.verify(batch.caller.key.public_key, other.canonical(), signature)
            for other in self.other_payloads(batch, element, payload)
        )

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterable[CancelPayload]:
        """What may be signed instead."""
        return ()


class WantsTheBatchOperation(ArcusVenue):
    """Wants elements signed for an operation of their own, not for a single cancel."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        return replace(super().payload(batch, element), operation=12)


class WantsSpacesInThePayload(ArcusVenue):
    """Wants elements signed over JSON with a space after each comma and colon."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        message = json.dumps(json.loads(self.payload(batch, element).canonical()), ensure_ascii=False).encode()
        return self.verify(batch.caller.key.public_key, message, signature)


class TakesAMissingSignatureFromTheHeader(ArcusVenue):
    """Takes X-Signature for the signature of an element that has none."""

    caught_by = "arcus.signature.missing"

    def is_signed(self, batch: Batch, element: Element) -> bool:
        if element.signature is None and batch.header_signature is not None:
            return self.signature_fits(batch, element, batch.header_signature)
        return super().is_signed(batch, element)


class CarriesOutUnsignedElements(ArcusVenue):
    """Judges the signatures that are there, and carries out elements without one."""

    caught_by = "arcus.signature.missing"

    def is_signed(self, batch: Batch, element: Element) -> bool:
        return element.signature is None or super().is_signed(batch, element)


class VerifiesUnderAnyRegisteredKey(ArcusVenue):
    """Accepts an element's signature by any key that is registered with the venue."""

    caught_by = "arcus.signature.wrong-key"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        message = self.payload(batch, element).canonical()
        return any(self.verify(public_key, message, signature) for public_key in self.keys)


class LooksAtTheShapeOfSignatures(ArcusVenue):
    """Accepts whatever has the shape of a signature, 128 hexadecimal digits."""

    caught_by = "arcus.signature.wrong-key"

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        return len(signature) == 128 and set(signature.lower()) <= set("0123456789abcdef")


class ToleratesANearbyTime(_Lenient):
    """Accepts an element that was signed for a slightly other time than X-Timestamp."""

    caught_by = "arcus.signature.other-timestamp"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        for unit in (1, 2, 1000, 10**6, 10**9):
            for offset in (unit, -unit):
                yield replace(payload, timestamp=max(0, payload.timestamp + offset))


class AcceptsTimesOfEarlierRequests(_Lenient):
    """Accepts an element that was signed for an earlier request of the key."""

    caught_by = "arcus.signature.other-timestamp"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        for timestamp in sorted(self.used_timestamps[batch.caller.key.public_key]):
            yield replace(payload, timestamp=timestamp)

    def same_time(self, batch: Batch, timestamp: int) -> bool:
        return True


class VerifiesOverTheOrderThatWasMeant(_Lenient):
    """Accepts an element that was signed over any order of the caller's."""

    caught_by = "arcus.signature.other-order"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        for order in reversed(self.book.of(batch.caller.address)):
            yield replace(payload, order_id=order.id, client_id=None)
            if order.client_id is not None:
                yield replace(payload, order_id=None, client_id=order.client_id)


class CancelsTheOrderThatWasSigned(ArcusVenue):
    """Cancels the order that an element was signed over instead of the one it names."""

    caught_by = "arcus.signature.other-order"

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        for element in batch.elements:
            signed = self._signed(batch, element) if element.position in objections else None
            if signed is not None:
                self.forward(batch, (signed,))
        return objections

    def _signed(self, batch: Batch, element: Element) -> Element | None:
        for order in reversed(self.book.of(batch.caller.address)):
            meant = replace(element, order_id=order.id, client_id=None)
            by_name = replace(element, order_id=None, client_id=order.client_id)
            for candidate in (meant, by_name):
                if self.is_signed(batch, candidate):
                    return replace(candidate, market_id=order.market.id)
        return None


class LeavesTheMarketUnsigned(_Lenient):
    """Accepts an element that was signed over another market."""

    caught_by = "arcus.signature.other-market"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        near = range(max(0, payload.market_id - 16), payload.market_id + 17)
        for market_id in {*near, *range(16), 255, 32_767, 65_535}:
            yield replace(payload, market_id=market_id)


class LeavesTheAccountIndexUnsigned(_Lenient):
    """Accepts an element that was signed over another account index."""

    caught_by = "arcus.signature.other-account-index"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        for account_index in {*range(16), payload.account_index + 1, 255}:
            yield replace(payload, account_index=account_index)


class LeavesTheOperationUnsigned(_Lenient):
    """Accepts an element that was signed for another operation."""

    caught_by = "arcus.signature.other-operation"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        for operation in range(16):
            yield replace(payload, operation=operation)


class LeavesTheAddressUnsigned(_Lenient):
    """Accepts an element that was signed over another account's address."""

    caught_by = "arcus.signature.other-address"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        last = int(payload.address[-1], 16)
        close = {payload.address[:-1] + f"{last ^ bit:x}" for bit in range(1, 16)}
        for address in {*self.accounts, *close, "0x" + "0" * 40}:
            yield replace(payload, address=address)


class LeavesTheVersionUnsigned(ArcusVenue):
    """Accepts an element that was signed over another version of the payload."""

    caught_by = "arcus.signature.other-version"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        message = self.payload(batch, element).canonical()
        versions = [message, *(message.replace(b'"v":1}', b'"v":%d}' % version) for version in (0, 2, 3))]
        return any(self.verify(batch.caller.key.public_key, each, signature) for each in versions)


class PassesWhatItCannotVerify(ArcusVenue):
    """Lets a signature of the wrong length pass, for its verifier's error is swallowed."""

    caught_by = "arcus.signature.truncated"

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        return len(signature) != 128 or super().verify(public_key, message, signature)


class ComparesTheCharactersThatAreThere(ArcusVenue):
    """Accepts a signature that is the beginning of the right one."""

    caught_by = "arcus.signature.truncated"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        if super().signature_fits(batch, element, signature):
            return True
        seed = batch.caller.account.private_key
        if not seed or batch.caller.key.public_key != batch.caller.account.public_key:
            return False
        right = SigningKey(bytes.fromhex(seed)).sign(self.payload(batch, element).canonical()).signature.hex()
        return right.startswith(signature.lower())


class KeepsSignaturesInASet(_Lenient):
    """Accepts an element whose signature is right for any element of the batch."""

    caught_by = "arcus.signature.another-elements"

    def other_payloads(self, batch: Batch, element: Element, payload: CancelPayload) -> Iterator[CancelPayload]:
        return (self.payload(batch, other) for other in batch.elements)


class AcceptsASignatureOverTheBody(ArcusVenue):
    """Accepts an element that was signed over the HTTP body, as other venues want it."""

    caught_by = "arcus.signature.over-http-body"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        if super().signature_fits(batch, element, signature):
            return True
        public_key = batch.caller.key.public_key
        return any(self.verify(public_key, body, signature) for body in _bodies(batch, element))


def _bodies(batch: Batch, element: Element) -> Iterator[bytes]:
    """The body as it may have been when it was signed: before the signatures were put in."""
    yield batch.body
    try:
        document = json.loads(batch.body)
        unsigned = {**document, "cancels": [_without_signature(item) for item in document["cancels"]]}
        own = {**document, "cancels": [_without_signature(document["cancels"][element.position])]}
    except (ValueError, LookupError, TypeError):  # a single cancel has no list
        return
    blank = {**document, "cancels": [{**item, "signature": ""} for item in document["cancels"]]}
    item = _without_signature(element.source)
    for value in (unsigned, own, blank, item, {**item, "signature": ""}, element.source):
        for separators in ((",", ":"), (", ", ": ")):
            for sort_keys in (False, True):
                yield json.dumps(value, separators=separators, sort_keys=sort_keys, ensure_ascii=False).encode()
    for value in (unsigned, own, blank, item):
        for action in ("batchCancelOrders", "cancelOrder", ""):
            yield action_payload(batch.caller.timestamp, action, value)


def _without_signature(item: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in item.items() if name != "signature"}
