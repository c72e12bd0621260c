"""``certificate verify --page``: whether a certificate holds before a newer page, and by which sentences not."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from nacl.signing import SigningKey

from venue_conformance.changes.certified_pages import _locators
from venue_conformance.cli import main
from venue_conformance.contract.client_clauses import client_venue_names, load_client_catalogue
from venue_conformance.contract.pages import fingerprint, segments
from venue_conformance.contract.resources import resources_root
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.report.certificate import Subject, statement_of
from venue_conformance.report.dsse import public_pem, sign

PAGE = """Cancel orders
1-255 characters of [A-Za-z0-9_-].
Another body is rejected with 422.
Sell your shares instead.
"""
CLAUSES = [
    ["bayse.page.presentation"],
    ["bayse.idempotency.longest-key", "bayse.idempotency.blank-key"],
    ["bayse.idempotency.changed-body"],
    ["bayse.page.amm-instant"],
]
KEY = SigningKey(bytes(range(32)))


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The arguments of a verification; the page in it is ours for the time of a test, the digests stay."""
    sources = [
        {"locator": f"batch-cancel/headers/{number}", "fingerprints": [fingerprint(text)], "clauses": clauses}
        for number, (text, clauses) in enumerate(zip(segments(PAGE), CLAUSES, strict=True), 1)
    ]
    monkeypatch.setattr("venue_conformance.changes.certified_pages.read_yaml", lambda _: sources)
    clauses = [
        {"id": name, "level": "must", "verdict": "conforms"}
        for name in ("bayse.idempotency.longest-key", "bayse.idempotency.changed-body")
    ]
    document: dict[str, Any] = {
        "run": {"id": "1", "seed": 1, "interrupted": False, "errors": [], "selection": {}},
        "checks": [],
        "target": {"venue": "bayse"},
        "clauses": clauses,
    }
    monkeypatch.setattr("venue_conformance.report.certificate.scope_words", lambda _: "")
    digest = hashlib.sha256(b"x").hexdigest()
    subject = Subject("venue", digest)
    issued = datetime.now(UTC)
    statement = statement_of(
        document, b"{}", subject, clauses_and_scripts=digest, adaptor=None, witness="self", issued=issued
    )
    (tmp_path / "certificate.json").write_bytes(sign(statement, KEY))
    (tmp_path / "key.pub").write_text(public_pem(KEY.verify_key))
    return ["certificate", "verify", str(tmp_path / "certificate.json"), "--key", str(tmp_path / "key.pub"), "--page"]


def verified(
    certificate: list[str], text: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> tuple[int, list[str]]:
    (folder / "page.md").write_text(text, encoding="utf-8")
    status = main([*certificate, str(folder / "page.md")])
    return status, capsys.readouterr().out.splitlines()


def test_same_page(certificate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = verified(certificate, PAGE.replace("1-255", "1–255"), tmp_path, capsys)
    assert status == 0, lines
    assert "  the page       batch-cancel: every sentence reads as it did" in lines
    assert any(line.startswith("  held against") and line.endswith(", the page") for line in lines)


def test_sentence_that_it_rests_on(certificate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, lines = verified(certificate, PAGE.replace("_-]", "-]"), tmp_path, capsys)
    assert status == 1
    assert lines[0].endswith("REFUSED: the page batch-cancel says something else in 1 place that it rests on")
    assert lines[1:] == [
        "  changed        batch-cancel/headers/2",
        "    now          1-255 characters of [A-Za-z0-9-].",
        "    rests on it  bayse.idempotency.longest-key",
    ]


@pytest.mark.parametrize(
    ("text", "status", "words"),
    [
        (PAGE.replace("Another body is rejected with 422.\n", ""), 1, "  gone           batch-cancel/headers/3"),
        (PAGE.replace("422.\n", "422.\nNever on Sundays.\n"), 1, "  new beside     batch-cancel/headers/3"),
        (PAGE.replace("Sell", "Keep"), 0, "elsewhere: batch-cancel/headers/4"),
        ("\n".join([*PAGE.splitlines()[1:], PAGE.splitlines()[0]]), 0, "elsewhere: batch-cancel/headers/1"),
    ],
    ids=["gone", "new", "elsewhere", "moved"],
)
def test_what_differs_is_named(
    certificate: list[str],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    status: int,
    words: str,
) -> None:
    ended, lines = verified(certificate, text, tmp_path, capsys)
    assert ended == status, lines
    assert any(words in line for line in lines), lines


def test_another_page_is_bad_usage(certificate: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    status, _ = verified(certificate, "Something else.\nNothing of it is known.\n", tmp_path, capsys)
    assert status == 2


@pytest.mark.parametrize("venue", client_venue_names())
def test_every_sentence_that_a_client_clause_cites_is_found(venue: str) -> None:
    known = [each["locator"] for each in read_yaml(resources_root() / "specs" / venue / "sources.yaml")]
    pages = {locator.partition("/")[0] for locator in known}
    for clause in load_client_catalogue(venue).values():
        cited = [source for source in clause.sources if source.page and source.page.id in pages and source.sentences]
        assert all(_locators([source], known) for source in cited), clause.id
