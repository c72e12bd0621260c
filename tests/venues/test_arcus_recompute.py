"""Arcus signatures judged from the bytes that arrived, pinned by vectors that were made with openssl."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.venues.arcus.recompute import Covers, Recomputed, essence, fits, named_orders, recompute
from venue_conformance.venues.arcus.signing import sign

VECTORS: list[dict[str, Any]] = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "vectors" / "arcus.json").read_text("utf-8")
)
FIELDS = ("address", "marketId", "accountIndex", "orderId", "clientId")


def element_of(vector: dict[str, Any]) -> dict[str, Any]:
    return {name: vector[name] for name in FIELDS if name in vector} | {"signature": vector["signature"]}


def judged(vector: dict[str, Any], *elements: dict[str, Any], **more: Any) -> Recomputed:
    headers = (("X-API-Key", vector["public_key"]), ("x-timestamp", str(vector["timestamp"])))
    body = json.dumps({"cancels": elements or [element_of(vector)]}).encode()
    found = recompute(more.pop("target", "/"), headers, body, vector["private_key"], **more)
    assert found is not None
    return found


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_a_vector_fits(number: int) -> None:
    vector = VECTORS[number]
    assert judged(vector).fits
    for other in VECTORS:
        if other["private_key"] != vector["private_key"]:
            assert not judged(vector, element_of(vector) | {"signature": other["signature"]}).fits


def signed_over(vector: dict[str, Any], *changes: tuple[str, str]) -> dict[str, Any]:
    """The vector's element, its signature over a payload that was changed."""
    payload: str = vector["payload"]
    for old, new in changes:
        assert old in payload
        payload = payload.replace(old, new)
    return element_of(vector) | {"signature": sign(vector["private_key"], payload.encode())}


@pytest.mark.parametrize(
    ("changes", "covers", "told"),
    [
        ((('"ct":1790000000123456791', '"ct":1790000000123456768'),), "another ct", "went through a double"),
        ((('"ct":1790000000123456791', '"ct":1790000000123456800'),), "another ct", "went through a double"),
        ((('"ct":1790000000123456791', '"ct":1790000000123'),), "another ct", "milliseconds are signed"),
        ((('"ct":1790000000123456791', '"ct":1790000000123456000'),), "another ct", "whole microseconds are signed"),
        ((('"ct"', '"c":"","ct"'),), "empty members", 'as ""'),
        ((('"ct"', '"c":null,"ct"'),), "empty members", "as null"),
        ((('"ct"', '"c":"mine","ct"'),), "both ids", "both ids are signed"),
        ((('"op":2', '"op":1'),), "something else", "something else"),
        ((('"m":1', '"m":2'),), "something else", "something else"),
    ],
)
def test_what_a_wrong_signature_covers_is_told(changes: tuple[tuple[str, str], ...], covers: Covers, told: str) -> None:
    vector = VECTORS[0]
    also = {vector["orderId"]: "mine"}
    (found,) = judged(vector, signed_over(vector, *changes), also=also).elements
    assert found.covers == covers
    assert told in found.told


def test_the_body_and_another_elements_signature_are_recognised() -> None:
    vector = VECTORS[0]
    other = element_of(vector) | {"orderId": "ffff"}
    first, second = judged(vector, element_of(vector), other).elements
    assert (first.covers, second.told) == ("the cancel", "the signature of another element")
    unsigned = [{name: value for name, value in element_of(vector).items() if name != "signature"}]
    body = json.dumps({"cancels": unsigned}).encode()
    (found,) = judged(vector, element_of(vector) | {"signature": sign(vector["private_key"], body)}).elements
    assert found.told == "a signature over the HTTP body"


@pytest.mark.parametrize(
    "change", [{"marketId": "1"}, {"clientId": "c"}, {"orderId": ""}, {"address": "0x1"}, {"signature": 3}]
)
def test_what_cannot_be_signed_is_not_judged(change: dict[str, Any]) -> None:
    vector = VECTORS[0]
    headers = (("X-API-Key", vector["public_key"]), ("X-Timestamp", str(vector["timestamp"])))
    body = json.dumps({"cancels": [element_of(vector) | change]}).encode()
    assert recompute("/", headers, body, vector["private_key"]) is None


def test_another_accounts_request_is_not_judged() -> None:
    first, other = VECTORS[0], VECTORS[2]
    headers = (("X-API-Key", other["public_key"]), ("X-Timestamp", str(other["timestamp"])))
    body = json.dumps({"cancels": [element_of(other)]}).encode()
    assert fits("POST", "/", headers, body, other) is True
    assert fits("POST", "/", headers, body, first) is None


def test_the_querys_address_stands_for_an_elements() -> None:
    vector = VECTORS[0]
    element = element_of(vector)
    address = element.pop("address")
    assert judged(vector, element, target=f"/v1/batchCancelOrders?address={address[2:].upper()}").fits


def test_a_batch_is_the_same_however_it_was_signed() -> None:
    first, again = (b'{"cancels":[{"orderId":"a","timestamp":%d,"signature":"%d"}]}' % (n, n) for n in (1, 2))
    assert essence(first) == essence(again) != essence(first.replace(b'"a"', b'"b"'))
    assert essence(b"no JSON") == b"no JSON"


def test_both_ids_of_an_element_are_named() -> None:
    assert named_orders(b'{"cancels":[{"orderId":"a","clientId":"b"},{"clientId":null,"orderId":"c"},3]}') == [
        "a",
        "b",
        "c",
    ]
    assert named_orders(b"[]") is None
