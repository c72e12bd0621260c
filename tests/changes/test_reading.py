"""Documents are read in every form they come in, and what cannot be read is never "no change"."""

from __future__ import annotations

import copy
import json
import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.changes.kinds import ours
from tests.changes.test_kinds import catalogue
from tests.changes.test_others import theirs
from venue_conformance.changes.documents import compare_documents
from venue_conformance.changes.reading import LARGEST, Document, Unreadable, document_of, read_document
from venue_conformance.contract.resources import resources_root

TEXT = (resources_root() / "specs" / "bayse" / "openapi.yaml").read_text(encoding="utf-8")
REFERENCE = '$ref: "#/components/schemas/CancelBatch"'
BOMB = "openapi: 3.1.0\nx0: &x0 [1, 1]\n" + "".join(f"x{n + 1}: &x{n + 1} [*x{n}, *x{n}]\n" for n in range(40))
NESTED = (
    "openapi: 3.1.0\npaths:\n  /v1/pm/orders/batch:\n    delete:\n      requestBody: {content: {a/b: {schema: %s}}}\n"
)


def fanned(width: int, depth: int) -> str:
    """A document of few lines whose references make it huge, or deep."""
    first = NESTED % '{$ref: "#/components/schemas/A0"}' + "components:\n  schemas:\n"
    for number in range(depth):
        each = ", ".join(f'p{n}: {{$ref: "#/components/schemas/A{number + 1}"}}' for n in range(width))
        first += f"    A{number}: {{properties: {{{each}}}}}\n"
    return first + f"    A{depth}: {{type: string}}\n"


@pytest.mark.parametrize(
    "text",
    [
        TEXT,
        json.dumps(ours("bayse")),
        "\ufeff" + TEXT,
        f"# Batch cancel\n\nSome words.\n\n````yaml DELETE /v1/pm/orders/batch\n{TEXT}\n````\n\n```json\n{{}}\n```\n",
        f"~~~\n{json.dumps(ours('bayse'))}\n~~~",
    ],
    ids=["yaml", "json", "mark of order", "markdown", "tildes"],
)
def test_forms_are_one_document(text: str, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text(text, encoding="utf-8")
    (tmp_path / "new.txt").write_text(text, encoding="utf-8")
    names = ["new.txt"] if not text.startswith(("#", "~")) else ["new.txt", "new.md"]
    for name in names:
        assert read_document(tmp_path / name).content == ours("bayse")


def test_yaml_is_read_as_openapi_wants_it() -> None:
    content = document_of("openapi: 3.1.0\ninfo: {version: 2026-11-01, x: [on, no, true]}\npaths: {}", "x").content
    assert content["info"] == {"version": "2026-11-01", "x": ["on", "no", True]}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is expected, not nothing"),
        ("hello", "is expected, not a text"),
        ("- a", "is expected, not a list"),
        ("{}", "neither 'openapi' nor 'asyncapi'"),
        ("swagger: '2.0'\npaths: {}", "convert it to OpenAPI 3"),
        ("openapi: 4.0.0\npaths: {}", "openapi 4.0.0 is not read"),
        ("openapi: 3.1.0", "has no 'paths'"),
        ("openapi: 3.1.0\npaths: {}\npaths: {}", "the key 'paths' stands twice"),
        ('{"openapi": "3.1.0", "paths": {}, "paths": {}}', "the key 'paths' stands twice"),
        ("openapi: [", "neither YAML nor JSON"),
        ("openapi: 3.1.0\n\x00", "neither YAML nor JSON"),
        ("openapi: !!python/object/apply:os.system [true]", "could not determine a constructor"),
        (BOMB, "more than 400000 values"),
        ("openapi: 3.1.0\npaths: &p\n  a: *p", "holds itself by way of an alias"),
        ('{"a":' * 5000 + "1" + "}" * 5000, "nested"),
        ("[" * 5000, "nest"),
        ("# Title\n```yaml\nopenapi: [\n```", "no fenced block holds an OpenAPI or AsyncAPI document"),
        (f"```yaml\n{TEXT}\n```\n```yaml\n{TEXT}\n```", "more than one fenced block"),
    ],
)
def test_unreadable_document_is_refused(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        document_of(text, "new.yaml", markdown=text.startswith("#"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (TEXT.replace(REFERENCE, '$ref: "https://elsewhere.invalid/x.yaml#/a"'), "nothing is fetched"),
        (TEXT.replace(REFERENCE, '$ref: "../other.yaml"'), "nothing is fetched"),
        (TEXT.replace(REFERENCE, '$ref: "#/components/schemas/Nothing"'), "leads nowhere"),
        (
            TEXT.replace("    CancelBatch:\n", f"    CancelBatch:\n      {REFERENCE}\n    Old:\n"),
            "leads only to itself",
        ),
        (TEXT.replace("maxItems: 100", "maxItems: many"), "maxItems: a number is expected, not 'many'"),
        (TEXT.replace("required: [orderIds]", "required: orderIds"), "required: a list is expected"),
        ("openapi: 3.1.0\npaths: {/other: {get: {}}}", "does not describe DELETE /v1/pm/orders/batch"),
        (fanned(10, 6), "more than 100000 values"),
        (fanned(1, 300), "nested more than"),
        ("asyncapi: 3.0.0\nchannels: {}", "no asyncapi document"),
    ],
    ids=lambda value: value if len(value) < 60 else "",
)
def test_document_that_cannot_be_understood_is_refused(text: str, words: str) -> None:
    with pytest.raises(Unreadable, match=words):
        compare_documents(catalogue("bayse"), document_of(text, "new.yaml"))


def test_schema_that_contains_itself_is_no_change() -> None:
    text = TEXT.replace(
        "        summary:\n          $ref:",
        "        parent:\n          $ref: '#/components/schemas/BatchOutcome'\n        summary:\n          $ref:",
    )
    new = document_of(text, "new.yaml")
    assert compare_documents(catalogue("bayse"), new, new).changes == ()


def test_file_that_is_no_text_or_too_long_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_bytes(b"\xff\xfe")
    (tmp_path / "b.yaml").write_bytes(b" " * (LARGEST + 1))
    for name, words in (("a.yaml", "UTF-8"), ("b.yaml", "longer than 8 MiB"), ("c.yaml", "cannot be read")):
        with pytest.raises(Unreadable, match=words):
            read_document(tmp_path / name)


JUNK: list[Any] = [None, True, 0, "x", [], [1], {}, {"type": 3}, {"$ref": "#/components"}, {"properties": {"x": 1}}]


def _places(node: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    return [(*at, key) for key, _ in children] + [
        place for key, each in children for place in _places(each, (*at, key))
    ]


@pytest.mark.parametrize("seed", range(40))
def test_spoiled_document_is_compared_or_refused(seed: int) -> None:
    """Whatever stands anywhere in a document, the end is a comparison or one sentence."""
    chance = random.Random(seed)
    venue = chance.choice(["bayse", "predictstreet", "arcus"])
    good = theirs(venue)
    content = copy.deepcopy(good.content)
    place = chance.choice(_places(content))
    node: Any = content
    for key in place[:-1]:
        node = node[key]
    node[place[-1]] = copy.deepcopy(chance.choice(JUNK))
    try:
        spoiled = document_of(yaml.safe_dump(content), "new.yaml")
        compare_documents(catalogue(venue), spoiled)
        compare_documents(catalogue(venue), spoiled, good)
        compare_documents(catalogue(venue), good, spoiled)
    except Unreadable as refusal:
        told = str(refusal)
    else:
        told = ""
    assert "\n" not in told


def test_kind_of_document_must_be_the_same() -> None:
    old = Document("old", "asyncapi", {"asyncapi": "3.0.0", "channels": {}})
    with pytest.raises(Unreadable, match="two versions of one document"):
        compare_documents(catalogue("bayse"), theirs("bayse"), old)
