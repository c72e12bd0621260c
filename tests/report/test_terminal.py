"""What a person at a terminal reads."""

from __future__ import annotations

import io
import re
from dataclasses import replace

import pytest
from rich.console import Console

from venue_conformance.report.console import open_console, print_rows
from venue_conformance.report.terminal import print_report, print_reports


def printed(document, *, width=100, colour=False) -> str:
    out = io.StringIO()
    print_report(
        document,
        Console(file=out, width=width, force_terminal=colour, color_system="standard" if colour else None),
    )
    return out.getvalue()


def test_a_violation_is_told_in_full(make) -> None:
    checks = [make.check("failed", id="a.py::x[1]", expected="422", actual="200 {}", exchanges=[3])]
    text = printed(make.document(checks=checks, exchanges=[make.exchange(3)], report_path="out/conformance.json"))
    for wanted in (
        "VIOLATED bayse.limits.one",
        "bayse.limits.one holds.",
        "must, importance high",
        "Batch cancel, body, sentence 1",
        "expected 422",
        "actual   200 {}",
        "→ 200 in 10 ms · {}",
        "venue-conformance replay out/conformance.json 'a.py::x[1]'",
        "exit status 1: at least one clause is violated",
    ):
        assert wanted in text


@pytest.mark.parametrize(("outcome", "shown"), [("inconclusive", True), ("passed", False)])
def test_what_the_probe_met_is_told_where_nothing_could_be_judged(make, outcome: str, shown: bool) -> None:
    probe = {"kind": "other", "told": "answered 200 in HTML", "ended": False, "exchange": None}
    run = make.run(probe=probe)
    document = make.document(checks=[make.check(outcome, cause="way" if shown else None)], of_run=run)
    assert ("answered 200 in HTML" in printed(document)) is shown


def test_one_wide_cell_leaves_the_others_of_its_column_in_line_in_a_pipe() -> None:
    out = io.StringIO()
    wide = "w" * 200
    print_rows(open_console(out), ("what", "number"), [["a", "1"], [wide, "2"], ["abcdef", "3"]])
    assert out.getvalue().splitlines() == ["what    number", "a       1", f"{wide}  2", "abcdef  3"]


def test_the_replay_command_is_never_broken_over_lines(make) -> None:
    name = "suites/bayse/test_limits.py::" + "x" * 200
    text = printed(make.document(checks=[make.check("failed", id=name, exchanges=[1])]), width=60)
    assert f"venue-conformance replay conformance.json '{name}'" in text


def test_the_table_counts_clauses_by_topic(make) -> None:
    clauses = [make.clause(), make.clause("bayse.limits.two"), make.clause("bayse.rows.three")]
    lines = printed(make.document(clauses, [make.check(), make.check("failed", "bayse.rows.three")])).splitlines()
    row = {cells[0]: cells[1:] for cells in ([cell.strip() for cell in line.strip("│").split("│")] for line in lines)}
    head = [
        cell.strip() for cell in next(line for line in lines if "topic" in line and "┃" in line).strip("┃").split("┃")
    ]
    assert head == ["topic", "violates", "conforms", "not part of this run"]
    assert row["limits"] == ["·", "1", "1"]
    assert row["rows"] == ["1", "·", "·"]
    assert row["all"] == ["1", "1", "1"]


def test_untested_clauses_are_summed_up_by_what_would_make_them_testable(make) -> None:
    clauses = [make.clause(f"bayse.idempotency.n{number}") for number in range(4)]
    checks = [make.check("not-tested", each.id, reason="not offered", needs="held request") for each in clauses[:3]]
    checks.append(make.check("not-tested", clauses[3].id, reason="never exercised: no 429", cause="condition"))
    text = printed(make.document(clauses, checks))
    assert "needs held request: 3 clauses\n    bayse.idempotency.n0, bayse.idempotency.n1, bayse.idempotency.n2" in text
    assert "never exercised: no 429: 1 clause\n    bayse.idempotency.n3" in text


@pytest.mark.parametrize(
    ("outcome", "allow_untested", "line"),
    [
        ("passed", False, "exit status 0: every clause that was judged is kept"),
        ("not-tested", False, "exit status 3: nothing is violated, but not everything was tested"),
        ("not-tested", True, "exit status 3: --allow-untested forgives no clause for which"),
        ("inconclusive", True, "exit status 3: the target could not be judged"),
        ("error", True, "exit status 4: the suite itself failed"),
    ],
)
def test_the_last_line_says_what_the_exit_status_means(make, outcome, allow_untested, line) -> None:
    text = printed(make.document(checks=[make.check(outcome)], of_run=make.run(allow_untested=allow_untested)))
    assert text.splitlines()[-1].startswith(line)


def test_an_interrupted_run_says_so(make) -> None:
    assert "exit status 130: interrupted" in printed(make.document(of_run=make.run(interrupted=True)))


@pytest.mark.parametrize("colour", [False, True])
def test_text_from_the_target_is_neither_markup_nor_a_control_sequence(make, colour) -> None:
    text = printed(make.full_document(make.hostile), width=400, colour=colour)
    assert "[bold red]x[/]" in text
    assert ":smile:" in text
    assert "\\x1b[2J" in text
    own = re.sub(r"\x1b\[[0-9;]*m|\x1b\]8;[^;]*;(https://docs\.example/[a-z-]*)?\x1b\\", "", text)
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ud800-\udfff]", own)
    assert colour or own == text


def test_a_long_trace_shows_its_end(make) -> None:
    exchanges = [make.exchange(number, status=200 + number) for number in range(1, 31)]
    text = printed(make.document(checks=[make.check("failed", exchanges=list(range(1, 31)))], exchanges=exchanges))
    assert "(the last 12 of 30 lines)" in text
    assert "#30 " in text
    assert "#18 DELETE" not in text


def test_huge_texts_do_not_flood_the_terminal(make) -> None:
    assert len(printed(make.document(checks=[make.check("failed", actual="x" * 1_000_000, expected="y")]))) < 12_000


def test_a_topic_is_text_too(make) -> None:
    assert "[bold]x[/bold]" in printed(make.document([make.clause("bayse.[bold]x[/bold].one")], []))


def briefly(*documents) -> list[str]:
    """What a run prints into a pipe, without evidence."""
    out = io.StringIO()
    print_reports(documents, open_console(out))
    return out.getvalue().splitlines()


def many(make, number: int) -> tuple[list, list]:
    clauses = [make.clause(f"bayse.limits.n{each}", importance=("low", "critical")[each % 2]) for each in range(number)]
    checks = [make.check("failed", each.id, id=f"suites/a.py::{each.id}") for each in clauses]
    return clauses, checks


def test_a_conforming_run_is_a_few_lines(make) -> None:
    lines = briefly(make.document())
    assert len(lines) <= 12, "eleven topics and a header come before them: 25 in all"
    assert lines[-1] == "exit status 0: every clause that was judged is kept"


def test_each_of_many_violations_is_one_line_by_importance(make) -> None:
    lines = briefly(make.document(*many(make, 50)))
    assert len(lines) <= 75
    found = [line for line in lines if line.startswith("violated ")]
    assert len(found) == 50
    weights = [line.split("(")[1].split(")")[0] for line in found]
    assert weights == sorted(weights), "critical comes before low"
    assert "bayse.limits.n1: bayse.limits.n1 holds." in found[0]


def test_what_follows_is_counted_behind_its_cause(make) -> None:
    document = make.document(*many(make, 3))
    root = document["clauses"][0]["id"]
    for clause in document["clauses"]:
        clause["follows"] = None if clause["id"] == root else root
    found = [line for line in briefly(document) if line.startswith("violated ")]
    assert len(found) == 1
    assert found[0].endswith("(and 2 that follow)")


def test_what_matters_comes_in_order(make) -> None:
    clauses = [make.clause(), make.clause("bayse.rows.two")]
    checks = [make.check("failed"), make.check("not-tested", "bayse.rows.two", id="b.py::b", reason="no", needs="fill")]
    text = "\n".join(briefly(make.document(clauses, checks)))
    parts = ["violated (high) bayse.limits.one", "needs fill: 1 clause", "must clauses 2: 1 violated, 1 not tested"]
    parts += ["bayse at http://127.0.0.1:9001 (staging): violates", "exit status 1"]
    places = [text.index(part) for part in parts]
    assert places == sorted(places)


def test_sums_and_verdict_agree_in_a_smoke_run(make) -> None:
    clauses = [make.clause(), make.clause("bayse.rows.two")]
    left_out = make.check("not-tested", "bayse.rows.two", id="suites/b.py::b", reason="not part of smoke")
    left_out = replace(left_out, cause="not-selected")
    text = "\n".join(briefly(make.document(clauses, [make.check(), left_out], of_run=make.run(profile="smoke"))))
    assert "must clauses 2: 1 conform, 1 not part of this run" in text
    assert "checks 2: 1 passed, 1 not part of this run" in text
    assert "smoke: 1 of 2 must clauses" in text


def test_a_dead_target_is_a_few_lines(make) -> None:
    probe = {"kind": "unreachable", "told": "http://x: nothing listens there", "ended": True, "exchange": None}
    lines = briefly(make.document(checks=[], of_run=make.run(probe=probe)))
    assert len(lines) == 3
    assert lines[0] == "http://x: nothing listens there"


def test_several_venues_are_one_table_and_one_line(make) -> None:
    documents = [make.document(), make.document(checks=[make.check("failed")])]
    lines = briefly(*documents)
    assert lines[-1].startswith("2 venues: 1 conform, 1 violate; seed 7; exit status 1: at least one clause")
    assert sum(line.startswith("bayse  ") for line in lines) == 2


@pytest.mark.parametrize("columns", ["20", "200"])
def test_nothing_is_wrapped_or_filled_up_in_a_pipe(make, monkeypatch: pytest.MonkeyPatch, columns: str) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    clause = make.clause("bayse.limits." + "x" * 150, promise=("word " * 60).strip())
    out = io.StringIO()
    document = make.document([clause], [make.check("failed", clause.id, expected=("y " * 200).strip())])
    print_report(document, open_console(out))
    lines = out.getvalue().splitlines()
    assert any(clause.id in line and "VIOLATED" in line for line in lines)
    assert any(("y " * 200).strip() in line for line in lines)
    assert [line for line in lines if line != line.rstrip()] == []


@pytest.mark.parametrize(("color", "coloured"), [("auto", False), ("always", True), ("never", False)])
def test_color_has_the_last_word(make, color, coloured, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    out = io.StringIO()
    print_report(make.document(checks=[make.check("failed")]), open_console(out, color=color))
    assert ("\x1b[" in out.getvalue()) is coloured
