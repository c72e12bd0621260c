"""A recorded batch, built anew: with a time of its own, every element signed afresh, and tampered with as it was."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from venue_conformance.client.caller import Recorded
from venue_conformance.venues.arcus.elements import STRAIGHT, Element, Tampering, signed_elements
from venue_conformance.venues.arcus.envelope import Envelope
from venue_conformance.venues.arcus.timestamps import Timestamps
from venue_conformance.wire.exchange import Request
from venue_conformance.wire.redaction import MASK


class Resigned:
    """A recorded request with everything that is needed to build it again, as often as it takes."""

    def __init__(self, recorded: Recorded, credentials: Mapping[str, str]) -> None:
        self._request, self._credentials = recorded.request, credentials
        keys = [account.credentials["private_key"] for account in recorded.others]
        self._another = keys[0] if keys else secrets.token_hex(32)
        tampered = recorded.request.signing
        # An unregistered key pair is nobody's, whoever else takes part in the sequence.
        self._envelope = Envelope.from_tampered(tampered, secrets.token_hex(32))
        self._tamperings: list[Mapping[str, Any]] = list(tampered.get("elements", ()))

    def build(self, address: str, timestamps: Timestamps) -> Request:
        """The request, as from now."""
        stamp = self._envelope.stamp(address, timestamps)
        timestamp, ct = self._envelope.header_and_ct(stamp)
        private_key = self._envelope.private_key or self._credentials["private_key"]
        body, first = self._body(private_key, address, ct)
        fresh = self._envelope.headers(self._credentials["private_key"], timestamp, first)
        values = {name.lower(): value for name, value in fresh}
        headers = [(name, values.get(name.lower(), value)) for name, value in self._request.headers]
        readable = tuple((name, value) for name, value in headers if MASK not in value)
        return replace(self._request, headers=readable, body=body)

    def _body(self, private_key: str, address: str, ct: int) -> tuple[bytes | None, str | None]:
        try:
            document = json.loads(self._request.body or b"")
        except (ValueError, RecursionError):
            return self._request.body, None
        found = list(_elements(document))
        tamperings = self._tamperings if len(self._tamperings) == len(found) else [{}] * len(found)
        elements = [self._element(members, tampered) for members, tampered in zip(found, tamperings, strict=True)]
        built = signed_elements(elements, private_key=private_key, address=address, timestamp=ct)
        for members, fresh, element in zip(found, built, elements, strict=True):
            for name in ("signature", "timestamp"):
                if name in members and name in fresh and name not in element.tampering.members:
                    members[name] = fresh[name]
        first = built[0].get("signature") if built else None
        return json.dumps(document).encode(), first if isinstance(first, str) else None

    def _element(self, members: Mapping[str, Any], tampered: Mapping[str, Any]) -> Element:
        meant = tampered.get("of", members)
        return Element(
            order_id=_text(meant.get("orderId")),
            client_id=_text(meant.get("clientId")),
            market_id=_number(meant.get("marketId"), 1),
            account_index=_number(meant.get("accountIndex"), 0),
            tampering=Tampering.from_tampered(tampered, self._another) if tampered else STRAIGHT,
        )


def _elements(document: Any) -> Iterator[dict[str, Any]]:
    """The elements of a body that are signed, wherever they stand, in its order."""
    if isinstance(document, dict):
        if document.get("signature") == MASK or {"marketId", "accountIndex"} <= document.keys():
            yield document
            return
        document = list(document.values())
    if isinstance(document, list):
        for inner in document:
            yield from _elements(inner)


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: object, otherwise: int) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else otherwise
