"""``diff``: a changed page of documentation leads to the sentences and clauses that it touches, and to no others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from venue_conformance.cli import main
from venue_conformance.contract.page_changes import KnownPage, known_pages, page_changes
from venue_conformance.contract.page_text import read_page
from venue_conformance.contract.pages import fingerprint, segments
from venue_conformance.contract.resources import resources_root, venue_names
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import ClientFault

PAGE = """Cancel orders
Up to 100 ids. Duplicates count once.
Idempotency-Key
1-255 characters of [A-Za-z0-9_-]. Another body is rejected with 422.
PAYLOAD="${TIMESTAMP}.${METHOD}"
"""
SOURCES = [
    {"locator": f"page/{number}", "fingerprints": [fingerprint(text)], "clauses": [f"venue.topic.{number}"]}
    for number, text in enumerate(segments(PAGE))
]


def changes(new: str, old: str | None = None) -> list[tuple[str, bool, tuple[str, ...]]]:
    return [(each.kind, each.near, each.locators) for each in page_changes(SOURCES, new, old)[1]]


def test_same_page_has_no_changes() -> None:
    assert changes(PAGE) == []
    assert changes(PAGE.replace("Idempotency-Key", "\n## **Idempotency-Key**\n").replace("1-255", "1–255")) == []


@pytest.mark.parametrize("old", [None, PAGE])
@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("100", "50", ("changed", False, ("page/1",))),
        ("_-", "-", ("changed", False, ("page/4",))),
        (" Duplicates count once.", "", ("removed", False, ("page/2",))),
        ("422.", "422. It is stored for 24 hours.", ("added", True, ("page/5", "page/6"))),
        (".${METHOD}", ".${QUERY}.${METHOD}", ("changed", False, ("page/6",))),
    ],
)
def test_change_leads_to_its_sentence(
    old: str | None, before: str, after: str, expected: tuple[str, bool, tuple[str, ...]]
) -> None:
    assert changes(PAGE.replace(before, after), old) == [expected]


def test_moved_sentence_is_called_moved() -> None:
    first, *rest = PAGE.splitlines()
    moved = changes("\n".join([*rest, first]))
    assert {kind for kind, _, _ in moved} == {"moved"}


def test_old_page_shows_its_words() -> None:
    [change] = page_changes(SOURCES, PAGE.replace("422", "409"), PAGE)[1]
    assert (change.old, change.new) == ("Another body is rejected with 422.", "Another body is rejected with 409.")
    assert change.clauses == ("venue.topic.5",)


def test_sentences_of_one_segment_change_together() -> None:
    twice = [*SOURCES, {**SOURCES[-1], "locator": "page/6b"}]
    [change] = page_changes(twice, PAGE.replace("PAYLOAD", "TEXT"))[1]
    assert change.locators == ("page/6", "page/6b")


def test_another_page_is_refused() -> None:
    with pytest.raises(ClientFault, match="no version of a known page"):
        changes("Something else. Nothing of it is known.")


HTML = """<!DOCTYPE html><html><head><title>Docs</title><script>let a = 1</script></head><body>
<h1>Cancel orders</h1><p>Up to 100 ids. Duplicates
   count once.</p><h2>Idempotency-Key</h2>
<p>1&#45;255 characters of <code>[A-Za-z0-9_-]</code>. Another body is <b>rejected</b> with 422.</p>
<pre>PAYLOAD="${TIMESTAMP}.${METHOD}"
</pre></body></html>"""


def test_html_reads_as_its_text(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text(HTML, encoding="utf-8")
    assert changes(read_page(tmp_path / "page.html")) == []


@pytest.mark.parametrize(
    ("content", "words"), [(b"\xff\xfe", "text in UTF-8 is expected"), (b"x" * (5 * 2**20 + 1), "longer than")]
)
def test_unreadable_page_is_refused(tmp_path: Path, content: bytes, words: str) -> None:
    (tmp_path / "page.txt").write_bytes(content)
    with pytest.raises(ClientFault, match=words):
        read_page(tmp_path / "page.txt")


def test_missing_page_is_bad_usage(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "bayse", "--page", str(tmp_path / "none.txt")]) == 2
    assert "none.txt: cannot be read" in capsys.readouterr().err


@pytest.mark.parametrize("venue", venue_names())
def test_fingerprints_of_every_venue_make_pages(venue: str) -> None:
    sources = read_yaml(resources_root() / "specs" / venue / "sources.yaml")
    pages = known_pages(sources)
    assert pages
    assert all(isinstance(page, KnownPage) and all(page.locators) for page in pages)
    assert {locator for page in pages for own in page.locators for locator in own} == {
        source["locator"] for source in sources
    }


def test_json_names_the_checks(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "old.txt").write_text(
        "Cancel up to 100 CLOB orders in a single request.\nBatch cancel charges one rate-limit token per ID.\n"
        "Its answers are JSON.",
        encoding="utf-8",
    )
    (tmp_path / "new.txt").write_text("Cancel up to 50 CLOB orders in a single request.\n", encoding="utf-8")
    # Two sentences are too little of the page: what is compared has to be a version of it.
    assert main(["diff", "bayse", "--page", str(tmp_path / "old.txt"), str(tmp_path / "new.txt")]) == 2
    assert "no version of a known page" in capsys.readouterr().err
    assert main(["diff", "nowhere", "--page", str(tmp_path / "new.txt")]) == 2


def test_real_page(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The whole command, on a page made of what is known of it: its fingerprints are those of the text."""
    monkeypatch.setattr("venue_conformance.cli.diff.read_yaml", lambda _: SOURCES)
    monkeypatch.setattr("venue_conformance.cli.diff.checks_by_clause", lambda _: {"venue.topic.5": ["a", "b"]})
    (tmp_path / "new.txt").write_text(PAGE.replace("422", "409"), encoding="utf-8")
    assert main(["diff", "bayse", "--page", str(tmp_path / "new.txt"), "--format", "json"]) == 1
    document = json.loads(capsys.readouterr().out)
    assert document["class"] == "review"
    assert document["clauses"] == {"venue.topic.5": ["a", "b"]}


NEW = "Another body is rejected with 409. Duplicate IDs | are @rejected <b>twice</b>."


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A newer page; on the sentence that differs rest a clause that judges and an open one."""
    sources = [{**each, "clauses": ["bayse.page.presentation"]} for each in SOURCES]
    sources[5]["clauses"] = ["bayse.idempotency.changed-body", "bayse.idempotency.body-comparison"]
    monkeypatch.setattr("venue_conformance.cli.diff.read_yaml", lambda _: sources)
    monkeypatch.setattr("venue_conformance.cli.diff.checks_by_clause", lambda _: {})
    file = tmp_path / "new.txt"
    file.write_text(PAGE.replace("Another body is rejected with 422.", NEW), encoding="utf-8")
    return file


def test_new_sentence_names_the_questions_that_it_may_answer(page: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "bayse", "--page", str(page)]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert "  open    bayse.idempotency.body-comparison: does the page answer it now?" in lines
    [perhaps] = [line for line in lines if line.startswith("  perhaps")]
    assert "bayse.rows.duplicates" in perhaps
    assert main(["diff", "bayse", "--page", str(page), "--format", "json"]) == 1
    [change] = json.loads(capsys.readouterr().out)["changes"]
    assert change["open"] == ["bayse.idempotency.body-comparison"]
    assert "bayse.rows.duplicates" in change["may_answer"]


def test_page_as_a_comment_and_as_a_page(page: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    files = {form: tmp_path / f"changes.{form}" for form in ("markdown", "html")}
    reports = [f"--report={form}={file}" for form, file in files.items()]
    assert main(["diff", "bayse", "--page", str(page), *reports]) == 1
    capsys.readouterr()
    comment, html = (files[form].read_text(encoding="utf-8") for form in files)
    assert comment.startswith("<!-- venue-conformance:page:bayse:page -->\n")
    [row] = [line for line in comment.splitlines() if "Duplicate" in line]
    assert row.startswith("| Changed | `page/5`<br>new: `Another body")
    assert row.count(" | ") == 2, "what a page says makes no column"
    assert "<b>" not in html
    assert "<script" not in html
    assert "default-src 'none'" in html


def test_same_page_needs_no_comment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("venue_conformance.cli.diff.read_yaml", lambda _: SOURCES)
    (tmp_path / "new.txt").write_text(PAGE, encoding="utf-8")
    assert main(["diff", "bayse", "--page", str(tmp_path / "new.txt"), "--format", "markdown"]) == 0
    assert capsys.readouterr().out == ""
