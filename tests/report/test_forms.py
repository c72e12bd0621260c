"""What others read is what their published schemas say: JUnit, SARIF, HAR and CTRF; and a badge."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft4Validator, Draft6Validator, Draft7Validator
from lxml import etree
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT6

from venue_conformance.errors import ClientFault
from venue_conformance.report.badge import render_badge
from venue_conformance.report.ctrf import render_ctrf
from venue_conformance.report.document import write_report
from venue_conformance.report.forms import FORMS, Wanted, own_files, read_forms, require_apart
from venue_conformance.report.har import render_har
from venue_conformance.report.junit import render_junit
from venue_conformance.report.sarif import render_sarif

SCHEMAS = Path(__file__).parents[1] / "schemas"


def read(name: str) -> dict:
    return json.loads((SCHEMAS / name).read_text("utf-8"))


@pytest.fixture(scope="module")
def documents(make) -> list[dict]:
    """Everything at once, hostile; a clean report; and one whose suite failed."""
    return [
        make.full_document(make.hostile),
        make.document(),
        make.document(of_run=make.run(errors=["collection broke"], finished_at=None, interrupted=True)),
    ]


def test_junit_keeps_to_its_schema(documents) -> None:
    schema = etree.XMLSchema(etree.parse(SCHEMAS / "junit-10.xsd"))
    for document in documents:
        schema.assertValid(etree.fromstring(render_junit(document).encode()))


def test_sarif_keeps_to_its_schema(documents) -> None:
    validator = Draft4Validator(read("sarif-2.1.0.json"))
    for document in documents:
        validator.validate(json.loads(render_sarif(document)))


def test_har_keeps_to_its_schema(documents) -> None:
    schemas = {file.name: json.loads(file.read_text("utf-8")) for file in (SCHEMAS / "har-1.2").glob("*.json")}
    registry = Registry().with_resources(
        (name, Resource.from_contents(schema, default_specification=DRAFT6)) for name, schema in schemas.items()
    )
    validator = Draft6Validator(schemas["har.json"], registry=registry)
    for document in documents:
        archive = json.loads(render_har(document))
        validator.validate(archive)
        assert len(archive["log"]["entries"]) == len(document["exchanges"])


def test_ctrf_keeps_to_its_schema_and_counts_right(documents) -> None:
    validator = Draft7Validator(read("ctrf-0.0.json"))
    for document in documents:
        report = json.loads(render_ctrf(document))
        validator.validate(report)
        counts = report["results"]["summary"]
        assert counts["tests"] == sum(counts[name] for name in ("passed", "failed", "skipped", "pending", "other"))
    assert json.loads(render_ctrf(documents[0]))["results"]["summary"]["failed"] == 1


def test_a_badge_tells_venue_and_verdict(make) -> None:
    badge = json.loads(render_badge(make.full_document("x")))
    assert (badge["schemaVersion"], badge["label"], badge["color"]) == (1, "bayse batch cancel", "red")
    assert badge["message"].startswith("violates")


class TestSarif:
    def test_each_violation_has_a_fingerprint_of_its_own(self, make) -> None:
        clauses = [make.clause(f"bayse.many.n{number}") for number in range(5)]
        checks = [make.check("failed", each.id, id=each.id) for each in clauses]
        marks = []
        for _ in range(2):
            results = json.loads(render_sarif(make.document(clauses, checks)))["runs"][0]["results"]
            marks.append([each["partialFingerprints"]["primaryLocationLineHash"] for each in results])
        assert len(set(marks[0])) == 5
        assert marks[0] == marks[1]

    @pytest.mark.parametrize(
        ("named", "file", "uri"),
        [
            ("api/openapi.yaml", "target.toml", "api/openapi.yaml"),
            (None, "ci/target file.toml", "ci/target%20file.toml"),
            ("/srv/api.yaml", None, "file:///srv/api.yaml"),
            (None, None, "a.py"),
        ],
    )
    def test_a_result_points_to_the_file_that_was_named(self, make, named, file, uri) -> None:
        document = make.document(
            checks=[make.check("failed", id="a.py::x")],
            of_run=make.run(sarif_location=named),
            of_target=make.target(file=file),
        )
        (result,) = json.loads(render_sarif(document))["runs"][0]["results"]
        assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


class TestAskingForForms:
    def test_each_goes_where_it_was_asked_to(self, make, tmp_path) -> None:
        elsewhere = tmp_path / "made" / "{venue}.xml"
        wanted = read_forms(["har", "badge", f"junit={elsewhere}"])
        write_report(tmp_path / "out", make.full_document("x"), wanted)
        assert (tmp_path / "made" / "bayse.xml").is_file()
        written = {file.name for file in (tmp_path / "out").iterdir()}
        assert written == {form.file for form in FORMS.values()} - {"ctrf.json"}
        assert own_files(wanted) == ["exchanges.har", "badge.json"]

    @pytest.mark.parametrize(("text", "told"), [("junitt", "did you mean junit?"), ("html=", "no file is named")])
    def test_what_there_is_not_is_told(self, text, told) -> None:
        with pytest.raises(ClientFault, match=told.replace("?", r"\?")):
            read_forms([text])

    def test_two_venues_do_not_share_a_file(self) -> None:
        require_apart([Wanted("har", "{venue}.har"), Wanted("junit")], ["arcus", "bayse"])
        with pytest.raises(ClientFault, match="several venues"):
            require_apart([Wanted("har", "a.har")], ["arcus", "bayse"])
