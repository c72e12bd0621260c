"""From the verdicts on clauses to the verdict on the target, its words, and the exit status."""

from __future__ import annotations

from typing import Any

import pytest

from venue_conformance.report.run_verdict import forgiven, run_verdict, status_of, verdict_words, worst
from venue_conformance.report.verdicts import judge

ONE, TWO = "bayse.limits.one", "bayse.limits.two"
OUTCOMES = {"conforms": "passed", "violates": "failed"}


def judged(make: Any, level: str, wanted: list[str]) -> list[Any]:
    clauses, checks = [], []
    for number, verdict in enumerate(wanted):
        name = f"bayse.{level}.n{number}"
        clauses.append(make.clause(name, level, excluded="x" if verdict == "excluded" else None))
        outcome = OUTCOMES.get(verdict, "not-tested" if verdict == "not-selected" else verdict)
        cause = "not-selected" if verdict == "not-selected" else None
        checks.append(make.check("passed" if verdict == "excluded" else outcome, name, cause=cause))
    return judge(clauses, checks)


@pytest.mark.parametrize(
    ("must", "should", "lax", "strict"),
    [
        (["conforms"], ["conforms"], "conforms", "conforms"),
        (["conforms"], ["violates"], "conforms", "violates"),
        (["conforms"], ["inconclusive"], "conforms", "inconclusive"),
        (["conforms"], ["not-tested"], "conforms", "partial"),
        (["conforms", "not-selected"], ["not-selected"], "conforms", "conforms"),
        (["violates", "inconclusive", "not-tested"], [], "violates", "violates"),
        (["inconclusive", "not-tested"], ["violates"], "inconclusive", "violates"),
        (["not-tested", "conforms"], ["inconclusive"], "partial", "inconclusive"),
        (["excluded", "conforms"], [], "conforms", "conforms"),
        (["excluded"], ["violates"], "violates", "violates"),
        ([], ["conforms"], "conforms", "conforms"),
        ([], ["not-tested", "conforms"], "partial", "partial"),
        (["not-selected"], ["conforms"], "conforms", "conforms"),
        (["excluded"], [], "partial", "partial"),
        (["not-selected"], [], "partial", "partial"),
        ([], [], "partial", "partial"),
    ],
)
def test_the_run_is_judged_by_the_selected_must_clauses_or_by_what_there_is(make, must, should, lax, strict) -> None:
    judgements = [*judged(make, "must", must), *judged(make, "should", should)]
    assert run_verdict(judgements) == lax
    assert run_verdict(judgements, strict=True) == strict


def test_open_clauses_alone_judge_nothing(make) -> None:
    seen = judge([make.clause(TWO, "open")], [make.check("passed", TWO)])
    assert run_verdict(seen) == "partial"


def test_an_interrupted_run_violates_when_a_clause_already_does(make) -> None:
    assert run_verdict(judged(make, "must", ["conforms"]), interrupted=True) == "interrupted"
    assert run_verdict(judged(make, "must", ["violates"]), interrupted=True) == "violates"


def test_what_the_probe_found_makes_it_no_better_than_inconclusive(make) -> None:
    assert run_verdict(judged(make, "must", ["conforms"]), unsure=True) == "inconclusive"
    assert run_verdict(judged(make, "must", ["violates"]), unsure=True) == "violates"


class TestExitStatus:
    """One function over the document."""

    @pytest.mark.parametrize(
        ("run", "checks", "status"),
        [
            ({}, ["passed"], 0),
            ({}, ["failed"], 1),
            ({}, ["inconclusive"], 3),
            ({}, ["not-tested"], 3),
            ({}, ["failed", "error"], 4),
            ({"errors": ["collection"]}, ["passed"], 4),
            ({"interrupted": True}, ["failed"], 130),
            ({"interrupted": True, "errors": ["x"]}, ["passed"], 130),
        ],
    )
    def test_a_report_knows_its_exit_status(self, make, run, checks, status) -> None:
        document = make.document(checks=[make.check(outcome) for outcome in checks], of_run=make.run(**run))
        assert status_of(document) == status

    @pytest.mark.parametrize(
        ("cause", "status"),
        [
            ("state", 0),
            ("condition", 0),
            ("presupposed", 0),
            ("rate-limited", 3),
            ("out-of-time", 3),
            ("target-silent", 3),
            ("interrupted", 3),
        ],
    )
    def test_untested_is_allowed_where_the_target_offers_no_more(self, make, cause, status) -> None:
        document = make.document(
            [make.clause(ONE), make.clause(TWO)],
            [make.check("passed", ONE), make.check("not-tested", TWO, id="b", cause=cause, reason="why")],
            of_run=make.run(allow_untested=True),
        )
        assert (document["run"]["verdict"], status_of(document)) == ("partial", status)
        assert forgiven(document) == (1 if status == 0 else None)

    def test_nothing_judged_is_never_0(self, make) -> None:
        untested = make.check("not-tested", ONE, cause="state", needs="orders")
        document = make.document([make.clause(ONE)], [untested], of_run=make.run(allow_untested=True))
        assert status_of(document) == 3

    @pytest.mark.parametrize(
        ("statuses", "status"),
        [([0, 0], 0), ([0, 3], 3), ([3, 1, 0], 1), ([1, 4], 4), ([4, 130], 130), ([], 2)],
    )
    def test_of_several_reports_the_worst_counts(self, statuses, status) -> None:
        assert worst(statuses) == status


class TestWords:
    """The verdict as it is said everywhere."""

    def test_a_selection_is_part_of_it(self, make) -> None:
        document = make.document(
            [make.clause(ONE)], of_run=make.run(selection={"--clause": ["limits.one"]}), catalogue=102
        )
        assert verdict_words(document) == "conforms (1 of 102 clauses selected: --clause limits.one)"

    def test_smoke_says_how_many_must_clauses_it_judged(self, make) -> None:
        left = make.check("not-tested", TWO, id="b", cause="not-selected", reason="not part of smoke")
        excluded = make.clause("bayse.page.x", excluded="no")
        document = make.document(
            [make.clause(ONE), make.clause(TWO), excluded],
            [make.check("passed", ONE), left],
            of_run=make.run(profile="smoke"),
        )
        assert verdict_words(document) == "conforms (smoke: 1 of 2 must clauses)"

    def test_advisory_breaches_are_said_beside_it(self, make) -> None:
        document = make.document(
            [make.clause(ONE), make.clause(TWO, "should")], [make.check("passed", ONE), make.check("failed", TWO)]
        )
        assert verdict_words(document) == "conforms; 1 advisory clause broken"
        assert status_of(document) == 0

    def test_what_was_allowed_is_counted(self, make) -> None:
        document = make.document(
            [make.clause(ONE), make.clause(TWO)],
            [make.check("passed", ONE), make.check("not-tested", TWO, id="b", cause="state", needs="fill")],
            of_run=make.run(allow_untested=True),
        )
        assert verdict_words(document) == "partial; 1 untested clause allowed"
