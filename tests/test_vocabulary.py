"""Names and sentences use the field's standard terms; words that only insiders would understand are refused."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml

from venue_conformance.contract.resources import resources_root, venue_names

ROOT = resources_root()
FOLDERS = ("src", "suites", "fixtures", "bench", "examples")
#: What stood for something that has a name of its own: a sequence, a fuzz session, a soft failure, a sentinel order,
#: a control order, a named order, a faulty implementation, an outcome, tampering, linearizability.
SLANG = frozenset(
    {
        *("story", "stories", "campaign", "lapse", "lapses", "upheld", "bait", "victim", "bystander"),
        *("liar", "liars", "desk", "hope", "heat", "bend", "bent", "mangle", "mangled", "inexplicable"),
    }
)
#: In sentences, also what says of a request that it is right or wrong where it is valid or invalid.
SENTENCES = re.compile(
    r"\b(" + "|".join(sorted(SLANG - {"hope", "heat", "bent"})) + r")\b"
    r"|\b(wrongly|rightly) signed\b|\b(right|wrong) (request|batch|body|signature)\b|\bfor want of\b",
    re.IGNORECASE,
)
#: The text of a page of the documentation is cited by its id, title and address, never by a number of ours.
PAGE_NUMBER = re.compile(r"\bpage 00\d", re.IGNORECASE)
MOST_TERMS = 15


def files(folders: tuple[str, ...], suffixes: tuple[str, ...]) -> Iterator[Path]:
    for folder in folders:
        place = ROOT / folder
        yield from [place] if place.is_file() else (each for each in place.rglob("*") if each.suffix in suffixes)


@cache
def trees() -> list[tuple[Path, ast.Module]]:
    return [(file, ast.parse(file.read_text("utf-8"))) for file in files(FOLDERS, (".py",))]


def words(name: str) -> set[str]:
    """The words of a name in snake or camel case, in lower case."""
    return {part.lower() for part in re.findall(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])", name)}


def names_in(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def test_names_are_those_of_the_field() -> None:
    found = {(str(file.relative_to(ROOT)), name) for file, tree in trees() for name in names_in(tree)}
    found |= {(str(file.relative_to(ROOT)), file.stem) for file, _ in trees()}
    assert sorted(each for each in found if words(each[1]) & SLANG) == []


def test_tests_are_named_so_as_well() -> None:
    found = {
        (file.name, node.name)
        for file in (ROOT / "tests").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.FunctionDef) and words(node.name) & SLANG
    }
    assert found == set()


def test_docstrings_and_messages_are_free_of_slang() -> None:
    found = [
        f"{file.relative_to(ROOT)}:{node.lineno}: {match[0]}"
        for file, tree in trees()
        if not {"mutants", "variants"} & set(file.parts)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
        for match in SENTENCES.finditer(node.value)
        if node.value != "story"  # what Allure calls the lowest of its three levels
    ]
    assert found == []


@pytest.mark.parametrize("venue", venue_names())
def test_promises_are_free_of_slang(venue: str) -> None:
    for name in ("clauses.yaml", "client-clauses.yaml"):
        clauses = yaml.safe_load((ROOT / "specs" / venue / name).read_text("utf-8"))
        said = {clause["id"]: f"{clause['promise']} {clause.get('excluded', '')}" for clause in clauses}
        assert {name: text for name, text in said.items() if SENTENCES.search(text)} == {}


def test_documents_are_free_of_slang() -> None:
    found = [
        f"{file.relative_to(ROOT)}: {match[0]}"
        for file in files(("docs", "README.md", "CONTRIBUTING.md", "CHANGELOG.md"), (".md",))
        for match in SENTENCES.finditer(file.read_text("utf-8"))
        if match[0] != "story"
    ]
    assert found == []


def test_no_page_is_cited_by_number() -> None:
    places = files(("src", "suites", "fixtures", "specs", "docs", "README.md"), (".py", ".md", ".yaml", ".json"))
    assert [str(file) for file in places if PAGE_NUMBER.search(file.read_text("utf-8"))] == []


def test_the_glossary_is_short() -> None:
    rows = [line for line in (ROOT / "docs" / "glossary.md").read_text("utf-8").splitlines() if line.startswith("| ")]
    terms = [term.strip() for row in rows[1:] for term in row.split("|")[1].split(",")]
    assert len(terms) <= MOST_TERMS, terms
