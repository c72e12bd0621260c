"""The verifier, held against signatures that the openssl command made."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import tomllib
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.reference import ReferenceVenue
from venue_conformance.reference.http import Request
from venue_conformance.reference.server import RunningServer

VECTORS = Path(__file__).resolve().parents[2] / "fixtures/vectors/bayse.json"
Vector = dict[str, str]

PAGE_EXAMPLE = r"""
TIMESTAMP=$(date +%s)
METHOD="DELETE"
URL_PATH="/v1/pm/orders/batch"
BODY='{"orderIds":["f6a7b8c9-d0e1-2345-fabc-678901234567","a1b2c3d4-e5f6-7890-abcd-ef1234567890"]}'

BODY_HASH=$(printf '%s' "$BODY" | openssl dgst -sha256 -hex 2>/dev/null | sed 's/.*= //')
PAYLOAD="${TIMESTAMP}.${METHOD}.${URL_PATH}.${BODY_HASH}"
SIGNATURE=$(printf '%s' "$PAYLOAD" | openssl dgst -sha256 -hmac "$SECRET_KEY" -binary | base64)

curl -X DELETE "${HOST}${URL_PATH}" \
  -H "X-Public-Key: ${PUBLIC_KEY}" \
  -H "X-Timestamp: ${TIMESTAMP}" \
  -H "X-Signature: ${SIGNATURE}" \
  -H "Idempotency-Key: 9d3f2c0e-7b1a-4e5d-9f80-3a8b1c2d4e5f" \
  -H "Content-Type: application/json" \
  -d "$BODY"
"""


def vectors() -> list[Vector]:
    found: list[Vector] = json.loads(VECTORS.read_text(encoding="utf-8"))
    return found


def fits(bayse: ReferenceVenue, vector: Vector) -> bool:
    venue: Any = bayse.venue_class()
    account = type(venue.first_account)("pk_test_vector", vector["secret"], "user")
    request = Request(vector["method"], vector["path"], body=vector["body"].encode())
    answer: bool = venue.signature_fits(account, vector["timestamp"], vector["signature"], request)
    return answer


def test_there_are_enough_vectors() -> None:
    found = vectors()
    assert len(found) >= 8
    assert any(not vector["body"] for vector in found)
    assert any(not vector["body"].isascii() for vector in found)
    assert any("+" in vector["signature"] or "/" in vector["signature"] for vector in found)


@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["signature"][:8])
def test_a_signature_by_openssl_fits(bayse: ReferenceVenue, vector: Vector) -> None:
    assert fits(bayse, vector)


@pytest.mark.parametrize("part", ["secret", "timestamp", "method", "path", "body", "signature"])
def test_every_part_counts(bayse: ReferenceVenue, part: str) -> None:
    vector = vectors()[0]
    assert not fits(bayse, {**vector, part: "A" + vector[part]})


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
@pytest.mark.parametrize("vector", vectors(), ids=lambda vector: vector["signature"][:8])
def test_openssl_makes_the_vectors_again(vector: Vector) -> None:
    def openssl(*arguments: str, data: bytes) -> bytes:
        command = ["openssl", "dgst", "-sha256", *arguments]
        return subprocess.run(command, input=data, capture_output=True, check=True).stdout

    body = vector["body"].encode()
    body_hash = openssl("-hex", data=body).decode().rpartition("= ")[2].strip() if body else ""
    payload = f"{vector['timestamp']}.{vector['method']}.{vector['path']}.{body_hash}"
    digest = openssl("-hmac", vector["secret"], "-binary", data=payload.encode())
    assert base64.b64encode(digest).decode() == vector["signature"]


@pytest.mark.skipif(
    any(shutil.which(tool) is None for tool in ("sh", "curl", "openssl", "base64", "date")), reason="a tool is missing"
)
def test_the_example_of_the_page_runs_unchanged_but_for_host_and_keys(running: RunningServer) -> None:
    credentials = tomllib.loads(running.target_file)["credentials"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOST": running.base_url,
        "PUBLIC_KEY": credentials["public_key"],
        "SECRET_KEY": credentials["secret_key"],
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        ["sh", "-c", PAGE_EXAMPLE], env=environment, capture_output=True, text=True, check=True, timeout=30
    )
    answer = json.loads(done.stdout)
    assert answer["engine"] == "CLOB"
    assert [row["orderId"][:8] for row in answer["results"]] == ["f6a7b8c9", "a1b2c3d4"]
    assert [row["error"]["code"] for row in answer["results"]] == ["ORDER_NOT_FOUND"] * 2
    assert answer["summary"] == {"total": 2, "succeeded": 0, "failed": 2}
