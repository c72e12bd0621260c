"""What changed in a schema, and what a caller meets of it, in words."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from venue_conformance.changes.change import ABSENT, Side
from venue_conformance.changes.containment import remainder
from venue_conformance.changes.differences import Difference
from venue_conformance.changes.pointed import ALTERNATIVES, COMBINING, at, is_property, subject
from venue_conformance.changes.witness import in_words

#: Annotations whose value is a text, or much of it.
_TEXTS = ("description", "summary", "title", "example", "examples", "externalDocs", "$comment")
_LONGEST = 80


def shown(value: Any) -> str:
    """A value for a reader, cut short."""
    text = "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def annotation_said(name: str, was: Any, now: Any) -> str:
    """A changed annotation; texts are not shown, they would fill the page."""
    return f"the text ({name}) changed" if name in _TEXTS else f"{name} {shown(was)} → {shown(now)}"


def said(group: Sequence[Difference], around: Sequence[str]) -> str:
    """Changes of one schema, behind the property that it is the schema of."""
    if len(group) == 1 and is_property(group[0].parts):
        return f"the property {subject(group[0].parts)}: {shown(group[0].was)} → {shown(group[0].now)}"
    named = subject(around if len(group) > 1 else group[0].parts[:-1])
    told = "; ".join(_said(each) for each in group)
    return f"{named}: {told}" if named else told


def counterexample(old: Any, new: Any, group: Sequence[Difference], around: list[str], side: Side) -> str:
    """What is no longer accepted, or newly answered, by which the changes of one schema are breaking."""
    verb = "no longer accepted" if side == "request" else "newly answered"
    if len(group) == 1:
        [one] = group
        last = one.parts[-1] if one.parts else ""
        if last == "required":
            needed, before = (one.now, one.was) if side == "request" else (one.was, one.now)
            names = [str(each) for each in needed if each not in before]
            return f"{verb}: objects without {' or without '.join(names)}"
        if last == "additionalProperties" and False in (one.was, one.now):
            return f"{verb}: objects with members that are not listed"
        wide, narrow = (one.was, one.now) if side == "request" else (one.now, one.was)
        if last in COMBINING and isinstance(wide, list) and isinstance(narrow, list):
            return f"{verb}: {' or '.join(_alternative(each) for each in wide if each not in narrow)}"
    # At the innermost schema: of the whole there is too much to say.
    before, after = at(old, around), at(new, around)
    left = remainder(before, after) if side == "request" else remainder(after, before)
    if left is None or left is False or left == {"not": {}}:
        return "cannot be shown to be harmless"
    return f"{verb}: {in_words(left)}"


def _said(one: Difference) -> str:
    last, was, now = one.parts[-1] if one.parts else "schema", one.was, one.now
    if isinstance(was, list) and isinstance(now, list):
        more, less = ([each for each in some if each not in others] for some, others in ((now, was), (was, now)))
        if last == "required":
            words = ("now required", "no longer required")
            return "; ".join(f"{_names(each)} {word}" for each, word in zip((more, less), words, strict=True) if each)
        if last == "enum":
            words = ("values added", "values gone")
            return "; ".join(f"{word}: {_names(each)}" for each, word in zip((more, less), words, strict=True) if each)
        if last in ALTERNATIVES:
            told = [f"{word} {_count(each)}" for word, each in (("with", more), ("without", less)) if each]
            return f"{last} {', '.join(told)}"
    return f"{last} {shown(was)} → {shown(now)}"


def _alternative(schema: Any) -> str:
    required = schema.get("required") if isinstance(schema, dict) else None
    return f"objects with {_names(required)}" if isinstance(required, list) and required else in_words(schema)


def _names(values: Sequence[Any]) -> str:
    return ", ".join(each if isinstance(each, str) else shown(each) for each in values)


def _count(alternatives: Sequence[Any]) -> str:
    return f"{len(alternatives)} other alternative{'' if len(alternatives) == 1 else 's'}"
