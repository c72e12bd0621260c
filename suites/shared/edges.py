"""Edge cases of valid values that faulty parsers of numbers or texts read as other values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from random import Random

from venue_conformance.target.ledger import random_uuid

#: UUIDs that name no order, each with 90 random bits: as numbers they are small, end with zeros, or are negative.
IDS: Mapping[str, Callable[[Random], str]] = {
    "zeros to begin with": lambda random: f"00000000{random_uuid(random)[8:]}",
    "zeros at the end": lambda random: f"{random_uuid(random)[:-8]}00000000",
    "ones to begin with": lambda random: f"ffffffff{random_uuid(random)[8:]}",
}
