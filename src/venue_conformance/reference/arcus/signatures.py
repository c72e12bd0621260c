"""Who signed each cancel (the page, description): Ed25519 over the bytes that a single cancel of the order signs."""

from __future__ import annotations

import re

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from .cancels import Batch, Element
from .elements import BatchElements
from .payload import CancelPayload

_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)


class ElementSignatures(BatchElements):
    """Judges the elements' signatures. A wrong one fails its own element, not its neighbours."""

    def judge(self, batch: Batch) -> dict[int, str]:
        """What speaks against carrying out elements, by their position; nothing for those that are right."""
        objections = {element.position: self.objection(batch, element) for element in batch.elements}
        return {position: objection for position, objection in objections.items() if objection is not None}

    def objection(self, batch: Batch, element: Element) -> str | None:
        """Why this element is not carried out, or None."""
        if not self.is_signed(batch, element):
            return "invalid order signature"
        if element.timestamp is not None and not self.same_time(batch, element.timestamp):
            return "timestamp differs from X-Timestamp"
        return None

    def same_time(self, batch: Batch, timestamp: int) -> bool:
        """Whether an element's own timestamp repeats X-Timestamp."""
        return timestamp == batch.caller.timestamp

    def is_signed(self, batch: Batch, element: Element) -> bool:
        """Whether the element carries a signature of the caller's for this very cancel."""
        return element.signature is not None and self.signature_fits(batch, element, element.signature)

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        """Whether a signature is the caller's and made for this element."""
        return self.verify(batch.caller.key.public_key, self.payload(batch, element).canonical(), signature)

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        """What a signature of this element has to cover."""
        return CancelPayload(
            address=element.address,
            account_index=element.account_index,
            timestamp=batch.caller.timestamp,
            market_id=element.market_id,
            order_id=element.order_id,
            client_id=element.client_id,
        )

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        """Whether a signature in hex is the key's over the message. Never raises: a malformed one is a wrong one."""
        if not _SIGNATURE.fullmatch(signature):
            return False
        try:
            VerifyKey(bytes.fromhex(public_key)).verify(message, bytes.fromhex(signature))
        except BadSignatureError:
            return False
        return True
