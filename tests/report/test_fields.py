"""The page on the report names every field that its schema has, and no other."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]


def fields(schema: dict, root: dict, path: str = "") -> Iterator[tuple[str, dict]]:
    """Every field with its path: ``checks[].id``, ``run.probe.kind``."""
    if "$ref" in schema:
        schema = {
            **root["$defs"][schema["$ref"].rpartition("/")[2]],
            **{k: v for k, v in schema.items() if k != "$ref"},
        }
    for choice in schema.get("anyOf", ()):
        yield from fields(choice, root, path)
    for name, value in schema.get("properties", {}).items():
        where = f"{path}.{name}" if path else name
        yield where, value
        yield from fields(value, root, where)
    if isinstance(schema.get("items"), dict):
        yield from fields(schema["items"], root, f"{path}[]")


def test_the_page_names_every_field_of_the_schema() -> None:
    schema = json.loads((ROOT / "specs" / "conformance.schema.json").read_text("utf-8"))
    known = {path for path, _ in fields(schema, schema)}
    told = set(re.findall(r"^\| `([^`]+)` \|", (ROOT / "docs" / "report.md").read_text("utf-8"), re.MULTILINE))
    assert told - known == set(), "the page tells of fields that there are not"
    assert known - told == set(), "the page does not tell of these"
