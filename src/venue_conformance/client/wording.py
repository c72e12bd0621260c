"""Values in sentences that a person reads: as JSON has them, never as Python does."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

#: So many ids stand in a sentence; the exchanges have them all.
_MOST = 8


def as_json(value: object) -> str:
    """A value as JSON; a text as it is, and what JSON does not know as it describes itself."""
    if isinstance(value, str):
        return value
    if isinstance(value, Mapping | list | tuple | bool | int | float | None):
        return json.dumps(value, ensure_ascii=False, separators=(", ", ": "), default=repr)
    return repr(value)


def listed(values: Iterable[object]) -> str:
    """Several ids, numbers or statuses, the first of them where there are many; "none" for none."""
    texts = [as_json(value) for value in values]
    more = len(texts) - _MOST
    return f"{', '.join(texts[:_MOST])} and {more} more" if more > 1 else ", ".join(texts) or "none"


def drawn(values: Mapping[str, Any]) -> str:
    """What a property was given, by name; what cannot be told in words stands in the exchanges."""
    told = {name: _plainly(value) for name, value in values.items()}
    return "; ".join(f"{name.replace('_', ' ')}: {text}" for name, text in told.items() if text is not None)


def _plainly(value: object) -> str | None:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str | int | float):
        return str(value) if value != "" else "an empty text"
    if value is None:
        return "nothing"
    if isinstance(value, list | tuple | set | frozenset):
        parts = [_plainly(each) for each in value]
        return None if None in parts else ", ".join(map(str, parts)) or "nothing"
    if isinstance(value, Mapping):
        return as_json(value)
    described = str(value)
    # What has no words of its own says how it was made.
    return (
        None if described == object.__repr__(value) or described.startswith(f"{type(value).__name__}(") else described
    )
