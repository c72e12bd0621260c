"""Explaining PredictStreet's refusals: each known mistake gets a sentence of its own; no secret is ever told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
from typing import Any

import pytest

from venue_conformance.reference.discovery import load
from venue_conformance.reference.explain import ExplainedVenue, explainer_of
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.predictstreet.orders import Account, PartnerKind, Status, Terms
from venue_conformance.reference.predictstreet.venue import BATCH_PATH, PredictStreetVenue

ORDER = "f6a7b8c9-d0e1-4345-8abc-678901234567"
BODY = json.dumps({"orderIds": [ORDER]}).encode()


class Sandbox:
    """An explained venue with a key of each kind."""

    def __init__(self) -> None:
        self.venue = PredictStreetVenue(seed=1)
        self.single = self.venue.first_account
        self.multi = self.venue.open_account(PartnerKind.MULTI_WALLET)
        self.told: list[str] = []
        self.explained = ExplainedVenue(self.venue, self.told.append)

    def ask(self, request: Request) -> Response:
        response = asyncio.run(self.explained.handle(request))
        assert self.single.secret not in self.told[-1]
        assert self.multi.secret not in self.told[-1]
        return response

    def cancel(
        self,
        *,
        key: str | None = None,
        wallet: str | None = None,
        body: bytes = BODY,
        method: str = "POST",
        path: str = BATCH_PATH,
        query: str = "",
        headers: tuple[tuple[str, str], ...] = (),
    ) -> str:
        """Everything that was told of one request; ``key`` None is the single_wallet key, "" sends none."""
        sent = [] if key == "" else [("x-api-key", self.single.api_key if key is None else key)]
        sent += [] if wallet is None else [("x-user-wallet", wallet)]
        self.ask(Request(method, path, query, (*sent, *headers), body))
        return self.told[-1]

    def order_of(self, account: Account, status: Status = Status.OPEN) -> str:
        assert account.wallet is not None
        order = self.venue.new_order(account.wallet, Terms(market_id="1"), status)
        asyncio.run(self.venue.store.add([order]))
        return order.id


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_a_right_request_needs_no_explanation(sandbox: Sandbox) -> None:
    order = sandbox.order_of(sandbox.single)
    told = sandbox.cancel(body=json.dumps({"orderIds": [order]}).encode())
    assert f"POST {BATCH_PATH}: cancel 1 order → 200" in told
    assert f"ps_live_{sandbox.single.key_id}_…" in told
    assert "\n" not in told


KEYS: dict[str, tuple[Any, str]] = {
    "bearer in the header": (lambda a: f"Bearer {a.api_key}", "X-Api-Key has Bearer before the key"),
    "quotation marks": (lambda a: f'"{a.api_key}"', "has quotation marks around the key"),
    "placeholder": (lambda a: "<api-key>", "still holds the placeholder of the documentation's example"),
    "a variable": (lambda a: "${API_KEY}", "holds the name of a variable"),
    "base64": (lambda a: base64.b64encode(a.api_key.encode()).decode(), "holds the key in base64"),
    "escaped": (lambda a: a.api_key.replace("_", "%5F"), "is escaped as for an address"),
    "secret alone": (lambda a: a.secret, "holds the secret alone"),
    "id alone": (lambda a: a.key_id, "holds the key's id alone"),
    "without its prefix": (lambda a: f"{a.key_id}_{a.secret}", "lacks the ps_live_ at its beginning"),
    "capital letters": (lambda a: a.api_key.upper(), "is in another letter case"),
    "cut within the id": (lambda a: a.api_key[:15], "ends after 15 of the key's"),
    "joined by colons": (lambda a: f"ps_live:{a.key_id}:{a.secret}", "other signs than underscores"),
    "a wallet": (lambda a: a.wallet, "X-Api-Key holds a wallet"),
    "something else": (lambda a: "hello", "X-Api-Key holds no key"),
    "of a sandbox": (lambda a: a.api_key.replace("_live_", "_test_"), "one of a sandbox (ps_test_)"),
    "of nobody": (lambda a: f"ps_live_{'0' * 16}_{a.secret}", "no key has the id 0000000000000000"),
    "a secret cut short": (lambda a: a.api_key[:-5], "it ends after 38 of 43 characters"),
    "a secret made longer": (lambda a: f"{a.api_key}AA", "2 characters too many"),
    "a secret in another case": (lambda a: f"ps_live_{a.key_id}_{a.secret.swapcase()}", "it is in another letter case"),
    "a hashed secret": (
        lambda a: f"ps_live_{a.key_id}_{hashlib.sha256(a.secret.encode()).hexdigest()}",
        "it is the hash of the secret",
    ),
    "another secret": (lambda a: f"ps_live_{a.key_id}_{'A' * 43}", "the right length, and other characters"),
}


@pytest.mark.parametrize("mistake", KEYS)
def test_a_wrong_key_is_explained(sandbox: Sandbox, mistake: str) -> None:
    make, words = KEYS[mistake]
    told = sandbox.cancel(key=make(sandbox.single))
    assert "→ 401" in told
    assert words in told


def test_a_secret_cut_at_an_underscore_is_explained(sandbox: Sandbox) -> None:
    while "_" not in sandbox.single.secret.strip("_")[1:]:
        sandbox.single = sandbox.venue.open_account()
    beginning = sandbox.single.secret[: sandbox.single.secret.index("_", 1)]
    told = sandbox.cancel(key=f"ps_live_{sandbox.single.key_id}_{beginning}")
    assert "it is cut at an underscore, of which a secret may have some" in told


def test_another_keys_secret_is_explained(sandbox: Sandbox) -> None:
    told = sandbox.cancel(key=f"ps_live_{sandbox.single.key_id}_{sandbox.multi.secret}")
    assert "it is that of another key" in told


def test_a_key_elsewhere_is_found_and_masked(sandbox: Sandbox) -> None:
    key = sandbox.single.api_key
    headers = (("authorization", f"Bearer {key}"),)
    assert "authorization holds the key: its header is called X-Api-Key, without Bearer" in sandbox.cancel(
        key="", headers=headers
    )
    assert "api-key holds the key" in sandbox.cancel(key="", headers=(("api-key", key),))
    assert "the query holds the key: only the WebSocket takes it there" in sandbox.cancel(key="", query=f"key={key}")
    body = json.dumps({"orderIds": [ORDER], "apiKey": key}).encode()
    assert "the body holds the key" in sandbox.cancel(key="", body=body)
    assert "X-User-Wallet says for whom a request acts" in sandbox.cancel(key="", wallet=f"0x{'1' * 40}")
    assert "Authorization is not looked at" in sandbox.cancel(key="", headers=(("authorization", "Basic eDp5"),))
    assert "X-Api-Key is missing: X-Api-Key is to hold" in sandbox.cancel(key="")
    assert "X-Api-Key is sent 2 times" in sandbox.cancel(headers=(("x-api-key", "x"),))


def test_a_key_that_is_served_no_longer_is_explained(sandbox: Sandbox) -> None:
    sandbox.single.refused_as = "api_key_revoked"
    assert "the key is right, and is no longer served (api_key_revoked)" in sandbox.cancel()


W = "742d35Cc6634C0532925a3b844Bc9e7595f0bEb3"
WALLETS = {
    "bare": (W, "lacks its 0x"),
    "capital": (f"0X{W}", "with a capital X"),
    "short": (f"0x{W[:-1]}", "has 39 digits"),
    "long": (f"0x{W}0", "has 41 digits"),
    "quoted": (f'"0x{W}"', "has quotation marks around it"),
    "two": (f"0x{W},0x{W}", "names more than one wallet"),
    "a name": ("acme.eth", "is a name"),
    "a chain": (f"eip155:36900:0x{W}", "has a chain before its address"),
    "no digit": (f"0x{W[:-1]}g", "no hexadecimal digit"),
    "else": ("me", "is no address"),
    "empty": ("", "X-User-Wallet is empty"),
}


@pytest.mark.parametrize("mistake", WALLETS)
def test_a_wrong_wallet_is_explained(sandbox: Sandbox, mistake: str) -> None:
    wallet, words = WALLETS[mistake]
    told = sandbox.cancel(key=sandbox.multi.api_key, wallet=wallet)
    assert "→ 401" in told
    assert "the key is right, and a multi_wallet key" in told
    assert words in told


def test_a_missing_wallet_is_explained_and_found_elsewhere(sandbox: Sandbox) -> None:
    key = sandbox.multi.api_key
    assert "X-User-Wallet is missing; it goes with every request, each retry too" in sandbox.cancel(key=key)
    assert "and x-wallet holds a wallet" in sandbox.cancel(key=key, headers=(("x-wallet", f"0x{W}"),))
    assert "and the query holds a wallet" in sandbox.cancel(key=key, query=f"user_wallet=0x{W}")
    body = json.dumps({"orderIds": [ORDER], "wallet": f"0x{W}"}).encode()
    assert "and wallet of the body holds a wallet" in sandbox.cancel(key=key, body=body)
    assert "is sent 2 times" in sandbox.cancel(key=key, wallet=f"0x{W}", headers=(("x-user-wallet", f"0x{W}"),))


BODIES: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "the body is empty"),
    "a form": (b"orderIds=a&orderIds=b", "the body is a form"),
    "single quotes": (b"{'orderIds': ['a']}", "single quotes, as Python prints a dict"),
    "a byte order mark": (b"\xef\xbb\xbf" + BODY, "a byte order mark"),
    "broken off": (BODY[:-3], "it breaks off"),
    "a comma too many": (b'{"orderIds": ["a",]}', "a comma before a closing bracket"),
    "a name twice": (b'{"orderIds": ["a"], "orderIds": ["b"]}', "has a name twice"),
    "NaN": (b'{"orderIds": [NaN]}', "NaN or Infinity"),
    "the list alone": (b'["a"]', "the body is the list alone"),
    "serialised twice": (json.dumps(BODY.decode()).encode(), "it was serialised twice"),
    "another name": (b'{"order_ids": ["a"]}', "there is order_ids: the name is orderIds"),
    "no name": (b"{}", "orderIds is missing"),
    "a text with commas": (b'{"orderIds": "a,b"}', "orderIds is a text with commas"),
    "null": (b'{"orderIds": null}', "orderIds is null"),
    "no element": (b'{"orderIds": []}', "orderIds is empty"),
    "101": (json.dumps({"orderIds": [f"o{n}" for n in range(101)]}).encode(), "has 101 elements; a batch has 100"),
    "101 repeats": (json.dumps({"orderIds": ["a"] * 101}).encode(), "1 of which differ: repeats count"),
    "objects": (b'{"orderIds": [{"orderId": "a"}]}', "element 1 of orderIds is an object whose orderId is the id"),
    "a number": (b'{"orderIds": ["a", 7]}', "element 2 of orderIds is a number"),
    "null among them": (b'{"orderIds": [null]}', "is that order's id known by now?"),
    "a wallet": (json.dumps({"orderIds": ["a"], "userWallet": f"0x{W}"}).encode(), "declared in X-User-Wallet"),
    "a further field": (b'{"orderIds": ["a"], "reason": "x"}', "the field reason is not known"),
}


@pytest.mark.parametrize("mistake", BODIES)
def test_a_wrong_body_is_explained(sandbox: Sandbox, mistake: str) -> None:
    body, words = BODIES[mistake]
    told = sandbox.cancel(body=body)
    assert "→ 400" in told
    assert words in told
    assert "this is a choice of the reference" in told


ROUTES = {
    ("DELETE", BATCH_PATH): "the method is DELETE",
    ("POST", f"{BATCH_PATH}/"): "the path ends in a slash",
    ("POST", "/api//orders/cancel-batch"): "a slash too many",
    ("POST", "/orders/cancel-batch"): "lacks its /api",
    ("POST", f"/api{BATCH_PATH}"): "has /api twice",
    ("POST", "/api/v1/orders/cancel-batch"): "has a version",
    ("POST", "/api/orders/cancel_batch"): "an underscore where a hyphen belongs",
    ("POST", "/api/orders/batch-cancel"): "the last part of the path is another",
    ("POST", "/elsewhere"): "there is no such endpoint",
}


@pytest.mark.parametrize("route", ROUTES, ids=" ".join)
def test_a_wrong_route_is_explained(sandbox: Sandbox, route: tuple[str, str]) -> None:
    told = sandbox.cancel(method=route[0], path=route[1])
    assert ROUTES[route] in told
    assert f"the batch cancel is POST {BATCH_PATH}" in told


def test_an_order_of_another_wallet_is_explained(sandbox: Sandbox) -> None:
    order = sandbox.order_of(sandbox.single)
    body = json.dumps({"orderIds": [order]}).encode()
    acting = f"0x{W}"
    told = sandbox.cancel(key=sandbox.multi.api_key, wallet=acting, body=body)
    assert f"belongs to wallet {sandbox.single.wallet}, and X-User-Wallet says {acting.lower()}" in told
    foreign = json.dumps({"orderIds": [sandbox.order_of(sandbox.multi)]}).encode()
    told = sandbox.cancel(wallet=sandbox.multi.wallet, body=foreign)
    assert f"and the key acts for {sandbox.single.wallet} (X-User-Wallet is ignored under a single_wallet key)" in told


def test_the_reasons_of_an_answer_are_explained(sandbox: Sandbox) -> None:
    done, locked, shaky = (sandbox.order_of(sandbox.single, s) for s in (Status.FILLED, Status.OPEN, Status.OPEN))
    sandbox.venue.armed_outcomes = {locked: "lock_invariant", shaky: "unknown"}
    told = sandbox.cancel(body=json.dumps({"orderIds": [done, locked, shaky]}).encode())
    assert f"{done} is finished: that is no error" in told
    assert f"{locked} was not cancelled; the others of its batch were not touched" in told
    assert f"{shaky} failed for a passing cause: send it again, and it alone" in told
    other_case = sandbox.cancel(body=json.dumps({"orderIds": [done.upper()]}).encode())
    assert "in another letter case: ids are to be sent as they were given out" in other_case
    assert "variant ignores-the-case-of-ids" in other_case
    many = sandbox.cancel(body=json.dumps({"orderIds": [f"o{n}" for n in range(9)]}).encode())
    assert "o0 names no order" in many
    assert "and 6 orders more" in many


def test_a_spent_budget_a_lacking_scope_and_a_ban_are_explained(sandbox: Sandbox) -> None:
    told = [sandbox.cancel() for _ in range(6)][-1]
    assert "more than 5 requests in a second for this wallet: send nothing for 1 s" in told
    assert "variant holds-a-bucket-of-twenty" in told
    sandbox.multi.scopes = frozenset({"portfolio:read"})
    told = sandbox.cancel(key=sandbox.multi.api_key, wallet=sandbox.multi.wallet)
    assert "the key lacks the scope orders:write; it has portfolio:read" in told
    assert sandbox.single.wallet is not None
    sandbox.venue.banned_wallets.add(sandbox.single.wallet)
    assert "the acting wallet is banned" in sandbox.cancel()


def test_the_variants_that_are_named_exist() -> None:
    freedoms = explainer_of("predictstreet").FREEDOMS  # type: ignore[attr-defined]
    named = {name.strip() for _, variants in freedoms.values() for name in variants.split(",")}
    assert named - load("predictstreet").variants.keys() == set()


def test_what_could_act_in_a_terminal_is_spelled_out(sandbox: Sandbox) -> None:
    sandbox.ask(Request("GET", "/\x1b[2J", "", (("x-user-wallet", "\x1b]0;x"),)))
    assert "\x1b" not in sandbox.told[-1]
