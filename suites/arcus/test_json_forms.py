"""What is signed are the values of an element, not how the body writes them (the page, description and Body)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from venue_conformance.client.orders import Orders
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind, Signed


def backwards(batch: dict[str, Any]) -> bytes:
    """The members of every element in the opposite order."""
    return json.dumps({"cancels": [dict(reversed(element.items())) for element in batch["cancels"]]}).encode()


def escaped(batch: dict[str, Any]) -> bytes:
    """The ids, and a letter in the names of members, as JSON's escapes."""
    text = json.dumps(batch).replace('Id": ', '\\u0049d": ')
    for element in batch["cancels"]:
        target = element.get("orderId") or element["clientId"]
        text = text.replace(f'"{target}"', '"{}"'.format("".join(f"\\u{ord(letter):04x}" for letter in target)))
    return text.encode()


#: Ways to write one and the same JSON body.
FORMS: dict[str, Callable[[dict[str, Any]], bytes]] = {
    "on many lines": lambda batch: b"\r\n" + json.dumps(batch, indent="\t").encode() + b"\n",
    "without spaces": lambda batch: json.dumps(batch, separators=(",", ":")).encode(),
    "in the order of names": lambda batch: json.dumps(batch, sort_keys=True).encode(),
    "in the opposite order": backwards,
    "with escapes": escaped,
}


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@pytest.mark.deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_json_formatting_makes_no_difference(caller: ArcusCaller, orders: Orders, by: IdKind) -> None:
    """Valid elements are carried out whatever the member order, whitespace and escapes of their JSON."""
    written = {form: orders.open(2, client_ids=True) if by == "clientId" else orders.open(2) for form in FORMS}
    refused = {}
    for form, batch in written.items():
        answer = caller.send(_as(form, caller, batch, by))
        if not answer.accepted:
            refused[form] = answer.status

    assert refused == {}, "not-accepted"
    read = orders.poll_until([order for batch in written.values() for order in batch])
    left = {form: [read[order.order_id] for order in batch] for form, batch in written.items()}
    assert left == {form: ["cancelled"] * 2 for form in written}, "not-cancelled"


def _as(form: str, caller: ArcusCaller, batch: list[Any], by: IdKind) -> Callable[[Signed], bytes]:
    elements = [caller.element(order, by) for order in batch]
    return lambda signed: FORMS[form]({"cancels": signed(elements)})
