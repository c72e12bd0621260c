"""The signer against vectors made by openssl, so that it meets the verifier nowhere but in a third party."""

from __future__ import annotations

import json
import shutil
import subprocess
import threading
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.venues.arcus.elements import Element, signed_elements
from venue_conformance.venues.arcus.envelope import Envelope
from venue_conformance.venues.arcus.signing import (
    cancel_members,
    canonical,
    canonical_address,
    public_key,
    sign,
    what_is_wrong,
)
from venue_conformance.venues.arcus.timestamps import Timestamps

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "vectors" / "arcus.json").read_text(encoding="utf-8")
)
#: What stands before an Ed25519 seed in PKCS #8 (RFC 8410).
PKCS8 = bytes.fromhex("302e020100300506032b657004220420")


def payload_of(vector: dict[str, Any]) -> bytes:
    return canonical(
        cancel_members(
            address=vector["address"],
            account_index=vector["accountIndex"],
            market_id=vector["marketId"],
            timestamp=vector["timestamp"],
            order_id=vector.get("orderId"),
            client_id=vector.get("clientId"),
        )
    )


def element_of(vector: dict[str, Any]) -> Element:
    return Element(vector.get("orderId"), vector.get("clientId"), vector["marketId"], vector["accountIndex"])


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["timestamp"]))
class TestVectors:
    def test_payload(self, vector: dict[str, Any]) -> None:
        assert payload_of(vector) == vector["payload"].encode()

    def test_public_key(self, vector: dict[str, Any]) -> None:
        assert public_key(vector["private_key"]) == vector["public_key"]

    def test_signature(self, vector: dict[str, Any]) -> None:
        assert sign(vector["private_key"], payload_of(vector)) == vector["signature"]

    def test_element(self, vector: dict[str, Any]) -> None:
        [element] = signed_elements(
            [element_of(vector)],
            private_key=vector["private_key"],
            address=vector["address"],
            timestamp=vector["timestamp"],
        )

        assert element["signature"] == vector["signature"]
        assert element["timestamp"] == vector["timestamp"]
        assert element["address"] == vector["address"].lower()
        assert [name for name in ("orderId", "clientId") if name in element] == [element["kind"]]

    @pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
    def test_openssl_signs_our_payload_alike(self, vector: dict[str, Any], tmp_path: Path) -> None:
        key, message = tmp_path / "key.der", tmp_path / "message"
        key.write_bytes(PKCS8 + bytes.fromhex(vector["private_key"]))
        message.write_bytes(payload_of(vector))
        command = ["openssl", "pkeyutl", "-sign", "-rawin", "-keyform", "DER", "-inkey", str(key), "-in", str(message)]
        made = subprocess.run(command, capture_output=True, timeout=10)
        if made.returncode:
            pytest.skip("this openssl does not sign with Ed25519")

        assert made.stdout.hex() == vector["signature"]


def test_nothing_is_left_of_an_id_that_names_no_order() -> None:
    members = cancel_members(address="AB" * 20, account_index=0, market_id=0, timestamp=2**63 - 1, order_id="a")

    assert canonical(members) == (
        b'{"ad":"0x' + b"ab" * 20 + b'","ai":0,"ct":9223372036854775807,"id":"a","m":0,"op":2,"v":1}'
    )


@pytest.mark.parametrize("written", ["0x" + "aB" * 20, "0X" + "Ab" * 20, "AB" * 20])
def test_addresses_have_one_form(written: str) -> None:
    assert canonical_address(written) == "0x" + "ab" * 20


@pytest.mark.parametrize("wrong", ["", "0x", "0x" + "a" * 39, "a" * 41, "0x" + "g" * 40, "0x" + "a" * 40 + "\n"])
def test_what_is_no_address(wrong: str) -> None:
    with pytest.raises(ValueError, match="40 hexadecimal digits"):
        canonical_address(wrong)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("private_key", "0x" + "11" * 31),
        ("private_key", "11" * 31),
        ("address", "0x12"),
        ("ws_url", "http://127.0.0.1/v1/ws"),
        ("ws_url", "ws://user@127.0.0.1/"),
        ("ws_url", "ws:///v1/ws"),
    ],
)
def test_credentials_that_cannot_be(key: str, value: str) -> None:
    right = {"private_key": "11" * 32, "address": "0x" + "ab" * 20, "ws_url": "wss://host.example/v1/ws?x=1"}
    assert what_is_wrong(right) is None

    assert key in str(what_is_wrong({**right, key: value}))


class TestTimestamps:
    def test_they_increase_although_the_clock_stands_still(self) -> None:
        timestamps = Timestamps(lambda: 1_795_247_768_188_392_832)

        given = [timestamps.next("a") for _ in range(50)]

        assert given == sorted(set(given))
        assert [stamp for stamp in given if int(float(stamp)) == stamp] == []

    def test_none_is_given_twice_to_many_threads(self) -> None:
        timestamps, given = Timestamps(), []

        def take() -> None:
            given.extend(timestamps.next("a") for _ in range(500))

        threads = [threading.Thread(target=take) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert len(set(given)) == 4000

    def test_one_that_was_taken_from_the_future_is_followed_by_later_ones(self) -> None:
        timestamps = Timestamps()
        ahead = timestamps.off("a", 20)

        assert timestamps.next("a") < ahead
        timestamps.accepted("a", ahead)
        assert timestamps.next("a") > ahead
        assert timestamps.next("b") < ahead

    def test_those_off_the_clock_differ_too(self) -> None:
        timestamps = Timestamps(lambda: 1_795_247_768_188_392_832)

        assert len({timestamps.off("a", -45) for _ in range(20)}) == 20


@pytest.mark.parametrize("signature", ["ä", "two words", "", "\x07", None, 7])
def test_what_no_header_can_hold_does_not_go_into_one(signature: object) -> None:
    sent = dict(Envelope().headers("01" * 32, "1", signature))["X-Signature"]
    assert len(sent) == 128
    assert sent != signature


def test_the_first_elements_signature_goes_into_the_header() -> None:
    assert ("X-Signature", "a1" * 64) in Envelope().headers("01" * 32, "1", "a1" * 64)
