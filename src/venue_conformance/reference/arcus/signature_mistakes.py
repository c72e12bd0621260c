"""What was signed in an element's place: every known mistake is made on purpose, and the signature held against it."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from .cancels import Batch, Element
from .payload import CANCEL, CancelPayload, action_payload
from .venue import ArcusVenue

UNITS = (("microseconds", 10**3), ("milliseconds", 10**6), ("seconds", 10**9))
_OPERATIONS = {1: "a placed order", 3: "a changed order", 4: "a conditional order", 0: "nothing"}


def diagnose(venue: ArcusVenue, batch: Batch, element: Element) -> str:
    """The mistake that gives the very signature that came, in one sentence."""
    written = element.signature
    if not written:
        return "it has no signature: every element carries its own; X-Signature does not stand for it"
    signature, form = _decoded(written)
    if signature is None:
        return f"a signature of {len(written)} characters: 128 hexadecimal digits are wanted"
    right = venue.payload(batch, element)
    for mistake, message in _messages(venue, batch, element, right):
        if _verifies(batch.caller.key.public_key, message, signature):
            return f"{mistake}{form}" if mistake else f"the valid signature{form}"
    for key, mistake in _keys(venue, batch):
        if _verifies(key, right.canonical(), signature):
            return mistake
    return "no known mistake: compare, letter by letter, what you sign with the line above"


def _decoded(written: str) -> tuple[bytes | None, str]:
    """A signature's bytes, and in which wrong way they are written."""
    if re.fullmatch("[0-9a-fA-F]{128}", written):
        return bytes.fromhex(written), ""
    if re.fullmatch("0[xX][0-9a-fA-F]{128}", written):
        return bytes.fromhex(written[2:]), ", with 0x before its digits: the 128 hexadecimal digits alone are wanted"
    try:
        decoded = base64.b64decode(
            written.replace("-", "+").replace("_", "/") + "=" * (-len(written) % 4), validate=True
        )
    except ValueError:
        return None, ""
    return (decoded, ", in base64: 128 hexadecimal digits are wanted") if len(decoded) == 64 else (None, "")


def _messages(venue: ArcusVenue, batch: Batch, element: Element, right: CancelPayload) -> Iterator[tuple[str, bytes]]:
    """Mistakes in what is signed, each in a sentence, and the bytes that are signed then."""
    yield "", right.canonical()
    yield from _times(right, element)
    yield from _ids(venue, batch, element, right)
    for number, meant in _OPERATIONS.items():
        yield (
            f"operation {number} is signed, that of {meant}: a cancel is {CANCEL}",
            replace(right, operation=number).canonical(),
        )
    yield from _bodies(batch, element, right)
    yield from _fields(venue, batch, element, right)
    yield from _writings(right)


def _times(right: CancelPayload, element: Element) -> Iterator[tuple[str, bytes]]:
    sent = right.timestamp
    for other in dict.fromkeys((*doubles(sent), *(sent // per * per for _, per in UNITS))):
        yield (
            f"ct {other} is signed, which is X-Timestamp {sent} {how_it_changed(sent, other)}: it is the very number, "
            "to the last digit",
            replace(right, timestamp=other).canonical(),
        )
    for unit, per in UNITS:
        yield (
            f"ct is signed in {unit}: it is X-Timestamp, {sent}, in nanoseconds",
            replace(right, timestamp=sent // per).canonical(),
        )
    if element.timestamp is not None:
        yield (
            f"the element's own timestamp {element.timestamp} is signed as ct: it has to be X-Timestamp, {sent}",
            replace(right, timestamp=element.timestamp).canonical(),
        )
    as_text = right.canonical().replace(f'"ct":{sent}'.encode(), f'"ct":"{sent}"'.encode())
    yield "ct is signed as a text: it is a bare integer", as_text


def _ids(venue: ArcusVenue, batch: Batch, element: Element, right: CancelPayload) -> Iterator[tuple[str, bytes]]:
    members = _members(right)
    for value in ("", None):
        empty = {"c": value, "id": value} | members
        yield (
            f"the id that is not sent is signed, as {json.dumps(value)}: of c and id one leaves no trace",
            _compact(empty),
        )
    order = venue.order_named(batch.caller.account, element)
    if order is not None and order.client_id is not None:
        both = {**members, "c": order.client_id, "id": order.id}
        yield "both ids are signed, and one is sent: sign the id that the element names", _compact(both)
        other = replace(
            right,
            order_id=None if right.order_id else order.id,
            client_id=order.client_id if right.order_id else None,
        )
        yield "the other id is signed than the one that is sent", other.canonical()
    for name, told in ((str.lower, "small"), (str.upper, "capital")):
        changed = replace(
            right,
            order_id=right.order_id and name(right.order_id),
            client_id=right.client_id and name(right.client_id),
        )
        if changed != right:
            yield f"the id is signed in {told} letters: it is signed byte for byte as it is sent", changed.canonical()
    if right.order_id is not None:
        yield (
            "the order id is signed as c: it is id",
            replace(right, order_id=None, client_id=right.order_id).canonical(),
        )
    if right.client_id is not None:
        yield (
            "the client id is signed as id: it is c",
            replace(right, client_id=None, order_id=right.client_id).canonical(),
        )


def _bodies(batch: Batch, element: Element, right: CancelPayload) -> Iterator[tuple[str, bytes]]:
    told = "the HTTP body is signed: what is signed is the element's own payload, built anew from its fields"
    yield told, batch.body
    try:
        document: Any = json.loads(batch.body)
    except (ValueError, RecursionError):
        return
    unsigned = [{name: value for name, value in each.items() if name != "signature"} for each in document["cancels"]]
    bare = {**element.source}
    bare.pop("signature", None)
    for separators in ((",", ":"), (", ", ": ")):
        for sort in (False, True):
            for value in ({**document, "cancels": unsigned}, unsigned):
                yield told, json.dumps(value, separators=separators, sort_keys=sort).encode()
            yield (
                "the element is signed as it stands in the body: what is signed has short names (ad, ai, ct, m, op, v)",
                json.dumps(bare, separators=separators, sort_keys=sort).encode(),
            )
    for action in ("batchCancelOrders", "cancelOrder"):
        for value in ({**document, "cancels": unsigned}, bare):
            yield (
                f"the older scheme is signed, time, {action} and the body: a cancel is signed over its own payload",
                action_payload(right.timestamp, action, value),
            )


def _fields(venue: ArcusVenue, batch: Batch, element: Element, right: CancelPayload) -> Iterator[tuple[str, bytes]]:
    written = str(element.source.get("address"))
    for ad in {written, written.upper().replace("0X", "0x"), right.address.removeprefix("0x")} - {right.address}:
        yield (
            f"ad is signed as {ad[:60]!r}: it is the address with 0x, in small letters",
            replace(right, address=ad).canonical(),
        )
    for other in batch.elements:
        if other is not element:
            yield (
                f"it is the signature of element {other.position + 1}: every element is signed for itself",
                venue.payload(batch, other).canonical(),
            )
    for market in venue.markets:
        if market.id != right.market_id:
            yield (
                f"market {market.id} is signed, and {right.market_id} sent",
                replace(right, market_id=market.id).canonical(),
            )
    for index in range(10):
        if index != right.account_index:
            yield (
                f"account index {index} is signed, and {right.account_index} sent",
                replace(right, account_index=index).canonical(),
            )
    for account in venue.accounts.values():
        if account.address != right.address:
            yield "another account's address is signed", replace(right, address=account.address).canonical()


def _writings(right: CancelPayload) -> Iterator[tuple[str, bytes]]:
    members = _members(right)
    yield "the payload is signed with spaces in it: it is compact JSON", json.dumps(members, sort_keys=True).encode()
    yield from _in_another_order(members)
    for left_out in ("v", "op", "ct", "ai", "m", "ad"):
        yield (
            f"{left_out} is left out of what is signed",
            _compact({name: value for name, value in members.items() if name != left_out}),
        )
    for told, digest in (("SHA-256", hashlib.sha256), ("SHA-512", hashlib.sha512)):
        yield (
            f"the {told} of the payload is signed: Ed25519 signs the payload itself",
            digest(right.canonical()).digest(),
        )
        yield (
            f"the {told} of the payload is signed, in hex: Ed25519 signs the payload itself",
            digest(right.canonical()).hexdigest().encode(),
        )
    yield "the payload is signed with a newline at its end", right.canonical() + b"\n"


def _in_another_order(members: Mapping[str, Any]) -> Iterator[tuple[str, bytes]]:
    """The payload with its names in some other order that programs write them in."""
    placed = ("ad", "ai", "m", "id", "c")
    orders: tuple[tuple[str, ...], ...] = (
        (*placed, "ct", "op", "v"),
        ("op", *placed, "ct", "v"),
        ("v", "op", *placed, "ct"),
        ("op", "v", *placed, "ct"),
        ("ct", *placed, "op", "v"),
        ("ad", "m", "ai", "id", "c", "ct", "op", "v"),
        tuple(reversed(list(members))),
    )
    for order in orders:
        names = [name for name in order if name in members]
        yield (
            f"the payload's names are signed in another order ({', '.join(names)}): they are in that of the alphabet",
            json.dumps({name: members[name] for name in names}, separators=(",", ":")).encode(),
        )


def _keys(venue: ArcusVenue, batch: Batch) -> Iterator[tuple[str, str]]:
    """Public keys that the right bytes may have been signed for, and the mistake in a sentence."""
    own = batch.caller.key.public_key
    wrong_seeds = {"the public key is used as the seed: sign with the private key, of which the key is made": own}
    if private := batch.caller.account.private_key:
        wrong_seeds["the SHA-256 of the private key is used as the seed: the 32 bytes themselves are the seed"] = (
            hashlib.sha256(bytes.fromhex(private)).hexdigest()
        )
        wrong_seeds[
            "the first 32 letters of the private key are used as the seed: its 64 hexadecimal digits are 32 bytes"
        ] = private[:32].encode().hex()
    for mistake, seed in wrong_seeds.items():
        yield SigningKey(bytes.fromhex(seed)).verify_key.encode().hex(), mistake
    for key in venue.keys.values():
        if key.public_key != own:
            yield key.public_key, f"another account's key signed: that of {key.public_key[:10]}…{key.public_key[-3:]}"


# -- what they share -------------------------------------------------------------------------------------------------


def _members(payload: CancelPayload) -> dict[str, Any]:
    members: dict[str, Any] = json.loads(payload.canonical())
    return members


def _compact(members: Mapping[str, Any]) -> bytes:
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode("utf-8", "replace")


def how_it_changed(timestamp: int, other: int) -> str:
    """What made another number of a timestamp, where that is known; two causes may lead to the same number."""
    told = ["after it went through a double"] if other in doubles(timestamp) else []
    told += [f"in whole {unit}" for unit, per in UNITS if other == timestamp // per * per][:1]
    return ", or ".join(told)


def doubles(timestamp: int) -> tuple[int, ...]:
    """What becomes of an integer in a double: its value, and as JavaScript writes it; nothing where it stays itself."""
    found = (int(float(timestamp)), int(Decimal(repr(float(timestamp)))))
    return tuple(each for each in dict.fromkeys(found) if each != timestamp)


def _verifies(public_key: str, message: bytes, signature: bytes) -> bool:
    try:
        VerifyKey(bytes.fromhex(public_key)).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
