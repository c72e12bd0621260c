"""How deep JSON that somebody else wrote is nested."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

#: JSON that is nested deeper is taken for none: what walks through it later would end in the middle of a run.
MOST_LEVELS = 500


def levels(value: Any) -> Iterator[list[Any]]:
    """The values of each level of nesting, the outermost first, names of members among them."""
    level = [value]
    while level:
        yield level
        inside = [each for each in level if isinstance(each, dict | list)]
        level = [part for each in inside for part in (each if isinstance(each, list) else [*each, *each.values()])]


def require_few_levels(text: str, value: Any) -> Any:
    """The value that a text is in JSON. Raises ValueError where it is nested deeper than can be walked through.

    Not every Python refuses to read such a text.
    """
    if text.count("[") + text.count("{") > MOST_LEVELS:
        for number, _ in enumerate(levels(value)):
            if number == MOST_LEVELS:
                raise ValueError(f"it is nested in more than {MOST_LEVELS} levels")
    return value
