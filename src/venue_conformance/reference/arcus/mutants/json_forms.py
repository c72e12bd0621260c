"""Faults in how the body may be written: they turn away right elements for what JSON says is of no consequence."""

from __future__ import annotations

import json
from typing import Any

from ...http import Request
from ..cancels import Batch, Caller, Element
from ..venue import ArcusVenue


class WantsTheAddressFirst(ArcusVenue):
    """Finds no signature right in an element whose first member is not its address."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        return next(iter(element.source)) == "address" and super().signature_fits(batch, element, signature)


class ReadsOneLineOnly(ArcusVenue):
    """Refuses a body that is written on several lines."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        if b"\n" in request.body.strip():
            raise self.malformed("unexpected line feed")
        return super().read_batch(request, caller)


class WantsSpacesBetweenTokens(ArcusVenue):
    """Refuses a body without a space behind its colons."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        if b'":"' in request.body:
            raise self.malformed("unexpected value")
        return super().read_batch(request, caller)


class LeavesEscapesAsTheyAre(ArcusVenue):
    r"""Takes the escapes \uXXXX in a body for six characters each."""

    caught_by = "arcus.signature.single-cancel-bytes"

    def read_json(self, body: bytes) -> Any:
        super().read_json(body)
        return json.loads(body.replace(b"\\u", b"\\\\u"))
