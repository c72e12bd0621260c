"""Ids that differ from another one in a single character, and are ids of the same shape."""

from __future__ import annotations

from venue_conformance.target.ledger import UUID_SHAPE, require_64_bits

#: Where a UUID says its version and its variant: another character there makes it another kind of UUID.
_KIND_OF_UUID = frozenset({14, 19})
_DIGITS = "0123456789abcdef"


def near_ids(order_id: str) -> list[str]:
    """The id with its first, its middle and its last character changed, each alone, to the digit before it (0 to 1).

    A decimal number keeps its first digit, which may be all that a smaller one is counted by: there the second one
    changes. No letter case changes, and a UUID keeps its version and its variant. Raises NotTested for an id of fewer
    than 64 random bits, since whatever is nearly such a one may be somebody's order.
    """
    require_64_bits(order_id)
    first = 2 if order_id[:2] in ("0x", "0X") else int(order_id.isdecimal())
    middle = len(order_id) // 2
    if UUID_SHAPE.fullmatch(order_id):
        middle = next(at for at in range(middle, len(order_id)) if order_id[at] != "-" and at not in _KIND_OF_UUID)
    capital = order_id[first:].upper() == order_id[first:]
    return [_changed_at(order_id, place, capital=capital) for place in (first, middle, len(order_id) - 1)]


def _changed_at(order_id: str, place: int, *, capital: bool) -> str:
    new = _DIGITS[abs(_DIGITS.index(order_id[place].lower()) - 1)]
    return f"{order_id[:place]}{new.upper() if capital else new}{order_id[place + 1 :]}"
