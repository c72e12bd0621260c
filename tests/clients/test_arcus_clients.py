"""Arcus clients: the plain one and others that are right pass, each faulty one violates its own clause."""

from __future__ import annotations

import contextlib
import importlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from tests.clients.arcus_right_clients import RIGHT_CLIENTS
from tests.clients.support import SAMPLES, certified, client_of, outcomes, reasons, verdicts, violated
from venue_conformance.clients import samples
from venue_conformance.clients.certification import Certification
from venue_conformance.clients.faulty import FaultyResult, names_of, try_faulty
from venue_conformance.clients.samples.arcus import Client, Failed
from venue_conformance.clients.scenario import load_suite
from venue_conformance.clients.seeds import strays_from_seed
from venue_conformance.contract.client_clauses import ClientClause, load_client_catalogue
from venue_conformance.reference.arcus.venue import ArcusVenue
from venue_conformance.reference.explain import ExplainedVenue
from venue_conformance.reference.stage import Stage, staging_of
from venue_conformance.reference.stage_server import StageHost
from venue_conformance.report.run_verdict import status_of
from venue_conformance.venues.arcus import recompute as recomputing

EXAMPLES = Path(__file__).parents[2] / "examples"
VECTORS = json.loads((Path(__file__).parents[2] / "fixtures" / "vectors" / "arcus.json").read_text("utf-8"))
RIGHT = f"{sys.executable} -B {SAMPLES / 'arcus.py'}"
NODE = f"node {EXAMPLES / 'adaptor_arcus.mjs'}"
#: Waits for 31 s: left to ``make proof``, and to whoever certifies.
LONGEST = "rate-limited-beyond-the-window"
#: What tells most in little time.
TELLING = ("one-open", "mixed", "acknowl*", "event*", "socket-drops", "final-rows", "both-ids-at-hand", "two-markets")


def quick() -> tuple[str, ...]:
    return tuple(each.name for each in load_suite("arcus").scenarios if each.name != LONGEST)


def accused(done: Certification) -> dict[str, str]:
    """What is neither kept nor excused, leaving out what was not selected."""
    return {
        clause["id"]: f"{clause['verdict']}: {clause['reason']}"
        for clause in done.document["clauses"]
        if clause["verdict"] not in ("conforms", "observed", "not-exercised") and clause["cause"] != "not-selected"
    }


# -- the right ones --------------------------------------------------------------------------------------------------


def test_the_plain_client_conforms() -> None:
    done = certified(RIGHT, *quick(), strict=True, lanes=6)
    assert accused(done) == {}
    assert status_of(done.document) == 0
    assert set(outcomes(done).values()) == {"passed"}
    assert len(outcomes(done)) == 39
    assert verdicts(done)["outcomes.names-the-order"] == "conforms"
    text = json.dumps(done.document)
    assert '"signature": "***"' in text.replace('\\"', '"').replace('":"', '": "')
    assert "subscribe" in text
    assert strays_from_seed(done.document, 7) is None


def test_there_are_forty_scenarios() -> None:
    assert len(load_suite("arcus").scenarios) == 40


@pytest.mark.parametrize("number", range(len(VECTORS)))
def test_the_plain_clients_signatures_are_those_of_openssl(number: int) -> None:
    vector = VECTORS[number]
    client = Client("http://127.0.0.1:1", "ws://127.0.0.1:1", vector["private_key"], vector["address"])
    assert client.payload(vector, vector["timestamp"]).decode() == vector["payload"]
    assert client.element(vector, vector["timestamp"])["signature"] == vector["signature"]
    assert client.api_key == vector["public_key"]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_the_signatures_in_javascript_are_those_of_openssl() -> None:
    program = (
        f'import {{ Client }} from "{EXAMPLES / "adaptor_arcus.mjs"}";'
        "const told = JSON.parse(process.argv[1]).map((each) => {"
        "const own = new Client({ credentials: each, timeout_seconds: 2 });"
        "const payload = own.payload(each, BigInt(each.now)); return [payload, own.signed(payload), own.apiKey]; });"
        "console.log(JSON.stringify(told));"
    )
    given = json.dumps([vector | {"now": str(vector["timestamp"])} for vector in VECTORS])
    ended = subprocess.run(
        ["node", "--input-type=module", "-e", program, given], capture_output=True, text=True, timeout=30, check=True
    )
    assert json.loads(ended.stdout) == [[each["payload"], each["signature"], each["public_key"]] for each in VECTORS]


@pytest.mark.skipif(shutil.which("node") is None, reason="no node")
def test_one_in_javascript_that_reads_instead_of_listening_passes() -> None:
    done = certified(NODE, *TELLING, strict=True, lanes=1)
    assert accused(done) == {}
    found = verdicts(done)
    assert {rule for rule, verdict in found.items() if verdict == "not-exercised"} == {
        "timestamp.exact",
        "channel.subscribes",
        "channel.decides",
    }


def tried(folder: Path, names: list[str], *scenarios: str) -> dict[str, Certification]:
    commands = [
        client_of(folder, RIGHT_CLIENTS[name], name=f"c{number}.py", venue="arcus") for number, name in enumerate(names)
    ]
    with ThreadPoolExecutor(6) as pool:
        done = pool.map(lambda command: certified(command, *scenarios, strict=True, lanes=1), commands)
        return dict(zip(names, done, strict=True))


#: Those of which an accusation would be easiest to make.
EVERY_TIME = [
    "never listens, and calls everything that was acknowledged pending",
    "leaves kind, its own timestamp and X-Signature out",
    "writes addresses and keys in capital letters, and signs the address in small ones",
    "reads the order back instead of listening",
]


@pytest.mark.proof
def test_others_that_are_right_are_accused_of_nothing(tmp_path: Path) -> None:
    found = tried(
        tmp_path, EVERY_TIME, "one-open", "mixed", "both-ids-at-hand", "final-rows", "acknowledged-then-filled"
    )
    assert {name: accused(done) for name, done in found.items() if accused(done)} == {}


@pytest.mark.proof
def test_every_right_client_is_accused_of_nothing_by_any_scenario(tmp_path: Path) -> None:
    found = tried(tmp_path, list(RIGHT_CLIENTS))
    assert {name: accused(done) for name, done in found.items() if accused(done)} == {}
    earned = {name: done.document["client"]["profiles"] for name, done in found.items()}
    assert earned["never retries"] == ["core", "channel"]
    assert earned[EVERY_TIME[0]] == ["core", "retrying"]
    assert accused(certified(NODE, strict=True)) == {}


@pytest.mark.proof
def test_the_plain_client_passes_ten_times_in_a_row() -> None:
    for seed in range(10):
        done = certified(RIGHT, seed=seed, strict=True, lanes=12, require="channel")
        assert accused(done) == {}, seed
        assert done.document["run"]["verdict"] == "conforms"
        assert done.document["client"]["profiles"] == ["core", "retrying", "channel"]


@pytest.mark.proof
def test_the_plain_client_passes_before_every_permitted_variant() -> None:
    done = certified(RIGHT, "one-open", "mixed", "same-orders-again", variants=True, strict=True)
    assert accused(done) == {}
    told = [each["observed"] for each in done.document["observations"] if "variants" in each["observed"]]
    assert told == [f"errs at 0 of {told[0].split()[4]} variants"]


# -- the suite's own faults ------------------------------------------------------------------------------------------


def test_two_verifiers_that_disagree_are_the_suites_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recomputing, "_verifies", lambda *_: False)
    done = certified(RIGHT, "one-open")
    assert outcomes(done) == {"one-open": "error"}
    assert "to the reference the signature fits, the recomputation denies it" in reasons(done)
    assert status_of(done.document) == 4


# -- the faulty ones -------------------------------------------------------------------------------------------------

#: What may break beside a client's own clause, because it follows from the fault.
FOLLOWS = {
    "takes-202-for-final": {"outcomes.never-claims-cancelled"},
    "ignores-rejected-rows": {"outcomes.names-the-order"},
    "takes-fills-for-cancels": {"outcomes.never-claims-cancelled"},
    "takes-error-rows-for-success": {"outcomes.never-claims-cancelled"},
    "matches-rows-by-position": {"outcomes.never-claims-cancelled"},
    "takes-any-event-for-its-own": {"outcomes.acknowledged-is-not-final"},
}
#: Those that are tried every time: mistakes that only Arcus knows.
OWN = (
    "passes-a-double",
    "takes-202-for-final",
    "takes-fills-for-cancels",
    "subscribes-to-index-zero",
    "matches-rows-by-position",
)


def caught(result: FaultyResult) -> None:
    assert result.caught, f"{result.name}, {result.clause}: {result.verdict}: {result.reason}"
    assert result.errors == ()
    assert {clause.split(".", 2)[2] for clause in result.others} <= FOLLOWS.get(result.name, set()), result.name


def test_each_faulty_client_violates_its_own_clause() -> None:
    for result in try_faulty("arcus", OWN, all_scenarios=False, jobs=6):
        caught(result)


@pytest.mark.proof
def test_each_of_the_others_does_too() -> None:
    for result in try_faulty(
        "arcus", [name for name in names_of("arcus") if name not in OWN], all_scenarios=False, jobs=6
    ):
        caught(result)


def test_every_clause_but_the_open_ones_has_a_faulty_client() -> None:
    clauses = [cast(ClientClause, each) for each in load_client_catalogue("arcus").values() if each.level != "open"]
    assert {each.id for each in clauses} == {client.caught_by for client in faulty_classes().values()}


# -- what the sandbox says of the same mistakes ----------------------------------------------------------------------

#: What `serve --explain` says where a faulty client's mistake is one in signing, or around it.
EXPLAINED = {
    "signs-the-http-body": "the HTTP body is signed",
    "signs-one-for-all": "it is the signature of element 1: every element is signed for itself",
    "signs-another-operation": "operation 1 is signed, that of a placed order: a cancel is 2",
    "signs-another-time": "in whole microseconds: it is the very number, to the last digit",
    "signs-the-empty-id": 'the id that is not sent is signed, as ""',
    "signs-both-ids": "both ids are signed, and one is sent",
    "sends-milliseconds": "is in milliseconds: nanoseconds are wanted",
    "passes-a-double": "after it went through a double",
    "sends-both-ids": "element 1 has orderId and clientId: exactly one of them names the order",
    "sends-null-for-the-other-id": "element 1 has clientId null beside the other id",
    "leaves-out-the-address": "address is missing from the query",
    "keeps-its-signatures": "behind the venue's clock, and 30 s are allowed",
    "sends-another-key": "nobody registered this X-API-Key",
    "writes-numbers-as-texts": 'element 1 has marketId "1": a whole number is wanted',
}
SIGNING = ("signing.", "timestamp.", "target.", "address.", "request.schema")


def faulty_classes() -> dict[str, Any]:
    return cast("dict[str, Any]", importlib.import_module(f"{samples.__name__}.arcus_faulty").FAULTY)


def test_what_is_explained_covers_every_mistake_in_signing() -> None:
    about = {name for name, client in faulty_classes().items() if client.caught_by.split(".", 2)[2].startswith(SIGNING)}
    assert about == EXPLAINED.keys()


@pytest.mark.parametrize("name", EXPLAINED)
def test_the_sandbox_explains_what_certifying_finds(name: str) -> None:
    told: list[str] = []
    venue = ArcusVenue(seed=5)
    explained = ExplainedVenue(venue, told.append)
    host = StageHost()
    served = host.open(Stage(venue, staging_of("arcus"), told=explained.told))
    try:
        keys = served.state("caller")["credentials"]
        orders = served.state("orders", caller=keys["address"], count=2, status="open", client_ids=True)["orders"]
        client = faulty_classes()[name](served.base_url, served.ws_url, keys["private_key"], keys["address"])
        client.listening, client.tries = 0.1, 1
        if name == "keeps-its-signatures":  # as after a wait of 31 s
            client.now = lambda: venue.clock.nanoseconds() - 31 * 10**9
        with contextlib.suppress(Failed):  # refused, as it should be
            client.cancel(orders)
        client.close()
    finally:
        served.close()
        host.close()
    assert any(EXPLAINED[name] in each for each in told), told


def test_the_guide_counts_right() -> None:
    guide = (EXAMPLES.parent / "docs" / "certify-your-client.md").read_text("utf-8")
    assert f"for arcus: {len(load_suite('arcus').scenarios)} scenarios" in guide
    assert f"{len(names_of('arcus'))} of Arcus), each made" in guide
    assert {12: "thirteen further right ones"}[len(RIGHT_CLIENTS)] in guide


def test_the_recipe_is_the_plain_client() -> None:
    assert (EXAMPLES / "adaptor_arcus.py").read_bytes() == (SAMPLES / "arcus.py").read_bytes()


def test_a_faulty_client_is_told_of_in_words(tmp_path: Path) -> None:
    done = certified(f"{sys.executable} -B {SAMPLES / 'arcus_faulty.py'} signs-one-for-all", "mixed")
    assert violated(done) == {"signing.each-element"}
    (clause,) = [each for each in done.document["clauses"] if each["id"].endswith("signing.each-element")]
    assert "the signature of another element, in element 2 of 5" in clause["reason"]
