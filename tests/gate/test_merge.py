"""Parts of a run become one report with one verdict, and what is missing is never green."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from venue_conformance.contract.clauses import load_catalogue
from venue_conformance.errors import ClientFault
from venue_conformance.gate.merge import merge
from venue_conformance.plugin.splitting import read_shard, seconds_at_the_reference, shards
from venue_conformance.report.records import BreachRecord, PlannedCheck
from venue_conformance.report.run_verdict import status_of, verdict_words

ONE, TWO = "bayse.rows.summary", "bayse.rows.engine"
INTO = Path("whole")
CATALOGUE = load_catalogue("bayse")


@pytest.fixture
def part(make: Any) -> Callable[..., dict[str, Any]]:
    """One shard: which clauses its checks found kept, the others left to the other shards."""

    def build(number: int, *passed: str, of: int = 2, checks: tuple[Any, ...] = (), **fields: Any) -> dict[str, Any]:
        left = [name for name in (ONE, TWO) if name not in passed]
        records = [make.check("passed", name, id=f"a::{name}", exchanges=[1]) for name in passed]
        records += [make.check("not-tested", name, id=f"a::{name}", cause="not-selected", reason="-") for name in left]
        run = make.run(id=f"r{number}", shard={"number": number, "of": of}, **fields)
        clauses = [CATALOGUE[ONE], CATALOGUE[TWO]]
        return make.document(clauses, [*records, *checks], exchanges=[make.exchange(1)], of_run=run)

    return build


def test_a_shard_alone_says_that_it_is_one(part: Any) -> None:
    assert verdict_words(part(1, ONE)) == "conforms (shard 1/2: 1 clause)"


def test_all_shards_are_one_run(part: Any) -> None:
    whole = merge([part(2, TWO), part(1, ONE)], INTO)
    assert (whole["run"]["verdict"], verdict_words(whole), status_of(whole)) == ("conforms", "conforms", 0)
    assert [clause["verdict"] for clause in whole["clauses"]] == ["conforms", "conforms"]
    assert (whole["run"]["requests"], [each["id"] for each in whole["exchanges"]]) == (24, [1, 2])
    assert sorted(check["exchanges"] for check in whole["checks"]) == [[1], [2]]
    assert {each["shard"]["number"] for each in whole["run"]["merged"]} == {1, 2}
    assert all(str(INTO) in check["replay"] for check in whole["checks"])


def test_a_missing_shard_is_inconclusive(part: Any) -> None:
    whole = merge([part(1, ONE, TWO, of=3), part(3, of=3)], INTO)
    assert (whole["run"]["verdict"], status_of(whole)) == ("inconclusive", 3)
    assert "shard 2 of 3 missing" in verdict_words(whole)


def test_a_violation_in_one_shard_is_the_whole_runs(part: Any, make: Any) -> None:
    broken = make.check("failed", ONE, id="a::further", role="deepens")
    whole = merge([part(1, ONE), part(2, TWO, checks=(broken,))], INTO)
    assert (whole["run"]["verdict"], status_of(whole)) == ("violates", 1)


def test_one_check_of_two_parts_counts_once(part: Any, make: Any) -> None:
    """The look at the end of the run is every part's."""

    def last(outcome: str, *clauses: str, **fields: Any) -> Any:
        return make.check(outcome, ONE, TWO, id="the end", role="deepens", exercised=list(clauses), **fields)

    breach = BreachRecord(TWO, "this", "that", kinds=["cancelled-later"]).to_dict()
    first = part(1, ONE, checks=(last("passed", ONE),))
    second = part(2, TWO, checks=(last("failed", TWO, breaches=[breach]),))
    [check] = [check for check in merge([first, second], INTO)["checks"] if check["id"] == "the end"]
    assert (check["outcome"], check["kept"], check["exercised"]) == ("failed", [ONE], sorted([ONE, TWO]))


@pytest.mark.parametrize(
    ("other", "complaint"),
    [
        ({"number": 1}, "shard 1 is there more than once"),
        ({"of": 3}, "number of shards differs: 2, 3"),
        ({"strict": True}, "--strict differs"),
        ({"profile": "smoke"}, "profile differs"),
        ({"selection": {"--clause": ["x"]}}, "after different selections"),
    ],
)
def test_what_is_no_part_of_one_run_is_refused(part: Any, other: dict[str, Any], complaint: str) -> None:
    values = {"number": 2, **other}
    with pytest.raises(ClientFault, match=complaint):
        merge([part(1, ONE), part(values.pop("number"), TWO, **values)], INTO)


def test_selections_are_put_together_and_what_none_selected_is_missing(make: Any) -> None:
    def of(*names: str) -> dict[str, Any]:
        checks = [make.check("passed", name, id=f"a::{name}") for name in names]
        run = make.run(selection={"--clause": list(names)})
        return make.document([CATALOGUE[name] for name in names], checks, of_run=run, catalogue=len(CATALOGUE))

    parts = [of(ONE), of(TWO, ONE)]
    whole = merge(parts, INTO)
    assert (whole["run"]["verdict"], status_of(whole)) == ("inconclusive", 3)
    assert "no report has" in verdict_words(whole)
    on_purpose = merge(parts, INTO, partial=True)
    assert status_of(on_purpose) == 0
    assert verdict_words(on_purpose).startswith(f"conforms (2 of {len(CATALOGUE)} clauses selected: --clause {ONE}")


@pytest.mark.parametrize("text", ["", "1", "0/2", "3/2", "1/0", "a/b", "1/2/3", "-1/2"])
def test_what_names_no_shard_is_refused(text: str) -> None:
    with pytest.raises(ClientFault, match="K/N is expected"):
        read_shard(text)


def test_the_required_checks_of_a_clause_stay_together() -> None:
    plan = [
        PlannedCheck("a1", ["A"]),
        PlannedCheck("ab", ["A", "B"]),
        PlannedCheck("b1", ["B"]),
        *(PlannedCheck(f"c{number}", ["C"], "deepens") for number in range(6)),
    ]
    split = shards(plan, 3, lambda check: 1.0)
    assert sorted(len(each) for each in split) == [3, 3, 3]
    assert {"a1", "ab", "b1"} in split
    assert shards(list(reversed(plan)), 3, lambda check: 1.0) == split


@pytest.mark.parametrize("venue", ["arcus", "bayse", "predictstreet"])
@pytest.mark.parametrize("of", [2, 3, 4, 8])
def test_no_shard_has_much_more_to_do_than_another(venue: str, of: int) -> None:
    seconds = seconds_at_the_reference(venue)
    from venue_conformance.preflight.collecting import collect

    plan = [
        PlannedCheck(check.id, list(check.clauses), "required" if check.required else "deepens")
        for check in collect(venue)
        if "nightly" not in check.markers
    ]
    split = shards(plan, of, seconds)
    loads = [sum(map(seconds, each)) for each in split]
    assert sum(len(each) for each in split) == len(plan)
    longest = max(seconds(check.id) for check in plan)  # which nothing can split
    assert max(loads) <= max(1.3 * sum(loads) / of, longest + 0.5)
    where = {name: number for number, each in enumerate(split) for name in each}
    for clause in {clause for check in plan for clause in check.clauses}:
        assert len({where[check.id] for check in plan if check.role == "required" and clause in check.clauses}) <= 1
