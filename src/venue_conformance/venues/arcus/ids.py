"""Ids of orders that do not exist, in the shape of those that do."""

from __future__ import annotations

import re
import uuid
from random import Random

from venue_conformance.errors import NotTested
from venue_conformance.target.ledger import DECIMAL_LENGTH, ID_LENGTH, UUID_SHAPE, holds_64_bits

_HEX = re.compile(r"(0[xX])?([0-9a-f]+|[0-9A-F]+)")
_DECIMAL = re.compile(r"[0-9]{16,}")
_DIGITS = 32


def unknown_order_id(random: Random, like: str | None) -> str:
    """A random id in the shape of ``like``: hexadecimal, decimal, or a UUID, as long and in its case.

    Where ``like`` is too short it is longer, and where it is none of these, 32 hexadecimal digits: the documentation
    says no more than that an order id is a hexadecimal text, so a venue may refuse other shapes.
    """
    like = like or ""
    if UUID_SHAPE.fullmatch(like):
        made = str(uuid.UUID(int=random.getrandbits(128), version=4))
        return made.upper() if like.upper() == like else made
    # Of sixteen hexadecimal digits hardly ever all are decimal ones by chance.
    if _DECIMAL.fullmatch(like):
        digits = max(len(like), DECIMAL_LENGTH)
        return str(random.randrange(10 ** (digits - 1), 10**digits))
    found = _HEX.fullmatch(like)
    digits = len(found[2]) if found else 0
    if not found or digits < ID_LENGTH:
        return f"{random.getrandbits(4 * _DIGITS):0{_DIGITS}x}"
    made = f"{random.getrandbits(4 * digits):0{digits}x}"
    return (found[1] or "") + (made.upper() if found[2].upper() == found[2] != found[2].lower() else made)


def require_shape(like: str) -> None:
    """Raises NotTested where the refusal of an unknown id may mean its shape, not that no order has it."""
    if not holds_64_bits(like):
        raise NotTested("an id in the shape of the target's order ids might be somebody's order")
