"""A schema without its alternatives: what it says of each property, whichever of them holds.

Two authors group the same promises differently (oneOf, allOf, plain); this is the view in which they can be compared.
"""

from __future__ import annotations

import json
from typing import Any

_ALL = ("integer", "string", "object", "array", "boolean", "number", "null")
_LOW = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
_HIGH = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")


def merged(schema: Any) -> Any:
    """One schema of plain keywords for a resolved one with any ``allOf``, ``anyOf`` and ``oneOf`` in it."""
    if not isinstance(schema, dict):
        return schema
    own = {key: value for key, value in schema.items() if key not in ("allOf", "anyOf", "oneOf", "discriminator")}
    if isinstance(own.get("properties"), dict):
        own["properties"] = {name: merged(each) for name, each in own["properties"].items()}
    for key in ("items", "additionalProperties", "not"):
        if isinstance(own.get(key), dict):
            own[key] = merged(own[key])
    if "const" in own:
        own["enum"] = [own.pop("const")]
    for each in schema.get("allOf") or []:
        own = _both(own, merged(each))
    for key in ("anyOf", "oneOf"):
        if alternatives := [merged(each) for each in schema.get(key) or []]:
            either = alternatives[0]
            for each in alternatives[1:]:
                either = _either(either, each)
            own = _both(own, either)
    return own


def _both(one: Any, other: Any) -> Any:
    """What holds where both do."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return one if other is True or other == {} else other if one is True or one == {} else False
    made = dict(one)
    for key, value in other.items():
        if key not in made:
            made[key] = value
        elif key == "properties":
            names = {**made[key], **value}
            made[key] = {name: _both(made[key].get(name, {}), value.get(name, {})) for name in names}
        elif key == "required":
            made[key] = [*made[key], *(name for name in value if name not in made[key])]
        elif key == "enum":
            made[key] = [each for each in made[key] if each in value]
        elif key == "type":
            kinds = [each for each in _types(made) if each in _types(other)]
            made[key] = kinds[0] if len(kinds) == 1 else kinds
        elif key in _LOW:
            made[key] = max(made[key], value)
        elif key in _HIGH:
            made[key] = min(made[key], value)
        elif key in ("items", "additionalProperties"):
            made[key] = _both(made[key], value)
    return made


def _either(one: Any, other: Any) -> Any:
    """What holds where either does, as far as it can be said in plain keywords."""
    if one is False or other is False:
        return other if one is False else one
    if not isinstance(one, dict) or not isinstance(other, dict):
        return {}
    kinds = [each for each in _ALL if each in (*_types(one), *_types(other))]
    made: dict[str, Any] = {} if len(kinds) == len(_ALL) else {"type": kinds[0] if len(kinds) == 1 else kinds}
    one_kinds, other_kinds = set(_types(one)), set(_types(other))
    apart = not one_kinds & other_kinds
    for key in {**one, **other}:
        if key == "type":
            continue
        if key == "properties":
            mine, theirs = one.get(key, {}), other.get(key, {})
            # A property that one alternative alone has is nothing that the other forbids.
            made[key] = {
                name: _either(mine[name], theirs[name]) if name in mine and name in theirs else {**mine, **theirs}[name]
                for name in {**mine, **theirs}
            }
        elif key == "required" and not apart:
            made[key] = [name for name in one.get(key, []) if name in other.get(key, [])]
        elif key in one and key in other:
            made[key] = _looser(key, one[key], other[key])
            if made[key] is None:
                del made[key]
        elif apart and key != "enum":
            # It is about a kind of value that the other alternative does not admit at all.
            made[key] = one.get(key, other.get(key))
        elif key == "enum" and ["null"] in (_types(one), _types(other)):
            made[key] = [*(one if "enum" in one else other)["enum"], None]
    return made


def _looser(key: str, one: Any, other: Any) -> Any:
    if key == "enum":
        return [*one, *(each for each in other if each not in one)]
    if key in _LOW:
        return min(one, other)
    if key in _HIGH:
        return max(one, other)
    if key in ("items", "additionalProperties"):
        return _either(one, other)
    return one if json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True) else None


def _types(schema: dict[str, Any]) -> list[str]:
    kind = schema.get("type")
    if kind is None:
        if "enum" in schema:
            return sorted({_type_of(each) for each in schema["enum"]})
        return ["object"] if "properties" in schema else list(_ALL)
    return kind if isinstance(kind, list) else [kind]


def _type_of(value: Any) -> str:
    kinds = {bool: "boolean", int: "integer", float: "number", str: "string", dict: "object", list: "array"}
    return kinds.get(type(value), "null")
