"""What an Arcus client could know of an order when it spoke: answers, what the channel told, and what it read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from venue_conformance.clients.recording import Call, Recording
from venue_conformance.reference.stage import Arrival, SocketFrame
from venue_conformance.venues.arcus import recompute as wire
from venue_conformance.venues.arcus.signing import canonical_address

ACKNOWLEDGED = "CANCEL_ACKNOWLEDGED"
ENDS = ("CANCELED", "FILLED", "REJECTED", "MARGIN_CANCELED")
_READS = ("/v1/order/", "/v1/openOrders", "/v1/orders")


class Evidence:
    """Looks things up in one recording."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording
        self._own = canonical_address(recording.credentials["address"])

    def tries(self, call: Call, order: str) -> int:
        """How often an order was sent."""
        return sum(order in self._recording.named_in(arrival) for arrival in call.arrivals)

    def acknowledged(self, call: Call, order: str) -> Arrival | None:
        """The last request that named an order, where its answer said 202 and nothing of the order's end."""
        last = next((each for each in reversed(call.arrivals) if order in self._recording.named_in(each)), None)
        if last is None or last.status != 202:
            return None
        return None if self._row(last, order).get("status") not in (None, ACKNOWLEDGED) else last

    def _row(self, arrival: Arrival, order: str) -> Mapping[str, Any]:
        document = _json(arrival.answer_body.decode("utf-8", "replace"))
        rows = document.get("responses")
        for row in rows if isinstance(rows, list) else []:
            names = [row.get(name) for name in wire.IDS] if isinstance(row, dict) else []
            if order in names or any(self._recording.aliases.get(str(name)) == order for name in names):
                return row  # type: ignore[no-any-return]
        return {}

    # -- the channel -----------------------------------------------------------------------------------------------

    def index_of(self, call: Call, order: str) -> int:
        """The subaccount of an order, as the client was told."""
        names = ({str(asked.get(name)) for name in wire.IDS} for asked in call.orders)
        asked = next(each for each, known in zip(call.orders, names, strict=True) if order in known)
        return int(asked.get("accountIndex", 0))

    def subscriptions(self, call: Call) -> set[tuple[str, int]]:
        """The addresses and subaccounts whose orders the client subscribed to by the end of a call."""
        found = set()
        for frame in self._frames(call, inward=True):
            asked = _json(frame.text or "")
            if asked.get("type") == "subscribe" and asked.get("channel") == "orders":
                found.add((_address(asked.get("id")), asked.get("accountIndex") or 0))
        return found

    def listens_elsewhere(self, call: Call, order: str) -> bool:
        """Whether the client subscribed to orders, and not to those of this order's subaccount."""
        found = self.subscriptions(call)
        return bool(found) and (self._own, self.index_of(call, order)) not in found

    def told(self, call: Call, order: str, since: float = 0.0) -> list[str]:
        """The ends that the channel told of an order on the client's sockets by the end of a call, in order."""
        ends = []
        for frame in self._frames(call, inward=False):
            if frame.moment < since:
                continue
            for row in self._rows_told(_json(frame.text or "")):
                names = (row.get("orderId"), row.get("clientId"))
                named = order in names or any(self._recording.aliases.get(str(name)) == order for name in names)
                if named and row.get("status") in ENDS:
                    ends.append(str(row["status"]))
        return ends

    def snapshot_since(self, call: Call, order: str, since: float) -> bool:
        """Whether a snapshot of the order's subaccount came after some moment: it tells how every order stands."""
        own = (self._own, self.index_of(call, order))
        return any(
            frame.get("type") == "subscribed"
            and (_address(frame.get("id")), frame.get("accountIndex") or 0) == own
            and isinstance(frame.get("contents"), dict)
            for frame in (_json(each.text or "") for each in self._frames(call, inward=False) if each.moment >= since)
        )

    def _rows_told(self, frame: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
        """What a frame says of this account's orders."""
        contents = frame.get("contents")
        if frame.get("channel") != "orders" or _address(frame.get("id")) != self._own or not isinstance(contents, dict):
            return
        if frame.get("type") == "channel_data":
            yield contents
        for name in ("openOrders", "recentClosedOrders"):
            yield from (row for row in contents.get(name) or () if isinstance(row, dict))

    def _frames(self, call: Call, *, inward: bool) -> Iterator[SocketFrame]:
        return (
            frame
            for frame in self._recording.frames
            if frame.inward is inward and frame.text is not None and frame.moment <= call.ended
        )

    # -- reads -----------------------------------------------------------------------------------------------------

    def reads(self, call: Call, answered: Arrival) -> bool:
        """Whether the client read orders after an answer, and before it spoke."""
        since = answered.answered or answered.ended
        return any(
            arrival.method == "GET"
            and arrival.path.startswith(_READS)
            and arrival.answered is not None
            and since <= arrival.answered <= call.ended
            for arrival in self._recording.arrivals
        )


def _address(text: object) -> str:
    try:
        return canonical_address(str(text))
    except ValueError:
        return str(text)[:60]


def _json(text: str) -> Mapping[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}
