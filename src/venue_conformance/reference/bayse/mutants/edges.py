"""Faults that come out at the edges of what a value may be."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from ...http import Request
from ..base import Refusal
from ..venue import BayseVenue


class DropsLeadingZerosOfSignatures(BayseVenue):
    """Reads a signature as a number, and finds one too short that begins with a byte of 0."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def same_signature(self, expected: str, given: str) -> bool:
        return super().same_signature(expected, given) and not _digest(given).startswith(b"\0")


class EndsSignaturesAtAZero(BayseVenue):
    """Keeps the bytes of a signature as text, which ends at a last byte of 0."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def same_signature(self, expected: str, given: str) -> bool:
        return super().same_signature(expected, given) and not _digest(given).endswith(b"\0")


class ReadsAPlusAsASpace(BayseVenue):
    """Decodes a signature as if it came in a form, where a plus stands for a space."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def same_signature(self, expected: str, given: str) -> bool:
        return super().same_signature(expected, given.replace("+", " "))


class WritesHashesWithoutLeadingZeros(BayseVenue):
    """Writes the hash of a body as the number that it is."""

    caught_by = "bayse.authentication.signed-request-accepted"

    def body_hash(self, request: Request) -> str:
        body_hash = super().body_hash(request)
        return f"{int(body_hash, 16):x}" if body_hash else ""


class DropsLeadingZerosOfIds(BayseVenue):
    """Keeps ids without the zeros that they begin with, and answers so."""

    caught_by = "bayse.isolation.unknown-not-found"

    def read_order_id(self, order_id: object) -> str:
        return super().read_order_id(order_id).lstrip("0")


class CutsKeysAt127(BayseVenue):
    """Keeps the first 127 characters of a key."""

    caught_by = "bayse.idempotency.keys-are-exact"

    def normal_key(self, key: str) -> str:
        return key[:127]


class CutsKeysOf128(BayseVenue):
    """Ends a key with its last but one character where it fills its buffer of 128 to the end."""

    caught_by = "bayse.idempotency.keys-are-exact"

    def normal_key(self, key: str) -> str:
        return key[:127] if len(key) == 128 else key


class KeepsTheLengthOfKeysInASignedByte(BayseVenue):
    """Refuses keys of more than 127 characters, whose length it reads as less than nothing."""

    caught_by = "bayse.idempotency.key-alphabet-accepted"

    def is_well_formed(self, key: str) -> bool:
        return len(key) <= 127 and super().is_well_formed(key)


def _digest(signature: str) -> bytes:
    try:
        return base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return b""


class WantsRandomUuids(BayseVenue):
    """Refuses a batch in which an id is a UUID of another version than 4, as the page's own example is."""

    caught_by = "bayse.isolation.unknown-not-found"

    def read_order_id(self, order_id: Any) -> str:
        text = super().read_order_id(order_id)
        if len(text) == 36 and not (text[14] == "4" and text[19] in "89abAB"):
            raise Refusal(400, "bad_request", "Every order id must be a UUID of version 4")
        return text
