"""What provider states have in common however they are reached: the request, the answer, and why there is none."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from venue_conformance.errors import Inconclusive, NotTested
from venue_conformance.target.json_text import parse_json

_EXCERPT = 200
# These say which account and which order, not which kind of thing was asked for.
_IDENTIFYING = frozenset({"caller", "orderId", "orderIds"})


def described(state: str, params: Mapping[str, object]) -> str:
    """A state and what was asked of it, for a reason: ``orders with status expired, count 3``."""
    details = [
        f"{key} {value if isinstance(value, str) else json.dumps(value)}"
        for key, value in params.items()
        if key not in _IDENTIFYING and not (key == "count" and value == 1)
    ]
    return f"{state} with {', '.join(details)}" if details else state


def not_offered(state: str, params: Mapping[str, object]) -> NotTested:
    """The target answered 501, or its command 3."""
    return NotTested(f"the target does not offer {described(state, params)}", needs=state)


def request_of(
    action: str, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
) -> bytes:
    """The one JSON object that asks for a state, or for its end (target protocol, section 2)."""
    asked: dict[str, object] = {"state": state, "params": dict(params), "action": action}
    return json.dumps(asked if values is None else {**asked, "values": dict(values)}).encode()


def values_of(body: bytes, source: str) -> dict[str, Any]:
    """The JSON object in an answer. Raises Inconclusive and quotes nothing: there may be credentials in it."""
    try:
        values = parse_json(body)
    except ValueError as error:
        raise Inconclusive(f"{source} {error}" if body.strip() else f"{source} is empty") from error
    if not isinstance(values, dict):
        raise Inconclusive(f"{source} is JSON, but not an object")
    return values


def excerpt(text: bytes, secret: str | None = None, from_end: bool = False) -> str:
    """The first (or last) 200 characters, fit for one line of a report: no control characters, ``secret`` masked."""
    shown = text.decode("utf-8", "replace")
    if secret:
        shown = shown.replace(secret, "***")
    shown = "".join(c if c.isprintable() else " " for c in shown).strip()
    if len(shown) <= _EXCERPT:
        return shown
    return f"…{shown[-_EXCERPT:]}" if from_end else f"{shown[:_EXCERPT]}…"
