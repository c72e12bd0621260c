"""Reading clauses.yaml: what is no list of well-formed clauses is refused, with the file and the entry."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from venue_conformance.contract.clauses import Catalogue, Clause, load_catalogue
from venue_conformance.contract.sources import Page, Source
from venue_conformance.errors import SuiteFault

GOOD = """
- id: alpha.limits.one
  promise: "One id is accepted: it is the smallest batch."
  level: must
  importance: critical
  source: {page: batch-cancel, section: body, sentence: [1, 2]}
- id: alpha.rows.order
  promise: Rows come in order.
  level: should
  importance: low
  source: {note: "no page says it"}
  excluded: Nobody can see it.
"""


PAGES = '[{id: batch-cancel, title: Batch cancel, url: "https://docs.example/batch", read: 2026-11-21}]'
PAGE = Page("batch-cancel", "Batch cancel", "https://docs.example/batch", date(2026, 11, 21))


def load(tmp_path: Path, text: str) -> Catalogue:
    (tmp_path / "pages.yaml").write_text(PAGES, "utf-8")
    file = tmp_path / "clauses.yaml"
    file.write_text(text, "utf-8")
    return load_catalogue("alpha", file)


def test_clauses_are_read_in_their_order(tmp_path: Path) -> None:
    catalogue = load(tmp_path, GOOD)
    assert list(catalogue) == ["alpha.limits.one", "alpha.rows.order"]
    assert len(catalogue) == 2
    assert catalogue["alpha.limits.one"] == Clause(
        "alpha.limits.one",
        "One id is accepted: it is the smallest batch.",
        "must",
        "critical",
        (Source(PAGE, "body", (1, 2)),),
    )
    assert catalogue["alpha.limits.one"].source == "Batch cancel, body, sentences 1 and 2"
    assert catalogue["alpha.limits.one"].source_url == "https://docs.example/batch"
    assert (catalogue["alpha.rows.order"].source, catalogue["alpha.rows.order"].source_url) == ("no page says it", None)
    assert catalogue["alpha.rows.order"].excluded == "Nobody can see it."
    assert catalogue["alpha.rows.order"].topic == "rows"


SILENT = '  source: {note: "no page says it"}\n'


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (("- id: alpha.limits.one", "- name: alpha.limits.one"), r"entry 1: .*'name'"),
        (("  level: must\n", ""), r"entry 1: .*'level'"),
        ((SILENT, ""), r"entry 2: .*'source'"),
        ((SILENT, f"{SILENT}  weight: x\n"), r"entry 2: .*'weight'"),
        ((SILENT, "  source: the page\n"), "entry 2: a source is a mapping with page, section, sentence and note"),
        ((SILENT, "  source: []\n"), "entry 2: a source is expected"),
        ((SILENT, "  source: {pages: x}\n"), "entry 2: a source is a mapping with page"),
        ((SILENT, "  source: {page: other}\n"), "entry 2: pages.yaml has no page 'other'; it has batch-cancel"),
        ((SILENT, "  source: {page: batch-cancel, sentence: two}\n"), "entry 2: sentence is a number or a list"),
        (("importance: low", "importance: 3"), "entry 2: a mapping of texts"),
        (("importance: low", "importance: minor"), "entry 2: level is one of must, should, open, importance one of"),
        (("level: should", "level: may"), "entry 2: level is one of"),
        (
            ("level: should", "level: should\n  property: leak"),
            "entry 2: property is one of deduplication, length-limit,",
        ),
        (("alpha.rows.order", "beta.rows.order"), r"entry 2: an id is alpha\.<topic>\.<rule>, not 'beta"),
        (("alpha.rows.order", "alpha.rows"), "entry 2: an id is"),
        (("alpha.rows.order", "alpha.rows.order.more"), "entry 2: an id is"),
        (("alpha.rows.order", "alpha.limits.one"), "alpha.limits.one appear more than once"),
        ((GOOD, "alpha: 1"), "a list of clauses is expected"),
        ((GOOD, ""), "a list of clauses is expected"),
        ((GOOD, "- just text"), "entry 1: a mapping of texts"),
        ((GOOD, "- id: [unclosed"), "while parsing"),
        ((GOOD, "- {1: a}"), "entry 1"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, change: tuple[str, str], says: str) -> None:
    with pytest.raises(SuiteFault, match=says) as caught:
        load(tmp_path, GOOD.replace(*change))
    assert "clauses.yaml" in str(caught.value)


def test_a_venue_without_clauses_is_named(tmp_path: Path) -> None:
    with pytest.raises(SuiteFault, match=r"none\.yaml"):
        load_catalogue("alpha", tmp_path / "none.yaml")


@pytest.mark.parametrize(
    ("pattern", "ids"),
    [
        ("alpha.limits.one", ["alpha.limits.one"]),
        ("limits.one", ["alpha.limits.one"]),
        ("limits.*", ["alpha.limits.one"]),
        ("*", ["alpha.limits.one", "alpha.rows.order"]),
        ("alpha.*.o*", ["alpha.limits.one", "alpha.rows.order"]),
        ("limits", []),
        ("Limits.*", []),
    ],
)
def test_patterns_find_clauses(tmp_path: Path, pattern: str, ids: list[str]) -> None:
    assert [clause.id for clause in load(tmp_path, GOOD).matching(pattern)] == ids


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("alpha.limit.one", "alpha.limits.one"),
        ("x", None),
        ("alpha.x", None),
        ("limit.*", "limits.*"),
        ("alpha.limit.*", "alpha.limits.*"),
    ],
)
def test_the_closest_id_is_found(tmp_path: Path, typed: str, meant: str | None) -> None:
    assert load(tmp_path, GOOD).closest(typed) == meant
