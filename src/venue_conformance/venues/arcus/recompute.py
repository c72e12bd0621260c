"""Signatures judged again from the bytes that arrived: what certifying a client asks of Arcus's signing.

The reference has a verifier of its own; the two are compared at every arrival.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal
from urllib.parse import parse_qsl

from nacl.exceptions import BadSignatureError
from nacl.signing import VerifyKey

from venue_conformance.venues.arcus.envelope import (
    ADDRESS,
    BATCH_METHOD,
    BATCH_PATH,
    KEY_HEADER,
    SIGNATURE_HEADER,
    TIME_HEADER,
)
from venue_conformance.venues.arcus.frames import frame_in_words as frame_in_words  # the steps of a scenario ask here
from venue_conformance.venues.arcus.signing import cancel_members, canonical, canonical_address, public_key

IDS = ("orderId", "clientId")
#: Unix nanoseconds from 2001 to 2286; microseconds have three digits less.
_NANOSECONDS = re.compile(r"[1-9][0-9]{18}", re.ASCII)
_DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)
_SIGNATURE = re.compile(r"[0-9a-fA-F]{128}", re.ASCII)

Covers = Literal["the cancel", "another ct", "empty members", "both ids", "something else"]


@dataclass(frozen=True)
class Signed:
    """One element, and what its signature turned out to cover; ``told`` says it in words where it is not the cancel."""

    element: Mapping[str, Any]
    covers: Covers
    told: str = ""


@dataclass(frozen=True)
class Recomputed:
    """A batch as it arrived: X-Timestamp, its elements, and what each signature covers."""

    timestamp: str | None
    elements: tuple[Signed, ...]

    @property
    def fits(self) -> bool:
        """Whether every element is signed as the page describes it."""
        return all(each.covers == "the cancel" for each in self.elements)


def recompute(
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    private_key: str,
    also: Mapping[str, str] | None = None,
) -> Recomputed | None:
    """Judge the signatures of a batch by the public key of ``private_key``; None for what cannot be signed at all.

    ``also`` has the other id of orders that have two, by either. Where an element has no address of its own, the
    query's is signed.
    """
    timestamp, elements = header(headers, TIME_HEADER), elements_of(body)
    if timestamp is None or not _DIGITS.fullmatch(timestamp) or elements is None:
        return None
    queried = addresses_in(target)[:1]
    elements = [{"address": queried[0], **each} if queried and isinstance(each, dict) else each for each in elements]
    if not all(_is_readable(each) for each in elements):
        return None
    key = VerifyKey(bytes.fromhex(public_key(private_key)))
    return Recomputed(timestamp, tuple(_judged(each, int(timestamp), key, elements, also or {}) for each in elements))


def fits(
    method: str,  # noqa: ARG001 - it is not signed here
    target: str,
    headers: Sequence[tuple[str, str]],
    body: bytes,
    credentials: Mapping[str, str],
) -> bool | None:
    """Whether a batch is signed right; None where it is another account's, or cannot be read."""
    if (header(headers, KEY_HEADER) or "").lower() != public_key(credentials["private_key"]):
        return None
    found = recompute(target, headers, body, credentials["private_key"])
    return None if found is None else found.fits


def _is_readable(element: object) -> bool:
    """Whether an element has what is signed, each of its type, and one id."""
    if not isinstance(element, dict):
        return False
    try:
        canonical_address(element["address"])
    except (ValueError, KeyError, TypeError):
        return False
    ids = [element[name] for name in IDS if name in element]
    numbers = [element.get("marketId"), element.get("accountIndex")]
    return (
        len(ids) == 1
        and isinstance(ids[0], str)
        and ids[0] != ""
        and _is_text(ids[0])
        and all(isinstance(each, int) and not isinstance(each, bool) for each in numbers)
        and isinstance(element.get("signature", ""), str)
    )


def _is_text(value: str) -> bool:
    """Whether a text can be written in UTF-8, which half of a surrogate pair cannot."""
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _judged(
    element: Mapping[str, Any],
    timestamp: int,
    key: VerifyKey,
    elements: Sequence[Mapping[str, Any]],
    also: Mapping[str, str],
) -> Signed:
    written = element.get("signature", "")
    if not written:
        return Signed(element, "something else", "no signature")
    if not _SIGNATURE.fullmatch(written):
        return Signed(element, "something else", "a signature that is not 128 hexadecimal digits")
    signature = bytes.fromhex(written)
    right = _members(element, timestamp)
    if _verifies(key, signature, canonical(right)):
        return Signed(element, "the cancel")
    for told, ct in _other_times(element, timestamp):
        if _verifies(key, signature, canonical({**right, "ct": ct})):
            return Signed(element, "another ct", f"{told}, {ct}, where X-Timestamp says {timestamp}")
    for value in ("", None):
        members = {**right, "c": right["c"] or value, "id": right["id"] or value}
        if _verifies(key, signature, json.dumps(members, sort_keys=True, separators=(",", ":")).encode()):
            return Signed(element, "empty members", f"the id that is not sent is signed, as {json.dumps(value)}")
    if (other := also.get(str(right["id"] or right["c"]))) is not None:
        members = {**right, "c": right["c"] or other, "id": right["id"] or other}
        if _verifies(key, signature, canonical(members)):
            return Signed(element, "both ids", "both ids are signed, and one is sent")
    return Signed(element, "something else", _what_else(key, signature, timestamp, elements))


def _what_else(key: VerifyKey, signature: bytes, timestamp: int, elements: Sequence[Mapping[str, Any]]) -> str:
    if any(_verifies(key, signature, canonical(_members(each, timestamp))) for each in elements):
        return "the signature of another element"
    unsigned = [{name: value for name, value in each.items() if name != "signature"} for each in elements]
    for separators in ((",", ":"), (", ", ": ")):
        for document in ({"cancels": unsigned}, *unsigned):
            if _verifies(key, signature, json.dumps(document, separators=separators).encode()):
                return "a signature over the HTTP body"
    return "a signature over something else"


def _members(element: Mapping[str, Any], timestamp: int) -> dict[str, object]:
    return cancel_members(
        address=element["address"],
        account_index=element["accountIndex"],
        market_id=element["marketId"],
        timestamp=timestamp,
        order_id=element.get("orderId"),
        client_id=element.get("clientId"),
    )


def _other_times(element: Mapping[str, Any], timestamp: int) -> Iterator[tuple[str, int]]:
    """Values that may have been signed as ``ct`` in the header's place."""
    own = number_of(element.get("timestamp"))
    if own is not None and own == int(own):
        yield "the element's own timestamp is signed", int(own)
    yield "a timestamp that went through a double is signed", int(float(timestamp))
    yield "a timestamp that went through a double is signed", int(Decimal(repr(float(timestamp))))
    for unit, per in (("microseconds", 10**3), ("milliseconds", 10**6), ("seconds", 10**9)):
        yield f"{unit} are signed", timestamp // per
        yield f"whole {unit} are signed", timestamp // per * per


def _verifies(key: VerifyKey, signature: bytes, message: bytes) -> bool:
    try:
        key.verify(message, signature)
    except BadSignatureError:
        return False
    return True


# -- what a request says ---------------------------------------------------------------------------------------------


def header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """The value of a header that was sent exactly once, else None."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return values[0] if len(values) == 1 else None


def timestamp_of(headers: Sequence[tuple[str, str]]) -> str | None:
    """X-Timestamp."""
    return header(headers, TIME_HEADER)


def is_nanoseconds(text: str) -> bool:
    """Whether a text is a time of today in nanoseconds."""
    return _NANOSECONDS.fullmatch(text) is not None


def signature_header(headers: Sequence[tuple[str, str]]) -> str | None:
    """X-Signature."""
    return header(headers, SIGNATURE_HEADER)


def api_key(headers: Sequence[tuple[str, str]]) -> str | None:
    """X-API-Key."""
    return header(headers, KEY_HEADER)


def addresses_in(target: str) -> list[str]:
    """What the query says as ``address``."""
    return [value for name, value in parse_qsl(target.partition("?")[2], keep_blank_values=True) if name == ADDRESS]


def is_address_of(text: str, address: str) -> bool:
    """Whether a text is the account's address, however it is written."""
    try:
        return canonical_address(text) == canonical_address(address)
    except ValueError:
        return False


def number_of(value: object) -> Decimal | None:
    """A number of a body, or one in a text, exactly; None for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | str | Decimal):
        return None
    try:
        return Decimal(value)
    except ArithmeticError:
        return None


def elements_of(body: bytes) -> list[Any] | None:
    """The elements of a batch, with every number exact; None where there are none to be read."""
    try:
        cancels = json.loads(body, parse_float=Decimal)["cancels"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return cancels if isinstance(cancels, list) else None


def named_orders(body: bytes) -> list[str] | None:
    """The ids that a batch names orders by, None where none can be read."""
    elements = elements_of(body)
    if elements is None:
        return None
    return [
        each[name]
        for each in elements
        if isinstance(each, dict)
        for name in IDS
        if isinstance(each.get(name), str) and each[name]
    ]


def essence(body: bytes) -> bytes:
    """What a batch asks for, whenever and however it was signed."""
    elements = elements_of(body)
    if elements is None:
        return body
    signed = ("timestamp", "signature")
    asked = [
        {k: v for k, v in each.items() if k not in signed} if isinstance(each, dict) else each for each in elements
    ]
    return json.dumps(asked, sort_keys=True, default=str).encode()


def count_of(body: bytes) -> int | None:
    """How many elements a batch has, whatever they are; None where that cannot be read."""
    elements = elements_of(body)
    return None if elements is None else len(elements)


def is_batch_cancel(method: str, path: str) -> bool:
    """Whether a request is, or is meant as, the batch cancel: on its path, with whatever method."""
    return path.rstrip("/").lower() == BATCH_PATH.lower() and method not in ("OPTIONS", "HEAD")


def is_documented(method: str, path: str) -> bool:
    """Whether a batch cancel has the method and the path of the page."""
    return method == BATCH_METHOD and path == BATCH_PATH
