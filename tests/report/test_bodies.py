"""Bodies of checks that passed are in the journal alone, and are found there."""

from __future__ import annotations

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.plugin.options import RunOptions, Selection
from venue_conformance.plugin.runlog import RunLog
from venue_conformance.report.bodies import whole_check, whole_exchanges
from venue_conformance.report.document import load_report, write_report
from venue_conformance.report.journal import JOURNAL, JournalWriter
from venue_conformance.report.records import CheckRecord, ExchangeRecord

STORY = [{"state": "orders", "params": {"count": 1}, "values": {"orders": ["a"]}}, {"exchange": 1}]


@pytest.fixture
def folder(make, tmp_path):
    """A report of a check that passed and one that failed, with its journal."""
    checks = [
        make.check("passed", id="a.py::kept", exchanges=[1], steps=STORY),
        make.check("failed", id="a.py::broken", exchanges=[2], steps=[{"exchange": 2}]),
    ]
    exchanges = [make.exchange(1), make.exchange(2)]
    document = make.document(checks=checks, exchanges=exchanges)
    write_report(tmp_path, document)
    journal = JournalWriter(tmp_path / JOURNAL, {"run": make.run().to_dict()})
    for each in exchanges:
        journal.write("exchange", each)
    for check in checks:
        journal.write("check", check)
    journal.close({})
    return tmp_path


def test_a_report_leaves_out_what_no_violation_needs(folder) -> None:
    document = load_report(folder)
    first, second = document["exchanges"]
    assert [first[key] for key in ("request_headers", "request_body", "response_headers", "response_body")] == [
        None
    ] * 4
    assert (first["id"], first["method"], first["status"]) == (1, "DELETE", 200)
    assert second["request_body"] == '{"orderIds": ["a"]}'
    assert document["checks"][0]["steps"][0]["values"] == {}
    assert not ExchangeRecord.from_dict(first).kept
    assert ExchangeRecord.from_dict(first).to_dict() == first


def test_the_journal_has_the_rest(folder) -> None:
    document = load_report(folder)
    assert whole_exchanges(folder, document)[1].request_body == '{"orderIds": ["a"]}'
    check, exchanges = whole_check(folder / "conformance.json", document, document["checks"][0])
    assert check["steps"] == STORY
    assert exchanges[1].kept


def test_without_it_only_what_passed_is_lost(folder) -> None:
    (folder / JOURNAL).unlink()
    document = load_report(folder)
    _, exchanges = whole_check(folder, document, document["checks"][1])
    assert exchanges[2].kept
    with pytest.raises(ClientFault, match="--keep-bodies"):
        whole_check(folder, document, document["checks"][0])


def test_a_journal_of_another_run_is_not_taken(folder) -> None:
    document = load_report(folder)
    document["run"]["id"] = "another"
    with pytest.raises(ClientFault, match="another run"):
        whole_exchanges(folder, document)


def test_a_run_may_keep_all(make) -> None:
    checks = [make.check("passed", exchanges=[1], steps=STORY)]
    document = make.document(checks=checks, exchanges=[make.exchange(1)], of_run=make.run(keep_bodies=True))
    assert document["exchanges"][0]["request_body"] == '{"orderIds": ["a"]}'
    assert document["checks"][0]["steps"] == STORY
    assert CheckRecord.from_dict({k: v for k, v in document["checks"][0].items() if k != "replay"}).steps == STORY


def test_what_turns_out_to_be_evidence_is_read_again_from_the_journal(make, tmp_path) -> None:
    target = make.target().to_dict()
    log = RunLog(RunOptions(report_dir=tmp_path, selection=Selection(clauses=["bayse.limits.one-accepted"])), seed=1)
    log.venues.add("bayse")
    for name in ("kept", "doubted"):
        check = make.check("passed", "bayse.limits.one-accepted", id=f"a.py::{name}", exchanges=[1])
        told = {"venue": "bayse", "check": check.to_dict(), "exchanges": [make.exchange().to_dict()]}
        log.add({**told, "observations": [], "depth": []}, target)
    log.conclude("bayse", make.check("failed", "bayse.limits.one-accepted", id="run::lasting", exchanges=[2]))
    document = log.finish(lambda _: target, interrupted=False)["bayse"]
    assert [each["request_body"] for each in document["exchanges"]] == [None, make.exchange().request_body]
    assert [each["status"] for each in document["exchanges"]] == [200, 200]
    log.write({"bayse": document})
    assert load_report(tmp_path) == document
