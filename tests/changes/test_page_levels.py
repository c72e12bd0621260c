"""Of a page the words count: how it is written, wrapped or exported makes no difference, any character does."""

from __future__ import annotations

import html
import textwrap
from pathlib import Path

import pytest

from venue_conformance.changes.page_rendering import render_markdown, render_text
from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.contract.page_changes import PageChange, page_changes
from venue_conformance.contract.page_text import read_page
from venue_conformance.contract.pages import fingerprint, segments
from venue_conformance.errors import ClientFault

PAGE = """Cancel orders
Cancel up to 100 orders in a single request, which may belong to different markets. Duplicates count once.
Keys
A key has the form ps_live_<keyId>_<secret>. Ids that are partial_filled stay, see .*rules.* for more.
Idempotency-Key
1-255 characters of [A-Za-z0-9_-]. A retry with the same key but a different body is rejected with 422.
Closing
Each id is handled by itself, whatever becomes of the others. One token is charged per id.
"""
SOURCES = [
    {"locator": f"page/{number}", "fingerprints": [fingerprint(text)], "clauses": [f"bayse.topic.{number}"]}
    for number, text in enumerate(segments(PAGE), 1)
]


def changes(new: str, old: str | None = None) -> list[PageChange]:
    return page_changes(SOURCES, new, old)[1]


def as_read(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return read_page(folder / name)


def wrapped(text: str, width: int) -> str:
    return "\n".join(
        textwrap.fill(line, width, break_long_words=False, break_on_hyphens=False) for line in text.splitlines()
    )


def as_html(text: str) -> str:
    return "".join(f"<p>{html.escape(line)}</p>" for line in text.splitlines())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.txt", "\ufeff" + PAGE.replace("Keys", "\u200bKeys").replace("single", "sin\u00adgle")),
        ("a.txt", wrapped(PAGE, 20)),
        ("a.txt", wrapped(PAGE, 47)),
        ("a.md", PAGE.replace("partial_filled", r"partial\_filled").replace("[A-Za-z0-9_-]", r"\[A-Za-z0-9\_-\]")),
        ("a.md", PAGE.replace("[A-Za-z0-9_-]", "`[A-Za-z0-9_-]`").replace("100 orders", "**100** _orders_")),
        ("a.md", f"<Note>\n\n{PAGE}\n</Note>\n"),
        ("a.html", as_html(PAGE)),
        (
            "page",
            f"<!-- saved from url=(0019)https://x.invalid/ -->\n<!DOCTYPE html><html>{as_html(PAGE)}</html>",
        ),
    ],
)
def test_same_words_are_no_change(tmp_path: Path, name: str, text: str) -> None:
    read = as_read(tmp_path, name, text)
    assert changes(read) == []
    assert changes(read, PAGE) == []


def test_both_wrapped_otherwise_and_new_words_in_both() -> None:
    """Of a sentence that the fingerprints do not know, two ways to wrap it are the same as well."""
    newer = PAGE.replace("whatever becomes of the others", "which is new, and long enough to be wrapped somewhere")
    assert changes(wrapped(newer, 30), wrapped(newer, 41)) == []


@pytest.mark.parametrize(
    ("before", "after", "place"),
    [
        ("<keyId>", "<walletId>", "page/5"),
        (".*rules.*", ".rules.", "page/6"),
        ("[A-Za-z0-9_-]", "[A-Za-z0-9-]", "page/8"),
        ("partial_filled", "partialfilled", "page/6"),
        ("422", "409", "page/9"),
    ],
)
def test_any_other_character_counts(tmp_path: Path, before: str, after: str, place: str) -> None:
    for name in ("a.txt", "a.md"):
        [change] = changes(as_read(tmp_path, name, PAGE.replace(before, after)))
        assert (change.kind, change.locators) == ("changed", (place,))


def test_backslash_in_code_counts(tmp_path: Path) -> None:
    text = PAGE.replace("[A-Za-z0-9_-]", r"`[A-Za-z0-9\_-]`")
    [change] = changes(as_read(tmp_path, "a.md", text))
    assert change.locators == ("page/8",)


def test_sentences_that_change_beside_each_other_keep_their_clauses_apart() -> None:
    found = changes(PAGE.replace("markets", "events").replace("once", "twice"), PAGE)
    assert [(each.locators, each.clauses) for each in found] == [
        (("page/2",), ("bayse.topic.2",)),
        (("page/3",), ("bayse.topic.3",)),
    ]


@pytest.mark.parametrize("old", [None, PAGE])
def test_what_moved_is_one_change(old: str | None) -> None:
    section = PAGE[PAGE.index("Keys\n") : PAGE.index("Idempotency-Key\n")]
    [change] = changes(PAGE.replace(section, "") + section, old)
    assert (change.kind, change.locators, change.beside) == ("moved", ("page/4", "page/5", "page/6"), ("page/12",))
    told = render_text("page", [change], {}, load_catalogue("bayse"))
    assert told.count("<keyId>") == 1, "it reads as before"
    assert "now     beside page/12" in told


def test_page_of_something_else_is_no_newer_version() -> None:
    with pytest.raises(ClientFault, match="newer page is no version of the older one: it has 0%"):
        changes("Other words. And others.", PAGE)
    with pytest.raises(ClientFault, match=r"older page is no version of a known page .*; give the page as its site"):
        changes(PAGE, "Other words. And others.")


def test_where_a_long_sentence_differs_is_seen() -> None:
    old = f"{'Words that stay. ' * 60}The limit is 100."
    change = PageChange("changed", False, ("page/1",), old, old.replace("100", "50"), ())
    for told in (
        render_text("page", [change], {}, load_catalogue("bayse")),
        render_markdown("bayse", "page", [change], {}, load_catalogue("bayse")),
    ):
        assert "The limit is 100." in told
        assert "The limit is 50." in told
