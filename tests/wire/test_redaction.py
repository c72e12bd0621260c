"""Masking: a secret that the run knows never survives, wherever it stands and however it is written down."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venue_conformance.wire.redaction import MASK, SENSITIVE_HEADERS, Redaction

PRINTABLE = st.characters(exclude_categories=("C", "Z"), exclude_characters="*")
SECRETS = st.text(PRINTABLE, min_size=6, max_size=24)
SECRET = "sk_test_51c9"


def leaks(secret: str, shown: Any) -> bool:
    """Whether the secret stands anywhere in a JSON-like value."""
    if isinstance(shown, dict):
        return any(leaks(secret, part) for pair in shown.items() for part in pair)
    if isinstance(shown, list | tuple):
        return any(leaks(secret, part) for part in shown)
    return isinstance(shown, str) and (secret in shown or secret in _read_back(shown))


def _read_back(text: str) -> str:
    """What somebody finds who undoes JSON's escapes."""
    try:
        return str(json.loads(text))
    except ValueError:
        return ""


@given(SECRETS, st.text(), st.text())
def test_no_secret_survives_in_a_text(secret: str, before: str, after: str) -> None:
    redaction = Redaction([secret])
    assert not leaks(secret, redaction.text(before + secret + after))


@given(SECRETS, st.booleans())
def test_no_secret_survives_in_a_json_body(secret: str, ascii_only: bool) -> None:
    body = json.dumps({"message": f"no such key: {secret}."}, ensure_ascii=ascii_only)
    assert not leaks(secret, Redaction([secret]).text(body))


@given(SECRETS, st.text(), st.sampled_from(["X-Echo", "Location", "Server"]))
def test_no_secret_survives_in_a_header(secret: str, around: str, name: str) -> None:
    shown = Redaction([secret]).headers([(name, "first"), (name, around + secret), ("Date", secret)])
    assert not leaks(secret, shown)


@given(SECRETS, st.data())
def test_no_secret_survives_in_a_value(secret: str, data: st.DataObject) -> None:
    leaf = st.one_of(st.just(secret), st.text().map(lambda text: text + secret), st.integers(), st.none())
    keys = st.one_of(st.just(secret), st.sampled_from(["orderId", "status", "credentials"]))
    value = data.draw(
        st.recursive(leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=3))
    )
    assert not leaks(secret, Redaction([secret]).value(value))


def test_the_longer_of_two_secrets_goes_first() -> None:
    redaction = Redaction(["abcdef", "abcdef-ghijkl"])
    assert redaction.text("x abcdef-ghijkl y abcdef z") == f"x {MASK} y {MASK} z"


def test_what_is_learned_later_is_masked_from_then_on() -> None:
    redaction = Redaction()
    assert redaction.text(SECRET) == SECRET
    redaction.learn({SECRET})
    assert redaction.text(f"<{SECRET}>") == f"<{MASK}>"


def test_short_texts_are_no_secrets() -> None:
    assert Redaction(["open", ""]).text("an open order") == "an open order"


@pytest.mark.parametrize("name", sorted(SENSITIVE_HEADERS))
def test_sensitive_headers_are_masked_whatever_they_hold(name: str) -> None:
    assert Redaction().headers([(name.title(), "anything")]) == {name.title(): MASK}


def test_headers_of_the_target_file_are_masked_in_any_case() -> None:
    shown = Redaction(headers=["X-Gateway-Key"]).headers([("x-gateway-key", "k"), ("X-Timestamp", "1700000000")])
    assert shown == {"x-gateway-key": MASK, "X-Timestamp": "1700000000"}


def test_headers_of_one_name_are_joined() -> None:
    assert Redaction().headers([("Via", "a"), ("Via", "b")]) == {"Via": "a, b"}


@pytest.mark.parametrize(
    "body",
    [
        '{"signature": "c2lnbmVk"}',
        '{"cancels":[{"orderId":"1","signature":"c2lnbmVk"}]}',
        '{"secret_key" : "c2lnbmVk", "n": 1}',
        '{"secretKey":"c2lnbmVk"}',
        '{"apiKey":"c2lnbmVk"}',
        '{"PRIVATE_KEY":"c2lnbmVk"}',
        '{"token":"c2lnbmVk"}',
        r'{"token":"c2ln\"c2lnbmVk"}',
    ],
)
def test_sensitive_fields_are_masked_whatever_they_hold(body: str) -> None:
    shown = Redaction().text(body)
    assert "c2lnbmVk" not in shown
    json.loads(shown)


@pytest.mark.parametrize("key", ["secret_key", "secret", "private_key", "api_key", "states_token"])
def test_sensitive_keys_of_a_value_are_masked(key: str) -> None:
    shown = Redaction().value({"credentials": {key: "short", "public_key": "pk"}, "n": [1, None, True]})
    assert shown == {"credentials": {key: MASK, "public_key": "pk"}, "n": [1, None, True]}
