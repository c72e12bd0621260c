"""JSON that somebody else wrote, taken only as far as it can be kept, told and written down again."""

from __future__ import annotations

import json
from typing import Any

#: What is nested deeper was not meant as values of an order; recursion over it would end in the middle of a run.
MOST_LEVELS = 100


def parse_json(text: str | bytes) -> Any:
    """The value that a text is in JSON.

    Raises ValueError with words that follow "is" or a name and quote nothing: there may be credentials in it.
    """
    try:
        value = json.loads(text)
    except RecursionError as error:
        raise ValueError("is nested too deeply") from error
    except ValueError as error:
        # A JSONDecodeError prints its position only, not the text.
        raise ValueError(f"is not JSON: {error}") from error
    level, found = [value], 0
    while level:
        found += 1
        if found > MOST_LEVELS:
            raise ValueError(f"is nested too deeply, in more than {MOST_LEVELS} levels")
        for each in level:
            if isinstance(each, str) and not is_whole(each):
                raise ValueError("contains half a character (a lone surrogate) in a text")
        inside = [each for each in level if isinstance(each, dict | list)]
        level = [part for each in inside for part in (each if isinstance(each, list) else [*each, *each.values()])]
    return value


def is_whole(text: str) -> bool:
    """Whether a text can be written as UTF-8: a lone surrogate is half a letter, which JSON can say all the same."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
