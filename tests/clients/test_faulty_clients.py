"""Every faulty client violates its own clause, and every clause has a faulty client that shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import pytest

from tests.clients.support import run_command
from venue_conformance.clients.faulty import adaptor_of, names_of, try_faulty
from venue_conformance.contract.client_clauses import ClientClause, load_client_catalogue
from venue_conformance.errors import ClientFault

#: What may break beside a client's own clause, because it follows from the fault.
FOLLOWS = {
    "takes-new-codes-for-success": {"outcomes.never-claims-cancelled"},
    "uses-a-new-key-each-try": {"outcomes.says-what-became"},
    "retries-without-a-key": {"outcomes.says-what-became"},
}
#: The same in scenarios that were not written for its clause.
FURTHER = {
    "cancels-whatever-is-open": {"request.ids-verbatim"},
    "takes-any-2xx-for-success": {"outcomes.amm-not-cancelled", "outcomes.unknown-codes"},
    "uses-a-new-key-each-try": {"idempotency.after-409"},
    "retries-without-a-key": {"idempotency.after-409"},
}


@pytest.fixture(scope="module")
def results() -> dict[str, object]:
    return {each.name: each for each in try_faulty("bayse", (), all_scenarios=False, jobs=10)}


@pytest.mark.parametrize("name", names_of("bayse"))
def test_it_violates_its_own_clause_and_none_that_does_not_follow(results: dict, name: str) -> None:
    result = results[name]
    assert result.caught, f"{result.clause}: {result.verdict}: {result.reason}"
    assert result.errors == ()
    assert {clause.split(".", 2)[2] for clause in result.others} <= FOLLOWS.get(name, set())


def test_every_clause_but_the_open_ones_has_a_faulty_client(results: dict) -> None:
    clauses = [cast(ClientClause, each) for each in load_client_catalogue("bayse").values() if each.level != "open"]
    assert {each.id for each in clauses} == {result.clause for result in results.values()}


def test_a_name_that_there_is_not_is_refused() -> None:
    with pytest.raises(ClientFault, match="there is no such faulty client"):
        list(try_faulty("bayse", ["nobody"], all_scenarios=False, jobs=1))


def test_the_command_writes_what_it_found(tmp_path: Path) -> None:
    ended = run_command(tmp_path, "mutants", "bayse", "--clients", "--only", "writes-hex", "--json", "found.json")
    assert ended.status == 0, ended.output + ended.errors
    assert "1 of 1 faulty clients caught" in ended.output
    (client,) = json.loads((tmp_path / "found.json").read_text())["venues"][0]["clients"]
    assert client["clause"] == "client.bayse.signing.standard-base64"


def test_the_right_client_is_not_among_them() -> None:
    assert adaptor_of("bayse").endswith("bayse.py")


@pytest.mark.proof
def test_before_every_scenario_nothing_else_breaks_that_does_not_follow() -> None:
    follows = {name: {*FOLLOWS.get(name, set()), *rules} for name, rules in FURTHER.items()}
    for result in try_faulty("bayse", (), all_scenarios=True, jobs=6):
        others = {clause.split(".", 2)[2] for clause in result.others}
        assert result.caught, result
        assert others <= follows.get(result.name, FOLLOWS.get(result.name, set())), result
