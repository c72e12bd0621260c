"""Ids of orders that do not exist, in the shape of those that do."""

from __future__ import annotations

import re
import uuid
from random import Random

from venue_conformance.errors import NotTested

_HEX = re.compile(r"(0[xX])?([0-9a-f]+|[0-9A-F]+)")
_DECIMAL = re.compile(r"[0-9]{16,}")
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}")
#: 64 random bits: less could name an order after all.
_FEWEST_DIGITS, _DIGITS, _FEWEST_DECIMAL_DIGITS = 16, 32, 20


def unknown_order_id(random: Random, like: str | None) -> str:
    """A random id in the shape of ``like``: hexadecimal, decimal, or a UUID, as long and in its case.

    Where ``like`` is too short it is longer, and where it is none of these, 32 hexadecimal digits: the documentation
    says no more than that an order id is a hexadecimal text, so a venue may refuse other shapes.
    """
    like = like or ""
    if _UUID.fullmatch(like):
        made = str(uuid.UUID(int=random.getrandbits(128), version=4))
        return made.upper() if like.upper() == like else made
    # Of sixteen hexadecimal digits hardly ever all are decimal ones by chance.
    if _DECIMAL.fullmatch(like):
        digits = max(len(like), _FEWEST_DECIMAL_DIGITS)
        return str(random.randrange(10 ** (digits - 1), 10**digits))
    found = _HEX.fullmatch(like)
    digits = len(found[2]) if found else 0
    if not found or digits < _FEWEST_DIGITS:
        return f"{random.getrandbits(4 * _DIGITS):0{_DIGITS}x}"
    made = f"{random.getrandbits(4 * digits):0{digits}x}"
    return (found[1] or "") + (made.upper() if found[2].upper() == found[2] != found[2].lower() else made)


def can_be_imitated(like: str) -> bool:
    """Whether an id of no order can have the shape and the length of ``like``, and still 64 random bits."""
    if _DECIMAL.fullmatch(like):
        return len(like) >= _FEWEST_DECIMAL_DIGITS
    found = _HEX.fullmatch(like)
    return bool(_UUID.fullmatch(like)) or (found is not None and len(found[2]) >= _FEWEST_DIGITS)


def require_shape(like: str) -> None:
    """Raises NotTested where the refusal of an unknown id may mean its shape, not that no order has it."""
    if not can_be_imitated(like):
        raise NotTested("no id that is certain to be nobody's has the shape of the target's order ids")
