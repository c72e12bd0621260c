"""The plugin by itself: how whatever ends a check becomes a record, and what a run leaves behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.command import report_of, target_file, verdicts
from tests.tiny_server import TinyServer
from venue_conformance.report.exit_status import SUITE_FAILED
from venue_conformance.report.journal import read_journal

pytest_plugins = ["pytester"]

CHECKS = """
import pytest
from venue_conformance.errors import ClientFault, CredentialsRefused, Inconclusive, NotTested, SuiteFault, Violation

ONE, TWO = "bayse.limits.one-accepted", "bayse.limits.hundred-accepted"

@pytest.mark.clause("bayse.rows.summary")
def test_passes():
    pass

@pytest.mark.clause("bayse.rows.echo-order-id")
def test_asserts():
    assert [1, 2] == [1, 3]

@pytest.mark.clause(ONE, TWO)
def test_names_the_broken_one():
    raise Violation("this", "that", clause=TWO)

@pytest.mark.clause("bayse.rows.engine", "bayse.rows.status-200")
def test_names_nobody():
    assert False

@pytest.mark.clause("bayse.rows.one-per-order", "bayse.rows.request-order")
def test_cannot_read_what_came():
    raise Violation("a JSON object", "nothing")

@pytest.mark.clause("bayse.limits.empty-refused")
def test_lacks_a_state():
    raise NotTested("there are no orders", needs="orders")

@pytest.mark.clause("bayse.limits.wrong-type-refused")
def test_is_cut_off():
    raise Inconclusive("the line is dead")

@pytest.mark.clause("bayse.errors.envelope")
def test_meets_a_hostile_answer():
    return {"total": None}["total"] + 1

@pytest.mark.clause("bayse.errors.trace-id")
def test_would_touch_what_it_must_not():
    raise SuiteFault("not in the ledger")

@pytest.mark.clause("bayse.idempotency.blank-key")
def test_of_an_open_clause():
    assert 2 == 3

@pytest.fixture
def breaks_at_the_end():
    yield
    raise RuntimeError("teardown")

@pytest.mark.clause("bayse.rows.success-flag")
def test_breaks_at_the_end(breaks_at_the_end):
    pass

def test_of_no_clause():
    pass
"""


def run_plugin(pytester: pytest.Pytester, url: str, *arguments: str, checks: str = CHECKS) -> tuple[Any, Path]:
    """Judge a target by some checks; hands back pytest's result and the report folder."""
    pytester.makepyfile(test_checks=checks)
    folder = Path(str(pytester.path))
    file = target_file(folder, url)
    always = ("-p", "venue_conformance.plugin", "-p", "no:cacheprovider", "-p", "no:schemathesis")
    result = pytester.runpytest_subprocess(*always, "--no-probe", "--target", str(file), *arguments)
    return result, folder / "reports"


def test_whatever_ends_a_check_becomes_its_outcome(pytester: pytest.Pytester, server: TinyServer) -> None:
    result, folder = run_plugin(pytester, server.url)
    assert "PytestAssertRewriteWarning" not in result.stdout.str() + result.stderr.str()
    document = report_of(folder)
    checks = {check["id"].rpartition("::test_")[2]: check for check in document["checks"]}
    assert {name: check["outcome"] for name, check in checks.items()} == {
        "passes": "passed",
        "asserts": "failed",
        "names_the_broken_one": "failed",
        "names_nobody": "error",
        "cannot_read_what_came": "not-tested",
        "lacks_a_state": "not-tested",
        "is_cut_off": "inconclusive",
        "meets_a_hostile_answer": "error",
        "would_touch_what_it_must_not": "error",
        "of_an_open_clause": "passed",
        "breaks_at_the_end": "error",
    }
    assert checks["asserts"]["expected"] == "test_asserts (here: 3 at place 2)"
    assert checks["lacks_a_state"]["needs"] == "orders"
    assert "TypeError" in checks["meets_a_hostile_answer"]["reason"]
    found = verdicts(document)
    assert found["bayse.limits.hundred-accepted"] == "violates"
    assert found["bayse.limits.one-accepted"] == "not-tested"
    assert found["bayse.idempotency.blank-key"] == "observed"
    assert found["bayse.rows.summary"] == "conforms"
    assert document["observations"][0]["clause"] == "bayse.idempotency.blank-key"
    assert server.received == []


GREAT_NUMBERS = """
import pytest
from venue_conformance.plugin.check import check_of
from venue_conformance.wire.exchange import Exchange, Request

@pytest.mark.clause("bayse.limits.one-accepted")
def test_sends_one(request):
    sent = Request("POST", "/", (), None, signing={"less": -(10**20), "more": 10**20})
    check_of(request.node).recorder.add(Exchange(sent, "http://x/", 0.0, 0.1, "2026-01-01T00:00:00+00:00", 200))
"""


@pytest.mark.parametrize("shards", [(), ("-n", "1")], ids=["one process", "a worker"])
def test_great_numbers_come_through(pytester: pytest.Pytester, server: TinyServer, shards: tuple[str, ...]) -> None:
    pytest.importorskip("xdist")
    _, folder = run_plugin(pytester, server.url, *shards, checks=GREAT_NUMBERS)
    [exchange] = report_of(folder)["exchanges"]
    assert exchange["signing"] == {"less": -(10**20), "more": 10**20}


def test_a_run_that_breaks_off_says_so(pytester: pytest.Pytester, server: TinyServer) -> None:
    pytester.makeconftest("def pytest_runtest_logstart(nodeid, location):\n    raise RuntimeError('no more')\n")
    result, folder = run_plugin(pytester, server.url)
    assert result.ret == SUITE_FAILED
    assert "the run was aborted: RuntimeError: no more" in report_of(folder)["run"]["errors"]


def broken(check: dict[str, Any]) -> list[str]:
    """The clauses that a check of a report found broken."""
    return [breach["clause"] for breach in check["breaches"]]


GOING_ON = """
import pytest
from venue_conformance.errors import Violation
from venue_conformance.plugin.check import check_of

@pytest.mark.clause("bayse.limits.one-accepted", "bayse.errors.envelope", "bayse.robustness.no-server-error")
def test_goes_on(request):
    check_of(request.node).breaches.add(Violation("an envelope", "none", "bayse.errors.envelope"), [])

@pytest.mark.clause("bayse.limits.hundred-accepted", "bayse.robustness.no-server-error")
def test_ends(request):
    check_of(request.node).breaches.add(Violation("an answer", "a 500", "bayse.robustness.no-server-error"), [])
    raise Violation("a hundred", "none", "bayse.limits.hundred-accepted")
"""


def test_every_breach_is_reported_under_its_clause(pytester: pytest.Pytester, server: TinyServer) -> None:
    result, folder = run_plugin(pytester, server.url, checks=GOING_ON)
    document = report_of(folder)
    checks = {check["id"].rpartition("::test_")[2]: check for check in document["checks"]}
    assert {name: (check["outcome"], broken(check)) for name, check in checks.items()} == {
        "goes_on": ("failed", ["bayse.errors.envelope"]),
        "ends": ("failed", ["bayse.limits.hundred-accepted", "bayse.robustness.no-server-error"]),
    }
    assert checks["goes_on"]["kept"] == ["bayse.limits.one-accepted", "bayse.robustness.no-server-error"]
    found = verdicts(document)
    assert found["bayse.errors.envelope"] == found["bayse.limits.hundred-accepted"] == "violates"
    assert found["bayse.limits.one-accepted"] == "conforms"
    assert found["bayse.robustness.no-server-error"] == "violates"
    result.assert_outcomes(failed=2)


def test_what_is_to_run_stands_in_the_journal_before_anything_ran(
    pytester: pytest.Pytester, server: TinyServer
) -> None:
    _, folder = run_plugin(pytester, server.url)
    journal = read_journal(folder / "journal.jsonl")
    planned = {each["id"]: each["clauses"] for each in journal.others["plan"]}
    assert planned.keys() == {check.id for check in journal.checks}
    assert planned["test_checks.py::test_passes"] == ["bayse.rows.summary"]
    kinds = [line.split('"')[3] for line in (folder / "journal.jsonl").read_text().splitlines()]
    assert "plan" not in kinds[kinds.index("check") :]


def test_a_venue_whose_checks_leave_nothing_still_gets_a_report(pytester: pytest.Pytester, server: TinyServer) -> None:
    skipping = "@pytest.hookimpl(tryfirst=True)\ndef pytest_runtest_protocol(item, nextitem):\n    return True\n"
    pytester.makeconftest(f"import pytest\n{skipping}")
    _, folder = run_plugin(pytester, server.url)
    document = report_of(folder)
    assert {check["outcome"] for check in document["checks"]} == {"not-tested"}
    assert document["run"]["errors"] == ["no check of bayse came to its end"]
    assert document["target"]["base_url"] == server.url


def test_a_suite_that_cannot_be_read_is_no_empty_success(pytester: pytest.Pytester, server: TinyServer) -> None:
    pytester.makepyfile(test_broken="import there_is_no_such_module")
    result, folder = run_plugin(pytester, server.url)
    assert result.ret != 0
    assert report_of(folder)["run"]["errors"] or not any(v == "conforms" for v in verdicts(report_of(folder)).values())


def test_looking_does_not_write(pytester: pytest.Pytester, server: TinyServer) -> None:
    result, folder = run_plugin(pytester, server.url, "--collect-only")
    assert result.ret == 0
    assert not folder.exists()


def test_profiles_choose_checks(pytester: pytest.Pytester, server: TinyServer) -> None:
    checks = "import pytest\n" + "\n".join(
        f"@pytest.mark.clause('bayse.limits.one-accepted')\n{mark}def test_{name}():\n    pass\n"
        for name, mark in (
            ("plain", ""),
            ("quick", "@pytest.mark.smoke\n"),
            ("long", "@pytest.mark.nightly\n"),
            ("ages", "@pytest.mark.last\n"),
            ("after", ""),
        )
    )
    ran = {}
    for profile in ("smoke", "ci", "nightly"):
        _, folder = run_plugin(pytester, server.url, "--check-profile", profile, checks=checks)
        ran[profile] = [
            check["id"].rpartition("::test_")[2]
            for check in report_of(folder)["checks"]
            if check["outcome"] == "passed"
        ]
    assert ran == {
        "smoke": ["quick"],
        "ci": ["plain", "quick", "after", "ages"],
        "nightly": ["plain", "quick", "long", "after", "ages"],
    }
    assert verdicts(report_of(folder))["bayse.limits.one-accepted"] == "conforms"


@pytest.mark.parametrize(
    ("argument", "reported"),
    [
        ("--clause=bayse.limits.on-accepted", "did you mean bayse.limits.one-accepted?"),
        ("--check-profile=weekly", "smoke"),
    ],
)
def test_usage(pytester: pytest.Pytester, server: TinyServer, argument: str, reported: str) -> None:
    result, folder = run_plugin(pytester, server.url, argument)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert reported in result.stderr.str() + result.stdout.str()
    assert not (folder / "conformance.json").exists()
