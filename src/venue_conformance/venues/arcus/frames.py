"""Frames of the orders channel in a few words, for the steps of a scenario."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_LONGEST = 300


def frame_in_words(text: str) -> str:
    """What a message on the socket says; itself, shortened, where it is of no known kind."""
    try:
        frame = json.loads(text)
    except (ValueError, RecursionError):
        frame = None
    told = _told(frame) if isinstance(frame, dict) and frame.get("channel") == "orders" else None
    return told or text[:_LONGEST] + ("…" if len(text) > _LONGEST else "")


def _told(frame: Mapping[str, Any]) -> str | None:
    contents = frame.get("contents")
    whose = f"{frame.get('id')}, subaccount {frame.get('accountIndex', 0)}"
    if frame.get("type") in ("subscribe", "unsubscribe"):
        return f"{frame['type']} to the orders of {whose}"
    if frame.get("type") == "subscribed":
        if not isinstance(contents, dict):
            return f"subscribed to the orders of {whose}"
        counts = (f"{len(contents.get(name) or ())} {word}" for name, word in _LISTS)
        return f"subscribed to the orders of {whose}; {', '.join(counts)}"
    if frame.get("type") == "channel_data" and isinstance(contents, dict):
        named = contents.get("orderId") or contents.get("clientId")
        reason = f" ({contents['rejectionReason']})" if contents.get("rejectionReason") else ""
        return f"{named} is {contents.get('status')}{reason}, event {contents.get('sequenceNumber')} of {whose}"
    return None


_LISTS = (("openOrders", "open"), ("recentClosedOrders", "closed"))
