"""Ids of no order look like those that the target gives out, as far as that leaves them 64 random bits."""

from __future__ import annotations

import re
from random import Random

import pytest

from venue_conformance.target.ledger import holds_64_bits
from venue_conformance.venues.arcus.ids import unknown_order_id

HEX = "9f0c4b2a11d3e58c"
UUID = "5f0c4b2a-11d3-e58c-a1b2-000102030405"
SHAPES = {
    HEX: "[0-9a-f]{16}",
    HEX.upper(): "[0-9A-F]{16}",
    f"0x{HEX * 4}": "0x[0-9a-f]{64}",
    UUID: "[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}",
    UUID.upper(): "[0-9A-F]{8}-[0-9A-F]{4}-4[0-9A-F]{3}-[0-9A-F]{4}-[0-9A-F]{12}",
    "12345678901234567890": "[1-9][0-9]{19}",
    "1234567890123456789012": "[1-9][0-9]{21}",
}


@pytest.mark.parametrize(("like", "shape"), SHAPES.items())
def test_an_unknown_id_looks_like_a_known_one(like: str, shape: str) -> None:
    made = {unknown_order_id(Random(seed), like) for seed in range(50)}
    assert len(made) == 50
    assert all(re.fullmatch(shape, order_id) for order_id in made)
    assert holds_64_bits(like)


@pytest.mark.parametrize(
    ("like", "shape"),
    [
        ("123456789012345678", "[1-9][0-9]{19}"),
        ("1234", "[0-9a-f]{32}"),
        ("beef", "[0-9a-f]{32}"),
        ("order-17", "[0-9a-f]{32}"),
    ],
)
def test_one_that_holds_less_is_not_imitated(like: str, shape: str) -> None:
    assert re.fullmatch(shape, unknown_order_id(Random(1), like))
    assert not holds_64_bits(like)


def test_without_one_to_look_at_it_is_hexadecimal() -> None:
    assert re.fullmatch("[0-9a-f]{32}", unknown_order_id(Random(1), None))
