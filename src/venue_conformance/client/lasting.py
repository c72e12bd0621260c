"""What orders of a run have been read as and must still be at its end: cancelled for good, or not cancelled."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

from venue_conformance.target.state_values import ABSENT, ProvisionedOrder

CANCELLED = "cancelled"
#: Live orders of one account that are kept from being given back until the end of the run, at most.
_MOST_KEPT = 200


@dataclass(frozen=True)
class Lasting:
    """One order: it ``was`` read so, and ``clause`` breaks when that does not last.

    What was cancelled must stay so, or be gone; anything else must not read as cancelled. ``clause`` is empty for an
    order that nobody ever named: when that reads as cancelled, the target cancels orders by itself.
    """

    order_id: str
    was: str
    clause: str

    def holds(self, status: str) -> bool:
        """Whether what it reads as now fits."""
        return status in (CANCELLED, ABSENT) if self.was == CANCELLED else status != CANCELLED

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """It again."""
        return cls(**values)


class Remembered:
    """What the check that runs has read. Safe to use from many threads."""

    def __init__(self) -> None:
        self._found: dict[str, Lasting] = {}
        #: Those that must not come to read as cancelled: their ids, in lower case, and their owners.
        self._staying: dict[str, tuple[tuple[str, ...], str]] = {}
        self._kept: Counter[str] = Counter()
        self._lock = threading.Lock()
        #: Whether an order that nobody will ever name has been asked for.
        self.has_control = False

    def cancelled(self, order: ProvisionedOrder, clause: str) -> None:
        """It reads as cancelled, as ``clause`` says."""
        with self._lock:
            self._staying.pop(order.order_id, None)
            self._found[order.order_id] = Lasting(order.order_id, CANCELLED, clause)

    def stays(self, order: ProvisionedOrder, status: str, clause: str) -> None:
        """It has this status although a request, or none, named it: by ``clause`` it is not cancelled."""
        with self._lock:
            if self._kept[order.owner] < _MOST_KEPT:
                named = tuple(text.lower() for text in (order.order_id, order.client_id) if text)
                self._staying[order.order_id] = named, order.owner
                self._found[order.order_id] = Lasting(order.order_id, status, clause)

    def named_in(self, path: str, body: bytes | None) -> None:
        """Forget what is to stay and a request names again: it may be cancelled from now on."""
        if not self._staying:
            return
        text = f"{path}\n{(body or b'').decode(errors='replace')}".lower()
        in_doubt = "\\" in text or "\ufffd" in text or "\0" in text
        with self._lock:
            for order_id, (names, _) in list(self._staying.items()):
                if in_doubt or any(name in text for name in names):
                    del self._staying[order_id], self._found[order_id]

    def keep(self, order_ids: Iterable[str]) -> bool:
        """Whether orders are to be left as they are until the end of the run, for one of them must stay so."""
        with self._lock:
            staying = [order_id for order_id in order_ids if order_id in self._staying]
            self._kept.update(self._staying[order_id][1] for order_id in staying)
            return bool(staying)

    def hand_over(self) -> list[Lasting]:
        """What the check has read; nothing is kept of it here."""
        with self._lock:
            found = list(self._found.values())
            self._found.clear()
            self._staying.clear()
        return found
