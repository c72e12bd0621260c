"""``venue-conformance clauses``: the catalogue, to be read and searched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import run_command
from venue_conformance.cli import main
from venue_conformance.contract.clauses import load_catalogue


def test_every_clause_stands_there_whole(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "bayse")
    assert (done.status, done.errors) == (0, "")
    listed = {line.split()[0]: line for line in done.output.splitlines() if line.startswith("bayse.")}
    assert listed.keys() == load_catalogue("bayse").keys()
    assert "excluded" in listed["bayse.page.upstream"]


def test_an_invariant_is_followed_over_all_venues(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "--property", "no-existence-leak")
    assert (done.status, done.errors) == (0, "")
    listed = {line.split()[0] for line in done.output.splitlines()[1:]}
    assert {clause.partition(".")[0] for clause in listed} == {"bayse", "arcus", "predictstreet"}
    assert all(load_catalogue(clause.partition(".")[0])[clause].invariant == "no-existence-leak" for clause in listed)


def test_an_invariant_that_nobody_knows_is_refused(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "--property", "leaks")
    assert done.status == 2
    assert "no-existence-leak" in done.errors


def test_for_programs_it_is_a_list_or_a_table(tmp_path: Path) -> None:
    listed = json.loads(run_command(tmp_path, "clauses", "bayse", "--format", "json").output)
    assert [each["id"] for each in listed] == list(load_catalogue("bayse"))
    assert all(each["checks"] for each in listed if each["excluded"] is None)
    table = run_command(tmp_path, "clauses", "bayse", "--format", "tsv").output.splitlines()
    assert {line.count("\t") for line in table} == {4}
    assert len(table) == len(listed) + 1


def test_one_clause_is_explained(tmp_path: Path) -> None:
    done = run_command(tmp_path, "clauses", "bayse.idempotency.changed-body")
    assert (done.status, done.errors) == (0, "")
    clause = load_catalogue("bayse")["bayse.idempotency.changed-body"]
    for wanted in (clause.promise, clause.source_url, "must, importance critical", "orders with status open"):
        assert str(wanted) in done.output
    assert "    replays-for-any-body: Replays the stored answer even when the body differs." in done.output
    assert "when it fails, look at" in done.output


@pytest.mark.parametrize(
    ("wanted", "reported"),
    [
        ("bayse.idempotency.changed-bdy", "did you mean bayse.idempotency.changed-body?"),
        ("limits.empty-refused", "venues have it: "),
        ("bays", "did you mean bayse?"),
        ("idempotncy.*", "no clause id matches; did you mean idempotency.*?"),
    ],
)
def test_what_is_no_clause_is_said(capsys: pytest.CaptureFixture[str], wanted: str, reported: str) -> None:
    assert main(["clauses", wanted]) == 2
    said = capsys.readouterr().err
    assert said.startswith(f"error: {wanted}: ")
    assert reported in said


def test_nothing_is_suggested_that_is_not_alike(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "bayse.nothing"]) == 2
    assert "did you mean" not in capsys.readouterr().err


def test_a_pattern_lists_what_it_matches(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["clauses", "idempotency.*", "--quiet"]) == 0
    listed = capsys.readouterr().out.split()
    assert {clause.partition(".")[0] for clause in listed} >= {"bayse"}
    assert {clause.split(".")[1] for clause in listed} == {"idempotency"}


def test_what_can_be_served_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["serve", "bayse", "--list"]) == 0
    printed = capsys.readouterr().out
    assert "mutant   replays-for-any-body" in printed
    assert main(["mutants", "bayse", "--list", "--format", "json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert {each["kind"] for each in listed} == {"mutant", "variant"}
    assert all(each["name"] in printed and each["summary"] in printed and each["clauses"] for each in listed)
