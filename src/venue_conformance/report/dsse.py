"""Signed envelopes (DSSE 1.0, Ed25519), and the key files that belong to them, as openssl reads and writes them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import rfc8785
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from venue_conformance.errors import ClientFault, NotGenuine

PAYLOAD_TYPE = "application/vnd.in-toto+json"
#: What stands before the 32 bytes of a private and of a public key (RFC 8410).
_PRIVATE_PREFIX = bytes.fromhex("302e020100300506032b657004220420")
_PUBLIC_PREFIX = bytes.fromhex("302a300506032b6570032100")
_LARGEST = 4 * 1024 * 1024


def private_pem(key: SigningKey) -> str:
    """A private key as PKCS #8."""
    return _pem("PRIVATE KEY", _PRIVATE_PREFIX + bytes(key))


def public_pem(key: VerifyKey) -> str:
    """A public key as SubjectPublicKeyInfo."""
    return _pem("PUBLIC KEY", _PUBLIC_PREFIX + bytes(key))


def key_id(key: VerifyKey) -> str:
    """The name of a key: the SHA-256 of its SubjectPublicKeyInfo."""
    return hashlib.sha256(_PUBLIC_PREFIX + bytes(key)).hexdigest()


def load_private_key(file: Path) -> SigningKey:
    """Read a private key. Raises ClientFault when it is none, or when others may read it."""
    try:
        if file.stat().st_mode & 0o077:
            raise ClientFault(f"{file}: others may read this private key; chmod 600 it, or make another")
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ClientFault(f"{file}: the key cannot be read: {error.strerror or error}") from error
    return SigningKey(_unwrapped(text, "PRIVATE KEY", _PRIVATE_PREFIX, file))


def load_public_key(file: Path) -> VerifyKey:
    """Read a public key. Raises ClientFault when it is none."""
    try:
        text = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise ClientFault(f"{file}: the key cannot be read: {error.strerror or error}") from error
    return VerifyKey(_unwrapped(text, "PUBLIC KEY", _PUBLIC_PREFIX, file))


def pre_authentication_encoding(payload: bytes) -> bytes:
    """The bytes that are signed: type and payload, each with its length."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD_TYPE), PAYLOAD_TYPE.encode(), len(payload), payload)


def sign(statement: Mapping[str, Any], key: SigningKey) -> bytes:
    """A statement in its envelope, as it is written to a file: canonical JSON (RFC 8785) inside and outside."""
    payload = rfc8785.dumps(dict(statement))
    signature = key.sign(pre_authentication_encoding(payload)).signature
    return _written(
        {
            "payload": base64.b64encode(payload).decode("ascii"),
            "payloadType": PAYLOAD_TYPE,
            "signatures": [
                {"keyid": key_id(key.verify_key), "sig": base64.b64encode(signature).decode("ascii")},
            ],
        }
    )


def open_envelope(data: bytes, keys: Iterable[VerifyKey]) -> tuple[dict[str, Any], bytes, str]:
    """The statement in an envelope, its bytes, and the name of the key that signed it.

    Raises NotGenuine for an envelope that is not written as ``sign`` writes it, to the byte, and for one that none of
    the keys has signed.
    """
    if len(data) > _LARGEST:
        raise NotGenuine("it is larger than any certificate")
    envelope = _read(data)
    if envelope.keys() != {"payload", "payloadType", "signatures"} or data != _written(envelope):
        raise NotGenuine("the envelope is not written as certificates are: something was added, or rewritten")
    if envelope["payloadType"] != PAYLOAD_TYPE:
        raise NotGenuine(f"the payload's type is not {PAYLOAD_TYPE}")
    payload = _decoded(envelope["payload"], "payload")
    signer = _signer(envelope["signatures"], pre_authentication_encoding(payload), {key_id(key): key for key in keys})
    statement = _read(payload)
    if rfc8785.dumps(statement) != payload:
        raise NotGenuine("the statement is not canonical JSON")
    return statement, payload, signer


def _signer(signatures: Any, signed: bytes, keys: Mapping[str, VerifyKey]) -> str:
    if not isinstance(signatures, list) or not signatures:
        raise NotGenuine("it has no signature")
    good: list[str] = []
    for signature in signatures:
        if not isinstance(signature, dict) or signature.keys() != {"keyid", "sig"}:
            raise NotGenuine("a signature has a key id and a signature, nothing else")
        key = keys.get(str(signature["keyid"]))
        raw = _decoded(signature["sig"], "signature")
        if key is None:
            continue
        try:
            key.verify(signed, raw)
        except (BadSignatureError, ValueError):
            raise NotGenuine("the signature does not fit: the certificate was changed after it was signed") from None
        good.append(str(signature["keyid"]))
    if not good:
        raise NotGenuine("it is signed by another key than the one that was given")
    return good[0]


def _read(data: bytes) -> dict[str, Any]:
    try:
        value = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError):
        raise NotGenuine("it is no JSON") from None
    if not isinstance(value, dict):
        raise NotGenuine("it is no JSON object")
    return value


def _written(envelope: Mapping[str, Any]) -> bytes:
    try:
        return rfc8785.dumps(dict(envelope)) + b"\n"
    except (rfc8785.CanonicalizationError, RecursionError, UnicodeError):
        raise NotGenuine("it cannot be written as canonical JSON") from None


def _decoded(text: Any, what: str) -> bytes:
    try:
        data = base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError):
        raise NotGenuine(f"the {what} is no base64") from None
    # The last character of base64 has bits that say nothing: as long as they may differ, bytes of a file may change.
    if base64.b64encode(data).decode("ascii") != text:
        raise NotGenuine(f"the {what} is not written in the one way of base64")
    return data


def _pem(label: str, der: bytes) -> str:
    return f"-----BEGIN {label}-----\n{base64.b64encode(der).decode('ascii')}\n-----END {label}-----\n"


def _unwrapped(text: str, label: str, prefix: bytes, file: Path) -> bytes:
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) < 3 or lines[0] != f"-----BEGIN {label}-----" or lines[-1] != f"-----END {label}-----":
        raise ClientFault(f"{file}: an Ed25519 {label.lower()} in PEM is expected (venue-conformance keygen makes one)")
    try:
        der = base64.b64decode("".join(lines[1:-1]), validate=True)
    except (binascii.Error, ValueError):
        raise ClientFault(f"{file}: this is no PEM") from None
    if not der.startswith(prefix) or len(der) != len(prefix) + 32:
        raise ClientFault(f"{file}: an Ed25519 {label.lower()} is expected, this is another kind of key")
    return der[len(prefix) :]
