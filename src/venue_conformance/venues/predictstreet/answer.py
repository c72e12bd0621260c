"""What a PredictStreet batch cancel answers (batch-cancel page, response)."""

from __future__ import annotations

import json
import re
from functools import cached_property
from typing import Any

from venue_conformance.client.blaming import blaming
from venue_conformance.errors import Violation
from venue_conformance.wire.exchange import Answer

NOT_FOUND = "not_found"
ALREADY_TERMINAL = "already_terminal"
LOCK_INVARIANT = "lock_invariant"
UNKNOWN = "unknown"
REASONS = frozenset({NOT_FOUND, ALREADY_TERMINAL, LOCK_INVARIANT, UNKNOWN})

CANCELLED = "cancelled"
#: The clause that says what an answer looks like: one that cannot be read breaks it, whatever was looked for.
SHAPE = "predictstreet.response.shape"
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
#: The outcome of an id that the answer does not report.
MISSING = "missing"


class BatchAnswer(Answer):
    """The answer to a batch cancel; each part is read, and found wrong, only when a check asks for it.

    What is not of the documented type counts as empty, so that only ``shape_faults`` speaks of it. No page says in
    which letter case an id comes back: one that is a UUID counts as the one that was sent, and is spelled as that was.
    """

    @property
    def processed(self) -> dict[str, Any]:
        """The body of an answer that says the batch was carried out. Raises Violation when it does not."""
        if not self.succeeded:
            raise Violation("a batch that is carried out (2xx)", repr(self), kind="not-processed")
        with blaming(SHAPE):
            return self.json_object

    @property
    def shape_faults(self) -> list[str]:
        """What is wrong with the types of cancelled and notCancelled."""
        body = self.processed
        faults = [f"{name} is missing" for name in ("cancelled", "notCancelled") if name not in body]
        cancelled, reasons = body.get("cancelled", []), body.get("notCancelled", {})
        if not isinstance(cancelled, list):
            faults.append("cancelled is no array")
        elif not all(isinstance(order_id, str) for order_id in cancelled):
            faults.append("cancelled holds what is no string")
        if not isinstance(reasons, dict):
            faults.append("notCancelled is no object")
        elif not all(isinstance(reason, str) for reason in reasons.values()):
            faults.append("notCancelled holds what is no string")
        return faults

    @property
    def cancelled_ids(self) -> list[str]:
        """The ids in cancelled, in its order, spelled as they were sent."""
        given = self.processed.get("cancelled")
        return [self._as_sent(_text(order_id)) for order_id in given] if isinstance(given, list) else []

    @property
    def reasons(self) -> dict[str, str]:
        """Per id in notCancelled, spelled as it was sent, its reason."""
        given = self.processed.get("notCancelled")
        if not isinstance(given, dict):
            return {}
        found: dict[str, str] = {}
        for order_id, reason in given.items():
            as_sent = self._as_sent(order_id)
            # An id that comes back in two spellings has come back twice: one of them was not sent.
            twice = as_sent in found or (as_sent != order_id and as_sent in given)
            found[order_id if twice else as_sent] = _text(reason)
        return found

    @property
    def reported(self) -> set[str]:
        """Every id that the answer reports."""
        return {*self.cancelled_ids, *self.reasons}

    @property
    def sent_ids(self) -> list[str]:
        """The ids of the request, those that are no text left out."""
        return list(self._sent)

    @property
    def transient_ids(self) -> list[str]:
        """Every id that a carried-out batch reports as ``unknown``; none where the answer cannot be read."""
        given = self._lenient.get("notCancelled") if self.succeeded else None
        reasons = given if isinstance(given, dict) else {}
        return [order_id for order_id, reason in reasons.items() if reason == UNKNOWN]

    def cancelled(self, order_id: str) -> bool:
        """Whether the answer says that the order was cancelled."""
        return order_id in self.cancelled_ids

    def reason(self, order_id: str) -> str | None:
        """Why the order was not cancelled, None when the answer gives no reason."""
        return self.reasons.get(order_id)

    def outcome(self, order_id: str) -> str:
        """``cancelled``, the reason why not, or ``missing``; both of the first two where the answer says both."""
        said = [CANCELLED] if self.cancelled(order_id) else []
        reason = self.reason(order_id)
        return " and ".join([*said, *([] if reason is None else [reason])]) or MISSING

    def outcomes(self, order_ids: list[str]) -> list[str]:
        """The outcome of each of the ids."""
        return [self.outcome(order_id) for order_id in order_ids]

    def spells(self, order_id: str) -> bool:
        """Whether the answer reports the id in this very spelling."""
        return any(order_id in ids for ids in self.processed.values() if isinstance(ids, list | dict))

    def _as_sent(self, order_id: str) -> str:
        if order_id in self._sent or not _UUID.fullmatch(order_id):
            return order_id
        return self._by_lower_case.get(order_id.lower(), order_id)

    @cached_property
    def _sent(self) -> list[str]:
        """The ids of the request."""
        try:
            body = json.loads(self.exchange.request.body or b"")
        except (ValueError, RecursionError):
            return []
        given = body.get("orderIds") if isinstance(body, dict) else None
        return [each for each in given if isinstance(each, str)] if isinstance(given, list) else []

    @cached_property
    def _by_lower_case(self) -> dict[str, str]:
        return {each.lower(): each for each in reversed(self._sent) if _UUID.fullmatch(each)}

    @property
    def error_code(self) -> str | None:
        """The error code, in either of the two places where the public error pages put it; None without one."""
        body = self._lenient
        inner = body.get("error")
        for code in (body.get("code"), inner.get("code") if isinstance(inner, dict) else None):
            if isinstance(code, str) and code:
                return code
        return None

    @property
    def envelope(self) -> str:
        """Which form the body of a refusal has."""
        if not self._lenient:
            return "no JSON object" if self.exchange.body else "no body"
        inner = self._lenient.get("error")
        if isinstance(inner, dict) and "code" in inner:
            return "nested (error.code)"
        return "flat (code)" if "code" in self._lenient else f"other ({', '.join(sorted(self._lenient)[:6])})"

    @property
    def _lenient(self) -> dict[str, Any]:
        try:
            body = json.loads(self.text)
        except (ValueError, RecursionError):
            return {}
        return body if isinstance(body, dict) else {}


def _text(value: Any) -> str:
    return value if isinstance(value, str) else repr(value)
