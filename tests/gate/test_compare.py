"""What is said of two reports: what got worse, what was mended, and what is merely no longer known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.command import run_command
from venue_conformance.errors import ClientFault
from venue_conformance.gate.comment import LARGEST, marker, render_comment
from venue_conformance.gate.compare import compare
from venue_conformance.report.document import write_report
from venue_conformance.report.records import ObservationRecord

ONE, TWO, THREE = "bayse.limits.one", "bayse.rows.two", "bayse.rows.open"


def report(make: Any, outcome: str, **fields: Any) -> dict[str, Any]:
    """A report of one must clause, whose one check ended like this."""
    return make.document(checks=[make.check(outcome, **fields)])


@pytest.mark.parametrize(
    ("was", "now", "where", "status"),
    [
        ("passed", "failed", "worse", 1),
        ("not-tested", "failed", "worse", 1),
        ("inconclusive", "failed", "worse", 1),
        ("failed", "passed", "better", 0),
        ("failed", "not-tested", "no_longer_judged", 0),
        ("failed", "inconclusive", "no_longer_judged", 0),
        ("passed", "not-tested", "no_longer_judged", 0),
        ("not-tested", "passed", "newly_tested", 0),
        ("inconclusive", "passed", "newly_tested", 0),
        ("passed", "passed", None, 0),
        ("failed", "failed", None, 0),
        ("not-tested", "not-tested", None, 0),
    ],
)
def test_each_change_of_a_verdict_has_its_place(make: Any, was: str, now: str, where: str | None, status: int) -> None:
    found = compare(report(make, was), report(make, now))
    lists = ("worse", "different", "accepted", "better", "newly_tested", "no_longer_judged")
    assert [name for name in lists if getattr(found, name)] == ([] if where is None else [where])
    assert (found.status, found.is_equal) == (status, where is None)
    assert (render_comment(found) == "") is (where is None)


def test_what_is_no_longer_judged_is_told_by_its_cause(make: Any) -> None:
    clauses = [make.clause(), make.clause(TWO)]
    old = make.document(clauses, [make.check("passed", ONE, id="a::1"), make.check("passed", TWO, id="a::2")])
    new = make.document(
        clauses,
        [
            make.check("not-tested", ONE, id="a::1", reason="no orders", cause="state"),
            make.check("inconclusive", TWO, id="a::2", reason="reset", cause="way"),
        ],
    )
    found = compare(old, new)
    assert {cause: [each.clause for each in changes] for cause, changes in found.by_cause.items()} == {
        "state": [ONE],
        "way": [TWO],
    }
    assert "No longer judged, which is not mended: state: 1" in render_comment(found)


def test_a_gate_may_ask_that_everything_is_judged_again(make: Any) -> None:
    clauses = [make.clause(), make.clause(TWO), make.clause(THREE, "open")]
    whole = make.document(
        clauses, [make.check("passed", ONE, id="a::1")], [ObservationRecord(THREE, "one row", "a::3")]
    )
    down = make.document(clauses, [make.check("inconclusive", ONE, id="a::1", reason="503", cause="target-silent")])
    found = compare(whole, down, "unjudged")
    assert ([each.clause for each in found.unjudged], found.status) == ([ONE], 3)
    assert (compare(whole, down).status, compare(down, whole, "unjudged").status) == (0, 0)
    down["clauses"][0]["forgiven"] = {"how": "not-applicable", "why": "no such thing on staging"}
    assert compare(whole, down, "unjudged").status == 0
    broken = report(make, "failed")
    assert compare(report(make, "passed"), broken, "unjudged").status == 1


def test_a_clause_that_only_one_run_selected_is_not_judged_by_the_other(make: Any) -> None:
    both = [make.clause(), make.clause(TWO)]
    checks = [make.check("passed", ONE, id="a::1"), make.check("failed", TWO, id="a::2")]
    narrow = make.document([make.clause()], checks[:1], catalogue=2)
    wide = make.document(both, checks)
    assert [change.clause for change in compare(narrow, wide).worse] == [TWO]
    back = compare(wide, narrow)
    assert (list(back.by_cause), back.status) == (["not-selected"], 0)


def test_another_version_is_said_first_and_its_new_clauses_are_nobodys_fault(make: Any) -> None:
    old = report(make, "passed")
    checks = [make.check("passed", ONE, id="a::1"), make.check("failed", TWO, id="a::2")]
    new = make.document([make.clause(), make.clause(TWO)], checks, of_target=make.target(spec_version="2026-01-01"))
    new["tool"]["version"] = "9.0"
    found = compare(old, new)
    assert (found.status, found.only_new, found.worse) == (0, [TWO], [])
    told = render_comment(found).splitlines()
    assert "tool version" in told[3]
    assert "contract version `2025-11-01` → `2026-01-01`" in told[3]


def test_a_client_is_not_compared_with_a_venue(make: Any) -> None:
    venue = report(make, "passed")
    client = {**venue, "client": {"name": "ours", "version": "1", "profiles": [], "require": None}}
    with pytest.raises(ClientFault, match="one report judges a venue, the other a client"):
        compare(venue, client)
    assert compare(client, client).status == 0


def test_other_venues_are_not_compared(make: Any) -> None:
    with pytest.raises(ClientFault, match="different venues, bayse and arcus"):
        compare(report(make, "passed"), make.document(of_target=make.target(venue="arcus")))


def test_what_is_observed_otherwise_is_no_fault(make: Any) -> None:
    def seen(text: str) -> dict[str, Any]:
        return make.document(
            [make.clause(), make.clause(THREE, "open")],
            [make.check("passed", ONE, id="a::1"), make.check("passed", THREE, id="a::3")],
            [ObservationRecord(THREE, text, "a::3")],
        )

    found = compare(seen("two rows"), seen("one row"))
    assert (found.status, [each.now for each in found.observations]) == (0, ["one row"])
    assert compare(seen("two rows"), seen("two rows")).is_equal


def test_nothing_that_a_target_says_acts_in_a_comment(make: Any) -> None:
    told = "@all | <img src=x> [link](http://x) ``x`` <!-- --> \x1b[2J\n# h"
    broken = make.document(
        checks=[make.check("failed", expected=told, actual=told)], of_target=make.target(environment="</x> --> @me")
    )
    same_target = make.document(of_target=make.target(environment="</x> --> @me"))
    text = render_comment(compare(same_target, broken))
    assert text.splitlines()[0] == "<!-- venue-conformance:bayse:-x-me -->"
    row = next(line for line in text.splitlines() if "bayse.limits.one" in line)
    assert row.replace("\\|", "").count("|") == 6
    assert "\x1b" not in text
    outside = "".join(part for part in row.split("```")[::2])  # the fence that a text with two backticks needs
    assert not {"@", "<img", "[link]"} & {word for word in ("@", "<img", "[link]") if word in outside}


def test_a_comment_stays_below_what_a_forge_takes(make: Any) -> None:
    names = [f"bayse.rows.number-{number}" for number in range(400)]
    long = "é" * 5000
    clauses = [make.clause(name, promise=long) for name in names]

    def all_of(outcome: str) -> dict[str, Any]:
        checks = [make.check(outcome, name, id=f"a::{name}", expected=long, actual=long, reason=long) for name in names]
        return make.document(clauses, checks)

    for was, now in (("passed", "failed"), ("passed", "not-tested"), ("failed", "passed")):
        text = render_comment(compare(all_of(was), all_of(now)))
        assert 0 < len(text.encode()) < LARGEST
        assert text.count("<details>") == text.count("</details>")


def test_the_command_says_it_in_both_forms(make: Any, tmp_path: Path) -> None:
    old, new = report(make, "passed"), report(make, "failed", expected="422", actual="200")
    for name, document in (("old", old), ("new", new)):
        write_report(tmp_path / name, document)
    worse = run_command(tmp_path, "compare", "old", "new/conformance.json")
    assert (worse.status, worse.errors) == (1, "")
    assert worse.output.startswith(f"{marker(new)}\n### `bayse` at `staging`: conforms → **violates**\n")
    as_json = run_command(tmp_path, "compare", "old", "new", "--format", "json")
    assert [change["clause"] for change in json.loads(as_json.output)["worse"]] == [ONE]
    same = run_command(tmp_path, "compare", "old", "old", "--output", "comment.md")
    assert (same.status, same.output, (tmp_path / "comment.md").read_text()) == (0, "", "")
    missing = run_command(tmp_path, "compare", "old", "nowhere")
    assert missing.status == 2
    assert "nowhere" in missing.errors
