"""The bytes that a caller signs (batch-cancel page, description; https://docs.arcus.xyz/api-reference/authentication).

An order operation is signed over compact JSON with its keys in alphabetical order, rebuilt from the fields of the
request. It is written out by hand here: a JSON library would do, until somebody hands it a float.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

CANCEL = 2
"""The operation number of a cancel; a placed order has 1."""
VERSION = 1

_SHORT_ESCAPES = {'"': '\\"', "\\": "\\\\", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t"}


def quoted(text: str) -> str:
    """The text as JSON writes it: only what must be escaped is."""
    return '"' + "".join(_escaped(character) for character in text) + '"'


def _escaped(character: str) -> str:
    if character in _SHORT_ESCAPES:
        return _SHORT_ESCAPES[character]
    return f"\\u{ord(character):04x}" if character < " " else character


@dataclass(frozen=True, slots=True)
class CancelPayload:
    """What the signature of one cancel covers. An id that was not named is None and leaves no trace in the bytes."""

    address: str
    """With 0x, in lower case."""
    account_index: int
    timestamp: int
    """X-Timestamp, in nanoseconds."""
    market_id: int
    order_id: str | None = None
    client_id: str | None = None
    operation: int = CANCEL

    def canonical(self) -> bytes:
        """The bytes to sign."""
        members = [f'"ad":{quoted(self.address)}', f'"ai":{self.account_index:d}']
        if self.client_id is not None:
            members.append(f'"c":{quoted(self.client_id)}')
        members.append(f'"ct":{self.timestamp:d}')
        if self.order_id is not None:
            members.append(f'"id":{quoted(self.order_id)}')
        members += [f'"m":{self.market_id:d}', f'"op":{self.operation:d}', f'"v":{VERSION:d}']
        return ("{" + ",".join(members) + "}").encode("utf-8")


@dataclass(frozen=True, slots=True)
class PlacePayload:
    """What the signature of a placed order covers, every amount a whole number of ticks, steps or nanoseconds."""

    address: str
    account_index: int
    timestamp: int
    market_id: int
    good_til_ns: int
    price_ticks: int
    size_steps: int
    reduce_only: bool
    side: int
    time_in_force: int
    client_id: str | None = None

    def canonical(self) -> bytes:
        """The bytes to sign."""
        client_id = "" if self.client_id is None else f'"c":{quoted(self.client_id)},'
        text = (
            f'{{"ad":{quoted(self.address)},"ai":{self.account_index:d},{client_id}"ct":{self.timestamp:d},'
            f'"g":{self.good_til_ns:d},"m":{self.market_id:d},"op":1,"p":{self.price_ticks:d},"q":{self.size_steps:d},'
            f'"r":{int(self.reduce_only):d},"s":{self.side:d},"t":{self.time_in_force:d},"v":{VERSION:d}}}'
        )
        return text.encode("utf-8")


def action_payload(timestamp: int, action: str, body: Any) -> bytes:
    """The bytes of the older scheme, which other operations sign: time, action, and the body with its keys sorted."""
    canonical = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{timestamp:d}{action}{canonical}".encode()
