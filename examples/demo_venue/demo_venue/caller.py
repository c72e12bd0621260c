"""How an account of the demo venue sends a batch cancel, and what it reads in the answer."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from venue_conformance.client.caller import Caller, Recorded, ids_of
from venue_conformance.errors import NotTested, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.exchange import Answer, Exchange, Request

PATH = "/cancel"
MOST = 10


class CancelAnswer(Answer):
    """The answer to a batch cancel: ``{"cancelled": [ids]}``."""

    @property
    def cancelled(self) -> list[str]:
        """The ids that the answer says it cancelled. Raises Violation when it names none in a list."""
        ids = self.json_object.get("cancelled")
        if not isinstance(ids, list) or not all(isinstance(each, str) for each in ids):
            raise Violation("a list of ids in 'cancelled'", repr(self), kind="unreadable-answer")
        return ids


class DemoCaller(Caller[CancelAnswer]):
    """Authenticates with a bearer token; nothing is signed."""

    def cancel_batch(
        self, orders: Sequence[ProvisionedOrder | str], *, limit_asked: bool = False, right: bool | None = None
    ) -> CancelAnswer:
        """Send a batch cancel. ``right`` says whether the page wants it accepted: by default, if its size is right."""
        ids = ids_of(orders)
        body = json.dumps({"ids": ids}).encode()
        right = 1 <= len(ids) <= MOST if right is None else right
        return CancelAnswer(self.dispatch(lambda: self._request(body), right=right, limit_asked=limit_asked))

    def read_status(self, order: ProvisionedOrder) -> str:
        """The demo venue has no read of its own: statuses come from the provider states."""
        raise NotTested("the demo venue has no read of one order", "order statuses")

    def resend(self, recorded: Recorded) -> Exchange:
        """Send a recorded request again with this account's token."""
        body = recorded.request.body
        return self.dispatch(
            lambda: replace(self._request(body), path=recorded.request.path), limit_asked=recorded.limit_asked
        )

    def _request(self, body: bytes | None) -> Request:
        headers = (
            ("Authorization", f"Bearer {self.account.credentials['token']}"),
            ("Content-Type", "application/json"),
        )
        return Request("POST", PATH, headers, body, caller=self.name)
