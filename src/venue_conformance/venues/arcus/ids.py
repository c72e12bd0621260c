"""Ids of orders that do not exist, in the shape of those that do."""

from __future__ import annotations

import re
from random import Random

_HEX = re.compile(r"(0[xX])?([0-9a-f]+|[0-9A-F]+)")
#: 64 random bits: less could name an order after all.
_FEWEST_DIGITS, _DIGITS = 16, 32


def unknown_order_id(random: Random, like: str | None) -> str:
    """A random id: hexadecimal like ``like``, as long and in its case, or 32 digits when that is none or too short.

    The documentation says no more than that an order id is a hexadecimal text, so a venue may refuse other shapes.
    """
    found = _HEX.fullmatch(like or "")
    digits = len(found[2]) if found else 0
    if not found or digits < _FEWEST_DIGITS:
        return f"{random.getrandbits(4 * _DIGITS):0{_DIGITS}x}"
    made = f"{random.getrandbits(4 * digits):0{digits}x}"
    return (found[1] or "") + (made.upper() if found[2].upper() == found[2] != found[2].lower() else made)
