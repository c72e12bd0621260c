"""Reads an OpenAPI or AsyncAPI document: YAML, JSON, or Markdown with the document in a fenced block.

Whatever cannot be read, or would take forever to, is refused with one sentence: it must never look like no change.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from venue_conformance.errors import ClientFault

Kind = Literal["openapi", "asyncapi"]
#: The largest document that is read, in bytes.
LARGEST = 8 * 2**20
#: A document that has more values than this once its aliases or references are followed is a bomb.
MOST_VALUES = 400_000
_DEEPEST = 120
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})\s*([^`\n]*)$")
_MARKDOWN = (".md", ".mdx", ".markdown")
_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Document:
    """A document as it was read: nothing but mappings with texts as keys, lists, texts, numbers, booleans and nulls."""

    name: str
    kind: Kind
    content: dict[str, Any]


class Unreadable(ClientFault):
    """A document that cannot be read, or not be understood. The caller's fault, and never "no change"."""


class _Loader(_Base):  # type: ignore[misc]
    """YAML as OpenAPI wants it: a date is a text, ``on`` is no boolean, and no key stands twice."""

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping. Raises yaml.YAMLError for a key that stands twice."""
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                if key.value in seen:
                    raise yaml.MarkedYAMLError(
                        problem=f"the key {key.value!r} stands twice", problem_mark=key.start_mark
                    )
                seen.add(key.value)
        return super().construct_mapping(node, deep)  # type: ignore[no-any-return]


_Loader.yaml_implicit_resolvers = {
    first: [
        (tag, re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$") if tag.endswith(":bool") else pattern)
        for tag, pattern in resolvers
        if not tag.endswith(":timestamp") and not (tag.endswith(":bool") and first not in "tTfF")
    ]
    for first, resolvers in _Base.yaml_implicit_resolvers.items()
}


def read_document(file: Path) -> Document:
    """The document of a file. Raises Unreadable, in one sentence that names the file."""
    try:
        if file.stat().st_size > LARGEST:
            raise Unreadable(f"{file}: longer than {LARGEST // 2**20} MiB; one API document is expected")
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise Unreadable(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise Unreadable(f"{file}: text in UTF-8 is expected: {error.reason} at byte {error.start}") from error
    return document_of(text, str(file), markdown=file.suffix.lower() in _MARKDOWN)


def document_of(text: str, name: str, *, markdown: bool = False) -> Document:
    """The document that a text is, or has in a fenced block. Raises Unreadable."""
    if not markdown:
        try:
            return _understood(_parsed(text), name)
        except (ValueError, yaml.YAMLError) as error:
            if not any(_FENCE.match(line) for line in text.splitlines()):
                raise Unreadable(f"{name}: neither YAML nor JSON: {_briefly(error)}") from error
    found, problem = [], ""
    for language, block in _fenced(text):
        if language not in ("", "yaml", "yml", "json") or not re.search(r"\b(openapi|asyncapi|swagger)\b", block):
            continue
        try:
            found.append(_understood(_parsed(block), name))
        except (ValueError, yaml.YAMLError) as error:
            problem = f": {_briefly(error)}"
        except Unreadable as error:
            problem = f": {str(error).removeprefix(f'{name}: ')}"
    if len(found) != 1:
        many = "more than one fenced block holds" if found else "no fenced block holds"
        raise Unreadable(f"{name}: {many} an OpenAPI or AsyncAPI document{'' if found else problem}")
    return found[0]


def _parsed(text: str) -> Any:
    """Raises ValueError or yaml.YAMLError."""
    try:
        if text.lstrip()[:1] == "{":
            try:
                return json.loads(text, object_pairs_hook=_without_repeated_keys, parse_constant=_no_number)
            except json.JSONDecodeError:
                pass  # YAML in flow style begins like JSON
        return yaml.load(text, Loader=_Loader)  # noqa: S506 - a safe loader
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    except (TypeError, AttributeError, OverflowError) as error:  # what its scalars make the loader stumble over
        raise ValueError(str(error)) from error


def _without_repeated_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        names = [name for name, _ in pairs]
        raise yaml.YAMLError(f"the key {next(each for each in names if names.count(each) > 1)!r} stands twice")
    return made


def _no_number(text: str) -> Any:
    raise yaml.YAMLError(f"{text} is no JSON number")


def _fenced(text: str) -> Iterator[tuple[str, str]]:
    """The fenced blocks of a Markdown text, each with the first word after its fence."""
    fence, language, lines = "", "", list[str]()
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if not fence and mark:
            fence, language, lines = mark[1], (mark[2].split() or [""])[0].lower(), []
        elif fence and mark and mark[1].startswith(fence) and not mark[2].strip():
            yield language, "\n".join(lines)
            fence = ""
        elif fence:
            lines.append(line)
    if fence:
        yield language, "\n".join(lines)


def _understood(content: Any, name: str) -> Document:
    if not isinstance(content, dict):
        raise Unreadable(f"{name}: an OpenAPI or AsyncAPI document is expected, not {_kind_of(content)}")
    if too_big := _too_big(content):
        raise Unreadable(f"{name}: {too_big}")
    plain = _plain(content)
    version = plain.get("openapi") or plain.get("asyncapi")
    if "swagger" in plain:
        raise Unreadable(f"{name}: Swagger {plain['swagger']} is not read; convert it to OpenAPI 3")
    if not isinstance(version, str | int | float) or isinstance(version, bool):
        raise Unreadable(f"{name}: it has neither 'openapi' nor 'asyncapi', so it is no API document")
    kind: Kind = "openapi" if "openapi" in plain else "asyncapi"
    known = ("3.",) if kind == "openapi" else ("2.", "3.")
    if not str(version).startswith(known):
        raise Unreadable(
            f"{name}: {kind} {str(version)[:20]} is not read; {' and '.join(f'{each}x' for each in known)} are"
        )
    key = "paths" if kind == "openapi" else "channels"
    if not isinstance(plain.get(key), dict):
        raise Unreadable(f"{name}: it has no {key!r}, so there is nothing to compare")
    return Document(name, kind, plain)


def _too_big(content: Any) -> str:
    """Why a content cannot be walked as a tree, if it cannot; aliases may make it huge or endless."""
    sizes: dict[int, int] = {}
    open_ones: set[int] = set()

    def size(node: Any, depth: int) -> int:
        if not isinstance(node, dict | list):
            return 1
        if id(node) in open_ones:
            raise ValueError("it holds itself by way of an alias")
        if depth > _DEEPEST:
            raise ValueError(f"it is nested more than {_DEEPEST} deep")
        if id(node) not in sizes:
            open_ones.add(id(node))
            sizes[id(node)] = 1 + sum(
                size(each, depth + 1) for each in (node.values() if isinstance(node, dict) else node)
            )
            open_ones.discard(id(node))
        return sizes[id(node)]

    try:
        values = size(content, 0)
    except ValueError as error:
        return str(error)
    return f"with its aliases followed it has more than {MOST_VALUES} values" if values > MOST_VALUES else ""


def _plain(node: Any) -> Any:
    if isinstance(node, dict):
        return {key if isinstance(key, str) else _key(key): _plain(value) for key, value in node.items()}
    if isinstance(node, list):
        return [_plain(each) for each in node]
    return node if node is None or isinstance(node, str | int | float | bool) else str(node)


def _key(key: Any) -> str:
    return {None: "null", True: "true", False: "false"}.get(key, str(key)) if not isinstance(key, tuple) else str(key)


def _briefly(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    where = f" (line {mark.line + 1})" if mark else ""
    return f"{getattr(error, 'problem', None) or str(error)}{where}".replace("\n", " ")[:200]


def _kind_of(content: Any) -> str:
    kinds = {list: "a list", str: "a text", type(None): "nothing"}
    return kinds.get(type(content), f"a {type(content).__name__}")
