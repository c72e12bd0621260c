"""A signature computed again from the bytes that arrived: what certifying a client asks of Bayse's signing.

The reference has a verifier of its own; the two are compared at every arrival.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from venue_conformance.venues.bayse.signing import BATCH_METHOD, BATCH_PATH, KEY_HEADER, SIGNATURE_HEADER, TIME_HEADER

Encoding = Literal["standard base64", "base64 without padding", "URL-safe base64", "hex", "none"]
IDEMPOTENCY_HEADER = "Idempotency-Key"
#: Unix seconds from 2001 to 2286; milliseconds have three digits more.
_SECONDS = re.compile(r"[0-9]{10}", re.ASCII)


@dataclass(frozen=True)
class Recomputed:
    """What the headers of one request say, held against its bytes.

    ``digest_fits`` says that the signature is the right digest, in whatever way it is written; ``encoding`` is that
    way. ``fits`` says that the header is exactly what the page describes.
    """

    timestamp: str | None
    signature: str | None
    expected: str
    digest_fits: bool
    encoding: Encoding

    @property
    def fits(self) -> bool:
        """Whether X-Signature is exactly the one that belongs to these bytes."""
        return self.digest_fits and self.encoding == "standard base64" and self.signature == self.expected

    @property
    def seconds(self) -> int | None:
        """X-Timestamp in Unix seconds, None when it is not written so."""
        if self.timestamp is None or not _SECONDS.fullmatch(self.timestamp):
            return None
        return int(self.timestamp)


def recompute(method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, secret: str) -> Recomputed:
    """Sign a request again, from what was sent of it, and compare."""
    timestamp, signature = header(headers, TIME_HEADER), header(headers, SIGNATURE_HEADER)
    path = target.partition("?")[0]
    body_hash = hashlib.sha256(body).hexdigest() if body else ""
    payload = f"{timestamp or ''}.{method}.{path}.{body_hash}"
    digest = hmac.new(secret.encode(), payload.encode("latin-1", "replace"), hashlib.sha256).digest()
    encoding = _encoding(signature or "")
    fits = _decoded(signature or "", encoding) == digest and bool(timestamp)
    return Recomputed(timestamp, signature, base64.b64encode(digest).decode("ascii"), fits, encoding)


def fits(
    method: str, target: str, headers: Sequence[tuple[str, str]], body: bytes, credentials: Mapping[str, str]
) -> bool | None:
    """Whether a request is signed right; None where it is another account's, or of no account, or of two."""
    if public_key(headers) != credentials["public_key"]:
        return None
    return recompute(method, target, headers, body, credentials["secret_key"]).fits


def header(headers: Sequence[tuple[str, str]], name: str) -> str | None:
    """The value of a header that was sent exactly once, else None."""
    values = [value for key, value in headers if key.lower() == name.lower()]
    return values[0] if len(values) == 1 else None


def named_orders(body: bytes) -> list[str] | None:
    """The order ids that a batch cancel names, None where it names none that can be read."""
    try:
        named = json.loads(body)["orderIds"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return [each for each in named if isinstance(each, str)] if isinstance(named, list) else None


def count_of(body: bytes) -> int | None:
    """How many elements a batch cancel has, whatever they are; None where that cannot be read."""
    try:
        named = json.loads(body)["orderIds"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    return len(named) if isinstance(named, list) else None


def is_batch_cancel(method: str, path: str) -> bool:
    """Whether a request is, or is meant as, the batch cancel: on its path, with any method that does not only read.

    POST there places orders, which nobody asks of a client that is to cancel.
    """
    return path.rstrip("/").lower() == BATCH_PATH and method not in ("GET", "OPTIONS", "HEAD")


def is_documented(method: str, path: str) -> bool:
    """Whether a batch cancel has the method and the path of the page."""
    return method == BATCH_METHOD and path == BATCH_PATH


def public_key(headers: Sequence[tuple[str, str]]) -> str | None:
    """The account that a request names."""
    return header(headers, KEY_HEADER)


def _encoding(signature: str) -> Encoding:
    if re.fullmatch(r"[0-9a-fA-F]{64}", signature):
        return "hex"
    if re.fullmatch(r"[A-Za-z0-9+/]{43}=", signature):
        return "standard base64"
    if re.fullmatch(r"[A-Za-z0-9+/]{43}", signature):
        return "base64 without padding"
    return "URL-safe base64" if re.fullmatch(r"[A-Za-z0-9_-]{43}=?", signature) else "none"


def _decoded(signature: str, encoding: Encoding) -> bytes | None:
    try:
        match encoding:
            case "hex":
                return bytes.fromhex(signature)
            case "none":
                return None
            case _:
                text = signature.rstrip("=").replace("-", "+").replace("_", "/") + "="
                return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return None
