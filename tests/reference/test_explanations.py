"""Explaining refusals: each known mistake is recognised by the signature that it leads to; nothing secret is told."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import sys
import time
from collections.abc import Callable

import pytest

from venue_conformance.reference.bayse.orders import Account
from venue_conformance.reference.bayse.venue import BATCH_PATH, BayseVenue
from venue_conformance.reference.discovery import load
from venue_conformance.reference.explain import ExplainedVenue, explainer_of
from venue_conformance.reference.http import Request, Response

BODY = b'{"orderIds": ["f6a7b8c9-d0e1-4345-8abc-678901234567"]}'
EMPTY = hashlib.sha256(b"").hexdigest()


class Sandbox:
    """An explained venue with two accounts; requests are signed here, by hand."""

    def __init__(self) -> None:
        self.venue = BayseVenue(seed=1)
        self.account, self.other = self.venue.first_account, self.venue.open_account()
        self.told: list[str] = []
        self.explained = ExplainedVenue(self.venue, self.told.append)

    def ask(self, request: Request) -> Response:
        return asyncio.run(self.explained.handle(request))

    def cancel(
        self,
        *,
        payload: Callable[[str, str], str] = lambda now, body_hash: f"{now}.DELETE.{BATCH_PATH}.{body_hash}",
        encode: Callable[[bytes], str] = lambda digest: base64.b64encode(digest).decode(),
        secret: Callable[[Account, Account], str] = lambda own, _: own.secret_key,
        now: str | None = None,
        query: str = "",
        body: bytes = BODY,
        headers: tuple[tuple[str, str], ...] = (),
        drop: str = "",
    ) -> str:
        """Cancel a batch, signed as told; everything that was told of it."""
        now = now or str(int(time.time()))
        text = payload(now, hashlib.sha256(body).hexdigest())
        digest = hmac.digest(secret(self.account, self.other).encode(), text.encode(), "sha256")
        sent = (
            ("host", "127.0.0.1:8000"),
            ("x-public-key", self.account.public_key),
            ("x-timestamp", now),
            ("x-signature", encode(digest)),
        )
        kept = tuple((name, value) for name, value in (*sent, *headers) if name != drop)
        self.ask(Request("DELETE", BATCH_PATH, query, kept, body))
        assert self.account.secret_key not in "".join(self.told)
        assert self.other.secret_key not in "".join(self.told)
        return self.told[-1]


@pytest.fixture
def sandbox() -> Sandbox:
    return Sandbox()


def test_a_right_request_needs_no_explanation(sandbox: Sandbox) -> None:
    told = sandbox.cancel(headers=(("idempotency-key", "k-1"),))
    assert "cancel 1 order, key k-1 → 200" in told
    assert "DELETE /v1/pm/orders/batch" in told
    assert "\n" not in told
    assert sandbox.account.public_key not in told


def signed(part: Callable[[str, str], str]) -> dict[str, object]:
    return {"payload": part}


HASHED = {
    "with spaces": json.dumps(json.loads(BODY)),
    "without spaces": json.dumps(json.loads(BODY), separators=(",", ":")),
    "indented by 2": json.dumps(json.loads(BODY), indent=2),
}
MISTAKES: dict[str, tuple[dict[str, object], str, str]] = {
    "hex": ({"encode": bytes.hex}, "nothing but how it is written", "hex instead of base64"),
    "base64url": (
        {"encode": lambda d: base64.urlsafe_b64encode(d).decode(), "now": "%url"},
        "nothing but how it is written",
        "URL-safe base64",
    ),
    "missing padding": (
        {"encode": lambda d: base64.b64encode(d).decode().rstrip("=")},
        "nothing but how it is written",
        "base64 whose padding (=) is missing",
    ),
    "upper-case hash": (
        signed(lambda now, h: f"{now}.DELETE.{BATCH_PATH}.{h.upper()}"),
        "the body hash",
        "the body hash in capital letters",
    ),
    "re-serialised body": (
        signed(
            lambda now, _: f"{now}.DELETE.{BATCH_PATH}.{hashlib.sha256(HASHED['without spaces'].encode()).hexdigest()}"
        ),
        "the body hash",
        "serialised anew (without spaces)",
    ),
    "indented body": (
        signed(
            lambda now, _: f"{now}.DELETE.{BATCH_PATH}.{hashlib.sha256(HASHED['indented by 2'].encode()).hexdigest()}"
        ),
        "the body hash",
        "serialised anew (indented by 2)",
    ),
    "empty hash": (signed(lambda now, _: f"{now}.DELETE.{BATCH_PATH}."), "the body hash", "body hash left empty"),
    "hash of nothing": (
        signed(lambda now, _: f"{now}.DELETE.{BATCH_PATH}.{EMPTY}"),
        "the body hash",
        "the hash of no bytes",
    ),
    "no hash": (signed(lambda now, _: f"{now}.DELETE.{BATCH_PATH}"), "the body hash", "no body hash at all"),
    "body itself": (
        signed(lambda now, _: f"{now}.DELETE.{BATCH_PATH}.{BODY.decode()}"),
        "the body hash",
        "the body itself",
    ),
    "other path": (
        signed(lambda now, h: f"{now}.DELETE./v1/pm/orders.{h}"),
        "the path",
        "another path signed: /v1/pm/orders",
    ),
    "path without /v1": (
        signed(lambda now, h: f"{now}.DELETE.{BATCH_PATH.removeprefix('/v1')}.{h}"),
        "the path",
        "without /v1",
    ),
    "host in the path": (
        signed(lambda now, h: f"{now}.DELETE.http://127.0.0.1:8000{BATCH_PATH}.{h}"),
        "the path",
        "scheme and host",
    ),
    "query in the path": (
        {"query": "a=1", **signed(lambda now, h: f"{now}.DELETE.{BATCH_PATH}?a=1.{h}")},
        "the path",
        "the query signed with the path",
    ),
    "other method": (signed(lambda now, h: f"{now}.POST.{BATCH_PATH}.{h}"), "the method", "method 'POST' signed"),
    "small letters": (signed(lambda now, h: f"{now}.delete.{BATCH_PATH}.{h}"), "the method", "method 'delete' signed"),
    "milliseconds signed": (
        signed(lambda now, h: f"{now}000.DELETE.{BATCH_PATH}.{h}"),
        "the timestamp",
        "milliseconds signed, seconds sent",
    ),
    "another timestamp": (
        signed(lambda now, h: f"{int(now) - 7}.DELETE.{BATCH_PATH}.{h}"),
        "the timestamp",
        "a timestamp 7 s earlier than the one in X-Timestamp",
    ),
    "another account's secret": (
        {"secret": lambda _, other: other.secret_key},
        "the secret",
        "another account's secret: that of pk_test_",
    ),
    "the public key": ({"secret": lambda own, _: own.public_key}, "the secret", "the public key used as the secret"),
    "a secret without its prefix": (
        {"secret": lambda own, _: own.secret_key.removeprefix("sk_test_")},
        "the secret",
        "the secret without its sk_test_",
    ),
    "no dots": (signed(lambda now, h: f"{now}DELETE{BATCH_PATH}{h}"), "the separators", "joined by ''"),
    "another order": (
        signed(lambda now, h: f"DELETE.{BATCH_PATH}.{now}.{h}"),
        "the order of the parts",
        "method and path before timestamp",
    ),
    "two mistakes": (
        {"encode": bytes.hex, **signed(lambda now, _: f"{now}.DELETE.{BATCH_PATH}.")},
        "the body hash",
        "hex instead of base64",
    ),
    "nobody knows": ({"secret": lambda *_: "something else"}, "not known", "no known mistake"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_recognised(sandbox: Sandbox, mistake: str) -> None:
    how, part, words = MISTAKES[mistake]
    if how.get("now") == "%url":
        how = {**how, "now": moment_with_a_signature_of_both_kinds(sandbox)}
    told = sandbox.cancel(**how)  # type: ignore[arg-type]
    now = str(how.get("now") or "")
    assert "→ 401" in told
    right = f".DELETE.{BATCH_PATH}.{hashlib.sha256(BODY).hexdigest()}"
    assert f"had to be signed, with HMAC-SHA256 under the account's secret: {now}" in told
    assert right in told
    assert f"what differs: {part}" in told
    assert words in told


def moment_with_a_signature_of_both_kinds(sandbox: Sandbox) -> str:
    """A time at which the two base64 alphabets differ."""
    for now in range(int(time.time()), int(time.time()) - 100, -1):
        text = f"{now}.DELETE.{BATCH_PATH}.{hashlib.sha256(BODY).hexdigest()}"
        digest = hmac.digest(sandbox.account.secret_key.encode(), text.encode(), "sha256")
        if base64.b64encode(digest) != base64.urlsafe_b64encode(digest):
            return str(now)
    raise AssertionError("there is none")


@pytest.mark.parametrize(
    ("now", "says"),
    [
        (lambda: str(int(time.time() * 1000)), "in milliseconds: seconds are wanted"),
        (lambda: str(int(time.time()) - 1000), "behind the venue's clock: stale"),
        (lambda: str(int(time.time()) + 1000), "ahead of the venue's clock: stale"),
        (lambda: f"{time.time():.3f}", "is no number of seconds"),
    ],
)
def test_a_wrong_time_is_told(sandbox: Sandbox, now: Callable[[], str], says: str) -> None:
    told = sandbox.cancel(now=now())
    assert "the signature is right" in told
    assert says in told


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda key, text: hmac.digest(key, text, "sha512"), "HMAC-SHA512 instead of HMAC-SHA256"),
        (lambda key, text: hmac.digest(text, key, "sha256"), "key and text of the HMAC exchanged"),
        (lambda key, text: hashlib.sha256(key + text).digest(), "a SHA-256 without HMAC, of secret and"),
        (
            lambda key, text: hmac.digest(base64.urlsafe_b64decode(key.split(b"_")[2] + b"=="), text, "sha256"),
            "the secret decoded from base64",
        ),
    ],
)
def test_another_digest_is_recognised(sandbox: Sandbox, make: Callable[[bytes, bytes], bytes], says: str) -> None:
    now = str(int(time.time()))
    text = f"{now}.DELETE.{BATCH_PATH}.{hashlib.sha256(BODY).hexdigest()}".encode()
    written = base64.b64encode(make(sandbox.account.secret_key.encode(), text)).decode()
    told = sandbox.cancel(now=now, encode=lambda _: written)
    assert "what differs: how the digest is made" in told
    assert f"looks like: {says}" in told


def test_a_prefix_is_told_beside_what_else_is_wrong(sandbox: Sandbox) -> None:
    told = sandbox.cancel(encode=lambda digest: f"sha256={digest.hex()}")
    assert "looks like: 'sha256=' before the signature, and hex instead of base64" in told
    told = sandbox.cancel(encode=lambda digest: f"sha256={base64.b64encode(digest).decode()}")
    assert "what differs: nothing but how it is written" in told


def test_a_wrong_time_beside_a_wrong_signature_is_told_as_well(sandbox: Sandbox) -> None:
    now = str(int(time.time() * 1000))
    told = sandbox.cancel(payload=lambda _, __: "anything", now=now)
    assert f"and besides, X-Timestamp {now} is in milliseconds" in told


def test_post_is_told_to_place_orders(sandbox: Sandbox) -> None:
    sandbox.ask(Request("POST", BATCH_PATH, "", (), b"{}"))
    assert "POST on this path places orders" in sandbox.told[-1]


def test_a_missing_header_is_named(sandbox: Sandbox) -> None:
    assert "header x-signature is missing" in sandbox.cancel(drop="x-signature")
    assert "header x-timestamp is sent 2 times" in sandbox.cancel(headers=(("x-timestamp", "1"),))


def test_an_unknown_account_is_named(sandbox: Sandbox) -> None:
    headers = (("x-public-key", "pk_live_nobody"), ("x-timestamp", "1"), ("x-signature", "x"))
    sandbox.ask(Request("DELETE", BATCH_PATH, "", headers, BODY))
    assert "no account has this X-Public-Key" in sandbox.told[-1]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ({"headers": (("idempotency-key", '"quoted"'),)}, "variant takes-a-malformed-key-for-none"),
        ({"body": b"{}"}, "variant refuses-with-422"),
        ({"now": str(int(time.time()) + 4000)}, "variant trusts-any-future"),
    ],
)
def test_a_refusal_that_is_a_freedom_names_the_variant(sandbox: Sandbox, how: dict[str, object], says: str) -> None:
    told = sandbox.cancel(**how)  # type: ignore[arg-type]
    assert "this refusal is a choice of the reference" in told
    assert says in told


def test_the_variants_that_are_named_exist() -> None:
    known = load("bayse").variants.keys()
    freedoms = explainer_of("bayse")._FREEDOMS  # type: ignore[attr-defined]
    named = {name.strip() for _, variants in freedoms.values() for name in variants.split(",")}
    assert named - known == set()


def test_what_could_act_in_a_terminal_is_spelled_out(sandbox: Sandbox) -> None:
    sandbox.ask(Request("GET", "/\x1b[2J", "", (("x-public-key", "\x1b]0;x"),)))
    assert "\x1b" not in sandbox.told[-1]
    assert "\\x1b]0;x" in sandbox.told[-1]


@pytest.mark.parametrize("empty_hash", ["", EMPTY])
def test_related_endpoints_take_either_empty_hash(sandbox: Sandbox, empty_hash: str) -> None:
    order = "f6a7b8c9-d0e1-4345-8abc-678901234567"
    now, path = str(int(time.time())), f"/v1/pm/orders/{order}"
    digest = hmac.digest(sandbox.account.secret_key.encode(), f"{now}.DELETE.{path}.{empty_hash}".encode(), "sha256")
    headers = (
        ("x-public-key", sandbox.account.public_key),
        ("x-timestamp", now),
        ("x-signature", base64.b64encode(digest).decode()),
    )
    assert sandbox.ask(Request("DELETE", path, "", headers)).status == 404


def test_a_venue_without_explanations_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "venue_conformance.reference.arcus.explanations", None)
    with pytest.raises(LookupError, match="arcus has no explanations yet"):
        explainer_of("arcus")
