"""What an Arcus client could know of an order when it spoke: answers, what the channel told, and what it read."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from venue_conformance.clients.recording import Call, Recording
from venue_conformance.reference.stage import Arrival
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
        self._frames = [(each, _json(each.text)) for each in recording.frames if each.text is not None]
        self._ends = self._ends_told()
        self._asked_for = [
            (frame.moment, (_address(asked.get("id")), asked.get("accountIndex") or 0))
            for frame, asked in self._frames
            if frame.inward and asked.get("type") == "subscribe" and asked.get("channel") == "orders"
        ]
        self._named = {each.number: set(recording.named_in(each)) for each in recording.batches}
        self._rows = {each.number: self._statuses(each) for each in recording.batches}

    def tries(self, call: Call, order: str) -> int:
        """How often an order was sent."""
        return sum(order in self._named[arrival.number] for arrival in call.arrivals)

    def acknowledged(self, call: Call, order: str) -> Arrival | None:
        """The last request that named an order, where its answer said 202 and nothing of the order's end.

        An answer for which the client did not wait tells it nothing: by then it may have read the order, and left.
        """
        last = next((each for each in reversed(call.arrivals) if order in self._named[each.number]), None)
        if last is None or last.status != 202 or last.answered is None or last.answered > call.ended:
            return None
        if last.left or " late" in last.step:
            return None
        return last if self._rows[last.number].get(order) in (None, ACKNOWLEDGED) else None

    def _statuses(self, arrival: Arrival) -> dict[str, Any]:
        """The status in each row of an answer, by the name that its order was asked for by."""
        rows = _json(arrival.answer_body.decode("utf-8", "replace")).get("responses")
        found: dict[str, Any] = {}
        for row in rows if isinstance(rows, list) else []:
            for name in self._names(row) if isinstance(row, dict) else ():
                found.setdefault(name, row.get("status"))
        return found

    def _names(self, row: Mapping[str, Any]) -> set[str]:
        """What an order may be called that a row or an event is about."""
        names = {str(row[name]) for name in wire.IDS if row.get(name)}
        aliases = self._recording.aliases
        return names | {aliases[name] for name in names if name in aliases}

    # -- the channel -----------------------------------------------------------------------------------------------

    def index_of(self, call: Call, order: str) -> int:
        """The subaccount of an order, as the client was told."""
        names = ({str(asked.get(name)) for name in wire.IDS} for asked in call.orders)
        asked = next(each for each, known in zip(call.orders, names, strict=True) if order in known)
        return int(asked.get("accountIndex", 0))

    def subscriptions(self, call: Call) -> set[tuple[str, int]]:
        """The addresses and subaccounts whose orders the client subscribed to by the end of a call."""
        return {topic for moment, topic in self._asked_for if moment <= call.ended}

    def listens_elsewhere(self, call: Call, order: str) -> bool:
        """Whether the client subscribed to orders, and not to those of this order's subaccount."""
        found = self.subscriptions(call)
        return bool(found) and (self._own, self.index_of(call, order)) not in found

    def told(self, call: Call, order: str, since: float = 0.0) -> list[str]:
        """The ends that the channel told of an order on the client's sockets by the end of a call, in order."""
        return [status for moment, status in self._ends.get(order, ()) if since <= moment <= call.ended]

    def _ends_told(self) -> dict[str, list[tuple[float, str]]]:
        """Every end that the channel told, by the name that its order was asked for by."""
        ends: dict[str, list[tuple[float, str]]] = {}
        for frame, told in self._frames:
            for row in self._rows_told(told) if not frame.inward else ():
                for name in self._names(row) if row.get("status") in ENDS else ():
                    ends.setdefault(name, []).append((frame.moment, str(row["status"])))
        return ends

    def snapshot_since(self, call: Call, order: str, since: float) -> bool:
        """Whether a snapshot of the order's subaccount came after some moment: it tells how every order stands."""
        own = (self._own, self.index_of(call, order))
        return any(
            told.get("type") == "subscribed"
            and (_address(told.get("id")), told.get("accountIndex") or 0) == own
            and isinstance(told.get("contents"), dict)
            for frame, told in self._frames
            if not frame.inward and since <= frame.moment <= call.ended
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
