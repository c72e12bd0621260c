"""What a changed JSON Schema means for callers: breaking where it cannot be shown to be harmless.

A request may only become wider, a response only narrower. Two rules of our own come before that, since objects are
open: a property that is gone is breaking, and one that is new is not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from venue_conformance.changes.change import ABSENT, Change, Effect, Side, pointer
from venue_conformance.changes.containment import covers
from venue_conformance.changes.differences import Difference, differences
from venue_conformance.changes.merging import merged
from venue_conformance.changes.pointed import (
    ALTERNATIVES,
    annotation_in,
    at,
    holder,
    is_name,
    is_property,
    patched,
    subject,
)
from venue_conformance.changes.schema_words import annotation_said, counterexample, said

#: By what a schema says that a property is not for one side.
_UNSEEN = {"request": "readOnly", "response": "writeOnly"}


@dataclass(frozen=True)
class Slot:
    """A place in a document where a schema stands: whose words, its name for a reader, its pointer."""

    side: Side
    where: str
    place: str

    def change(self, effect: Effect, parts: Sequence[str], what: str, **more: Any) -> Change:
        """A change of this schema, at a place below it."""
        return Change(effect, self.side, self.where, self.place + pointer(*parts), what, **more)


@dataclass(frozen=True)
class _Weighed:
    """Differences of one schema that are one change, and whether they are harmless together."""

    group: tuple[Difference, ...]
    is_harmless: bool
    change: Change


def schema_changes(old: Any, new: Any, slot: Slot, *, foreign: bool = False) -> list[Change]:
    """What differs between two resolved schemas. With ``foreign`` somebody else wrote the newer one.

    Then both are compared by what they say of each property, alternatives left out, and only what is breaking counts.
    """
    old, new = (_seen_by(slot.side, {} if each is ABSENT else each) for each in (old, new))
    if foreign:
        return [change for change in _changes(merged(old), merged(new), slot) if change.effect == "breaking"]
    changes = _changes(old, new, slot)
    if any(each.parts[-1:] and each.parts[-1] in ALTERNATIVES for each in differences(old, new)) and _harmless(
        old, new, slot.side
    ):
        # The same schemas put together in another way: only what is said of each property counts.
        by_property = _changes(merged(old), merged(new), slot)
        changes = [
            replace(each, effect="compatible", counterexample="")
            if each.effect == "breaking" and not each.structural
            else each
            for each in by_property or changes
        ]
    return changes


def _seen_by(side: Side, schema: Any) -> Any:
    """A schema without the properties that are never sent (``readOnly``), or never answered (``writeOnly``)."""
    unseen = _UNSEEN.get(side)
    if isinstance(schema, list):
        return [_seen_by(side, each) for each in schema]
    if not isinstance(schema, dict) or unseen is None:
        return schema
    made = {key: _seen_by(side, value) for key, value in schema.items()}
    properties = made.get("properties")
    if isinstance(properties, dict):
        hidden = {name for name, each in properties.items() if isinstance(each, dict) and each.get(unseen) is True}
        if hidden:
            made["properties"] = {name: each for name, each in properties.items() if name not in hidden}
            made["required"] = [name for name in made.get("required") or [] if name not in hidden]
    return made


def _changes(old: Any, new: Any, slot: Slot) -> list[Change]:
    changes: list[Change] = []
    kept: list[Difference] = []
    for one in differences(old, new):
        if one.is_regrouped:
            changes += _of_regrouped(old, one, slot)
        elif (change := _by_rule(old, one, slot)) is not None:
            changes.append(change)
        else:
            kept.append(one)
    weighed = _together(old, _by_containment(old, kept, slot), slot.side)
    return [*changes, *(each.change for each in weighed)]


def _by_rule(old: Any, one: Difference, slot: Slot) -> Change | None:
    """A change that containment does not decide."""
    parts, was, now = one.parts, one.was, one.now
    if (last := annotation_in(parts)) is not None:
        # Below an annotation its own value differs, in part.
        name = parts[last]
        whole = last == len(parts) - 1
        told = _of(parts[:last], annotation_said(name, was, now) if whole else f"{name} changed")
        if name != "default" or slot.side == "response":
            return slot.change("documentation", parts, told)
        # Who leaves the value out meant the old one.
        return slot.change("compatible" if was is ABSENT else "breaking", parts, told)
    if "discriminator" in parts:
        return slot.change("compatible", parts, said([one], ()))
    # Below a "not" everything is the other way round, which containment knows.
    denied = any(part == "not" and not is_name(parts, number) for number, part in enumerate(parts))
    if not denied and is_property(parts):
        if now is ABSENT and was is not False:
            told = f"the property {subject(parts)} is gone"
            return slot.change("breaking", parts, told, structural=True, silent=True)
        if was is ABSENT and now is not False:
            around = at(old, parts[:-2])
            closed = isinstance(around, dict) and around.get("additionalProperties") is False
            effect: Effect = "breaking" if closed and slot.side == "response" else "compatible"
            return slot.change(effect, parts, f"the property {subject(parts)} is new", structural=True)
    return None


def _of(parts: Sequence[str], told: str) -> str:
    named = subject(parts)
    return f"{named}: {told}" if named else told


def _by_containment(old: Any, found: Sequence[Difference], slot: Slot) -> list[_Weighed]:
    """The changes of each schema one by one, unless what one of them means depends on the others of that schema."""
    by_holder: dict[tuple[str, ...], list[Difference]] = {}
    for one in found:
        by_holder.setdefault(tuple(holder(list(one.parts))), []).append(one)
    weighed = []
    for around, group in by_holder.items():
        together = [group] if len(group) > 1 and not _are_apart(old, group, slot.side) else [[one] for one in group]
        weighed += [_weigh(old, list(around), each, slot) for each in together]
    return weighed


def _are_apart(old: Any, group: list[Difference], side: Side) -> bool:
    """Whether each change means the same before all the others and after them."""
    all_made = _made(old, group)
    for one in group:
        before_it = patched(all_made, one.parts, one.was)
        if _harmless(old, _made(old, [one]), side) != _harmless(before_it, all_made, side):
            return False
    return True


def _made(schema: Any, group: Sequence[Difference]) -> Any:
    for one in group:
        schema = patched(schema, one.parts, one.now)
    return schema


def _weigh(old: Any, around: list[str], group: Sequence[Difference], slot: Slot) -> _Weighed:
    new = _made(old, group)
    parts = group[0].parts if len(group) == 1 else tuple(around)
    told = said(group, around)
    places = tuple(slot.place + pointer(*one.parts) for one in group) if len(group) > 1 else ()
    if _harmless(old, new, slot.side):
        # What admits the same values says the same in other words.
        effect: Effect = "documentation" if _harmless(new, old, slot.side) else "compatible"
        return _Weighed(tuple(group), True, slot.change(effect, parts, told, places=places))
    example = counterexample(old, new, group, around, slot.side)
    silent = all(_leaves_out(one) for one in group)
    change = slot.change("breaking", parts, told, counterexample=example, silent=silent, places=places)
    return _Weighed(tuple(group), False, change)


def _leaves_out(one: Difference) -> bool:
    return one.now is ABSENT or (one.parts[-1:] == ("required",) and set(map(str, one.now)) < set(map(str, one.was)))


def _of_regrouped(old: Any, one: Difference, slot: Slot) -> list[Change]:
    """Changes of a schema that is put together otherwise: what it says of each property, if that is all it says."""
    was, now = merged(one.was), merged(one.now)
    plain, whole = patched(old, one.parts, was), _made(old, [one])
    changes, kept = [], []
    for each in differences(was, now, one.parts):
        if (change := _by_rule(plain, each, slot)) is not None:
            changes.append(change)
        else:
            kept.append(each)
    weighed = _by_containment(plain, kept, slot)
    is_harmless = _harmless(old, whole, slot.side)
    if is_harmless == all(each.is_harmless for each in weighed) and (weighed or _harmless(whole, old, slot.side)):
        return [*changes, *(each.change for each in weighed)]
    effect: Effect = "compatible" if is_harmless else "breaking"
    example = "" if is_harmless else counterexample(old, whole, (), list(one.parts), slot.side)
    told = _of(one.parts, f"{_kinds(one.was)} → {_kinds(one.now)}")
    places = tuple(slot.place + pointer(*each.parts) for each in kept) or (slot.place + pointer(*one.parts),)
    return [*changes, slot.change(effect, one.parts, told, counterexample=example, places=places)]


def _kinds(schema: Any) -> str:
    found = (
        [f"{key} of {len(schema[key])} schemas" for key in ALTERNATIVES if key in schema]
        if isinstance(schema, dict)
        else []
    )
    return ", ".join(found) or "a plain schema"


def _together(old: Any, weighed: list[_Weighed], side: Side) -> list[_Weighed]:
    """The same, where changes that are harmless one by one are not so together."""
    harmless = [each for each in weighed if each.is_harmless]

    def is_harmless(some: Sequence[_Weighed]) -> bool:
        return _harmless(old, _made(old, [one for each in some for one in each.group]), side)

    if len(harmless) < 2 or is_harmless(harmless):
        return weighed
    guilty = harmless
    for each in harmless:
        fewer = [other for other in guilty if other is not each]
        guilty = guilty if is_harmless(fewer) else fewer
    return [_blamed(each, guilty) if each in guilty else each for each in weighed]


def _blamed(one: _Weighed, guilty: Sequence[_Weighed]) -> _Weighed:
    others = "; ".join(each.change.what for each in guilty if each is not one)
    example = f"not harmless together with: {others}"
    return replace(one, change=replace(one.change, effect="breaking", counterexample=example))


def _harmless(old: Any, new: Any, side: Side) -> bool:
    return (covers(new, old) if side == "request" else covers(old, new)) is True
