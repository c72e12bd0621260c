"""The places at which two JSON Schemas differ, as small as they can be told apart."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from venue_conformance.changes.change import ABSENT
from venue_conformance.changes.pointed import ALTERNATIVES, NAMED, is_name

#: Keywords whose value is a list in which the order means nothing.
_SETS = ("enum", "required", "type", *ALTERNATIVES)


@dataclass(frozen=True)
class Difference:
    """A place, and what stands there in each of two schemas."""

    parts: tuple[str, ...]
    was: Any
    now: Any

    @property
    def is_regrouped(self) -> bool:
        """Whether alternatives, or schemas that hold together, came or went: then all around them belongs to it."""
        return _grouping(self.was) != _grouping(self.now)


def differences(old: Any, new: Any, parts: tuple[str, ...] = ()) -> Iterator[Difference]:
    """Where two schemas differ: at keywords, and where one is put together otherwise, at the whole of it."""
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        if not _holds_names(parts) and _grouping(old) != _grouping(new):
            yield Difference(parts, old, new)
            return
        for key in {**old, **new}:
            was, now = old.get(key, ABSENT), new.get(key, ABSENT)
            if key == "properties" and isinstance(was if now is ABSENT else now, dict):
                was, now = ({} if each is ABSENT else each for each in (was, now))
            if key == "required" and list in (type(was), type(now)):
                was, now = ([] if each is ABSENT else each for each in (was, now))
            here = (*parts, key)
            if was is ABSENT or now is ABSENT:
                yield Difference(here, was, now)
            elif not (key in _SETS and isinstance(was, list) and isinstance(now, list) and _same_set(was, now)):
                yield from differences(was, now, here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and _are_schemas(old + new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, now, (*parts, str(number)))
    else:
        yield Difference(parts, old, new)


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: for Python 1 is True."""
    return bool(one == other) and (
        not isinstance(one, dict | list | bool | int)
        or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def _grouping(schema: Any) -> set[str]:
    return set(ALTERNATIVES) & schema.keys() if isinstance(schema, dict) else set()


def _holds_names(parts: tuple[str, ...]) -> bool:
    return bool(parts) and parts[-1] in NAMED and not is_name(parts, len(parts) - 1)


def _are_schemas(values: list[Any]) -> bool:
    return all(isinstance(each, dict) for each in values)


def _same_set(one: list[Any], other: list[Any]) -> bool:
    return sorted(json.dumps(each, sort_keys=True) for each in one) == sorted(
        json.dumps(each, sort_keys=True) for each in other
    )
