"""How the references read JSON: whatever two readers could take for different values is no JSON here."""

from __future__ import annotations

import pytest

from venue_conformance.reference.texts import strict_json

REFUSED = {
    "nothing": b"",
    "broken off": b"{",
    "two documents": b"{} {}",
    "a name twice": b'{"orderIds": ["x"], "orderIds": ["y"]}',
    "a name twice further in": b'{"cancels": [{"orderId": "x", "orderId": "y"}]}',
    "NaN": b'{"orderIds": NaN}',
    "infinity": b'{"orderIds": [-Infinity]}',
    "a number of 5,000 digits": b'{"orderIds": [' + b"9" * 5000 + b"]}",
    "too deep": b"[" * 100_000,
    "much too deep": b'{"orderIds": ' + b"[" * 1_000_000 + b"}",
    "no UTF-8": b'{"orderIds": ["\xff"]}',
    "UTF-16": '{"orderIds": ["x"]}'.encode("utf-16"),
    "a byte order mark": b'\xef\xbb\xbf{"orderIds": ["x"]}',
    "a zero byte": b"\x00",
}


@pytest.mark.parametrize("body", REFUSED.values(), ids=REFUSED)
def test_what_is_no_json(body: bytes) -> None:
    with pytest.raises((ValueError, RecursionError)):
        strict_json(body)


def test_integers_of_any_size_are_exact_and_surrogates_pass() -> None:
    assert strict_json(b'{"a": 9223372036854775807, "b": "\\ud800"}') == {"a": 2**63 - 1, "b": "\ud800"}
