"""Whether whatever one JSON Schema admits another admits too: the only module that knows ``jsonschema_rs``."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

import jsonschema_rs

#: Keywords that tell readers something and forbid nothing.
ANNOTATIONS = frozenset(
    (
        *(
            "description",
            "summary",
            "example",
            "examples",
            "title",
            "externalDocs",
            "tags",
            "operationId",
            "deprecated",
        ),
        *("$comment", "default", "discriminator", "xml", "readOnly", "writeOnly"),
    )
)
_NAMED = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_DATA = ("enum", "const", "required")
#: A format that bounds whole numbers: validators leave it aside, the types of callers do not.
_INT32 = "int32"
_LEAST, _MOST = -(2**31), 2**31 - 1


def covers(wide: Any, narrow: Any) -> bool | None:
    """Whether every value that fits ``narrow`` fits ``wide``; None where that cannot be told."""
    if without_annotations(wide) == without_annotations(narrow):
        return True
    try:
        answer = _canonical(_text(wide)).covers(_canonical(_text(narrow)))
    except Exception:  # a schema that is none, or that it does not support
        return None
    return {"yes": True, "no": False}.get(str(answer).rsplit(".", 1)[-1].lower())


def remainder(schema: Any, without: Any) -> Any:
    """A schema of what fits the first and not the second; None where it cannot be said."""
    try:
        found = _canonical(_text(schema)).subtract(_canonical(_text(without))).to_json_schema()
    except Exception:
        return None
    return {key: value for key, value in found.items() if key != "$schema"} if isinstance(found, dict) else found


def without_annotations(schema: Any) -> Any:
    """A schema with nothing in it but what decides which values fit."""
    if isinstance(schema, list):
        return [without_annotations(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {}
    for key, value in schema.items():
        if key in _NAMED and isinstance(value, dict):
            kept[key] = {name: without_annotations(each) for name, each in value.items()}
        elif key in _DATA:
            kept[key] = value
        elif key not in ANNOTATIONS and not key.startswith("x-"):
            kept[key] = without_annotations(value)
    return kept


def _text(schema: Any) -> str:
    return json.dumps(_with_ranges(without_annotations(schema)), sort_keys=True)


def _with_ranges(schema: Any) -> Any:
    """A schema in which the bounds that a format stands for are written out."""
    if isinstance(schema, list):
        return [_with_ranges(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: value if key in _DATA else _with_ranges(value) for key, value in schema.items()}
    if made.get("format") == _INT32 and made.get("type") in ("integer", ["integer", "null"]):
        made["minimum"] = max(made.get("minimum", _LEAST), _LEAST)
        made["maximum"] = min(made.get("maximum", _MOST), _MOST)
    return made


@lru_cache(maxsize=4096)
def _canonical(text: str) -> Any:
    return jsonschema_rs.canonicalize(json.loads(text), draft=jsonschema_rs.Draft202012, validate_formats=True)
