"""What a stage has to know of PredictStreet: its batch cancel, whom it knows, and what can be done to its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..http import Request
from .base import Refusal
from .venue import BATCH_PATH
from .verify import KeyedRequests

BATCH = ("POST", BATCH_PATH)
#: The credential by which provider states name an account.
ACCOUNT = "wallet"
_WORDS = {
    400: ("validation_failed", "The body is not what this endpoint takes"),
    401: ("api_key_bad_secret", "The secret of the API key is wrong"),
    403: ("api_key_scope_missing", "The API key lacks a scope"),
    408: ("request_timeout", "The request took too long"),
    429: ("rate_limited", "Too many requests for this wallet"),
    503: ("exchange_unavailable", "The exchange is not available"),
}


def refusal(status: int, retry_after: int | None = None) -> dict[str, Any]:  # noqa: ARG001 - stands in a header alone
    """The document with which a whole request is refused: the flat one of the two that are documented."""
    code, message = _WORDS.get(status, ("internal_error", "Something went wrong"))
    return {"code": code, "message": message, "details": {}}


async def verifies(venue: KeyedRequests, request: Request) -> bool:
    """Whether key and wallet are good, whatever a variant would let pass and whatever kind of partner it is.

    A wallet that is declared must have the form of one here, although it is ignored for a single_wallet key.
    """
    try:
        KeyedRequests.account_of_key(venue, request)
    except Refusal:
        return False
    wallets = request.header_values("x-user-wallet")
    return not wallets or (len(wallets) == 1 and KeyedRequests.is_wallet(venue, wallets[0]))


def _unknown_fields(document: Any) -> Any:
    return {"requestId": "r-1", **document, "serverTime": 1796032334000, "warnings": []}


def _other_order(document: Any) -> Any:
    reasons = dict(reversed(document["notCancelled"].items()))
    return {**document, "cancelled": document["cancelled"][::-1], "notCancelled": reasons}


def _in_neither_part(document: Any) -> Any:
    return {**document, "cancelled": document["cancelled"][1:]}


def _in_both_parts(document: Any) -> Any:
    reasons = dict.fromkeys(document["cancelled"][:1], "already_terminal")
    return {**document, "notCancelled": {**reasons, **document["notCancelled"]}}


def _new_reason(document: Any) -> Any:
    reasons = dict.fromkeys(document["notCancelled"], "under_review")
    return {**document, "notCancelled": reasons}


CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "unknown fields": _unknown_fields,
    "unknown fields, rows in another order": lambda document: _unknown_fields(_other_order(document)),
    "rows in another order": _other_order,
    "first id in neither part": _in_neither_part,
    "first id in both parts": _in_both_parts,
    "new reason": _new_reason,
    "nothing": lambda document: document,
}
