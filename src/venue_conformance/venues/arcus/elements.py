"""One element of a batch: which order it names, and in what it is wrong on purpose."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, Literal

from venue_conformance.venues.arcus.signing import cancel_members, canonical, canonical_address, sign

#: What stands as an element's signature: its own, its own with fault, the right one of the element that follows (of
#: the last, the first), or one over other bytes than the payload: the HTTP body, or X-Timestamp, action and body.
Written = Literal[
    "right", "cut short", "half", "altered", "upper case", "another's", "over the body", "over the request"
]
#: What stands as an element's own timestamp.
Own = Literal["as in the header", "absent", "as signed", "seconds", "milliseconds", "text"]

_OWN_UNITS = {"seconds": 1_000_000_000, "milliseconds": 1_000_000}


@dataclass(frozen=True)
class Tampering:
    """In what an element is tampered with; every default is the right way, and ``Tampering()`` tampers with nothing.

    ``signed`` are members of the signed payload, by their short names, that differ from what the element says (None
    leaves one out); ``signed_off`` is added to the ``ct`` that is signed. ``private_key`` signs instead of the
    caller's own. ``members`` are JSON members set after signing, ``without`` names those left out.
    """

    signed: Mapping[str, Any] = field(default_factory=dict)
    signed_off: int = 0
    private_key: str | None = None
    signature: Written = "right"
    timestamp: Own = "as in the header"
    members: Mapping[str, Any] = field(default_factory=dict)
    without: frozenset[str] = frozenset()

    @property
    def tampered(self) -> dict[str, Any]:
        """The fields that differ from the right way, as JSON-like values; a key of somebody else's is not told."""
        changed: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        tampered = {name: value for name, value in changed.items() if value != getattr(STRAIGHT, name)}
        if "without" in tampered:
            tampered["without"] = sorted(tampered["without"])
        if "private_key" in tampered:
            tampered["private_key"] = "another"
        return tampered

    @classmethod
    def from_tampered(cls, tampered: Mapping[str, Any], private_key: str) -> Tampering:
        """The tampering that ``tampered`` describes; ``private_key`` stands for another's key, if one signed."""
        values = {name: value for name, value in tampered.items() if name != "of"}
        if "without" in values:
            values["without"] = frozenset(values["without"])
        if "private_key" in values:
            values["private_key"] = private_key
        return cls(**values)


STRAIGHT = Tampering()


@dataclass(frozen=True)
class Element:
    """One cancel: the order it names, by ``order_id`` or ``client_id``, and the ``tampering`` with it.

    ``folded`` says that a client id is signed in lower case, as it is written otherwise; ``foreign`` that the order is
    another account's, which changes nothing in how it is named.
    """

    order_id: str | None = None
    client_id: str | None = None
    market_id: int | str = 1
    account_index: int = 0
    tampering: Tampering = STRAIGHT
    folded: bool = False
    foreign: bool = False

    @property
    def is_right(self) -> bool:
        """Whether a refusal would speak against its caller: untampered, with one id, and of no foreign order."""
        return self.tampering == STRAIGHT and not self.foreign and (self.order_id is None) != (self.client_id is None)

    def but(self, **changes: Any) -> Element:
        """The same element, tampered with in some fields of ``Tampering``."""
        return replace(self, tampering=replace(self.tampering, **changes))

    @property
    def tampered(self) -> dict[str, Any]:
        """In what it is tampered with, with the order that it means; {} for a right one."""
        tampered = self.tampering.tampered
        meant = {
            "orderId": self.order_id,
            "clientId": self.client_id,
            "marketId": self.market_id,
            "accountIndex": self.account_index,
        }
        return {"of": meant, **tampered} if tampered else {}

    @property
    def target(self) -> str:
        """The id by which it names its order."""
        return self.order_id or self.client_id or ""

    def payload(self, address: str, timestamp: int) -> bytes:
        """The bytes that its signature covers."""
        members = cancel_members(
            address=address,
            account_index=self.account_index,
            market_id=self.market_id,
            timestamp=timestamp + self.tampering.signed_off,
            order_id=self.order_id,
            client_id=self.client_id.lower() if self.folded and self.client_id else self.client_id,
        )
        return canonical({**members, **self.tampering.signed})

    def unsigned(self, address: str, timestamp: int) -> dict[str, Any]:
        """Its JSON members but the signature, not tampered with yet save for its own timestamp."""
        members: dict[str, Any] = {
            "address": canonical_address(address),
            "marketId": self.market_id,
            "accountIndex": self.account_index,
            "kind": "clientId" if self.order_id is None else "orderId",
            "orderId": self.order_id,
            "clientId": self.client_id,
            "timestamp": self._own_timestamp(timestamp),
        }
        return {name: value for name, value in members.items() if value is not None}

    def _own_timestamp(self, timestamp: int) -> int | str | None:
        own = self.tampering.timestamp
        if own == "absent":
            return None
        if own == "text":
            return str(timestamp)
        if own == "as signed":
            return timestamp + self.tampering.signed_off
        return timestamp // _OWN_UNITS.get(own, 1)


def signed_elements(
    elements: Sequence[Element], *, private_key: str, address: str, timestamp: int
) -> list[dict[str, Any]]:
    """The elements as JSON, each signed over ``timestamp`` as its ``ct`` and then tampered with as it asks."""
    built = [element.unsigned(address, timestamp) for element in elements]
    keys = [element.tampering.private_key or private_key for element in elements]
    payloads = [element.payload(address, timestamp) for element in elements]
    for index, (element, members) in enumerate(zip(elements, built, strict=True)):
        match element.tampering.signature:
            case "another's":
                other = (index + 1) % len(elements)
                signature = sign(keys[index], payloads[other])
            case "over the body":
                signature = sign(keys[index], json.dumps({"cancels": [members]}).encode())
            case "over the request":
                body = json.dumps({"cancels": [members]}, sort_keys=True, separators=(",", ":"))
                signature = sign(keys[index], f"{timestamp}batchCancelOrders{body}".encode())
            case written:
                signature = _altered(sign(keys[index], payloads[index]), written)
        members["signature"] = signature
    for element, members in zip(elements, built, strict=True):
        members.update(element.tampering.members)
        for name in element.tampering.without:
            members.pop(name, None)
    return built


def _altered(signature: str, how: Written) -> str:
    match how:
        case "cut short":
            return signature[:-2]
        case "half":
            return signature[: len(signature) // 2]
        case "altered":
            return f"{int(signature[0], 16) ^ 1:x}{signature[1:]}"
        case "upper case":
            return signature.upper()
        case _:
            return signature
