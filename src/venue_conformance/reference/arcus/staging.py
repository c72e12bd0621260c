"""What a stage has to know of Arcus: its batch cancel, how it verifies, and what becomes of a batch on the channel."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from ..http import Request, Response
from ..stage_steps import ChannelEvent
from .base import CHANNEL_PATH, Refusal
from .cancels import Batch, Caller, Element
from .elements import BatchElements
from .orders import Order, Status
from .signatures import ElementSignatures
from .venue import BATCH_PATH, ArcusVenue
from .verify import Authenticated

BATCH = ("POST", BATCH_PATH)
CHANNEL = CHANNEL_PATH
ACCOUNT = "address"
EVENTS = ("CANCELED", "FILLED", "OPEN", "REJECTED", "drop")
ASKED: Mapping[str, object] = {"marketId": 1, "accountIndex": 0}

Kept = list[tuple[Batch, tuple[Element, ...]]]


async def verifies(venue: ArcusVenue, request: Request) -> bool | None:
    """Whether every element's signature is the caller's, whatever a variant would let pass; None for bad form."""
    try:
        key = Authenticated.key_of(venue, request)
        stamp = Authenticated.nanoseconds_in(venue, Authenticated.written_timestamp(venue, request))
        caller = Caller(venue.accounts[key.address], key, stamp)
        cancels = BatchElements.cancels_in(venue, BatchElements.read_json(venue, request.body))
        elements = [BatchElements.read_element(venue, number, item) for number, item in enumerate(cancels)]
    except Refusal:
        return None
    batch = Batch(caller, tuple(elements), request.body)
    return all(
        element.signature is not None
        and ElementSignatures.verify(
            venue, key.public_key, ElementSignatures.payload(venue, batch, element).canonical(), element.signature
        )
        for element in elements
    )


def prepared(venue: ArcusVenue, name: str, params: Mapping[str, Any]) -> Mapping[str, Any]:
    """Orders may be asked for in another subaccount than the first."""
    if name != "orders":
        return params
    venue.provisioned_account_index = params.get("account_index", 0)  # type: ignore[misc]  # of this venue alone
    return {key: value for key, value in params.items() if key != "account_index"}


def unknown_id(source: random.Random) -> str:
    """An id in the form of those that the venue gives out."""
    return f"{source.getrandbits(64):016x}"


UNKNOWN = unknown_id


async def settled(venue: ArcusVenue) -> None:
    """Wait until what was acknowledged has taken effect."""
    await venue.settled()


async def keep_back(venue: ArcusVenue, request: Request) -> tuple[Response, Kept]:
    """Acknowledge a batch, and carry out nothing of it."""
    kept: Kept = []
    venue.kept_back = kept
    try:
        return await venue.handle(request), kept
    finally:
        venue.kept_back = None


def happens(venue: ArcusVenue, kept: Kept, event: ChannelEvent) -> None:
    """Let one thing become of an order of a batch, and tell of it."""
    for batch, elements in kept[:1]:
        if event.other:
            _tell_of_another(venue, batch, Status(event.status))
        elif event.order < len(elements):
            order = venue.find_target(batch.caller.account, elements[event.order])
            if order is not None:
                _becomes(venue, order, Status(event.status), stale=event.stale)


def _becomes(venue: ArcusVenue, order: Order, status: Status, *, stale: bool) -> None:
    if order.is_live and not stale:
        venue.move(order, status)
        venue.publish_order(order)
    else:
        venue.tell_again(order, stale=stale)


def _tell_of_another(venue: ArcusVenue, batch: Batch, status: Status) -> None:
    other = next((order for order in venue.book.all() if order.address != batch.caller.address), None)
    if other is not None:
        venue.tell_everybody(other, status)


def refusal(status: int, retry_after: int | None = None) -> dict[str, Any]:
    """The document with which a whole request is refused."""
    if status == 429:
        limited = {"error": "rate limited", "reason": "ip"}
        return limited if retry_after is None else {**limited, "retryAfterMs": retry_after * 1000}
    words = {400: "invalid request", 401: "invalid API key", 500: "internal error", 503: "cancels are disabled for now"}
    return {"error": words.get(status, "refused")}


def _rows(change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> Callable[[Any], Any]:
    return lambda document: {**document, "responses": change(document["responses"])}


def _with_new_fields(document: Any) -> Any:
    rows = [{**row, "index": number, "traceId": f"t-{number}"} for number, row in enumerate(document["responses"])]
    return {**document, "requestId": "r-1", "responses": rows, "warnings": []}


def _in_another_order(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*rows[1:], *rows[:1]]


def _first_failed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**rows[0], "status": "ERROR", "error": "the market is halted for cancels"}, *rows[1:]]


CHANGES: Mapping[str, Callable[[Any], Any]] = {
    "unknown fields": _with_new_fields,
    "unknown fields, rows in another order": lambda document: _with_new_fields(_rows(_in_another_order)(document)),
    "rows in another order": _rows(_in_another_order),
    "first row failed": _rows(_first_failed),
}
