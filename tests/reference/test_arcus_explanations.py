"""Explaining Arcus refusals: each known mistake gets its sentence, from the signature or the header that came."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from nacl.signing import SigningKey

from venue_conformance.reference.arcus.explanations import _FREEDOMS
from venue_conformance.reference.arcus.orders import Account
from venue_conformance.reference.arcus.venue import BATCH_PATH, ArcusVenue
from venue_conformance.reference.discovery import load
from venue_conformance.reference.explain import ExplainedVenue
from venue_conformance.reference.http import Application, Request, Response

Members = dict[str, Any]


def compact(members: Members, **options: Any) -> bytes:
    return json.dumps(members, **{"sort_keys": True, "separators": (",", ":"), **options}).encode()


def signed(seed: str, message: bytes) -> str:
    return SigningKey(bytes.fromhex(seed)).sign(message).signature.hex()


class Sandbox:
    """An explained venue with two accounts and two orders, each with a client id; elements are signed here, by hand."""

    def __init__(self) -> None:
        self.venue = ArcusVenue(seed=1)
        self.account, self.other = self.venue.first_account, self.venue.open_account()
        market = self.venue.markets[0]
        self.orders = [self.venue.make_order(self.account, market, client_id=f"c-{number}") for number in range(2)]
        self.told: list[str] = []
        self.explained = ExplainedVenue(self.venue, self.told.append)
        self.now = time.time_ns() | 1

    def ask(self, request: Request) -> Response:
        return asyncio.run(self.explained.handle(request))

    def members(self, number: int = 0) -> Members:
        """What is to be signed for an order."""
        order = self.orders[number]
        return {"ad": self.account.address, "ai": 0, "ct": self.now, "id": order.id, "m": 1, "op": 2, "v": 1}

    def cancel(
        self,
        *,
        message: Callable[[Members], bytes] = compact,
        seed: Callable[[Account, Account], str] = lambda own, _: own.private_key,
        element: Callable[[Members], Members] = dict,
        written: Callable[[str], str] = str,
        headers: dict[str, str | None] | None = None,
        query: str | None = None,
        count: int = 1,
    ) -> str:
        """Cancel, signed and sent as told; everything that was told of it."""
        cancels = []
        for number in range(count):
            signature = written(signed(seed(self.account, self.other), message(self.members(number))))
            own = {"address": self.account.address, "marketId": 1, "accountIndex": 0, "kind": "orderId"}
            own |= {"orderId": self.orders[number].id, "timestamp": self.now, "signature": signature}
            cancels.append(element(own))
        sent: dict[str, str | None] = {
            "x-api-key": self.account.public_key,
            "x-timestamp": str(self.now),
            "x-signature": "x",
        }
        kept = tuple((name, value) for name, value in (sent | (headers or {})).items() if value is not None)
        query = f"address={self.account.address}" if query is None else query
        self.ask(Request("POST", BATCH_PATH, query, kept, compact({"cancels": cancels}, sort_keys=False)))
        assert self.account.private_key not in "".join(self.told)
        assert self.other.private_key not in "".join(self.told)
        return self.told[-1]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_a_right_request_needs_no_explanation(sandbox: Sandbox) -> None:
    told = sandbox.cancel(count=2)
    assert "cancel 2 orders → 202" in told
    assert "\n" not in told
    assert sandbox.account.public_key not in told


#: What is signed in the place of the payload, and what is said of it.
SIGNED: dict[str, tuple[Callable[[Members], bytes], str]] = {
    "ct in milliseconds": (
        lambda m: compact(m | {"ct": m["ct"] // 10**6}),
        "ct is signed in milliseconds: it is X-Timestamp",
    ),
    "ct in whole microseconds": (lambda m: compact(m | {"ct": m["ct"] // 1000 * 1000}), "in whole microseconds"),
    "ct through a double": (lambda m: compact(m | {"ct": int(float(m["ct"]))}), "after it went through a double"),
    "ct as a text": (lambda m: compact(m | {"ct": str(m["ct"])}), "ct is signed as a text"),
    "an empty member": (lambda m: compact(m | {"c": ""}), 'the id that is not sent is signed, as ""'),
    "a null member": (lambda m: compact(m | {"c": None}), "the id that is not sent is signed, as null"),
    "both ids": (lambda m: compact(m | {"c": "c-0"}), "both ids are signed, and one is sent"),
    "the other id": (
        lambda m: compact({name: value for name, value in (m | {"c": "c-0"}).items() if name != "id"}),
        "the other id is signed than the one that is sent",
    ),
    "an upper-case id": (lambda m: compact(m | {"id": m["id"].upper()}), "the id is signed in capital letters"),
    "another op": (lambda m: compact(m | {"op": 1}), "operation 1 is signed, that of a placed order: a cancel is 2"),
    "modify": (lambda m: compact(m | {"op": 3}), "operation 3 is signed"),
    "another market": (lambda m: compact(m | {"m": 2}), "market 2 is signed, and 1 sent"),
    "another subaccount": (lambda m: compact(m | {"ai": 4}), "account index 4 is signed, and 0 sent"),
    "an address without 0x": (lambda m: compact(m | {"ad": m["ad"][2:]}), "ad is signed as"),
    "spaces": (lambda m: json.dumps(m, sort_keys=True).encode(), "with spaces in it"),
    "names in reverse": (
        lambda m: compact(dict(reversed(m.items())), sort_keys=False),
        "in another order (v, op, m, id, ct, ai, ad)",
    ),
    "another order of names": (
        lambda m: compact({name: m[name] for name in ("ad", "ai", "m", "id", "ct", "op", "v")}, sort_keys=False),
        "in another order",
    ),
    "no version": (lambda m: compact({name: value for name, value in m.items() if name != "v"}), "v is left out"),
    "a hash": (lambda m: hashlib.sha256(compact(m)).digest(), "the SHA-256 of the payload is signed"),
    "nobody knows": (lambda _: b"something else", "no known mistake: compare, letter by letter"),
}


@pytest.mark.parametrize("mistake", SIGNED)
def test_what_was_signed_instead_is_recognised(sandbox: Sandbox, mistake: str) -> None:
    message, words = SIGNED[mistake]
    told = sandbox.cancel(message=message)
    assert "→ 202" in told
    right = compact(sandbox.members()).decode()
    assert f"element 1 of 1: had to be signed, with Ed25519 under the account's private key: {right}" in told
    assert words in told, told


def test_the_http_body_is_recognised(sandbox: Sandbox) -> None:
    order = sandbox.orders[0]
    element = {"address": sandbox.account.address, "marketId": 1, "accountIndex": 0, "kind": "orderId"}
    element |= {"orderId": order.id, "timestamp": sandbox.now}
    assert "the HTTP body is signed" in sandbox.cancel(
        message=lambda _: compact({"cancels": [element]}, sort_keys=False)
    )
    assert "the element is signed as it stands in the body" in Sandbox().cancel(
        message=lambda m: compact({**element, "timestamp": m["ct"], "orderId": m["id"], "address": m["ad"]})
    )


def test_another_elements_signature_is_recognised(sandbox: Sandbox) -> None:
    first = compact(sandbox.members(0))
    told = sandbox.cancel(message=lambda _: first, count=2)
    assert "element 2 of 2: looks like: it is the signature of element 1: every element is signed for itself" in told
    assert "element 1 of 2" not in told


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"seed": lambda own, _: own.public_key}, "the public key is used as the seed: sign with the private key"),
        ({"seed": lambda _, other: other.private_key}, "another account's key signed: that of"),
        ({"written": lambda s: base64.b64encode(bytes.fromhex(s)).decode()}, "in base64: 128 hexadecimal digits"),
        ({"written": lambda s: f"0x{s}"}, "the valid signature, with 0x before its digits"),
        ({"written": lambda s: s[:100]}, "a signature of 100 characters"),
        ({"written": lambda _: ""}, "it has no signature"),
        (
            {"element": lambda e: e | {"timestamp": int(float(e["timestamp"]))}},
            "after it went through a double",
        ),
        # Further off than a double, and odd as it was: no whole number of any unit.
        ({"element": lambda e: e | {"timestamp": e["timestamp"] - 778}}, "one time is taken for a request"),
        ({"element": lambda e: e | {"timestamp": e["timestamp"] // 1000 * 1000}}, "in whole microseconds"),
        ({"headers": {"x-signature": None}}, "X-Signature is missing: its value decides nothing, but later pages"),
    ],
)
def test_what_else_fails_an_element_is_told(sandbox: Sandbox, how: dict[str, Any], says: str) -> None:
    told = sandbox.cancel(**how)
    assert "→ 202" in told
    assert says in told, told


def test_a_key_in_capital_letters_is_told_though_it_is_accepted(sandbox: Sandbox) -> None:
    told = sandbox.cancel(headers={"x-api-key": sandbox.account.public_key.upper()})
    assert "→ 202" in told
    assert "X-API-Key is in capital letters: accepted here" in told


@pytest.mark.parametrize(
    ("headers", "says"),
    [
        ({"x-timestamp": lambda now, _: str(now // 10**6)}, "is in milliseconds: nanoseconds are wanted ("),
        ({"x-timestamp": lambda now, _: str(now // 10**9)}, "is in seconds: nanoseconds are wanted ("),
        ({"x-timestamp": lambda now, _: f"{float(now)!r}"}, "went through a double, which holds sixteen digits"),
        ({"x-timestamp": lambda now, _: str(now - 31 * 10**9)}, "behind the venue's clock, and 30 s are allowed"),
        ({"x-timestamp": lambda now, _: str(now + 40 * 10**9)}, "ahead of the venue's clock, and 30 s are allowed"),
        ({"x-timestamp": lambda *_: "yesterday"}, "is no number of nanoseconds"),
        ({"x-timestamp": lambda *_: None}, "header X-Timestamp is missing"),
        ({"x-api-key": lambda *_: None}, "header X-API-Key is missing"),
        (
            {"x-api-key": lambda _, own: own.private_key},
            "X-API-Key is an account's private key, the seed: never send it",
        ),
        ({"x-api-key": lambda _, own: f"0x{own.public_key}"}, "X-API-Key has 0x before it"),
        ({"x-api-key": lambda _, own: own.address}, "X-API-Key is the account's address"),
        (
            {"x-api-key": lambda _, own: base64.b64encode(bytes.fromhex(own.public_key)).decode()},
            "the public key in base64",
        ),
        ({"x-api-key": lambda *_: "a" * 64}, "nobody registered this X-API-Key"),
        ({"x-api-key": lambda *_: "a" * 63}, "X-API-Key has 63 characters"),
    ],
)
def test_a_wrong_header_is_told(sandbox: Sandbox, headers: dict[str, Any], says: str) -> None:
    told = sandbox.cancel(headers={name: make(sandbox.now, sandbox.account) for name, make in headers.items()})
    assert "→ 401" in told
    assert says in told, told
    assert sandbox.account.private_key[:10] not in told


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "address is missing from the query"),
        ("address=0x12", "40 hexadecimal digits are wanted"),
        ("address=0x" + "0" * 40, "address in the query is another account's: 0x0000"),
        ("address=a&address=b", "address is in the query 2 times"),
    ],
)
def test_a_wrong_address_is_told(sandbox: Sandbox, query: str, says: str) -> None:
    assert says in sandbox.cancel(query=query)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"clientId": "c-0"}, "element 1 has orderId and clientId: exactly one of them"),
        ({"clientId": None}, "element 1 has clientId null beside the other id"),
        ({"clientId": ""}, 'element 1 has clientId "" beside the other id'),
        ({"marketId": "1"}, 'element 1 has marketId "1": a whole number is wanted'),
        ({"timestamp": 1790000000123}, "the timestamp of element 1 1790000000123 is in milliseconds"),
        ({"address": "0x" + "1" * 40}, "address in element 1 is another account's"),
    ],
)
def test_a_wrong_form_is_told(sandbox: Sandbox, change: Members, says: str) -> None:
    told = sandbox.cancel(element=lambda element: element | change)
    assert "→ 4" in told
    assert says in told, told


def test_an_order_that_lies_elsewhere_is_told_though_the_element_is_accepted(sandbox: Sandbox) -> None:
    signs_another_place = {"message": lambda m: compact(m | {"ai": 3}), "element": lambda e: e | {"accountIndex": 3}}
    told = sandbox.cancel(**signs_another_place)  # type: ignore[arg-type]
    assert "→ 202" in told
    assert f"{sandbox.orders[0].id} is in market 1 and subaccount 0, and the element says market 1 and" in told


def test_no_id_at_all_is_told(sandbox: Sandbox) -> None:
    told = sandbox.cancel(element=lambda e: {name: value for name, value in e.items() if name != "orderId"})
    assert "element 1 has neither orderId nor clientId" in told


def test_a_refusal_that_is_a_freedom_names_the_variant(sandbox: Sandbox) -> None:
    sandbox.cancel()
    assert "this refusal is a choice of the reference: a timestamp may also be accepted twice" in sandbox.cancel()
    known = load("arcus").variants.keys()
    named = {name.strip() for _, variants in _FREEDOMS.values() for name in variants.split(",")}
    assert named - known == set()


def test_of_many_elements_the_first_few_are_explained(sandbox: Sandbox) -> None:
    sandbox.orders *= 10
    told = sandbox.cancel(message=lambda _: b"nothing", count=20)
    assert told.count("had to be signed") == 3
    assert "and 17 elements more" in told


def test_the_channel_is_served_while_requests_are_explained(sandbox: Sandbox) -> None:
    messages = iter([{"type": "websocket.connect"}, {"type": "websocket.disconnect"}])
    sent: list[Any] = []

    async def receive() -> Any:
        return next(messages)

    async def send(message: Any) -> None:
        sent.append(message)

    asyncio.run(
        Application(sandbox.explained)({"type": "websocket", "path": "/v1/ws"}, receive, send)  # type: ignore[arg-type]
    )
    assert sent == [{"type": "websocket.accept"}]
