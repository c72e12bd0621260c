"""Faults in answers that refuse a whole request."""

from __future__ import annotations

from typing import Any

from ...http import Request, Response
from ..base import Refusal
from ..venue import BayseVenue


class RefusesInPlainText(BayseVenue):
    """Refuses with a sentence instead of an object."""

    caught_by = "bayse.errors.envelope"

    def refuse(self, refusal: Refusal) -> Response:
        headers = (("content-type", "text/plain"), *refusal.headers)
        return Response(refusal.status, refusal.message.encode(), headers)


class LeavesTheStatusOutOfErrors(BayseVenue):
    """Refuses without statusCode in the body."""

    caught_by = "bayse.errors.envelope"

    def envelope(self, refusal: Refusal) -> dict[str, Any]:
        return {name: value for name, value in super().envelope(refusal).items() if name != "statusCode"}


class DropsTraceIds(BayseVenue):
    """Does not send x-trace-id back."""

    caught_by = "bayse.errors.trace-id"

    def traced(self, request: Request, response: Response) -> Response:
        return response


class FailsOnWhatIsNoObject(BayseVenue):
    """Answers 500 when the body is JSON but no object."""

    caught_by = "bayse.robustness.no-server-error"

    def read_order_ids(self, request: Request) -> list[str]:
        if not isinstance(self.read_json(request), dict):
            raise Refusal(500, "internal_server_error", "Cannot read properties of undefined")
        return super().read_order_ids(request)


class FailsOnWhatIsNoText(BayseVenue):
    """Answers 500 when an order id is no text."""

    caught_by = "bayse.robustness.no-server-error"

    def read_order_id(self, order_id: Any) -> str:
        if not isinstance(order_id, str):
            raise Refusal(500, "internal_server_error", "Cannot read properties of undefined")
        return super().read_order_id(order_id)


class FailsOnHalfCharacters(BayseVenue):
    """Answers 500 when an order id holds half a surrogate pair, which it cannot encode."""

    caught_by = "bayse.robustness.no-server-error"

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refusal(500, "internal_server_error", "Encoding failed") from None
        return text
