"""The orders that a run may touch: those it was handed, and ids that cannot exist."""

from __future__ import annotations

import re
import threading
import uuid
from collections.abc import Callable, Iterable
from random import Random
from urllib.parse import unquote

from venue_conformance.errors import SuiteFault

_ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")


class Ledger:
    """Every id that may stand in a request of this run (target protocol, section 4). Safe to use from many threads."""

    def __init__(self, seed: int) -> None:
        self._random = Random(seed)
        self._known: set[str] = set()
        self._handed_out: set[str] = set()
        self._lock = threading.Lock()

    def enter(self, order_ids: Iterable[str]) -> None:
        """Take note of orders that a provider state or the inventory handed out."""
        ids = list(order_ids)
        with self._lock:
            self._known.update(ids)
            self._handed_out.update(order_id.lower() for order_id in ids)

    def unknown(self, count: int = 1, make: Callable[[Random], str] | None = None) -> list[str]:
        """Ids of orders that do not exist: version 4 UUIDs, 122 random bits each, or what ``make`` makes."""
        with self._lock:
            ids = [(make or random_uuid)(self._random) for _ in range(count)]
            self._known.update(ids)
        return ids

    def require(self, order_ids: Iterable[str]) -> None:
        """Raise SuiteFault when an id is neither handed out nor made here, so that it never reaches a target."""
        with self._lock:
            strange = [
                order_id
                for order_id in order_ids
                if order_id.lower() not in self._known and order_id not in self._known
            ]
        if strange:
            raise SuiteFault(f"{strange[0]} is not an order that this run may touch")

    def is_named_in(self, path: str, body: bytes | None) -> bool:
        """Whether a request may name an order that was handed out, in any letter case or escaping; True in doubt."""
        try:
            text = (body or b"").decode()
        except UnicodeDecodeError:
            return True
        if "\0" in text:  # another encoding
            return True
        plain = _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text).replace("\\/", "/")
        searched = f"{unquote(path)}\n{path}\n{text}\n{plain}".lower()
        with self._lock:
            return any(order_id in searched for order_id in self._handed_out)


def random_uuid(random: Random) -> str:
    """A version 4 UUID: 122 random bits."""
    return str(uuid.UUID(int=random.getrandbits(128), version=4))
