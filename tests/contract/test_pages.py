"""Fingerprints of documentation pages: what they level, what they do not, and that they still fit the pages."""

import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from venue_conformance.contract.page_changes import known_pages
from venue_conformance.contract.pages import FINGERPRINT_LENGTH, fingerprint, segments
from venue_conformance.contract.resources import resources_root, venue_names

every_venue = pytest.mark.parametrize("venue", venue_names())
#: A folder with the text of the pages, <venue>/<page id>.txt: they are their owners', so they are not kept here.
PAGES = os.environ.get("CONTRACT_PAGES")

PLAIN = 'Keys have 1-255 characters of [A-Za-z0-9_-]. Others get "422".\nPAYLOAD="${TIMESTAMP}.${METHOD}"\n'


def fingerprints(text: str) -> list[str]:
    return [fingerprint(segment) for segment in segments(text)]


def sources(venue: str) -> list[dict[str, Any]]:
    loaded: list[dict[str, Any]] = yaml.safe_load(
        (resources_root() / "specs" / venue / "sources.yaml").read_text("utf-8")
    )
    return loaded


def test_page_is_split_into_sentences_and_lines_of_code() -> None:
    assert list(segments(PLAIN)) == [
        "Keys have 1-255 characters of [A-Za-z0-9_-].",
        'Others get "422".',
        'PAYLOAD="${TIMESTAMP}.${METHOD}"',
    ]


def test_abbreviation_ends_no_sentence() -> None:
    assert list(segments("A client, e.g. Postman, waits. It retries.")) == [
        "A client, e.g. Postman, waits.",
        "It retries.",
    ]


@pytest.mark.parametrize(
    "same",
    [
        pytest.param(PLAIN.replace("-255", "–255"), id="dash"),
        pytest.param(PLAIN.replace('"422"', "“422”"), id="quotation marks"),
        pytest.param(PLAIN.replace("\n", "\n\n\n"), id="blank lines"),
        pytest.param(PLAIN.replace(" have", "\u00a0  have"), id="spaces"),
        pytest.param(PLAIN.replace("Keys", "## **Keys**"), id="heading and bold"),
        pytest.param(PLAIN.replace("[A-Za-z0-9_-]", "`[A-Za-z0-9_-]`"), id="code in prose"),
        pytest.param(PLAIN.replace("Keys", "[Keys](https://docs.example/keys)"), id="link"),
        pytest.param(PLAIN.replace("PAYLOAD", "```bash\nPAYLOAD") + "```\n", id="fenced code"),
    ],
)
def test_rendering_changes_no_fingerprint(same: str) -> None:
    assert fingerprints(same) == fingerprints(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("_-", "-"),
        ("255", "128"),
        ("422", "409"),
        (".${METHOD}", "${METHOD}"),
        ("A-Z", "a-z"),
        ("Keys have", "Keys had"),
    ],
)
def test_one_changed_character_changes_one_fingerprint(old: str, new: str) -> None:
    changed = fingerprints(PLAIN.replace(old, new, 1))
    assert sum(one != other for one, other in zip(fingerprints(PLAIN), changed, strict=True)) == 1


@every_venue
def test_every_sentence_has_fingerprints(venue: str) -> None:
    form = re.compile(rf"[0-9a-f]{{{FINGERPRINT_LENGTH}}}")
    assert [
        entry["locator"]
        for entry in sources(venue)
        if not entry.get("fingerprints") or not all(form.fullmatch(each) for each in entry["fingerprints"])
    ] == []


@every_venue
@pytest.mark.skipif(PAGES is None, reason="CONTRACT_PAGES names no folder with the text of the pages")
def test_fingerprints_fit_the_pages(venue: str) -> None:
    for page in known_pages(sources(venue)):
        text = (Path(PAGES or "") / venue / f"{page.id}.txt").read_text(encoding="utf-8")
        assert list(page.fingerprints) == fingerprints(text), page.id
