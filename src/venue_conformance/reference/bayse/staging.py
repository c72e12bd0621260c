"""What a stage has to know of Bayse: its batch cancel, how it verifies, and what can be done to its answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..http import Request
from .base import Refusal
from .venue import BATCH_PATH
from .verify import SignedRequests

BATCH = ("DELETE", BATCH_PATH)


async def verifies(venue: SignedRequests, request: Request) -> bool:
    """Whether the signature is that of the account that the request names, whatever a variant would let pass."""
    try:
        account = SignedRequests.find_account(venue, request)
        timestamp = SignedRequests.timestamp_of(venue, request)
        signature = SignedRequests.signature_of(venue, request)
        payload = SignedRequests.payload(venue, timestamp, request)
        return SignedRequests.same_signature(venue, SignedRequests.sign(venue, account, payload), signature)
    except Refusal:
        return False


def refusal(status: int, retry_after: int | None = None) -> dict[str, Any]:
    """The document with which a whole request is refused."""
    if status == 429:
        limited = {"message": "Rate limit exceeded. Please try again later."}
        return limited if retry_after is None else {**limited, "retryAfter": retry_after}
    words = {400: ("bad_request", "Invalid request"), 401: ("invalid_signature", "No")}
    code, message = words.get(status, ("staged", "Staged answer"))
    return {"error": code, "message": message, "statusCode": status}


def _unknown_fields(document: Any) -> Any:
    rows = [{**row, "index": number, "traceId": f"t-{number}"} for number, row in enumerate(document["results"])]
    return {**document, "requestId": "r-1", "results": rows, "warnings": []}


def _other_order(document: Any) -> Any:
    return {**document, "results": document["results"][::-1]}


def _each_failure(change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Any], Any]:
    def changed(document: Any) -> Any:
        rows = [row if row["success"] else {**row, "error": change(row["error"])} for row in document["results"]]
        return {**document, "results": rows}

    return changed


def _first_row_missing(document: Any) -> Any:
    return {**document, "results": document["results"][1:]}


def _summary_contradicts(document: Any) -> Any:
    total = len(document["results"])
    return {**document, "summary": {"total": total, "succeeded": total, "failed": 0}}


CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "unknown fields": _unknown_fields,
    "unknown fields, rows in another order": lambda document: _unknown_fields(_other_order(document)),
    "rows in another order": _other_order,
    "new failure code": _each_failure(lambda error: {**error, "code": "ORDER_LOCKED_FOR_REVIEW"}),
    "error without message": _each_failure(lambda error: {"code": error["code"]}),
    "first row missing": _first_row_missing,
    "summary contradicts rows": _summary_contradicts,
}
