"""How a Bayse request is signed, and every way to sign it wrongly on purpose.

Signed is ``timestamp.METHOD.path.bodyhash``: Unix seconds, the path without host, the lower-case hex SHA-256 of the
body's bytes as sent. The signature is base64 HMAC-SHA256 under the whole secret (batch-cancel page, example request).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal

BATCH_METHOD = "DELETE"
BATCH_PATH = "/v1/pm/orders/batch"

KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER = "X-Public-Key", "X-Timestamp", "X-Signature"


@dataclass(frozen=True)
class Signing:
    """What is tampered with in a request's signing; every default is the right way, and ``Signing()`` changes nothing.

    ``age`` is seconds by which the timestamp lies in the past (negative: ahead), ``timestamp`` a literal to send and
    sign in its place. ``signed_timestamp``, ``signed_method``, ``signed_path`` and ``signed_body`` are signed instead
    of what is sent; ``signed_hash`` replaces the whole body hash. ``secret`` signs instead of the caller's own,
    ``public_key`` is sent instead. ``signature`` is sent as it stands; ``flip`` alters the last but one digest byte
    of a valid signature, ``swap_case`` the case of its letters. ``omit`` names headers to leave out.
    """

    age: float = 0
    timestamp: str | None = None
    signed_timestamp: str | None = None
    signed_method: str | None = None
    signed_path: str | None = None
    signed_body: bytes | None = None
    signed_hash: str | None = None
    secret: str | None = None
    public_key: str | None = None
    encoding: Literal["base64", "hex"] = "base64"
    signature: str | None = None
    cut: int = 0
    flip: bool = False
    swap_case: bool = False
    omit: frozenset[str] = frozenset()

    @property
    def tampered(self) -> dict[str, Any]:
        """The fields that differ from the right way, as JSON-like values."""
        changed = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: sorted(value)
            if isinstance(value, frozenset)
            else value.decode(errors="surrogateescape")
            if isinstance(value, bytes)
            else value
            for name, value in changed.items()
            if value != getattr(RIGHT, name)
        }

    @classmethod
    def from_tampered(cls, tampered: Mapping[str, Any]) -> Signing:
        """The signing that ``tampered`` describes."""
        values = dict(tampered)
        if "omit" in values:
            values["omit"] = frozenset(values["omit"])
        if "signed_body" in values:
            values["signed_body"] = values["signed_body"].encode(errors="surrogateescape")
        return cls(**values)


RIGHT = Signing()


def sign(secret: str, timestamp: str, method: str, path: str, body: bytes | None) -> str:
    """The base64 signature of a request; a request without a body has an empty body hash."""
    body_hash = "" if body is None else hashlib.sha256(body).hexdigest()
    return base64.b64encode(_digest(secret, f"{timestamp}.{method}.{path}.{body_hash}")).decode()


def signed_headers(
    credentials: Mapping[str, str], now: float, method: str, path: str, body: bytes | None, how: Signing = RIGHT
) -> tuple[tuple[str, str], ...]:
    """The three authentication headers of a request; ``now`` is the Unix time in seconds."""
    timestamp = how.timestamp if how.timestamp is not None else str(int(now - how.age))
    signed_body = body if how.signed_body is None else how.signed_body
    body_hash = how.signed_hash
    if body_hash is None:
        body_hash = "" if signed_body is None else hashlib.sha256(signed_body).hexdigest()
    payload = ".".join(
        (
            timestamp if how.signed_timestamp is None else how.signed_timestamp,
            method if how.signed_method is None else how.signed_method,
            path if how.signed_path is None else how.signed_path,
            body_hash,
        )
    )
    digest = _digest(credentials["secret_key"] if how.secret is None else how.secret, payload)
    if how.flip:
        digest = digest[:-2] + bytes([digest[-2] ^ 1]) + digest[-1:]
    signature = digest.hex() if how.encoding == "hex" else base64.b64encode(digest).decode()
    if how.signature is not None:
        signature = how.signature
    if how.swap_case:
        signature = signature.swapcase()
    if how.cut:
        signature = signature[: -how.cut]
    headers = (
        (KEY_HEADER, credentials["public_key"] if how.public_key is None else how.public_key),
        (TIME_HEADER, timestamp),
        (SIGNATURE_HEADER, signature),
    )
    return tuple((name, value) for name, value in headers if name not in how.omit)


def _digest(secret: str, payload: str) -> bytes:
    return hmac.new(secret.encode(), payload.encode(), hashlib.sha256).digest()
