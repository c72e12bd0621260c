"""Pointers into a JSON Schema: what a key of one is, which property it is about, and what stands there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from venue_conformance.changes.change import ABSENT
from venue_conformance.changes.containment import ANNOTATIONS

#: Keywords whose keys are names.
NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
#: Keywords that put schemas together.
ALTERNATIVES = ("allOf", "anyOf", "oneOf")
COMBINING = (*ALTERNATIVES, "not", "if", "then", "else")


def annotation_in(parts: Sequence[str]) -> int | None:
    """Where in a pointer the first key stands that is an annotation, and no property's name."""
    for number, part in enumerate(parts):
        if ((part in ANNOTATIONS and part != "discriminator") or part.startswith("x-")) and not is_name(parts, number):
            return number
    return None


def is_name(parts: Sequence[str], number: int) -> bool:
    """Whether a key of a pointer is the name of a property, and no keyword."""
    named = False
    for part in parts[:number]:
        named = not named and part in NAMED
    return named


def is_property(parts: Sequence[str]) -> bool:
    """Whether a pointer leads to a property."""
    return len(parts) >= 2 and parts[-2] == "properties" and is_name(parts, len(parts) - 1)


def subject(parts: Sequence[str]) -> str:
    """The property that a pointer is about, for a reader: ``results[].error``."""
    words = ""
    for number, part in enumerate(parts):
        if is_name(parts, number):
            words += f".{part}" if words else part
        elif part in ("items", "additionalProperties") and number:
            words += "[]" if part == "items" else ".*"
        elif part in ("items", "additionalProperties"):
            words += "items" if part == "items" else "any member"
    return words


def holder(parts: list[str]) -> list[str]:
    """The innermost schema of a place."""
    end = len(parts) - 1
    while end > 0 and (parts[end - 1] in (*NAMED, *COMBINING) and not is_name(parts, end - 1)):
        end -= 1
    return parts[: max(end, 0)]


def at(schema: Any, parts: Sequence[str]) -> Any:
    """The part of a schema at a place; what is not there forbids nothing."""
    for part in parts:
        schema = child(schema, part, True)
    return schema


def child(node: Any, part: str, otherwise: Any = None) -> Any:
    """What stands under a key of a pointer, ``otherwise`` where nothing does."""
    if isinstance(node, dict):
        return node.get(part, otherwise)
    if isinstance(node, list) and part.isdigit() and int(part) < len(node):
        return node[int(part)]
    return otherwise


def patched(schema: Any, parts: Sequence[str], value: Any) -> Any:
    """A copy of a schema with one place changed, or taken away."""
    if not parts:
        return {} if value is ABSENT else value
    key: Any = int(parts[0]) if isinstance(schema, list) else parts[0]
    copy = list(schema) if isinstance(schema, list) else dict(schema)
    if len(parts) > 1:
        copy[key] = patched(copy.get(key, {}) if isinstance(copy, dict) else copy[key], parts[1:], value)
    elif value is ABSENT:
        copy.pop(key, None) if isinstance(copy, dict) else copy.pop(key)
    else:
        copy[key] = value
    return copy
