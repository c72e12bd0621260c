"""The plain client passes: every scenario, every clause, and the report says so in all its renderings."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.clients.support import RIGHT, certified, outcomes, run_command, verdicts
from venue_conformance.clients.certification import Certification
from venue_conformance.report.document import load_report, write_report
from venue_conformance.report.html import render_html
from venue_conformance.report.run_verdict import status_of


@pytest.fixture(scope="module")
def done() -> Certification:
    return certified(RIGHT, lanes=12)


def test_it_conforms(done: Certification) -> None:
    assert done.document["run"]["verdict"] == "conforms"
    assert status_of(done.document) == 0
    found = verdicts(done)
    assert {rule for rule, verdict in found.items() if verdict not in ("conforms", "observed")} == {
        "robustness.permitted-variants"
    }
    assert done.document["client"]["profiles"] == ["core", "retrying"]


def test_every_scenario_was_played(done: Certification) -> None:
    found = outcomes(done)
    assert len(found) == 39
    assert {name for name, outcome in found.items() if outcome != "passed"} == {"two-calls-at-once"}
    assert [each["number"] for each in done.document["client"]["scenarios"]] == list(range(1, 40))


def test_nothing_secret_is_in_the_report(done: Certification) -> None:
    leaked = re.findall("sk_test_.{4}", json.dumps(done.document))
    assert leaked == []


def test_the_report_can_be_written_and_read_again(done: Certification, tmp_path: Path) -> None:
    write_report(tmp_path, done.document)
    assert load_report(tmp_path)["client"]["name"] == "plain-bayse-client"
    html = render_html(done.document)
    assert "The client and the wire" in html
    assert "asked to cancel 101: said cancelled ×101; the orders: cancelled ×101" in html


def test_the_same_seed_gives_the_same_ids() -> None:
    first, second = (certified(RIGHT, "mixed", seed=5) for _ in range(2))
    bodies = [[each["request_body"] for each in done.document["exchanges"]] for done in (first, second)]
    assert bodies[0] == bodies[1] != []


def test_the_command_tells_of_each_scenario_and_hands_back_the_status(tmp_path: Path) -> None:
    ended = run_command(tmp_path, "certify", "--adaptor", RIGHT, "--scenario", "one-open", "--scenario", "9")
    assert ended.status == 0, ended.output + ended.errors
    assert "begins one-open: waits for one order to be cancelled, until" in ended.output
    assert "ends   one-open" in ended.output
    assert re.search(
        r"conforms \(\d+ of 26 clauses selected: --scenario one-open --scenario 9\)", " ".join(ended.output.split())
    )
    assert (tmp_path / "reports" / "conformance.json").is_file()


def test_a_profile_that_was_not_exercised_makes_the_run_partial(tmp_path: Path) -> None:
    ended = run_command(
        tmp_path, "certify", "--adaptor", RIGHT, "--scenario", "one-open", "--require", "retrying", "--quiet"
    )
    assert ended.status == 3
    assert "partial" in ended.output


def test_some_scenarios_alone_earn_no_profile(tmp_path: Path) -> None:
    """Every must clause conforms here, and yet nobody was certified."""
    chosen = ("--scenario", "one-open", "--scenario", "amm-order", "--quiet")
    ended = run_command(tmp_path, "certify", "--adaptor", RIGHT, *chosen, "--require", "core")
    assert ended.status == 3
    assert "profiles earned: none, as only some scenarios were played; asked for: core" in " ".join(
        ended.output.split()
    )
    assert "the profile core is not earned" in ended.output
    ended = run_command(tmp_path, "certify", "--adaptor", RIGHT, *chosen)
    assert ended.status == 0
    assert "asked for: none" in ended.output


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--adaptor", "/no/such/adaptor"], "--adaptor /no/such/adaptor"),
        (["--adaptor", "true"], "hello (see docs/adaptor-protocol.md): it has ended"),
        (["--adaptor", "http://10.0.0.1/"], "an adaptor runs on this machine"),
        (["--adaptor", RIGHT, "--venue", "arcus"], "it is for bayse, and the run is about arcus"),
        (["--adaptor", RIGHT, "--scenario", "nothing-like-it"], "there is no such scenario"),
        (["--adaptor", RIGHT, "--require", "channel"], "clients of bayse can earn core, retrying"),
    ],
)
def test_what_cannot_be_used_is_named(tmp_path: Path, arguments: list[str], says: str) -> None:
    ended = run_command(tmp_path, "certify", *arguments)
    assert ended.status == 2
    assert says in ended.errors
