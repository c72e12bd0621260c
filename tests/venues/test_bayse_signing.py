"""How a Bayse request is signed, pinned by vectors that openssl made, and every way to sign it wrongly on purpose."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import shutil
import subprocess
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.venues.bayse.signing import (
    KEY_HEADER,
    RIGHT,
    SIGNATURE_HEADER,
    TIME_HEADER,
    Signing,
    sign,
    signed_headers,
)

VECTORS: list[dict[str, str]] = json.loads(
    (Path(__file__).resolve().parents[2] / "fixtures/vectors/bayse.json").read_text("utf-8")
)
CREDENTIALS = {"public_key": "pk_test_1", "secret_key": "sk_test_1"}
NOW = 1_700_000_000.9
METHOD, PATH, BODY = "DELETE", "/v1/pm/orders/batch", b'{"orderIds":["a"]}'


def headers_of(how: Signing = RIGHT, body: bytes | None = BODY) -> dict[str, str]:
    return dict(signed_headers(CREDENTIALS, NOW, METHOD, PATH, body, how))


def body_of(vector: dict[str, str]) -> bytes | None:
    return vector["body"].encode() or None


@pytest.mark.parametrize("vector", VECTORS)
def test_signatures_are_those_of_openssl(vector: dict[str, str]) -> None:
    made = sign(vector["secret"], vector["timestamp"], vector["method"], vector["path"], body_of(vector))
    assert made == vector["signature"]


@pytest.mark.parametrize("vector", VECTORS)
def test_headers_carry_the_signatures_of_openssl(vector: dict[str, str]) -> None:
    credentials = {"public_key": "pk", "secret_key": vector["secret"]}
    now = int(vector["timestamp"]) + 0.5
    headers = signed_headers(credentials, now, vector["method"], vector["path"], body_of(vector))
    assert headers == (
        (KEY_HEADER, "pk"),
        (TIME_HEADER, vector["timestamp"]),
        (SIGNATURE_HEADER, vector["signature"]),
    )


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("vector", VECTORS)
def test_openssl_still_makes_them(vector: dict[str, str]) -> None:
    def openssl(data: bytes, *arguments: str) -> bytes:
        return subprocess.run(
            ["openssl", "dgst", "-sha256", *arguments], input=data, capture_output=True, check=True
        ).stdout

    body = body_of(vector)
    body_hash = "" if body is None else openssl(body, "-r").decode().split()[0]
    payload = ".".join((vector["timestamp"], vector["method"], vector["path"], body_hash)).encode()
    key = vector["secret"].encode().hex()
    digest = openssl(payload, "-mac", "HMAC", "-macopt", f"hexkey:{key}", "-binary")
    assert base64.b64encode(digest).decode() == vector["signature"]


def accepted(headers: dict[str, str], body: bytes | None = BODY) -> bool:
    """What a venue thinks of the headers, by code of its own."""
    if headers.get("X-Public-Key") != CREDENTIALS["public_key"]:
        return False
    stamp = headers.get("X-Timestamp", "")
    if not stamp.isdecimal() or abs(int(stamp) - NOW) > 300:
        return False
    digested = hashlib.sha256(body).hexdigest() if body is not None else ""
    payload = f"{stamp}.DELETE./v1/pm/orders/batch.{digested}"
    digest = hmac.digest(CREDENTIALS["secret_key"].encode(), payload.encode(), "sha256")
    return headers.get("X-Signature") == base64.b64encode(digest).decode()


#: A tampering, and the headers that it changes.
TAMPERINGS: list[tuple[Signing, set[str]]] = [
    (Signing(age=360), {TIME_HEADER, SIGNATURE_HEADER}),
    (Signing(age=-7200), {TIME_HEADER, SIGNATURE_HEADER}),
    (Signing(timestamp="1700000000000"), {TIME_HEADER, SIGNATURE_HEADER}),
    (Signing(timestamp=""), {TIME_HEADER, SIGNATURE_HEADER}),
    (Signing(signed_timestamp="1700000001"), {SIGNATURE_HEADER}),
    (Signing(signed_method="POST"), {SIGNATURE_HEADER}),
    (Signing(signed_path="/v1/pm/orders"), {SIGNATURE_HEADER}),
    (Signing(signed_body=b'{"orderIds":["b"]}'), {SIGNATURE_HEADER}),
    (Signing(signed_body=b""), {SIGNATURE_HEADER}),
    (Signing(signed_hash=""), {SIGNATURE_HEADER}),
    (Signing(secret="sk_test_2"), {SIGNATURE_HEADER}),
    (Signing(public_key="pk_test_2"), {KEY_HEADER}),
    (Signing(encoding="hex"), {SIGNATURE_HEADER}),
    (Signing(signature="not base64!"), {SIGNATURE_HEADER}),
    (Signing(cut=4), {SIGNATURE_HEADER}),
    (Signing(flip=True), {SIGNATURE_HEADER}),
    (Signing(swap_case=True), {SIGNATURE_HEADER}),
    (Signing(omit=frozenset({KEY_HEADER})), {KEY_HEADER}),
    (Signing(omit=frozenset({TIME_HEADER})), {TIME_HEADER}),
    (Signing(omit=frozenset({SIGNATURE_HEADER})), {SIGNATURE_HEADER}),
    (Signing(omit=frozenset({KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER})), {KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER}),
]


@pytest.mark.parametrize(
    ("tampering", "changed"), TAMPERINGS, ids=lambda value: str(value.tampered) if hasattr(value, "tampered") else ""
)
def test_a_tampering_changes_what_it_says_and_nothing_else(tampering: Signing, changed: set[str]) -> None:
    right, tampered = headers_of(), headers_of(tampering)
    assert {name for name in right if right[name] != tampered.get(name)} == changed
    assert tampered.keys() == right.keys() - tampering.omit
    assert not accepted(tampered)


def test_every_tampering_is_in_the_table() -> None:
    assert {name for tampering, _ in TAMPERINGS for name in tampering.tampered} == {
        field.name for field in fields(Signing)
    }


@pytest.mark.parametrize("body", [None, b"", BODY, b' { "orderIds" : [ ] }\n', bytes(range(256))])
def test_the_right_way_is_accepted(body: bytes | None) -> None:
    assert accepted(headers_of(RIGHT, body), body)
    assert accepted(headers_of(Signing(age=200), body), body)


def test_time_is_whole_seconds_that_have_passed() -> None:
    assert headers_of()[TIME_HEADER] == "1700000000"
    assert headers_of(Signing(age=360))[TIME_HEADER] == "1699999640"
    assert headers_of(Signing(age=-60))[TIME_HEADER] == "1700000060"


def test_a_flipped_signature_is_of_full_length_and_another_digest() -> None:
    right, flipped = (base64.b64decode(headers_of(how)[SIGNATURE_HEADER]) for how in (RIGHT, Signing(flip=True)))
    assert len(flipped) == len(right) == 32
    assert sum(a != b for a, b in zip(right, flipped, strict=True)) == 1


def test_tamperings_add_up() -> None:
    both = headers_of(Signing(encoding="hex", cut=2, omit=frozenset({TIME_HEADER})))
    full = base64.b64decode(headers_of()[SIGNATURE_HEADER]).hex()
    assert both == {KEY_HEADER: "pk_test_1", SIGNATURE_HEADER: full[:-2]}


def test_right_tampers_with_nothing() -> None:
    assert Signing() == RIGHT
    assert RIGHT.tampered == {}
    assert Signing.from_tampered({}) == RIGHT


TEXTS = st.none() | st.text(max_size=8)
SIGNINGS = st.builds(
    Signing,
    age=st.integers(-7200, 7200) | st.floats(-1e6, 1e6),
    timestamp=TEXTS,
    signed_timestamp=TEXTS,
    signed_method=TEXTS,
    signed_path=TEXTS,
    signed_body=st.none() | st.binary(max_size=8),
    signed_hash=TEXTS,
    secret=TEXTS,
    public_key=TEXTS,
    encoding=st.sampled_from(["base64", "hex"]),
    signature=TEXTS,
    cut=st.integers(0, 44),
    flip=st.booleans(),
    swap_case=st.booleans(),
    omit=st.frozensets(st.sampled_from([KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER])),
)


@given(SIGNINGS)
def test_a_tampering_survives_being_written_down(how: Signing) -> None:
    written = json.dumps(how.tampered)
    read: dict[str, Any] = json.loads(written)
    assert Signing.from_tampered(read) == how
    assert (read == {}) is (how == RIGHT)
