"""Says in words what a schema of left-over values means: "arrays of 51 to 100 items"."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

_PLURALS = {
    "array": "arrays",
    "string": "strings",
    "integer": "integers",
    "number": "numbers",
    "object": "objects",
    "boolean": "true or false",
    "null": "null",
}
_BOUNDS = {
    "array": ("minItems", "maxItems", "items"),
    "string": ("minLength", "maxLength", "characters"),
    "object": ("minProperties", "maxProperties", "members"),
}
_MOST = 240


def in_words(schema: Any) -> str:
    """What fits a schema, in words where they are short, else the schema itself."""
    said = _said(schema)
    return said if said and len(said) <= _MOST else _json(schema)


def _said(schema: Any) -> str:
    if schema is True or schema == {}:
        return "any value"
    if not isinstance(schema, Mapping):
        return ""
    if "const" in schema:
        return _json(schema["const"])
    if "enum" in schema and isinstance(schema["enum"], list):
        return " or ".join(_json(each) for each in schema["enum"])
    for key in ("anyOf", "oneOf"):
        if set(schema) == {key}:
            parts = [_said(each) for each in schema[key]]
            return ", or ".join(parts) if all(parts) and len(parts) <= 4 else ""
    kind = schema.get("type")
    if isinstance(kind, list):
        return " or ".join(_PLURALS.get(each, str(each)) for each in kind) if set(schema) == {"type"} else ""
    if kind in _BOUNDS:
        return _sized(schema, kind)
    if kind in ("integer", "number"):
        return _ranged(schema, kind)
    return _PLURALS.get(str(kind), "") if set(schema) == {"type"} else ""


def _sized(schema: Mapping[str, Any], kind: str) -> str:
    least, most, unit = _BOUNDS[kind]
    low, high = schema.get(least), schema.get(most)
    words = _PLURALS[kind]
    if low is not None or high is not None:
        words += f" of {_range(low, high)} {unit[:-1] if low == high == 1 else unit}"
    beyond = {key: value for key, value in schema.items() if key not in ("type", least, most)}
    if kind == "string":
        return words + _formed(beyond)
    if kind == "array" and _denied(beyond.get("allOf")) == [{"uniqueItems": True}]:
        words += " in which one comes twice"
        del beyond["allOf"]
    return words if beyond.keys() <= {"items"} else ""


def _denied(all_of: Any) -> list[Any]:
    """What the schemas that hold together forbid, types left out."""
    found = []
    for each in all_of if isinstance(all_of, list) else []:
        denied = each.get("not") if isinstance(each, Mapping) else None
        if not isinstance(denied, Mapping):
            return []
        found.append({key: value for key, value in denied.items() if key != "type"})
    return found


def _formed(schema: Mapping[str, Any]) -> str:
    """What a string has to fit, beside its length."""
    told = [f"that fit {schema['pattern']}"] if "pattern" in schema else []
    told += [f"that are of the format {schema['format']}"] if "format" in schema else []
    denied = [*(schema.get("allOf") or []), *([{"not": schema["not"]}] if "not" in schema else [])]
    for each in denied:
        told.append(_other_than((_denied([each]) or [{}])[0]))
    return "".join(f" {'and ' if number else ''}{each}" for number, each in enumerate(told))


def _other_than(denied: Mapping[str, Any]) -> str:
    match list(denied.items()):
        case [("pattern", text)]:
            return f"that do not fit {text}"
        case [("format", text)]:
            return f"that do not fit the format {text}"
        case [("const", value)]:
            return f"other than {_json(value)}"
        case [("enum", [*values])]:
            return f"other than {' and '.join(_json(each) for each in values)}"
    return "of which the document says more"


def _ranged(schema: Mapping[str, Any], kind: str) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    over, under = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    words = _PLURALS[kind]
    if low is not None or high is not None:
        words += f" of {_range(low, high)}"
    if over is not None:
        words += f" above {over}"
    if under is not None:
        words += f" below {under}"
    return words


def _range(low: Any, high: Any) -> str:
    if high is None:
        return f"{low} or more"
    if low is None:
        return f"at most {high}"
    return f"{low}" if low == high else f"{low} to {high}"


def _json(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= _MOST else text[: _MOST - 1] + "…"
