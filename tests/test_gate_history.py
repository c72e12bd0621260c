"""A history of one venue, step by step, through the commands that a team's CI calls."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.command import Ended, report_of, run_command
from tests.gate.histories import fill_in, judge, venue_with
from tests.repository import Repository, Step

COUNTS_WRONGLY, COUNTS_NOTHING = "counts-every-row-as-success", "leaves-out-the-summary"
OTHER_FAULT = "leaves-out-the-engine"
SUMMARY, ENGINE = "bayse.rows.summary", "bayse.rows.engine"
SOME = ("--clause", "rows.*", "--clause", "limits.one-accepted")
#: Written examples alone, lest a history of a dozen runs take minutes.
EXAMPLES = ("--", "-k", "test_rows or batch_of_one")


def problems(report: Path) -> list[tuple[str, str]]:
    return [(each["clause"], each["problem"]) for each in report_of(report)["baseline"]["problems"]]


def test_from_the_first_fault_to_the_second(tmp_path: Path) -> None:
    baseline = tmp_path / "accepted.toml"
    gate = (*SOME, "--baseline", baseline.name)

    def at(report: str, *faults: str, arguments: tuple[str, ...] = gate) -> Ended:
        with venue_with(tmp_path, "bayse", *faults):
            return judge(tmp_path, report, *arguments, *EXAMPLES)

    def compared(old: str, new: str) -> Ended:
        return run_command(tmp_path, "compare", old, new)

    green = at("green", arguments=SOME)
    assert green.status == 0, green.output + green.errors

    # A fault is introduced: the run fails, and the comparison says what got worse.
    assert at("broken", COUNTS_WRONGLY, arguments=SOME).status == 1
    worse = compared("green", "broken")
    assert (worse.status, f"`{SUMMARY}`" in worse.output, "#### Worse" in worse.output) == (1, True, True)

    # It is accepted: not before somebody says why.
    written = at("written", COUNTS_WRONGLY, arguments=(*gate, "--baseline-update"))
    assert (written.status, "fill in why and owner of 2" in written.output) == (1, True), written.output
    refused = at("refused", COUNTS_WRONGLY)
    assert (refused.status, "why: must not be empty" in refused.errors) == (2, True), refused.errors
    assert not (tmp_path / "refused").exists(), "nothing is sent before the baseline is fit to be used"
    fill_in(baseline)
    known = at("known", COUNTS_WRONGLY, arguments=(*gate, "--seed", "77"))
    assert (known.status, "2 violated and accepted" in known.output) == (0, True), known.output
    both = [each["clause"] for each in report_of(tmp_path / "known")["baseline"]["accepted"]]
    assert SUMMARY in both
    same = compared("broken", "known")
    assert (same.status, same.output) == (0, "")

    # The same clause breaks in another way, or another clause beside it.
    assert at("different", COUNTS_NOTHING).status == 1
    assert (SUMMARY, "different") in problems(tmp_path / "different")
    other_way = compared("known", "different")
    assert (other_way.status, "Broken in another way" in other_way.output) == (1, True)
    assert at("second", COUNTS_WRONGLY, OTHER_FAULT).status == 1
    assert report_of(tmp_path / "second")["run"]["verdict"] == "violates"
    assert problems(tmp_path / "second") == []
    assert f"`{ENGINE}`" in compared("known", "second").output

    # Its time is over.
    lasting = baseline.read_text()
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    baseline.write_text(re.sub(r"(?m)^expires = .*$", f"expires = {yesterday}", lasting))
    assert at("expired", COUNTS_WRONGLY).status == 1
    assert problems(tmp_path / "expired") == [(clause, "expired") for clause in both]
    baseline.write_text(lasting)

    # It is mended: the entry has to go.
    mended = at("mended")
    assert (mended.status, "take the entry out" in mended.output) == (1, True)
    assert problems(tmp_path / "mended") == [(clause, "stale") for clause in both]
    better = compared("known", "mended")
    assert (better.status, "Mended" in better.output) == (0, True)
    assert at("cleaned", arguments=(*gate, "--baseline-update")).status == 1
    assert "[[accepted]]" not in baseline.read_text()
    assert at("clean").status == 0

    # And the next fault fails the run again.
    assert at("again", OTHER_FAULT).status == 1


def test_the_reports_of_a_run_with_a_baseline_come_again(tmp_path: Path) -> None:
    gate = (*SOME, "--baseline", "accepted.toml")
    with venue_with(tmp_path, "bayse", COUNTS_WRONGLY):
        judge(tmp_path, "written", *gate, "--baseline-update", *EXAMPLES)
        fill_in(tmp_path / "accepted.toml")
        judge(tmp_path, "known", *gate, *EXAMPLES)
    before = report_of(tmp_path / "known")
    assert run_command(tmp_path, "report", "known").status == 0
    assert report_of(tmp_path / "known") == before


def test_what_a_deployment_does_not_offer_is_counted_apart_until_it_does(tmp_path: Path) -> None:
    day = datetime.now(UTC).date() + timedelta(days=9)
    (tmp_path / "b.toml").write_text(
        f'[[not_applicable]]\nclause = "bayse.rate-limit.*"\nwhy = "no limiter"\nowner = "platform"\nexpires = {day}\n'
    )
    arguments = ("--clause", "rate-limit.status-429", "--clause", "rows.engine", "--baseline", "b.toml", "--strict")
    from venue_conformance.reference import load
    from venue_conformance.reference.server import serve_in_thread

    for limited, status, told in ((False, 0, "1 not applicable"), (True, 1, "the baseline does not fit: 1 offered")):
        with serve_in_thread(load("bayse").find()(rate_limited=limited)) as server:
            (tmp_path / "target.toml").write_text(server.target_file)
            done = judge(tmp_path, f"limited-{limited}", *arguments)
        assert (done.status, told in done.output) == (status, True), done.output


@pytest.mark.parametrize("of", [2, 3])
def test_shards_at_one_target_are_the_whole(tmp_path: Path, of: int) -> None:
    with venue_with(tmp_path, "bayse"):
        whole = judge(tmp_path, "whole", *SOME, *EXAMPLES)
        parts = [
            judge(tmp_path, f"part{number}", *SOME, "--shard", f"{number}/{of}", *EXAMPLES)
            for number in range(1, of + 1)
        ]
    assert whole.status == 0
    # Of so few checks a part may hold none that judges a must clause: then it alone is not fully judged.
    assert {part.status for part in parts} <= {0, 3}
    assert any(f"conforms (shard {number}/{of}: " in part.output for number, part in enumerate(parts, 1))
    folders = [f"part{number}" for number in range(1, of + 1)]
    merged = run_command(tmp_path, "merge", *folders, "--report-dir", "merged")
    assert merged.status == 0, merged.output + merged.errors
    one, other = (report_of(tmp_path / name) for name in ("whole", "merged"))
    assert [(each["id"], each["verdict"]) for each in one["clauses"]] == [
        (each["id"], each["verdict"]) for each in other["clauses"]
    ]
    assert one["counts"]["checks"] == other["counts"]["checks"]
    missing = run_command(tmp_path, "merge", *folders[:-1], "--report-dir", "less")
    assert (missing.status, f"shard {of} of {of} missing" in missing.output) == (3, True)


def test_history_of_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents, pages and the venue itself change commit by commit; each step ends as it should, and says why."""
    repository = Repository(tmp_path, monkeypatch)
    judged = ("--clause", "rows.summary", "--seed", "4", *EXAMPLES)

    def run(report: str, *faults: str) -> int:
        with venue_with(tmp_path, "bayse", *faults):
            return judge(tmp_path, report, *judged).status

    repository.commit("first")
    assert repository.diff_document() == repository.diff_page() == Step(0, "")
    assert run("first") == 0

    # Words alone.
    repository.change("openapi.yaml", "summary: Cancel up to one hundred orders", "summary: Cancel many orders")
    step = repository.diff_document()
    assert (step.status, "### `bayse`, openapi: **documentation**" in step.comment) == (0, True)
    assert repository.diff_document("--fail-on", "any").status == 1
    repository.commit("words")

    # A promise of the document is narrowed, and the change is not merged.
    repository.change("openapi.yaml", "maxItems: 100", "maxItems: 50")
    step = repository.diff_document()
    assert step.status == 1
    assert step.comment.startswith("<!-- venue-conformance:diff:bayse:openapi -->\n### `bayse`, openapi: **breaking**")
    assert "`no longer accepted: arrays of 51 to 100 items`" in step.comment
    assert "`bayse.limits.hundred-accepted`" in step.comment
    repository.take_back()
    assert repository.diff_document() == Step(0, "")

    # It is widened instead: that harms nobody, but checks rest on it.
    repository.change("openapi.yaml", "maxItems: 100", "maxItems: 200")
    step = repository.diff_document()
    assert (step.status, "#### Breaking" in step.comment) == (0, False)
    assert "`bayse.limits.over-hundred-refused`" in step.comment
    assert repository.diff_document("--fail-on", "clause").status == 1
    repository.commit("two hundred")

    # A document that nobody can read is no document without changes.
    repository.change("openapi.yaml", "openapi: 3.1.0", "openapi: [")
    assert repository.diff_document() == Step(2, "")
    repository.take_back()

    # The page says something else: a person has to look.
    repository.change("page.md", "rejected with 422", "rejected with 409")
    step = repository.diff_page()
    assert step.status == 1
    assert step.comment.startswith("<!-- venue-conformance:page:bayse:page -->\n### `bayse`, page `page`: **review**")
    assert "old: `Another body is rejected with 422.`" in step.comment
    assert "`bayse.idempotency.changed-body`" in step.comment
    assert "`bayse.idempotency.body-comparison` (open: answered now?)" in step.comment
    repository.commit("409")

    # The venue itself breaks, and is mended.
    assert run("second", COUNTS_WRONGLY) == 1
    worse = run_command(tmp_path, "compare", "first", "second")
    assert worse.status == 1
    assert worse.output.startswith("<!-- venue-conformance:bayse:")
    assert ("#### Worse" in worse.output, f"`{SUMMARY}`" in worse.output) == (True, True)
    assert run("third") == 0
    better = run_command(tmp_path, "compare", "second", "third")
    assert (better.status, "Mended" in better.output) == (0, True)
    equal = run_command(tmp_path, "compare", "first", "third")
    assert (equal.status, equal.output) == (0, "")
