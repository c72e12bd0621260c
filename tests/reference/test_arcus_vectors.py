"""Verifier and payload against vectors made by openssl, so that signer and verifier meet a third party.

`python tests/reference/test_arcus_vectors.py` writes the file anew; signatures of Ed25519 are determined by key and
message, so that it must come out the same.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import pytest

VECTORS = Path(__file__).resolve().parents[2] / "fixtures" / "vectors" / "arcus.json"
_PKCS8_ED25519 = bytes.fromhex("302e020100300506032b657004220420")
_SPKI_BYTES = 12


def _case(**fields: Any) -> dict[str, Any]:
    return fields


CASES = [
    # The one worked example that is public, of a third party; the venue's documentation has none.
    _case(
        private_key=bytes(range(32)).hex(),
        address="0xabcdef1234567890abcdef1234567890abcdef12",
        marketId=1,
        accountIndex=0,
        orderId="a1b2c3d4e5f67890",
        timestamp=1790000000123456791,
    ),
    _case(
        private_key=bytes(range(32)).hex(),
        address="0xabcdef1234567890abcdef1234567890abcdef12",
        marketId=1,
        accountIndex=0,
        clientId="bid-1",
        timestamp=1790000000123456791,
    ),
    _case(  # an address as its owner may write it: the payload has it in lower case
        private_key="9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
        address="0xABCDEF1234567890abcdef1234567890ABCDEF12",
        marketId=2,
        accountIndex=1,
        orderId="00000000000000ff",
        timestamp=1713825891591000001,
    ),
    _case(  # the largest market and account index
        private_key="4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
        address="0x0000000000000000000000000000000000000001",
        marketId=65535,
        accountIndex=9,
        orderId="ffffffffffffffffffffffffffffffff",
        timestamp=1795247768188392893,
    ),
    _case(  # the smallest, and the longest client id with every kind of character
        private_key="ff" * 32,
        address="0xffffffffffffffffffffffffffffffffffffffff",
        marketId=0,
        accountIndex=0,
        clientId="abcdefghij_klmnopqrst-uvwxyz01234567",
        timestamp=1,
    ),
    _case(  # a time that no double can hold: 2 ** 60 + 1
        private_key="00" * 32,
        address="0x00112233445566778899aabbccddeeff00112233",
        marketId=32767,
        accountIndex=4,
        clientId="0",
        timestamp=1152921504606846977,
    ),
    _case(  # the largest time there is
        private_key="c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
        address="0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        marketId=3,
        accountIndex=7,
        orderId="0x1f",
        timestamp=9223372036854775807,
    ),
    _case(  # an order id that JSON has to escape
        private_key="0305334e381af78f141cb666f6199f57bc3495335a256a95bd2a55bf546663f6",
        address="0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
        marketId=255,
        accountIndex=3,
        orderId='a"b\\c\n\u0001☃',
        timestamp=1795247768188392895,
    ),
    _case(
        private_key="833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
        address="0x1234567890abcdef1234567890abcdef12345678",
        marketId=40000,
        accountIndex=5,
        clientId="-_-",
        timestamp=1800000000000000003,
    ),
]


def payload_of(case: dict[str, Any]) -> str:
    """The canonical payload, with the json module: a second way beside the venue's own."""
    members = {
        "ad": case["address"].lower(),
        "ai": case["accountIndex"],
        "ct": case["timestamp"],
        "m": case["marketId"],
        "op": 2,
        "v": 1,
    }
    members |= {"id": case["orderId"]} if "orderId" in case else {"c": case["clientId"]}
    return json.dumps(members, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def made_with_openssl(case: dict[str, Any]) -> dict[str, Any]:
    """The case with public key, payload and signature."""
    payload = payload_of(case)
    with tempfile.TemporaryDirectory() as folder:
        key, message = Path(folder, "key.der"), Path(folder, "message")
        key.write_bytes(_PKCS8_ED25519 + bytes.fromhex(case["private_key"]))
        message.write_bytes(payload.encode())
        signed = ["pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", str(key), "-in", str(message)]
        signature = _openssl(*signed)
        public_key = _openssl("pkey", "-inform", "DER", "-in", str(key), "-pubout", "-outform", "DER")[_SPKI_BYTES:]
    return {**case, "public_key": public_key.hex(), "payload": payload, "signature": signature.hex()}


def _openssl(*arguments: str) -> bytes:
    return subprocess.run(["openssl", *arguments], check=True, capture_output=True, timeout=10).stdout


def _signs_ed25519() -> bool:
    if shutil.which("openssl") is None:
        return False
    try:
        made_with_openssl(CASES[0])
    except subprocess.CalledProcessError:  # older than 1.1.1, or a namesake
        return False
    return True


def vectors() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


@pytest.mark.skipif(not _signs_ed25519(), reason="no openssl that signs with Ed25519")
def test_openssl_makes_these_vectors() -> None:
    assert [made_with_openssl(case) for case in CASES] == vectors()


def test_there_are_enough_and_they_differ() -> None:
    assert len(vectors()) >= 8
    for name in ("payload", "signature", "timestamp"):
        assert len({vector[name] for vector in vectors()}) >= len(vectors()) - 1


def test_the_public_example_is_among_them() -> None:
    """As third parties reproduce it, made with neither openssl nor this project."""
    assert vectors()[0]["signature"] == (
        "8eb4194377b1531f694415e603449a4069179d9eb792b3fe9030a462ba30ff9b"
        "bac4c234803456112e5e56012113dc401190975465f2df123969b46e94150007"
    )


@pytest.mark.parametrize("vector", vectors() if VECTORS.exists() else [], ids=lambda vector: str(vector["timestamp"]))
class TestTheVenuesVerifier:
    def test_it_rebuilds_the_payload(self, vector: dict[str, Any]) -> None:
        assert _payload(vector).canonical() == vector["payload"].encode()

    def test_it_accepts_the_signature(self, vector: dict[str, Any]) -> None:
        assert _verifies(vector, vector["payload"].encode(), vector["signature"])

    def test_it_accepts_no_other(self, vector: dict[str, Any]) -> None:
        message, signature = vector["payload"].encode(), vector["signature"]
        flipped = f"{int(signature[0], 16) ^ 1:x}" + signature[1:]
        for wrong in (flipped, signature[:-2], signature[2:], signature + "00", "", "0x" + signature[2:], "zz" * 64):
            assert not _verifies(vector, message, wrong)
        assert not _verifies(vector, message + b" ", signature)
        assert not _verifies({**vector, "public_key": "11" * 32}, message, signature)


def _payload(vector: dict[str, Any]) -> Any:
    from venue_conformance.reference.arcus.payload import CancelPayload

    return CancelPayload(
        address=vector["address"].lower(),
        account_index=vector["accountIndex"],
        timestamp=vector["timestamp"],
        market_id=vector["marketId"],
        order_id=vector.get("orderId"),
        client_id=vector.get("clientId"),
    )


def _verifies(vector: dict[str, Any], message: bytes, signature: str) -> bool:
    from venue_conformance.reference.arcus.venue import ArcusVenue

    return ArcusVenue().verify(vector["public_key"], message, signature)


if __name__ == "__main__":
    VECTORS.write_text(
        json.dumps([made_with_openssl(case) for case in CASES], indent=2, ensure_ascii=True) + "\n", encoding="utf-8"
    )
