"""What a baseline forgives, what it does not, and when it is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from venue_conformance.contract.fingerprints import fingerprint
from venue_conformance.errors import ClientFault
from venue_conformance.gate.baseline import AcceptedBreaches, Baseline, Drawn, NotApplicable, load_baseline
from venue_conformance.gate.weighing import weigh
from venue_conformance.gate.writing import updated, write_baseline
from venue_conformance.report.html import render_html
from venue_conformance.report.junit import render_junit
from venue_conformance.report.records import BreachRecord
from venue_conformance.report.run_verdict import status_of, verdict_words
from venue_conformance.report.sarif import render_sarif
from venue_conformance.report.summary import render_summary
from venue_conformance.report.view import beside_the_verdict

TODAY = date(2026, 1, 1)
ONE, TWO, MORE = "bayse.rows.summary", "bayse.rows.engine", "bayse.rate-limit.refused-cancels-nothing"

KEPT = "bayse.rows.status-200"


def accepted(clause: str = ONE, kind: str = "other-counts", **fields: Any) -> AcceptedBreaches:
    values = {"why": "known", "owner": "orders team", "ticket": "VEN-7", "environment": None}
    values |= {"expires": TODAY + timedelta(days=9), "checks": (f"a.py::{clause}",)}
    return AcceptedBreaches(clause=clause, **{"fingerprints": (fingerprint(clause, kind),), **values, **fields})


def absent(glob: str = MORE, **fields: Any) -> NotApplicable:
    values = {"why": "no limiter", "owner": "platform", "ticket": "", "environment": None, "expires": TODAY}
    return NotApplicable(clause=glob, **{**values, **fields})


@pytest.fixture
def judged(make: Any) -> Callable[..., dict[str, Any]]:
    """A report of checks of three clauses, weighed: each is told as (clause, outcome), a breach by its kind."""

    def build(*told: tuple[str, str], entries: tuple[Any, ...] = (), **fields: Any) -> dict[str, Any]:
        checks = []
        for clause, outcome in told:
            more: dict[str, Any] = {"id": f"a.py::{clause}", **fields.get(clause, {})}
            if outcome not in ("passed", "not-tested", "inconclusive"):
                more["breaches"] = [BreachRecord(clause, "this", "that", kinds=outcome.split()).to_dict()]
                outcome = "failed"
            elif outcome == "not-tested":
                more = {"reason": "never exercised", "cause": "condition", **more}
            checks.append(make.check(outcome, clause, **more))
        baseline = Baseline(
            "b.toml",
            tuple(entry for entry in entries if isinstance(entry, AcceptedBreaches)),
            tuple(entry for entry in entries if isinstance(entry, NotApplicable)),
        )
        run = make.run(baseline=baseline.to_dict(), **fields.get("run", {}))
        checks += fields.get("checks", [])
        named = dict.fromkeys([*(clause for clause, _ in told), *(each for check in checks for each in check.clauses)])
        clauses = [make.clause(clause, fields.get("level", "must")) for clause in named]
        return weigh(make.document(clauses, checks, of_run=run))

    return build


def problems(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["clause"], each["problem"]) for each in document["baseline"]["problems"]]


def test_an_accepted_breach_fails_no_run_and_is_said_everywhere(judged: Any) -> None:
    document = judged((ONE, "other-counts"), (TWO, "passed"), entries=(accepted(),))
    assert (document["run"]["verdict"], status_of(document), problems(document)) == ("conforms", 0, [])
    assert verdict_words(document) == "conforms; 1 violated and accepted"
    assert document["clauses"][0]["verdict"] == "violates"
    assert document["clauses"][0]["forgiven"]["owner"] == "orders team"
    suppressed = json.loads(render_sarif(document))["runs"][0]["results"][0]["suppressions"]
    assert suppressed == [
        {"kind": "external", "status": "accepted", "justification": "known (orders team, VEN-7, until 2026-01-10)"}
    ]
    suite = ElementTree.fromstring(render_junit(document))  # noqa: S314 - ours
    assert (suite.get("failures"), suite.find("testsuite").get("skipped")) == ("0", "1")
    assert "known" in next(suite.iter("skipped")).get("message", "")
    for text in (render_html(document), render_summary(document)):
        assert "Accepted by the baseline" in text
        assert "accepted until 2026-01-10: known" in text
    assert "### Violations" not in render_summary(document)


def test_another_breach_fails_the_run_though_one_is_accepted(judged: Any) -> None:
    document = judged((ONE, "other-counts"), (TWO, "other-engine"), entries=(accepted(),))
    assert (document["run"]["verdict"], status_of(document)) == ("violates", 1)
    assert "### Violations" in render_summary(document)


@pytest.mark.parametrize("kinds", ["no-summary", "other-counts no-summary"])
def test_a_breach_of_another_kind_is_not_accepted(judged: Any, kinds: str) -> None:
    document = judged((ONE, kinds), entries=(accepted(),))
    assert (status_of(document), problems(document)) == (1, [(ONE, "different")])
    assert "no-summary" in document["baseline"]["accepted"][0]["told"]


def test_what_a_race_shows_of_a_breach_that_needs_none_follows_from_it(judged: Any) -> None:
    document = judged((ONE, "other-counts no-serial-order"), (TWO, "passed"), entries=(accepted(),))
    assert (status_of(document), problems(document)) == (0, [])
    raced = accepted(kind="no-serial-order")
    document = judged((ONE, "other-counts no-serial-order"), (TWO, "passed"), entries=(raced,))
    assert (status_of(document), problems(document)) == (1, [(ONE, "different")])
    document = judged((ONE, "no-serial-order"), (TWO, "passed"), entries=(accepted(),))
    assert (status_of(document), problems(document)) == (1, [(ONE, "different")])


def test_an_entry_whose_checks_all_pass_is_stale(judged: Any) -> None:
    document = judged((ONE, "passed"), (TWO, "passed"), entries=(accepted(),))
    assert (document["run"]["verdict"], status_of(document)) == ("conforms", 1)
    assert problems(document) == [(ONE, "stale")]
    assert verdict_words(document) == "conforms; the baseline does not fit: 1 stale"


@pytest.mark.parametrize(
    ("outcome", "of_check"),
    [
        ("not-tested", {}),
        ("inconclusive", {}),
        ("passed", {"id": "a.py::another"}),
        ("passed", {"exercised": []}),
        ("passed", {"unsought": [ONE]}),
    ],
)
def test_an_entry_is_not_stale_before_its_checks_have_run(judged: Any, outcome: str, of_check: dict[str, Any]) -> None:
    document = judged((ONE, outcome), (TWO, "passed"), entries=(accepted(),), **{ONE: of_check})
    [entry] = document["baseline"]["accepted"]
    assert (problems(document), entry["state"]) == ([], "not-met")
    assert f"accepted, {ONE}: {entry['told']}" in beside_the_verdict(document)
    assert ("no time to draw again" in entry["told"]) is ("unsought" in of_check)


def test_an_exploration_that_did_not_come_to_the_clause_keeps_no_entry_alive(judged: Any) -> None:
    entry, missed = accepted(checks=(f"a.py::{ONE}", f"a.py::{TWO}")), {TWO: {"explores": True, "exercised": []}}
    assert problems(judged((ONE, "passed"), (TWO, "passed"), entries=(entry,), **missed)) == [(ONE, "stale")]
    alone = judged((ONE, "passed"), (TWO, "passed"), entries=(accepted(checks=(f"a.py::{TWO}",)),), **missed)
    assert (problems(alone), alone["baseline"]["accepted"][0]["state"]) == ([], "not-met")
    written = {TWO: {"exercised": []}}
    assert problems(judged((ONE, "passed"), (TWO, "passed"), entries=(entry,), **written)) == []


def test_an_exploration_that_met_another_breach_shows_nothing_mended(judged: Any) -> None:
    raced, other = accepted(checks=(f"a.py::{TWO}",)), accepted(TWO, "twice")
    fields = {TWO: {"explores": True, "kept": [ONE]}}
    failed = judged((TWO, "twice"), (ONE, "passed"), entries=(raced, other), **fields)
    assert [entry["state"] for entry in failed["baseline"]["accepted"]] == ["not-met", "met"]
    written = {TWO: {"kept": [ONE]}}
    failed = judged((TWO, "twice"), (ONE, "passed"), entries=(raced, other), **written)
    assert [entry["state"] for entry in failed["baseline"]["accepted"]] == ["stale", "met"]


def test_what_only_the_end_of_a_run_notes_is_stale_once_the_clause_is_kept(judged: Any) -> None:
    entry = accepted(checks=("run::server-errors",))
    assert problems(judged((ONE, "passed"), entries=(entry,))) == [(ONE, "stale")]
    assert problems(judged((ONE, "passed"), entries=(entry,), run={"shard": {"number": 1, "of": 2}})) == []


def test_an_expired_entry_accepts_nothing(judged: Any) -> None:
    entry = accepted(expires=TODAY - timedelta(days=1))
    document = judged((ONE, "other-counts"), entries=(entry,))
    assert (document["run"]["verdict"], problems(document)) == ("violates", [(ONE, "expired")])
    assert problems(judged((ONE, "other-counts"), entries=(accepted(expires=TODAY),))) == []


def test_an_entry_holds_in_its_environment_alone(judged: Any) -> None:
    for environment, verdict in (("stag*", "conforms"), ("prod*", "violates")):
        document = judged((ONE, "other-counts"), (TWO, "passed"), entries=(accepted(environment=environment),))
        assert document["run"]["verdict"] == verdict


def test_what_builds_on_an_accepted_breach_is_forgiven(judged: Any) -> None:
    builds = {"cause": "presupposed", "reason": f"presupposes {ONE}", "presupposes": ONE}
    told = ((ONE, "other-counts"), (TWO, "not-tested"), (MORE, "passed"))
    document = judged(*told, entries=(accepted(),), **{TWO: builds})
    assert (document["run"]["verdict"], status_of(document)) == ("conforms", 0)
    assert document["clauses"][1]["forgiven"]["told"] == f"not judged: presupposes {ONE} (accepted)"
    by_it = {"cause": "presupposed", "reason": "-", "presupposes": TWO}
    chain = judged(
        (ONE, "other-counts"),
        (MORE, "not-tested"),
        (TWO, "not-tested"),
        (KEPT, "passed"),
        entries=(accepted(),),
        **{TWO: builds, MORE: by_it},
    )
    assert chain["run"]["verdict"] == "conforms"
    assert chain["clauses"][1]["forgiven"]["told"] == f"not judged: presupposes {ONE} (accepted)"
    on_another = judged(*told, entries=(accepted(),), **{TWO: {**builds, "presupposes": MORE}})
    assert (on_another["run"]["verdict"], status_of(on_another)) == ("partial", 3)


def test_what_a_sequence_shows_of_an_accepted_breach_by_another_clause_follows_from_it(judged: Any, make: Any) -> None:
    root, special = "bayse.idempotency.replay-same-answer", "bayse.idempotency.first-answer-survives"
    breach = [BreachRecord(special, "this", "that", kinds=["other-answer"]).to_dict()]
    drawn = make.check("failed", special, id="a.py::sequence", explores=True, role="deepens", breaches=breach)
    told, entry = ((root, "other-answer"), (special, "passed"), (TWO, "passed")), accepted(root, "other-answer")

    document = judged(*told, entries=(entry,), checks=[drawn])

    assert (document["run"]["verdict"], status_of(document)) == ("conforms", 0)
    assert verdict_words(document) == "conforms; 1 violated and accepted; 1 violated by what follows from that"
    [forgiven] = [clause["forgiven"] for clause in document["clauses"] if clause["id"] == special]
    assert forgiven["told"] == f"met by explorations alone, and builds on {root} (accepted)"
    for otherwise in (
        judged((root, "passed"), *told[1:], entries=(entry,), checks=[drawn]),  # nothing is accepted that was met
        judged(told[0], (special, "other-answer"), told[2], entries=(entry,), checks=[drawn]),  # a check has met it
        judged(told[0], told[2], entries=(entry,), checks=[drawn]),  # and no check has found it kept
    ):
        assert (otherwise["run"]["verdict"], status_of(otherwise)) == ("violates", 1)


def test_a_clause_that_does_not_apply_is_counted_apart(judged: Any) -> None:
    entry = absent("bayse.rate-limit.*")
    document = judged((MORE, "not-tested"), (TWO, "passed"), entries=(entry,))
    assert (document["run"]["verdict"], verdict_words(document)) == ("conforms", "conforms; 1 not applicable")
    assert document["clauses"][0]["verdict"] == "not-tested"
    for seen in ("passed", "order-touched"):
        refused = judged((MORE, seen), (TWO, "passed"), entries=(entry,))
        assert (status_of(refused), problems(refused)) == (1, [("bayse.rate-limit.*", "offered")])


def test_a_breach_that_says_only_that_nothing_is_there_is_no_opposite(make: Any) -> None:
    clause, kept = "predictstreet.rate-limit.enforced", "predictstreet.rate-limit.below-never-refused"
    checks = [
        make.check(
            "failed", clause, id="a::1", breaches=[BreachRecord(clause, "a", "b", kinds=["never-refused"]).to_dict()]
        ),
        make.check("passed", kept, id="a::2"),
    ]
    baseline = Baseline("b.toml", not_applicable=(absent("rate-limit.*"),)).to_dict()
    document = weigh(
        make.document(
            [make.clause(clause), make.clause(kept)],
            checks,
            of_run=make.run(baseline=baseline),
            of_target=make.target(venue="predictstreet"),
        )
    )
    assert (document["run"]["verdict"], problems(document)) == ("conforms", [])
    assert document["baseline"]["not_applicable"][0]["clauses"] == [clause]


def entry_text(**changes: str | None) -> str:
    values = {
        "clause": f'"{ONE}"',
        "fingerprints": '["0123456789"]',
        "checks": '["a.py::b"]',
        "why": '"known"',
        "owner": '"me"',
        "expires": "2026-01-20",
        **changes,
    }
    return "\n".join(["[[accepted]]", *(f"{key} = {value}" for key, value in values.items() if value is not None)])


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (entry_text(why='" "'), "why: must not be empty"),
        (entry_text(owner='""'), "owner: must not be empty"),
        (entry_text(owner=None), "owner: missing"),
        (entry_text(clause='"bayse.rows.sumary"'), "no such clause; did you mean bayse.rows.summary?"),
        (entry_text(clause='"bayse.rate-limit.enforced"'), "an open question cannot be violated"),
        (entry_text(expires='"2026-01-20"'), "must be a date"),
        (entry_text(expires="2026-04-02"), "more than 90 days ahead"),
        (entry_text(fingerprints="[]"), "fingerprints: none"),
        (entry_text(checks="[1]"), "checks: must be a list of texts"),
        (entry_text(reason='"x"'), "reason: unknown"),
        (entry_text() + "\n" + entry_text(), "two entries for one clause"),
        (entry_text(environment='"stag*"') + "\n" + entry_text(environment='"staging"'), "two entries for one clause"),
        ("[[acepted]]", "acepted: unknown; did you mean accepted?"),
        ("accepted = 1", "written as [[accepted]]"),
        ('[[not_applicable]]\nclause = "x.*"\nwhy = "a"\nowner = "b"\nexpires = 2026-01-02', "no clause is called"),
        ("[[", "this is no TOML"),
    ],
)
def test_a_file_that_lacks_something_is_refused(tmp_path: Path, text: str, complaint: str) -> None:
    file = tmp_path / "b.toml"
    file.write_text(text)
    with pytest.raises(ClientFault) as refused:
        load_baseline(file, TODAY)
    assert complaint in str(refused.value)


def test_environments_apart_may_have_an_entry_each(tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    file.write_text(entry_text(environment='"stag*"') + "\n" + entry_text(environment='"test"'))
    assert len(load_baseline(file, TODAY).accepted) == 2


def test_an_update_leaves_the_reason_to_be_written(judged: Any, tmp_path: Path) -> None:
    file = tmp_path / "b.toml"
    found = judged((ONE, "other-counts"), (TWO, "passed"))
    write_baseline(file, updated(Baseline(str(file)), [found], TODAY), [found])
    assert "# other-counts" in file.read_text()
    with pytest.raises(ClientFault, match="why: must not be empty"):
        load_baseline(file, TODAY)
    unfinished = load_baseline(file, TODAY, unfinished=True)
    assert unfinished.finished(TODAY).accepted == ()
    file.write_text(file.read_text().replace('""', '"told \\\\ \\" é"'))
    [entry] = load_baseline(file, TODAY).accepted
    assert (entry.clause, entry.why, entry.checks) == (ONE, 'told \\ " é', (f"a.py::{ONE}",))


def test_an_update_keeps_what_holds_asks_anew_for_what_changed_and_drops_what_is_stale(judged: Any) -> None:
    entries = (accepted(), accepted(TWO, "other-engine"), accepted(MORE), absent("bayse.engine.*"))
    found = judged((ONE, "other-counts no-summary"), (TWO, "other-engine"), (MORE, "passed"), entries=entries)
    baseline = Baseline("b.toml", entries[:3], entries[3:])
    fresh = {entry.clause: entry for entry in updated(baseline, [found], TODAY).accepted}
    assert set(fresh) == {ONE, TWO}
    assert fresh[TWO] == entries[1]
    assert (fresh[ONE].why, fresh[ONE].owner, len(fresh[ONE].fingerprints)) == ("", "orders team", 2)
    assert updated(baseline, [found], TODAY).not_applicable == entries[3:]


def test_only_what_explorations_alone_have_met_is_drawn_again(make: Any) -> None:
    breach = BreachRecord(ONE, "this", "that", kinds=["other-counts"], drawn={"seed": 3, "examples": 20}).to_dict()
    explored = make.check("failed", ONE, id="a::sequence", explores=True, role="deepens", breaches=[breach])
    written = make.check("failed", ONE, id="a::example", breaches=[{**breach, "drawn": None}])
    for checks, draws in (([explored], 1), ([explored, written], 0)):
        document = make.document([make.clause(ONE)], checks, of_run=make.run())
        [entry] = updated(Baseline("b.toml"), [document], TODAY).accepted
        assert len(entry.draws) == draws


def test_draws_come_back_from_the_file(tmp_path: Path) -> None:
    drawn = (Drawn("a.py::sequence[it's]", 20, 3), Drawn("a.py::b", 60))
    file = tmp_path / "b.toml"
    write_baseline(file, Baseline(str(file), (accepted(draws=drawn),)))
    assert load_baseline(file, TODAY).accepted[0].draws == drawn
    assert Baseline.from_dict(load_baseline(file, TODAY).to_dict()) == load_baseline(file, TODAY)
    file.write_text(file.read_text().replace("examples = 60", 'examples = "60"'))
    with pytest.raises(ClientFault, match="draws: must be a list"):
        load_baseline(file, TODAY)
