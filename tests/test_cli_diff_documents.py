"""``diff VENUE [--old FILE] NEW``: the command, its output and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from venue_conformance.cli import main
from venue_conformance.contract.resources import resources_root

LIMIT = ("maxItems: 100", "maxItems: 50")
CHECKS = {"bayse.limits.hundred-accepted": ["suites/bayse/test_limits.py::test_hundred"]}


@pytest.fixture(autouse=True)
def _known_checks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("venue_conformance.cli.diff.checks_by_clause", lambda _: CHECKS)


@pytest.fixture
def old(tmp_path: Path) -> Path:
    file = tmp_path / "old.yaml"
    file.write_bytes((resources_root() / "specs" / "bayse" / "openapi.yaml").read_bytes())
    return file


def changed(old: Path, *replacements: tuple[str, str]) -> Path:
    text = old.read_text(encoding="utf-8")
    for before, after in replacements:
        assert before in text
        text = text.replace(before, after)
    file = old.with_name("new.yaml")
    file.write_text(text, encoding="utf-8")
    return file


def test_breaking_change(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(old, LIMIT)
    assert main(["diff", "bayse", "--old", str(old), str(new)]) == 1
    assert capsys.readouterr().out.splitlines() == [
        "breaking      DELETE /v1/pm/orders/batch request body: orderIds: maxItems 100 → 50",
        "  caller      no longer accepted: arrays of 51 to 100 items",
        "  place       #/components/schemas/CancelBatch/properties/orderIds/maxItems",
        "  clause      bayse.limits.hundred-accepted (1 check)",
        "  clause      bayse.limits.over-hundred-refused (0 checks)",
        "  open        bayse.limits.repeats-over-the-limit: does the document answer it now?",
        "1 breaking; 3 clauses and 1 check touched",
    ]
    assert main(["diff", "bayse", str(new)]) == 1


def test_no_change(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "bayse", "--old", str(old), str(old)]) == 0
    assert main(["diff", "bayse", str(old), "--fail-on", "any"]) == 0
    assert capsys.readouterr().out == "nothing differs\nnothing goes below what is documented\n"
    assert main(["diff", "bayse", str(old), "--format", "markdown"]) == 0
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("change", "statuses"),
    [
        (LIMIT, (1, 1, 1)),
        (("maxItems: 100", "maxItems: 200"), (0, 1, 1)),
        (("title: Bayse batch cancel", "title: Batches"), (0, 0, 1)),
    ],
)
def test_what_fails_is_chosen(
    old: Path, change: tuple[str, str], statuses: tuple[int, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    new = changed(old, change)
    for level, status in zip(("breaking", "clause", "any"), statuses, strict=True):
        assert main(["diff", "bayse", "--old", str(old), str(new), "--fail-on", level]) == status
    capsys.readouterr()


def test_json(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["diff", "bayse", "--format", "json", "--old", str(old), str(changed(old, LIMIT))]) == 1
    document = json.loads(capsys.readouterr().out)
    assert (document["class"], document["exit_status"]) == ("breaking", 1)
    [change] = document["changes"]
    assert change["counterexample"] == "no longer accepted: arrays of 51 to 100 items"
    assert document["clauses"]["bayse.limits.hundred-accepted"] == CHECKS["bayse.limits.hundred-accepted"]


def test_markdown_is_a_comment_in_which_nothing_acts(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "CLOB` @team <img src=x> | [a](b)"
    new = changed(old, ("enum: [CLOB]", f"enum: [{json.dumps(hostile)}]"), LIMIT)
    file = old.with_name("comment.md")
    arguments = ["diff", "bayse", "--old", str(old), str(new), "--report", f"markdown={file}"]
    assert main(arguments) == 1
    assert "breaking" in capsys.readouterr().out
    lines = file.read_text(encoding="utf-8").splitlines()
    assert lines[0] == "<!-- venue-conformance:diff:bayse:openapi -->"
    [row] = [line for line in lines if "@team" in line]
    assert "``newly answered: " in row.replace("``the", "")
    assert row.count(" | ") == 2, "what a document says makes no column"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["diff", "nowhere", "x.yaml"], "no such venue"),
        (["diff", "bays", "x.yaml"], "did you mean bayse?"),
        (["diff", "", "x.yaml"], "VENUE is empty: no such venue"),
        (["diff", "bayse"], "neither was given"),
        (["diff", "bayse", "none.yaml"], "none.yaml: cannot be read"),
        (["diff", "bayse", "x.yaml", "--format", "html"], "is for a page"),
        (["diff", "bayse", "x.yaml", "--page", "y.md"], "--old are for documents"),
    ],
)
def test_bad_usage(arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert words in capsys.readouterr().err


def test_output_of_a_document_gives_a_log_no_order(old: Path, capsys: pytest.CaptureFixture[str]) -> None:
    new = changed(old, ("enum: [CLOB]", 'enum: ["x\\e[31m\\n::set-output name=verdict::conforms"]'))
    assert main(["diff", "bayse", "--old", str(old), str(new)]) == 1
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert not any(line.startswith("::") for line in out.splitlines())
