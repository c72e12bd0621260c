"""What a changed JSON Schema means for callers: breaking where it cannot be shown to be harmless.

A request may only become wider, a response only narrower. Two rules of our own come before that, since objects are
open: a property that is gone is breaking, and one that is new is not.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from venue_conformance.changes.change import ABSENT, Change, Effect, Side, parts_of, pointer
from venue_conformance.changes.containment import ANNOTATIONS, covers, remainder
from venue_conformance.changes.merging import merged
from venue_conformance.changes.witness import in_words

#: Keywords whose value is a list in which the order means nothing.
_SETS = ("enum", "required", "type", "allOf", "anyOf", "oneOf")
_NAMED = ("properties", "patternProperties", "$defs", "dependentSchemas")
_COMBINING = ("allOf", "anyOf", "oneOf", "not", "if", "then", "else")
_LONGEST = 80


@dataclass(frozen=True)
class Slot:
    """A place in a document where a schema stands: whose words, its name for a reader, its pointer."""

    side: Side
    where: str
    place: str

    def change(
        self, effect: Effect, at: str, what: str, example: str = "", *, whole: bool = False, silent: bool = False
    ) -> Change:
        """A change of this schema, at a place below it."""
        return Change(effect, self.side, self.where, self.place + at, what, example, whole, silent)


def schema_changes(old: Any, new: Any, slot: Slot, *, foreign: bool = False) -> list[Change]:
    """What differs between two resolved schemas. With ``foreign`` somebody else wrote the newer one.

    Then both are compared by what they say of each property, alternatives left out, and only what is breaking counts.
    """
    if old is ABSENT or new is ABSENT:
        old, new = ({} if each is ABSENT else each for each in (old, new))
    if foreign:
        return [change for change in _changes(merged(old), merged(new), slot) if change.effect == "breaking"]
    changes = _changes(old, new, slot)
    if any(_is_regrouped(parts_of(change.place)) for change in changes) and _harmless(old, new, slot.side):
        # The same schemas put together in another way: only what is said of each property counts.
        changes = [
            replace(each, effect="compatible") if each.effect == "breaking" and not each.structural else each
            for each in _changes(merged(old), merged(new), slot)
        ]
    return changes


def _changes(old: Any, new: Any, slot: Slot) -> list[Change]:
    changes: list[Change] = []
    harmless: list[tuple[str, Any, Any]] = []
    for at, was, now in differences(old, new):
        if (change := _by_rule(old, at, was, now, slot)) is not None:
            changes.append(change)
            continue
        changes.append(_by_containment(old, at, was, now, slot))
        harmless.append((at, was, now))
    weighed = [change for change in changes if change.effect != "documentation"]
    if len(harmless) > 1 and all(change.effect == "compatible" for change in weighed):
        together = old
        for at, _, now in harmless:
            together = patched(together, at, now)
        if not _harmless(old, together, slot.side):
            return [
                replace(each, effect="breaking", what=f"{each.what} (only together with the other changes)")
                if each in weighed
                else each
                for each in changes
            ]
    return changes


def differences(old: Any, new: Any, at: str = "") -> Iterator[tuple[str, Any, Any]]:
    """The smallest places at which two values differ: a pointer, and what stands there in each."""
    if same(old, new):
        return
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            was, now = old.get(key, ABSENT), new.get(key, ABSENT)
            if key == "properties" and isinstance(was if now is ABSENT else now, dict):
                was, now = ({} if each is ABSENT else each for each in (was, now))
            if key == "required" and list in (type(was), type(now)):
                was, now = ([] if each is ABSENT else each for each in (was, now))
            here = at + pointer(key)
            if was is ABSENT or now is ABSENT:
                yield here, was, now
            elif not (key in _SETS and isinstance(was, list) and isinstance(now, list) and _same_set(was, now)):
                yield from differences(was, now, here)
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new) and _are_schemas(old + new):
        for number, (was, now) in enumerate(zip(old, new, strict=True)):
            yield from differences(was, now, f"{at}/{number}")
    else:
        yield at, old, new


def patched(schema: Any, at: str, value: Any) -> Any:
    """A copy of a schema with one place changed, or taken away."""
    parts = parts_of(at)
    if not parts:
        return value
    key: Any = int(parts[0]) if isinstance(schema, list) else parts[0]
    copy = list(schema) if isinstance(schema, list) else dict(schema)
    if len(parts) > 1:
        copy[key] = patched(copy.get(key, {}) if isinstance(copy, dict) else copy[key], pointer(*parts[1:]), value)
    elif value is ABSENT:
        copy.pop(key, None) if isinstance(copy, dict) else copy.pop(key)
    else:
        copy[key] = value
    return copy


def same(one: Any, other: Any) -> bool:
    """Whether two values are the same JSON: for Python 1 is True."""
    return bool(one == other) and (
        not isinstance(one, dict | list | bool | int)
        or json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
    )


def shown(value: Any) -> str:
    """A value for a reader, cut short."""
    text = "absent" if value is ABSENT else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _by_rule(old: Any, at: str, was: Any, now: Any, slot: Slot) -> Change | None:
    """A change that containment does not decide."""
    parts = parts_of(at)
    told = f"{'/'.join(parts[-1:])} {shown(was)} → {shown(now)}"
    if (last := annotation_in(parts)) is not None:
        if parts[last] != "default" or slot.side == "response":
            return slot.change("documentation", at, f"{_subject(parts[:last])}the text ({parts[last]})")
        # Who leaves the value out meant the old one.
        return slot.change("compatible" if was is ABSENT else "breaking", at, _subject(parts[:last]) + told)
    if "discriminator" in parts:
        return slot.change("compatible", at, _subject(parts) + told)
    # Below a "not" everything is the other way round, which containment knows.
    denied = any(part == "not" and not _is_name(parts, number) for number, part in enumerate(parts))
    if not denied and len(parts) >= 2 and parts[-2] == "properties" and _is_name(parts, len(parts) - 1):
        if now is ABSENT and was is not False:
            return slot.change("breaking", at, f"the property {parts[-1]} is gone", whole=True, silent=True)
        if was is ABSENT and now is not False:
            closed = _node(old, parts[:-2]).get("additionalProperties") is False
            effect: Effect = "breaking" if closed and slot.side == "response" else "compatible"
            return slot.change(effect, at, f"the property {parts[-1]} is new", whole=True)
    return None


def _by_containment(old: Any, at: str, was: Any, now: Any, slot: Slot) -> Change:
    one = patched(old, at, now)
    effect: Effect = "compatible" if _harmless(old, one, slot.side) else "breaking"
    parts = parts_of(at)
    said = _said(parts, was, now)
    if effect == "compatible":
        return slot.change(effect, at, said)
    example = _counterexample(old, one, parts, was, now, slot.side)
    silent = now is ABSENT or (parts[-1:] == ["required"] and set(map(str, now)) < set(map(str, was)))
    return slot.change(effect, at, said, example, silent=silent)


def _counterexample(old: Any, new: Any, parts: list[str], was: Any, now: Any, side: Side) -> str:
    verb = "no longer accepted" if side == "request" else "newly answered"
    if parts[-1:] == ["required"]:
        names = [
            each for each in (now if side == "request" else was) if each not in (was if side == "request" else now)
        ]
        return f"{verb}: objects without {' or without '.join(map(str, names))}"
    if parts[-1:] == ["additionalProperties"] and False in (was, now):
        return f"{verb}: objects with members that are not listed"
    if parts[-1:] and parts[-1] in _COMBINING and isinstance(was, list) and isinstance(now, list):
        wide, narrow = (was, now) if side == "request" else (now, was)
        return f"{verb}: {' or '.join(_alternative(each) for each in wide if each not in narrow)}"
    # At the innermost schema: of the whole there is too much to say.
    holder = _holder(parts)
    before, after = _at(old, holder), _at(new, holder)
    left = remainder(before, after) if side == "request" else remainder(after, before)
    if left is None or left is False:
        return "cannot be shown to be harmless"
    return f"{verb}: {in_words(left)}"


def _said(parts: list[str], was: Any, now: Any) -> str:
    """A change in words."""
    subject, last = _subject(parts[:-1]), parts[-1] if parts else "schema"
    if isinstance(was, list) and isinstance(now, list):
        more, less = ([each for each in one if each not in other] for one, other in ((now, was), (was, now)))
        words = {"required": ("now required", "no longer required")}.get(last)
        if words:
            return subject + "; ".join(
                f"{_names(each)} {word}" for each, word in zip((more, less), words, strict=True) if each
            )
        if last == "enum":
            told = [f"{word} {_names(each)}" for word, each in (("with", more), ("without", less)) if each]
            return f"{subject}the values {', '.join(told)}"
        if last in _COMBINING:
            told = [f"{word} {_count(each)}" for word, each in (("with", more), ("without", less)) if each]
            return f"{subject}{last} {', '.join(told)}"
    return f"{subject}{last} {shown(was)} → {shown(now)}"


def _alternative(schema: Any) -> str:
    required = schema.get("required") if isinstance(schema, dict) else None
    return f"objects with {_names(required)}" if isinstance(required, list) and required else in_words(schema)


def _names(values: list[Any]) -> str:
    return ", ".join(each if isinstance(each, str) else shown(each) for each in values)


def _count(alternatives: list[Any]) -> str:
    return f"{len(alternatives)} other alternative{'' if len(alternatives) == 1 else 's'}"


def _harmless(old: Any, new: Any, side: Side) -> bool:
    return (covers(new, old) if side == "request" else covers(old, new)) is True


def annotation_in(parts: list[str]) -> int | None:
    """Where in a pointer the first key stands that is an annotation, and no property's name."""
    for number, part in enumerate(parts):
        if ((part in ANNOTATIONS and part != "discriminator") or part.startswith("x-")) and not _is_name(parts, number):
            return number
    return None


def _is_name(parts: list[str], number: int) -> bool:
    """Whether a key of a pointer is the name of a property, and no keyword."""
    named = False
    for part in parts[:number]:
        named = not named and part in _NAMED
    return named


def _subject(parts: list[str]) -> str:
    """The property that a pointer is about, for a reader: ``results[].error``."""
    words = ""
    for number, part in enumerate(parts):
        if _is_name(parts, number):
            words += f".{part}" if words else part
        elif part in ("items", "additionalProperties") and number:
            words += "[]" if part == "items" else ".*"
        elif part in ("items", "additionalProperties"):
            words += "items" if part == "items" else "any member"
    return f"{words}: " if words else ""


def _holder(parts: list[str]) -> list[str]:
    """The innermost schema of a place."""
    end = len(parts) - 1
    while end > 0 and (parts[end - 1] in (*_NAMED, *_COMBINING) and not _is_name(parts, end - 1)):
        end -= 1
    return parts[: max(end, 0)]


def _at(schema: Any, parts: list[str]) -> Any:
    """The part of a schema at a place; what is not there forbids nothing."""
    for part in parts:
        if isinstance(schema, list):
            schema = schema[int(part)] if part.isdigit() and int(part) < len(schema) else True
        else:
            schema = schema.get(part, True) if isinstance(schema, dict) else True
    return schema


def _node(schema: Any, parts: list[str]) -> dict[str, Any]:
    found = _at(schema, parts)
    return found if isinstance(found, dict) else {}


def _is_regrouped(parts: list[str]) -> bool:
    """Whether a place is a whole set of alternatives, or of schemas that hold together."""
    return bool(parts) and parts[-1] in _COMBINING and not _is_name(parts, len(parts) - 1)


def _are_schemas(values: list[Any]) -> bool:
    return all(isinstance(each, dict) for each in values)


def _same_set(one: list[Any], other: list[Any]) -> bool:
    return sorted(json.dumps(each, sort_keys=True) for each in one) == sorted(
        json.dumps(each, sort_keys=True) for each in other
    )
