"""Registering a key with a wallet's signature. Nothing but this judges it; it needs eth-account, which is optional."""

from __future__ import annotations

import importlib
import importlib.util
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from venue_conformance.reference import load
from venue_conformance.reference.arcus.wallet import import_eth_account
from venue_conformance.reference.server import serve_in_thread

from .arcus_client import ArcusClient, Signer

WALLET = "0x" + "46" * 32
SEED = "7a" * 32
DAY_MS = 24 * 3600 * 1000
needs_eth_account = pytest.mark.skipif(importlib.util.find_spec("eth_account") is None, reason="no eth-account")


@pytest.fixture
def http() -> Iterator[httpx.Client]:
    venue = load("arcus").venue_class()
    with serve_in_thread(venue) as server, httpx.Client(base_url=server.base_url, trust_env=False) as opened:
        yield opened


def registration(scheme: str, **changes: Any) -> dict[str, Any]:
    """A body with a real wallet's signature; changes are made before signing."""
    accounts, messages = import_eth_account()
    wallet = accounts.Account.from_key(WALLET)
    body: dict[str, Any] = {
        "address": wallet.address,
        "publicKey": Signer(SEED, "").public_key,
        "apiWalletName": "desk",
        "validUntil": int(time.time() * 1000) + 30 * DAY_MS,
        **changes,
    }
    values = {
        "apiWalletName": body["apiWalletName"],
        "apiWalletPublicKey": body["publicKey"],
        "validUntil": body["validUntil"],
        **{name: body[name] for name in ("nonce", "accountIndex") if name in body},
    }
    if scheme == "EIP-712":
        kinds = {"validUntil": "uint256", "accountIndex": "uint8"}
        message = messages.encode_typed_data(
            domain_data={"name": "Arcus API Key", "version": "1", "chainId": 46630},
            message_types={"CreateApiKey": [{"name": name, "type": kinds.get(name, "string")} for name in values]},
            message_data=values,
        )
    else:
        text = '{"apiWalletName":"%s","apiWalletPublicKey":"%s","validUntil":%d}'
        message = messages.encode_defunct(text=text % tuple(list(values.values())[:3]))
    signed = wallet.sign_message(message)
    return {**body, "signature": {"r": hex(signed.r), "s": hex(signed.s), "v": hex(signed.v)}}


@needs_eth_account
@pytest.mark.parametrize("scheme", ["EIP-712", "EIP-191"])
@pytest.mark.parametrize("more", [{}, {"accountIndex": 0}])
def test_a_registered_key_works(http: httpx.Client, scheme: str, more: dict[str, Any]) -> None:
    body = registration(scheme, **more)
    client = ArcusClient(http, Signer(SEED, body["address"].lower()))
    unknown = [{"orderId": "00ff" * 8}]
    assert client.cancel(unknown).status_code == 401

    answer = http.post("/v1/createApiKey", json=body)

    assert answer.status_code == 202
    assert answer.json()["apiKey"] == client.signer.public_key
    assert answer.json()["address"] == client.signer.address
    assert answer.json()["validUntil"] == body["validUntil"]
    assert client.cancel(unknown).status_code == 202
    orders = client.orders(2, client_ids=True)
    assert client.cancel(orders).status_code == 202
    assert client.statuses_after_effect(orders) == ["cancelled", "cancelled"]


@needs_eth_account
def test_a_scoped_key_acts_for_its_account_index_only(http: httpx.Client) -> None:
    body = registration("EIP-712", accountIndex=4, nonce="n-1")
    assert http.post("/v1/createApiKey", json=body).status_code == 202
    client = ArcusClient(http, Signer(SEED, body["address"].lower()))
    assert client.cancel([{"orderId": "00ff" * 8, "accountIndex": 4}]).status_code == 202
    assert client.cancel([{"orderId": "00ff" * 8, "accountIndex": 0}]).status_code == 403


@needs_eth_account
def test_the_older_way_knows_no_account_index(http: httpx.Client) -> None:
    assert http.post("/v1/createApiKey", json=registration("EIP-191", accountIndex=4)).status_code == 401


@needs_eth_account
@pytest.mark.parametrize("scheme", ["EIP-712", "EIP-191"])
def test_what_was_not_signed_is_refused(http: httpx.Client, scheme: str) -> None:
    body = registration(scheme)
    for change in (
        {"apiWalletName": "other"},
        {"publicKey": "ab" * 32},
        {"validUntil": body["validUntil"] + 1},
        {"address": "0x" + "ab" * 20},
        {"signature": {"r": "0x1", "s": "0x1", "v": "0x1b"}},
        {"signature": {**body["signature"], "v": "0x1b" if body["signature"]["v"] == "0x1c" else "0x1c"}},
        {"signature": {"r": "0x0", "s": "0x" + "f" * 64, "v": "0x0"}},
    ):
        assert http.post("/v1/createApiKey", json={**body, **change}).status_code == 401, change


@needs_eth_account
def test_a_key_has_one_owner(http: httpx.Client) -> None:
    owner = ArcusClient.opened(http)
    answer = http.post("/v1/createApiKey", json=registration("EIP-712", publicKey=owner.signer.public_key))
    assert answer.status_code == 409


FORMS: list[dict[str, Any]] = [
    {"address": "0x12"},
    {"publicKey": "zz" * 32},
    {"apiWalletName": ""},
    {"apiWalletName": "a" * 65},
    {"validUntil": 0},
    {"validUntil": int(time.time() * 1000)},
    {"validUntil": int(time.time() * 1000) + 200 * DAY_MS},
    {"validUntil": "soon"},
    {"accountIndex": 10},
    {"nonce": 5},
    {"signature": None},
    {"signature": {"r": "1", "s": "2"}},
    {"signature": {"r": 1, "s": 2, "v": 27}},
    {"signature": {"r": "0x1", "s": "0x1", "v": "0x63"}},
]


@pytest.mark.parametrize("change", FORMS, ids=map(str, range(len(FORMS))))
def test_wrong_forms_are_refused(http: httpx.Client, change: dict[str, Any]) -> None:
    body = {
        "address": "0x" + "ab" * 20,
        "publicKey": "cd" * 32,
        "apiWalletName": "desk",
        "signature": {"r": "0x1", "s": "0x1", "v": "0x1b"},
    }
    assert http.post("/v1/createApiKey", json={**body, **change}).status_code == 400
    assert http.post("/v1/createApiKey", content=b"[]").status_code == 400


@needs_eth_account
def test_eth_account_leaves_the_limit_of_recursion_alone() -> None:
    """With a lifted limit, a deeply nested body would overrun the stack of a server thread."""
    code = (
        "import sys; from venue_conformance.reference.arcus.wallet import import_eth_account;"
        "limit = sys.getrecursionlimit(); import_eth_account(); assert sys.getrecursionlimit() == limit"
    )
    assert subprocess.run([sys.executable, "-c", code], timeout=60, check=False).returncode == 0


def test_without_eth_account_the_endpoint_says_so(http: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "eth_account", None)
    body = {
        "address": "0x" + "ab" * 20,
        "publicKey": "cd" * 32,
        "apiWalletName": "desk",
        "signature": {"r": "0x1", "s": "0x1", "v": "0x1b"},
    }
    answer = http.post("/v1/createApiKey", json=body)
    assert answer.status_code == 501
    assert "venue-conformance[wallet]" in answer.json()["error"]
