"""JSON that somebody else wrote, taken only as far as it can be kept, told and written down again."""

from __future__ import annotations

import json
from typing import Any

from venue_conformance.json_levels import levels

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
    for number, level in enumerate(levels(value)):
        if number == MOST_LEVELS:
            raise ValueError(f"is nested too deeply, in more than {MOST_LEVELS} levels")
        if not all(is_whole(each) for each in level if isinstance(each, str)):
            raise ValueError("contains half a character (a lone surrogate) in a text")
    return value


def is_whole(text: str) -> bool:
    """Whether a text can be written as UTF-8: a lone surrogate is half a letter, which JSON can say all the same."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
