"""Whether a resolved part of a document has the shape that OpenAPI gives it, so that comparing may rely on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

#: Keywords of a schema, and what their values are.
_LISTS = ("required", "enum", "allOf", "anyOf", "oneOf")
_NAMED_SCHEMAS = ("properties", "patternProperties", "$defs", "dependentSchemas")
_SCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames")
_NUMBERS = (
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"),
    *("minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"),
)
Problems = Iterator[str]


def problem_of_operation(node: Any) -> str | None:
    """The first thing that is not as OpenAPI has it, in a few words; None where there is none."""
    return next(_operation(node), None)


def problem_of_schema(schema: Any) -> str | None:
    """The same of one schema."""
    return next(_schema(schema, "schema"), None)


def _operation(node: Any) -> Problems:
    yield from _mapping(node, "operation", _nothing)
    yield from _parameters(node.get("parameters"), "parameters")
    yield from _body(node.get("requestBody"), "requestBody")
    yield from _mapping(node.get("responses"), "responses", _body)
    yield from _list(node.get("security"), "security", lambda way, at: _mapping(way, at, _nothing))


def _parameters(node: Any, at: str) -> Problems:
    yield from _list(node, at, _parameter)


def _parameter(node: Any, at: str) -> Problems:
    if node is None:
        yield f"{at}: a mapping is expected, not null"
    yield from _mapping(node, at, _nothing)
    if not isinstance(node.get("name"), str) or not isinstance(node.get("in"), str):
        yield f"{at}: a parameter has 'name' and 'in'"
    yield from _schema(node.get("schema"), f"{at}/schema")
    yield from _mapping(node.get("content"), f"{at}/content", _media)


def _body(node: Any, at: str) -> Problems:
    """A request body, or an answer."""
    yield from _mapping(node, at, _nothing)
    if node is not None:
        yield from _mapping(node.get("content"), f"{at}/content", _media)
        yield from _mapping(node.get("headers"), f"{at}/headers", _header)


def _header(node: Any, at: str) -> Problems:
    if node is None:
        yield f"{at}: a mapping is expected, not null"
    yield from _mapping(node, at, _nothing)
    yield from _schema(node.get("schema"), f"{at}/schema")


def _media(node: Any, at: str) -> Problems:
    yield from _mapping(node, at, _nothing)
    if node is not None:
        yield from _schema(node.get("schema"), f"{at}/schema")


def _schema(node: Any, at: str) -> Problems:
    if node is None or isinstance(node, bool):
        return
    yield from _mapping(node, at, _nothing)
    for key, value in node.items():
        here = f"{at}/{key}"
        if value is None and key in (*_LISTS, *_NAMED_SCHEMAS, *_SCHEMAS):
            yield f"{here}: null is no value of it"
        elif key in _LISTS:
            each = _schema if key in ("allOf", "anyOf", "oneOf") else _nothing
            yield from _list(value, here, each)
        elif key in _NAMED_SCHEMAS:
            yield from _mapping(value, here, _schema)
        elif key in _SCHEMAS:
            yield from _schema(value, here)
        elif key in _NUMBERS and (isinstance(value, bool) or not isinstance(value, int | float)):
            yield f"{here}: a number is expected, not {_shown(value)}"
        elif key == "type" and not (isinstance(value, str) or _are_texts(value)):
            yield f"{here}: a text or a list of texts is expected, not {_shown(value)}"


def _mapping(node: Any, at: str, each: Callable[[Any, str], Problems]) -> Problems:
    if node is None:
        return
    if not isinstance(node, dict):
        yield f"{at}: a mapping is expected, not {_shown(node)}"
        return
    for key, value in node.items():
        yield from each(value, f"{at}/{key}")


def _list(node: Any, at: str, each: Callable[[Any, str], Problems]) -> Problems:
    if node is None:
        return
    if not isinstance(node, list):
        yield f"{at}: a list is expected, not {_shown(node)}"
        return
    for number, value in enumerate(node):
        yield from each(value, f"{at}/{number}")


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(each, str) for each in value)


def _nothing(_node: Any, _at: str) -> Problems:
    yield from ()


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 40 else text[:39] + "…"
