"""Faults in what becomes of requests that make no sense."""

from __future__ import annotations

from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..venue import BATCH_PATH, ArcusVenue


class FailsOnStrangeElements(ArcusVenue):
    """Answers 500 when an element is no object, or a body none."""

    caught_by = "arcus.robustness.no-server-error"

    def read_element(self, position: int, item: Any) -> Any:
        if not isinstance(item, dict):
            raise Refusal(500, "internal error")
        return super().read_element(position, item)

    def cancels_in(self, document: Any) -> list[Any]:
        if not isinstance(document, dict):
            raise Refusal(500, "internal error")
        return super().cancels_in(document)


class FailsOnWhatIsNoJson(ArcusVenue):
    """Answers 502 when the body is not JSON."""

    caught_by = "arcus.robustness.no-server-error"

    def read_json(self, body: bytes) -> Any:
        try:
            return super().read_json(body)
        except Refusal:
            raise Refusal(502, "bad gateway") from None


class RefusesInPlainText(ArcusVenue):
    """Refuses a batch with a text that is no JSON."""

    caught_by = "arcus.robustness.error-body"

    def refused(self, request: Request, refusal: Refusal) -> Response:
        if request.path != BATCH_PATH:
            return super().refused(request, refusal)
        return Response(refusal.status, refusal.error.encode(), (("content-type", "text/plain"),))


class RefusesWithAMessage(ArcusVenue):
    """Refuses with an object that has a message and no error."""

    caught_by = "arcus.robustness.error-body"

    def refuse(self, refusal: Refusal) -> Response:
        return self.reply(refusal.status, {"code": refusal.status, "message": refusal.error}, refusal.headers)
