"""In which forms a secret is found, and what is left alone."""

from __future__ import annotations

import base64
import json
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.planted import forms
from venue_conformance.wire.redaction import MASK, Redaction

SECRETS = {
    "plain": "sk_test_51c9Zq0aWm7",
    "special characters": "p/l+u's=&\"q\\uo%41te d",
    "shortest": "k3y+/9",
    "not ASCII": "gehéimnis-Ключ-鍵鍵",
    "hex": "9f" * 31 + "A7",
}
CASES = [pytest.param(secret, name, id=f"{kind}, {name}") for kind, secret in SECRETS.items() for name in forms(secret)]


@pytest.mark.parametrize(("secret", "name"), CASES)
def test_every_form_is_masked(secret: str, name: str) -> None:
    form = forms(secret)[name]
    shown = Redaction([secret]).text(f"it said ({form}), {form[:0]}twice: {form}")
    assert form not in shown
    assert shown.count(MASK) == 2
    assert shown.startswith("it said (")


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@given(before=st.binary(max_size=20), after=st.binary(max_size=20))
def test_base64_is_masked_wherever_the_secret_stands_in_what_was_encoded(
    secret: str, before: bytes, after: bytes
) -> None:
    encoded = base64.b64encode(before + secret.encode() + after).decode()
    shown = Redaction([secret]).text(f'{{"said": "{encoded}"}}')
    assert MASK in shown
    left = "".join(json.loads(shown)["said"].split(MASK))
    # Not a character of it beyond those that are padding and neighbours.
    assert len(left) <= len(base64.b64encode(before)) + len(base64.b64encode(after)) + 2


def test_the_bytes_of_a_secret_in_hex_are_secret_in_base64_as_well() -> None:
    seed = SECRETS["hex"]
    shown = Redaction([seed]).text(f"key {base64.b64encode(bytes.fromhex(seed)).decode()}, 0x{seed.lower()}")
    assert shown == f"key {MASK}, 0x{MASK}"


@pytest.mark.parametrize("mark", ["…", "...", "… (900 more bytes)"])
@pytest.mark.parametrize("kept", [7, 12, 18])
def test_what_a_shortened_text_leaves_of_a_secret_is_masked(mark: str, kept: int) -> None:
    secret = SECRETS["plain"]
    redaction = Redaction([secret])
    assert redaction.text(f"a body that goes on and on: {secret[:kept]}{mark}") == (
        f"a body that goes on and on: {MASK}{mark}"
    )
    assert (
        redaction.text(f"…{secret[-kept:]} was the end of what it said then")
        == f"…{MASK} was the end of what it said then"
    )
    assert redaction.text("x" * 60 + secret[:kept]) == "x" * 60 + MASK


@pytest.mark.parametrize(
    "quoted",
    [
        json.dumps(json.dumps({"a": SECRETS["special characters"]})),
        json.dumps({"a": quote(SECRETS["special characters"], safe="")}),
        quote(json.dumps({"a": SECRETS["special characters"]})),
        json.dumps({"a": base64.b64encode(SECRETS["special characters"].encode()).decode().replace("/", "\\/")}),
    ],
)
def test_escapes_in_escapes_are_undone(quoted: str) -> None:
    shown = Redaction([SECRETS["special characters"]]).text(quoted)
    assert MASK in shown
    assert "te" not in shown.replace("\\u0074e", "")


@settings(max_examples=30)
@given(
    st.dictionaries(st.text(), st.recursive(st.text() | st.integers(), st.lists)),
    st.sampled_from(list(SECRETS.values())),
)
def test_what_holds_no_secret_stays_as_it_is(value: dict, secret: str) -> None:
    text = json.dumps(value)
    assert Redaction([secret]).text(text) == text


@given(st.integers(min_value=0), st.sampled_from(["", "-"]), st.sampled_from(["", ".5", "e3"]))
def test_a_number_that_holds_a_secret_leaves_json(number: int, sign: str, rest: str) -> None:
    text = json.dumps({"n": 0, "m": [1, 2]}).replace("0", f"{sign}{number}271828{rest}")
    shown = Redaction(["271828"]).text(text)
    assert "271828" not in shown
    assert json.loads(shown) == {"n": MASK, "m": [1, 2]}


@pytest.mark.parametrize("short", ["", "a", "open", "12345"])
def test_what_is_too_short_is_left(short: str) -> None:
    assert Redaction([short]).text(f'{{"status": "{short}"}}') == f'{{"status": "{short}"}}'


def test_a_word_of_which_reports_are_made_is_left_and_masked_in_its_own_places() -> None:
    redaction = Redaction(["Orders", "staging"], ["X-Env"], common={"orders", "staging"})
    assert redaction.text("orders at staging") == "orders at staging"
    assert redaction.headers([("X-Env", "staging")]) == {"X-Env": MASK}


def test_names_of_headers_are_masked() -> None:
    secret = SECRETS["plain"]
    assert Redaction([secret]).headers([(f"X-{secret}", "yes")]) == {f"X-{MASK}": "yes"}


def test_thousands_of_secrets_are_found_among_much_text() -> None:
    secrets = [f"sk_test_{number:08}{'z' * (number % 9)}" for number in range(5000)]
    redaction = Redaction(secrets)
    text = " ".join(f"before {secret} behind" for secret in secrets)
    assert redaction.text(text) == " ".join(f"before {MASK} behind" for _ in secrets)
