"""Clients of PredictStreet: right ones pass, faulty ones violate their clause, and the sandbox says the same."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from tests.clients.predictstreet import RIGHT_CLIENTS
from tests.clients.support import certified, client_of, outcomes, verdicts
from venue_conformance.clients.certification import Certification
from venue_conformance.clients.faulty import FaultyResult, adaptor_of, names_of, try_faulty
from venue_conformance.clients.samples import predictstreet_faulty
from venue_conformance.contract.client_clauses import load_client_catalogue
from venue_conformance.reference.explain import ExplainedVenue
from venue_conformance.reference.stage import make_stage
from venue_conformance.reference.stage_server import ServedStage, StageHost
from venue_conformance.reference.stage_steps import Step, answer
from venue_conformance.report.html import render_html
from venue_conformance.report.run_verdict import status_of

VENUE = "predictstreet"
RIGHT = adaptor_of(VENUE)
#: What may break beside a client's own clause, because it follows from the fault.
FOLLOWS = {
    "sends-the-key-as-bearer": {"key.stands-alone", "secrets.stay-home"},
    "sends-the-id-of-its-key-alone": {"key.header"},
    "takes-not-found-for-cancelled": {"outcomes.never-claims-cancelled"},
    "takes-new-reasons-for-success": {"outcomes.never-claims-cancelled"},
    "merges-both-parts": {"outcomes.not-found", "outcomes.terminal-is-done"},
    "takes-any-2xx-for-success": {"outcomes.not-found", "outcomes.terminal-is-done"},
}
#: The same in scenarios that were not written for its clause.
FURTHER = {
    "cancels-whatever-is-open": {"request.ids-verbatim", "retry.unknown-alone"},
    "merges-both-parts": {"outcomes.lock-invariant", "outcomes.unknown-codes"},
    "takes-any-2xx-for-success": {"outcomes.lock-invariant", "outcomes.unknown-codes"},
    "takes-finished-for-refused": {"outcomes.says-what-became"},
}
#: How the sandbox words the mistakes of a request, and what has to happen for each to be made.
SANDBOX = {
    "forgets-the-wallet": "a multi_wallet key: X-User-Wallet is missing",
    "forgets-the-wallet-on-retries": "it goes with every request, each retry too",
    "keeps-the-previous-wallet": ", and X-User-Wallet says ",
    "writes-the-wallet-bare": "lacks its 0x",
    "sends-the-key-as-bearer": "authorization holds the key: its header is called X-Api-Key, without Bearer before it",
    "sends-the-id-of-its-key-alone": "X-Api-Key holds the key's id alone",
    "sends-too-many": "orderIds has 101 elements; a batch has 100 at most",
    "sends-empty-batches": "orderIds is empty",
    "sends-objects": "is an object whose orderId is the id",
    "declares-a-form": "the body is declared as application/x-www-form-urlencoded",
    "sends-its-key-in-the-query": "the query holds the key as well",
    "sends-the-whole-batch-again": "failed for a passing cause: send it again, and it alone",
}

#: Faulty clients that are tried every time: whose mistake the sandbox tells of too, and those that misread an answer.
EVERY_TIME = [
    *SANDBOX,
    *("merges-both-parts", "takes-finished-for-an-error", "takes-not-found-for-cancelled", "spoils-the-rest"),
    *("takes-any-2xx-for-success", "takes-html-for-success", "ignores-retry-after"),
]


@pytest.fixture(scope="module")
def done() -> Certification:
    return certified(RIGHT, lanes=12, strict=True)


@pytest.fixture(scope="module")
def results() -> dict[str, FaultyResult]:
    return {each.name: each for each in try_faulty(VENUE, EVERY_TIME, all_scenarios=False, jobs=8)}


def accused(done: Certification) -> dict[str, str]:
    return {
        clause["id"]: f"{clause['verdict']}: {clause['reason']}"
        for clause in done.document["clauses"]
        if clause["verdict"] not in ("conforms", "observed", "not-exercised")
        and not clause["id"].endswith("permitted-variants")
    }


def test_the_plain_client_conforms_and_earns_every_profile(done: Certification) -> None:
    assert accused(done) == {}
    assert status_of(done.document) == 0
    assert done.document["client"]["profiles"] == ["core", "single_wallet", "multi_wallet", "retrying"]
    assert [each["number"] for each in done.document["client"]["scenarios"]] == list(range(1, 39))
    assert set(outcomes(done).values()) == {"passed"}


def test_no_key_is_in_the_report_and_wallets_are(done: Certification) -> None:
    text = str(done.document) + render_html(done.document)
    assert "'X-Api-Key': '***'" in text
    assert "ps_live_" not in text.replace("ps_live_&lt;", "").replace("ps_live_<", "")
    assert "for wallet 0x" in text
    assert "multi_wallet" in text


def test_what_the_documentation_leaves_open_is_observed(done: Certification) -> None:
    seen = {each["clause"].split(".", 2)[2]: each["observed"] for each in done.document["observations"]}
    assert seen["outcomes.success-status"] == "201 is taken for a success"
    assert "requests in a second at most" in seen["pacing.five-a-second"]


# -- right clients that differ -----------------------------------------------------------------------------------------

#: What each is special in shows before these.
SCENARIOS = {
    "never retries": ("mixed", "failed-before", "unknown-for-one", "multi-wallet"),
    "acts for single_wallet partners alone, and does not say so": ("mixed", "multi-wallet", "two-wallets-by-turns"),
    "acts for multi_wallet partners alone, for the wallet it was made with": ("mixed", "multi-wallet", "failed-before"),
    "declares a checksummed wallet, for single_wallet partners too": ("mixed", "two-wallets-by-turns"),
    "knows cancelled and not cancelled, hands on the venue's word, and tries once": (
        "terminal-only",
        "mixed",
        "lock-at-odds",
    ),
    "reads every order back": ("mixed", "terminal-only", "multi-wallet", "same-orders-again"),
    "refuses 101 before it sends": ("one-hundred-and-one", "empty-list"),
    "insists on 200": ("created",),
    "takes what is unknown along with the next batch": ("unknown-for-one",),
    "paces itself to five a second": ("eight-calls-in-a-second",),
    "keeps a connection, sends chunks and names a charset": ("mixed", "closed-before"),
}


def tried(folder: Path, scenarios: dict[str, tuple[str, ...]]) -> dict[str, Certification]:
    def one(number: int, name: str) -> Certification:
        command = client_of(folder, RIGHT_CLIENTS[name], name=f"c{number}.py", venue=VENUE)
        return certified(command, *scenarios[name], strict=True)

    with ThreadPoolExecutor(6) as pool:
        return dict(zip(scenarios, pool.map(one, range(len(scenarios)), scenarios), strict=True))


@pytest.fixture(scope="module")
def others(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Certification]:
    return tried(tmp_path_factory.mktemp("clients"), SCENARIOS)


def test_every_one_is_tried() -> None:
    assert SCENARIOS.keys() == RIGHT_CLIENTS.keys()


@pytest.mark.parametrize("name", RIGHT_CLIENTS)
def test_it_is_accused_of_nothing(others: dict[str, Certification], name: str) -> None:
    found = {clause: told for clause, told in accused(others[name]).items() if not told.startswith("not-tested")}
    assert found == {}


def test_wallets_are_asked_only_of_whoever_can(others: dict[str, Certification]) -> None:
    single = others["acts for single_wallet partners alone, and does not say so"]
    assert outcomes(single) == {
        "mixed": "passed",
        "multi-wallet": "not-tested",
        "two-wallets-by-turns": "not-tested",
    }
    assert verdicts(single)["wallet.every-request"] == "not-exercised"
    assert verdicts(single)["key.stands-alone"] == "conforms"
    multi = verdicts(others["acts for multi_wallet partners alone, for the wallet it was made with"])
    assert multi["wallet.every-request"] == "conforms"
    assert multi["key.stands-alone"] in ("not-exercised", "not-tested")


def test_one_that_insists_on_200_is_observed_and_not_accused(others: dict[str, Certification]) -> None:
    seen = [each["observed"] for each in others["insists on 200"].document["observations"]]
    assert "201 is not taken for a success, error unreadable" in seen


@pytest.mark.proof
def test_they_pass_every_scenario(tmp_path: Path) -> None:
    whole = tried(tmp_path, dict.fromkeys(RIGHT_CLIENTS, ()))
    assert {name: accused(done) for name, done in whole.items() if accused(done)} == {}


@pytest.mark.proof
def test_the_plain_client_passes_ten_times_in_a_row() -> None:
    for seed in range(10):
        assert accused(certified(RIGHT, seed=seed, strict=True)) == {}, seed


@pytest.mark.proof
def test_the_plain_client_passes_before_every_permitted_variant() -> None:
    done = certified(RIGHT, variants=True, strict=True)
    assert accused(done) == {}
    (told,) = [each["observed"] for each in done.document["observations"] if "variants" in each["observed"]]
    assert told == f"errs at 0 of {told.split()[4]} variants"


# -- faulty clients ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY_TIME)
def test_it_violates_its_own_clause_and_none_that_does_not_follow(results: dict[str, FaultyResult], name: str) -> None:
    result = results[name]
    assert result.caught, f"{result.clause}: {result.verdict}: {result.reason}"
    assert result.errors == ()
    assert {clause.split(".", 2)[2] for clause in result.others} <= FOLLOWS.get(name, set())


def test_every_clause_but_the_open_ones_has_a_faulty_client() -> None:
    clauses = {each.id for each in load_client_catalogue(VENUE).values() if each.level != "open"}
    assert clauses == {each.caught_by for each in predictstreet_faulty.FAULTY.values()}


@pytest.mark.proof
def test_the_others_violate_their_own_clause_too() -> None:
    others = [name for name in names_of(VENUE) if name not in EVERY_TIME]
    for result in try_faulty(VENUE, others, all_scenarios=False, jobs=6):
        assert result.caught, result
        assert {clause.split(".", 2)[2] for clause in result.others} <= FOLLOWS.get(result.name, set()), result


@pytest.mark.proof
def test_before_every_scenario_nothing_else_breaks_that_does_not_follow() -> None:
    for result in try_faulty(VENUE, (), all_scenarios=True, jobs=6):
        others = {clause.split(".", 2)[2] for clause in result.others}
        assert result.caught, result
        assert others <= FOLLOWS.get(result.name, set()) | FURTHER.get(result.name, set()), result


# -- what certify finds, the sandbox says ------------------------------------------------------------------------------


class Sandbox:
    """A staged venue that explains itself, and a key of the kind that a client needs."""

    def __init__(self, served: ServedStage, told: list[str], kind: str) -> None:
        self.served, self.told = served, told
        self.keys: dict[str, str] = served.state("caller", partner_kind=kind)["credentials"]

    def orders(self, count: int, wallet: str | None = None) -> list[str]:
        made = self.served.state("orders", caller=wallet or self.keys["wallet"], count=count, status="open")
        return [order["orderId"] for order in made["orders"]]


@contextmanager
def sandbox(kind: str) -> Iterator[Sandbox]:
    stage = make_stage(VENUE, rate_limited=False)
    told: list[str] = []
    stage.told = ExplainedVenue(stage.venue, told.append).told
    host = StageHost()
    served = host.open(stage)
    try:
        yield Sandbox(served, told, kind)
    finally:
        served.close()
        host.close()


def misbehave(name: str, box: Sandbox) -> None:
    """Have a faulty client do what it does wrong."""
    keys = box.keys
    wallet = keys["wallet"] if keys["partner_kind"] == "multi_wallet" else None
    client: Any = predictstreet_faulty.FAULTY[name](box.served.base_url, keys["api_key"], wallet, patience=0.5)
    if name == "keeps-the-previous-wallet":
        other = box.served.state("caller")["credentials"]["wallet"]
        client.cancel(box.orders(1))
        client.cancel(box.orders(1, other), other)
    elif name == "forgets-the-wallet-on-retries":
        box.served.put([answer(500, {})])
        client.cancel(box.orders(1))
    elif name == "sends-the-whole-batch-again":
        orders = box.orders(3)
        box.served.state("cancel outcome", orderId=orders[1], outcome="unknown")
        client.cancel(orders)
    else:
        count = {"sends-too-many": 101, "sends-empty-batches": 0}.get(name, 1)
        client.cancel(box.orders(count) if count else [])


@pytest.mark.parametrize("name", SANDBOX)
def test_the_sandbox_says_what_certify_finds(results: dict[str, FaultyResult], name: str) -> None:
    assert results[name].caught
    kind = "multi_wallet" if "wallet" in name else "single_wallet"
    with sandbox(kind) as box:
        with suppress(predictstreet_faulty.Failed):
            misbehave(name, box)
        told = "\n".join(box.told)
    assert SANDBOX[name] in told
    assert box.keys["api_key"] not in told


def test_the_sandbox_has_nothing_to_say_of_the_plain_client() -> None:
    with sandbox("multi_wallet") as box:
        client = predictstreet_faulty.Client(box.served.base_url, box.keys["api_key"], box.keys["wallet"])
        client.cancel(box.orders(3))
    assert ["\n" in line for line in box.told] == [False]


def test_what_a_script_answers_is_not_explained() -> None:
    with sandbox("multi_wallet") as box, suppress(predictstreet_faulty.Failed):
        box.served.put([answer(401, {"code": "api_key_user_wallet_required"}), Step("close")])
        client = predictstreet_faulty.Client(box.served.base_url, box.keys["api_key"], box.keys["wallet"])
        client.cancel(box.orders(1))
    assert "the script: answer 401" in box.told[0]
    assert "is missing" not in box.told[0]
