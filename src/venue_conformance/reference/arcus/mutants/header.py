"""Faults in X-Signature, which decides nothing in a batch."""

from __future__ import annotations

from collections.abc import Mapping

from ...http import Response
from ..base import Refusal
from ..cancels import Batch
from ..venue import ArcusVenue


class VerifiesTheHeader(ArcusVenue):
    """Refuses a batch whose X-Signature is not that of one of its elements."""

    caught_by = "arcus.signature.header-value-ignored"

    async def carry_out(self, batch: Batch) -> Response:
        signature = batch.header_signature
        if signature is not None and not any(self.signature_fits(batch, each, signature) for each in batch.elements):
            raise Refusal(401, "invalid X-Signature")
        return await super().carry_out(batch)


class AcknowledgesUnderAWrongHeader(ArcusVenue):
    """Acknowledges a batch whose X-Signature signs nothing in it, but hands nothing on."""

    caught_by = "arcus.signature.header-value-ignored"

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        signature = batch.header_signature
        if signature is not None and not any(self.signature_fits(batch, each, signature) for each in batch.elements):
            return self.reply(202, {"responses": [self.acknowledged_row(batch, each) for each in batch.elements]})
        return await super().run_batch(batch, objections)
