"""Ids that nearly fit: one character differs, the shape does not."""

from __future__ import annotations

import uuid
from random import Random

import pytest

from venue_conformance.client.near_ids import near_ids
from venue_conformance.errors import NotTested
from venue_conformance.target.ledger import holds_64_bits

UUIDS = [str(uuid.UUID(int=Random(seed).getrandbits(128), version=4)) for seed in range(50)]
IDS = [
    *UUIDS,
    UUIDS[0].upper(),
    "00000000-0000-4000-8000-000000000000",
    "0x9f9f9f9f9f9f9f9f",
    "0xABCDEF0123456789",
    "0123456789abcdef0123456789abcdef",
    "10000000000000000000",
]


@pytest.mark.parametrize("order_id", IDS)
def test_one_character_differs_and_the_shape_does_not(order_id: str) -> None:
    near = near_ids(order_id)
    assert len({each.lower() for each in near}) == 3
    for other in near:
        assert holds_64_bits(other)
        assert len(other) == len(order_id)
        assert len([1 for old, new in zip(order_id.lower(), other.lower(), strict=True) if old != new]) == 1


@pytest.mark.parametrize("order_id", UUIDS)
def test_a_uuid_keeps_its_kind(order_id: str) -> None:
    for other in near_ids(order_id):
        assert (uuid.UUID(other).version, uuid.UUID(other).variant) == (4, uuid.RFC_4122)


def test_a_number_does_not_outgrow_its_venue() -> None:
    assert near_ids("18446744073709551615") == [
        "17446744073709551615",
        "18446744072709551615",
        "18446744073709551614",
    ]


def test_ids_of_few_digits_have_near_ones_of_others() -> None:
    with pytest.raises(NotTested, match="nearly order-17"):
        near_ids("order-17")
