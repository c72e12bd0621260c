"""The document holds to its published schema, both when it is written and when it is read."""

from __future__ import annotations

import copy
import json
import shlex
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from venue_conformance.contract.resources import resources_root
from venue_conformance.errors import ClientFault, SuiteFault
from venue_conformance.report.document import load_report, write_report
from venue_conformance.report.records import ObservationRecord, PlannedCheck

SCHEMA = json.loads((resources_root() / "specs" / "conformance.schema.json").read_text(encoding="utf-8"))


def objects(schema: object, place: str = "$"):
    """Every object schema with its place."""
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield place, schema
        for key, value in schema.items():
            yield from objects(value, f"{place}.{key}")
    elif isinstance(schema, list):
        for value in schema:
            yield from objects(value, place)


def test_the_schema_is_valid_and_named() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"].startswith("urn:")


def test_the_schema_describes_every_field_and_closes_every_object_of_ours() -> None:
    for place, schema in objects(SCHEMA):
        if "properties" in schema:
            assert schema["additionalProperties"] is False, place
            for name, field in schema["properties"].items():
                assert "$ref" in field or field.get("description"), f"{place}.{name}"
        else:
            assert schema.get("description"), place


def test_a_report_answers_the_main_questions(make) -> None:
    document = make.document(
        [make.clause(), make.clause("bayse.rows.two", "should"), make.clause("bayse.rows.open", "open")],
        [make.check("failed", id="a.py::it's[1]", exchanges=[3], expected="422", actual="200")],
        [ObservationRecord("bayse.rows.open", "two rows", "x")],
        [make.exchange(3)],
        report_path="out dir/conformance.json",
    )
    assert document["run"]["verdict"] == "violates"
    assert [(clause["verdict"], clause["reason"]) for clause in document["clauses"]] == [
        ("violates", "expected 422, got 200"),
        ("not-tested", "no check of it was selected"),
        ("observed", None),
    ]
    assert document["counts"]["clauses"]["must"]["violates"] == 1
    assert document["counts"]["checks"]["failed"] == 1
    command = document["checks"][0]["replay"]
    assert shlex.split(command) == ["venue-conformance", "replay", "out dir/conformance.json", "a.py::it's[1]"]


def test_a_target_is_replayed_with_its_file(make) -> None:
    sent = make.check("failed", exchanges=[1])
    report = make.document(checks=[sent], exchanges=[make.exchange(1)], target_file=Path("our targets/staging.toml"))
    assert shlex.split(report["checks"][0]["replay"])[4:] == ["--target", "our targets/staging.toml"]


def test_a_check_that_sent_nothing_has_nothing_to_replay(make) -> None:
    assert make.document()["checks"][0]["replay"] is None


@pytest.mark.parametrize(
    ("run", "reason", "cause", "verdict"),
    [
        ({}, "no check of it was selected", "not-selected", "partial"),
        ({"interrupted": True}, "the run was interrupted before it", "interrupted", "interrupted"),
        (
            {"probe": {"kind": "unreachable", "told": "nobody is there", "ended": True, "exchange": None}},
            "nobody is there",
            "way",
            "inconclusive",
        ),
    ],
)
def test_a_clause_without_a_check_says_why(make, run, reason, cause, verdict) -> None:
    document = make.document(checks=[], of_run=make.run(**run))
    assert (document["clauses"][0]["reason"], document["clauses"][0]["cause"]) == (reason, cause)
    assert document["run"]["verdict"] == verdict


def test_a_killed_run_does_not_look_complete(make) -> None:
    ended = make.check(id="a")
    planned = {name: PlannedCheck(name, ["bayse.limits.one"]) for name in ("a", "b")}
    document = make.document(checks=[ended], planned=planned)
    assert document["run"]["verdict"] == "partial"
    assert [check["outcome"] for check in document["checks"]] == ["passed", "not-tested"]


def test_a_violation_that_follows_from_a_graver_one_names_it(make) -> None:
    key = {"Idempotency-Key": "k" * 32}
    exchanges = [make.exchange(1, request_headers=key), make.exchange(2, request_headers=key), make.exchange(3)]
    clauses = [
        make.clause("bayse.rows.low", importance="low"),
        make.clause("bayse.rows.grave", importance="critical"),
        make.clause("bayse.rows.apart", importance="low"),
    ]
    checks = [
        make.check("failed", "bayse.rows.grave", id="a", exchanges=[1]),
        make.check("failed", "bayse.rows.low", id="b", exchanges=[2]),
        make.check("failed", "bayse.rows.apart", id="c", exchanges=[3]),
    ]
    document = make.document(clauses, checks, exchanges=exchanges)
    follows = {clause["id"]: clause["follows"] for clause in document["clauses"]}
    assert follows == {"bayse.rows.low": "bayse.rows.grave", "bayse.rows.grave": None, "bayse.rows.apart": None}


def test_a_report_comes_back_from_its_file_and_its_folder(make, tmp_path) -> None:
    document = make.full_document(make.hostile)
    path = write_report(tmp_path / "deep" / "out", document)
    assert load_report(path) == load_report(path.parent) == document
    assert sorted(file.name for file in path.parent.iterdir()) == [
        "conformance.json",
        "junit.xml",
        "report.html",
        "report.sarif",
        "summary.md",
    ]


def test_a_report_replaces_an_older_one(make, tmp_path) -> None:
    write_report(tmp_path, make.document())
    write_report(tmp_path, make.document(checks=[make.check("failed")]))
    assert load_report(tmp_path)["run"]["verdict"] == "violates"


def test_a_run_of_several_venues_is_read_from_the_right_folder(make, tmp_path) -> None:
    with pytest.raises(ClientFault, match="there is no conformance"):
        load_report(tmp_path)
    write_report(tmp_path / "bayse", make.document())
    assert load_report(tmp_path)["target"]["venue"] == "bayse"
    write_report(tmp_path / "arcus", make.document())
    with pytest.raises(ClientFault, match=r"several reports, name one: .*arcus.*bayse"):
        load_report(tmp_path)


def test_a_folder_that_cannot_be_written_is_told(make, tmp_path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ClientFault, match="the report cannot be written"):
        write_report(tmp_path / "file", make.document())
    (tmp_path / "conformance.json").mkdir()
    with pytest.raises(ClientFault, match="the report cannot be written"):
        write_report(tmp_path, make.document())
    assert not list(tmp_path.glob(".*.tmp"))


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\x00", "not JSON"),
        (b"[" * 200_000, "not JSON"),
        (b"[]", "no schema_version"),
        (b"{}", "no schema_version"),
        (b'{"schema_version": "9.0"}', "schema_version 9.0, this program reads 1.0"),
        (b'{"schema_version": "1.0"}', "breaks its schema"),
    ],
)
def test_what_is_no_report_is_told(tmp_path, content, complaint) -> None:
    file = tmp_path / "conformance.json"
    file.write_bytes(content)
    with pytest.raises(ClientFault, match=complaint) as caught:
        load_report(file)
    assert str(caught.value).startswith(str(file))


def test_a_file_that_is_not_there_is_told(tmp_path) -> None:
    with pytest.raises(ClientFault, match="cannot be read: No such file"):
        load_report(tmp_path / "none.json")


@pytest.mark.parametrize(
    "corrupt",
    [
        lambda d: d.pop("run"),
        lambda d: d.update(extra=1),
        lambda d: d["run"].update(verdict="fine"),
        lambda d: d["run"].update(extra=1),
        lambda d: d["target"].pop("venue"),
        lambda d: d["counts"]["clauses"].pop("must"),
        lambda d: d["clauses"][0].update(verdict="partial"),
        lambda d: d["clauses"][0].update(level="may"),
        lambda d: d["checks"][0].update(outcome="skipped"),
        lambda d: d["checks"][0]["steps"].append({"exchange": 1, "state": "x"}),
        lambda d: d["checks"][0]["steps"].append({}),
        lambda d: d["exchanges"][0].update(status="200"),
        lambda d: d["exchanges"][0].update(request_headers={"a": 1}),
        lambda d: d["observations"][0].pop("observed"),
    ],
)
def test_the_schema_refuses_what_is_not_a_report(make, tmp_path, corrupt) -> None:
    document = copy.deepcopy(make.full_document("x"))
    assert Draft202012Validator(SCHEMA).is_valid(document)
    corrupt(document)
    (tmp_path / "conformance.json").write_text(json.dumps(document))
    with pytest.raises(ClientFault, match="breaks its schema"):
        load_report(tmp_path)


def test_a_record_that_breaks_the_schema_is_the_fault_of_the_suite(make) -> None:
    with pytest.raises(SuiteFault, match=r"\$\.checks\[0\]\.steps"):
        make.document(checks=[make.check(steps=[{"surprise": 1}])])


@pytest.mark.parametrize(("strict", "verdict"), [(False, "conforms"), (True, "violates")])
def test_a_strict_run_counts_should_clauses(make, strict, verdict) -> None:
    clauses = [make.clause(), make.clause("bayse.rows.two", "should")]
    checks = [make.check(), make.check("failed", "bayse.rows.two")]
    assert make.document(clauses, checks, of_run=make.run(strict=strict))["run"]["verdict"] == verdict


def test_the_kept_sample_is_a_report_of_today() -> None:
    sample = load_report(Path(__file__).parents[2] / "reports" / "sample")
    assert sample["run"]["verdict"] == "violates"
    assert all(check["replay"] for check in sample["checks"] if check["outcome"] == "failed")
