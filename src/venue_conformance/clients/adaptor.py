"""An adaptor as the driver sees it: something that is asked, and answers in time or is at fault."""

from __future__ import annotations

import itertools
import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from venue_conformance.clients.protocol import Hello, Opening, Report, read_hello, read_report
from venue_conformance.errors import AdaptorFault

HELLO_SECONDS = 30.0
_OPEN_SECONDS = 30.0
_CLOSE_SECONDS = 3.0
#: What a call may take beyond the client's own deadline before the adaptor is given up.
_GRACE_SECONDS = 1.0


class Adaptor(ABC):
    """Asks the five verbs. Each raises AdaptorFault when there is no answer in time, or none of this protocol."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)

    @abstractmethod
    def exchange(self, number: int, message: bytes, seconds: float) -> dict[str, Any]:
        """Send one request and wait so long for its answer. Raises AdaptorFault."""

    @abstractmethod
    def stop(self, *, at_once: bool = False) -> None:
        """Leave nothing of it behind, and give it a moment to leave unless ``at_once``. Never raises."""

    @property
    def complaints(self) -> str:
        """The end of what it wrote to standard error."""
        return ""

    def last_complaint(self) -> str:
        """The last line of it, to be put behind what went wrong; nothing where there is none."""
        lines = self.complaints.strip().splitlines()
        return f": {lines[-1][:300]}" if lines else ""

    def hello(self, venue: str | None) -> Hello:
        """Who the client is."""
        return read_hello(self._ask("hello", HELLO_SECONDS), venue)

    def open(self, opening: Opening) -> None:
        """Have it forget everything and be a new client."""
        if error := self._ask("open", _OPEN_SECONDS, opening.to_dict()).get("error"):
            told = json.dumps(error, default=str)[:200]
            raise AdaptorFault(f"open failed: {told}{self.last_complaint()}")

    def cancel(self, orders: Sequence[Mapping[str, Any]], deadline_seconds: float, wallet: str | None = None) -> Report:
        """Have the client cancel some orders, in one call; ``wallet`` is the one that this call acts for."""
        asked: dict[str, Any] = (
            {"orders": list(orders)} if wallet is None else {"orders": list(orders), "wallet": wallet}
        )
        answer = self._ask("cancel", deadline_seconds + _GRACE_SECONDS, asked)
        return read_report(answer, orders)

    def settle(self, orders: Sequence[Mapping[str, Any]], seconds: float, deadline_seconds: float) -> Report:
        """What the client holds true of some orders so many seconds from now."""
        answer = self._ask("settle", seconds + deadline_seconds, {"orders": list(orders), "seconds": seconds})
        return read_report(answer, orders)

    def close(self) -> None:
        """Have the client end. What goes wrong here is nobody's fault any more."""
        with suppress(AdaptorFault):
            self._ask("close", _CLOSE_SECONDS)

    def _ask(self, op: str, seconds: float, members: Mapping[str, Any] | None = None) -> dict[str, Any]:
        number = next(self._numbers)
        message = json.dumps({"id": number, "op": op, **(members or {})}, separators=(",", ":")).encode()
        answer = self.exchange(number, message, seconds)
        if isinstance(answer.get("error"), Mapping) and answer["error"].get("kind") == "unsupported":
            raise AdaptorFault(f"{op} is answered with unsupported")
        return answer
