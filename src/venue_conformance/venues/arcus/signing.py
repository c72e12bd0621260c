"""How an element of an Arcus batch is signed (https://docs.arcus.xyz/api-reference/authentication, scheme 1).

Signed is compact JSON with its keys in alphabetical order, ``{"ad":…,"ai":…,"c":…,"ct":…,"id":…,"m":…,"op":2,"v":1}``,
with Ed25519 and nothing before or around it. Of ``c`` and ``id`` the one that names no order is left out. ``ct`` is
the X-Timestamp value, an integer of nineteen digits that never goes through a float.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from nacl.signing import SigningKey

from venue_conformance.target.urls import channel_endpoint_of

OP_CANCEL = 2
VERSION = 1

_ADDRESS = re.compile(r"(?:0x|0X)?([0-9a-fA-F]{40})")
_SEED = re.compile(r"[0-9a-fA-F]{64}")


def canonical_address(address: str) -> str:
    """``0x`` and forty digits in lower case, however the address was written. Raises ValueError when it is none."""
    found = _ADDRESS.fullmatch(address)
    if not found:
        raise ValueError("an address is 40 hexadecimal digits, with or without 0x")
    return f"0x{found[1].lower()}"


def cancel_members(
    *,
    address: str,
    account_index: int,
    market_id: int | str,
    timestamp: int,
    order_id: str | None = None,
    client_id: str | None = None,
) -> dict[str, object]:
    """What the payload of one cancel says, by its short names."""
    return {
        "ad": canonical_address(address),
        "ai": account_index,
        "c": client_id,
        "ct": timestamp,
        "id": order_id,
        "m": market_id,
        "op": OP_CANCEL,
        "v": VERSION,
    }


def canonical(members: Mapping[str, object]) -> bytes:
    """The bytes that are signed; members that are None or empty are left out."""
    parts = (
        f"{json.dumps(name)}:{_literal(members[name])}" for name in sorted(members) if members[name] not in (None, "")
    )
    return f"{{{','.join(parts)}}}".encode()


def _literal(value: object) -> str:
    # Integers digit by digit; everything else as JSON writes it, text without escapes beyond the necessary ones.
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def sign(private_key: str, message: bytes) -> str:
    """The signature in lower-case hex; ``private_key`` is the Ed25519 seed in hex."""
    return _key(private_key).sign(message).signature.hex()


def public_key(private_key: str) -> str:
    """The public key of a seed in lower-case hex: the API key itself (batch-cancel page, X-API-Key)."""
    return _key(private_key).verify_key.encode().hex()


@lru_cache(maxsize=256)
def _key(private_key: str) -> SigningKey:
    return SigningKey(bytes.fromhex(private_key))


def what_is_wrong(credentials: Mapping[str, str]) -> str | None:
    """What is wrong with credentials that have the right keys, or None. Names no secret."""
    if not _SEED.fullmatch(credentials["private_key"]):
        return "private_key must be an Ed25519 seed of 64 hexadecimal digits"
    if not _ADDRESS.fullmatch(credentials["address"]):
        return "address must be 40 hexadecimal digits, with or without 0x"
    url = credentials.get("ws_url")
    try:
        if url is not None:
            channel_endpoint_of(url)
    except ValueError as error:
        return f"ws_url {error}"
    return None
