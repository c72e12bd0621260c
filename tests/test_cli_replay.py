"""``venue-conformance replay``: what is sent again, signed afresh, and what never is."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.command import SECRET, report_of, run_command, target_file
from tests.tiny_server import TinyServer, answer
from venue_conformance.reference import load
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.replay.names import Names
from venue_conformance.target.ledger import Ledger

CHECK = "test_concurrent_retry_is_rejected"
CLAUSE = "bayse.idempotency.in-flight"


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the report of a run against the embedded reference."""
    folder = tmp_path_factory.mktemp("judged")
    clauses = [CLAUSE, "bayse.authentication.replay-needs-signature"]
    chosen = [part for clause in clauses for part in ("--clause", clause)]
    assert run_command(folder, "run", "--venue", "bayse", "--keep-bodies", *chosen).status == 0
    return folder


def test_overlapping_requests_overlap_again_on_other_orders(judged: Path) -> None:
    done = run_command(judged, "replay", "reports", CHECK)
    assert done.status == 0, done.output + done.errors
    assert re.search(r"recorded 409 .*\n +now +409 ", done.output)
    assert re.search(r"(\d+) of \1 responses have the recorded status", done.output)
    recorded = _order_ids(json.dumps(report_of(judged / "reports")["exchanges"]))
    sent = _order_ids("".join(line for line in done.output.splitlines() if line.startswith("  sent")))
    assert sent
    assert not sent & recorded


def test_a_wrong_signature_is_wrong_again(judged: Path) -> None:
    done = run_command(judged, "replay", "reports", "test_retry_with_invalid_signature_is_rejected[wrong0]")
    assert done.status == 0, done.output + done.errors
    assert "now      401" in done.output


def test_it_goes_no_further_than_asked(judged: Path) -> None:
    check = next(each for each in report_of(judged / "reports")["checks"] if "wrong0" in each["id"])
    first = check["exchanges"][0]
    done = run_command(judged, "replay", "reports", "wrong0", "--exchange", str(first))
    assert done.status == 3, "nothing was judged"
    assert "1 of 1 responses" in done.output
    done = run_command(judged, "replay", "reports", "wrong0", "--exchange", "999")
    assert done.status == 2
    assert str(first) in done.errors


def test_a_check_that_is_not_there(judged: Path) -> None:
    done = run_command(judged, "replay", "reports", "test_a_concurent_retry_is_refused")
    assert done.status == 2
    assert f"did you mean suites/bayse/test_idempotency_in_flight.py::{CHECK}?" in done.errors
    done = run_command(judged, "replay", "reports", "test_retry_with_invalid_signature_is_rejected")
    assert done.status == 2
    assert "[wrong0]" in done.errors
    assert "[wrong1]" in done.errors


def test_a_violation_shows_in_its_replay_and_is_gone_with_its_cause(tmp_path: Path) -> None:
    clause, check = "bayse.idempotency.shortest-key", "test_key_of_one_character_is_accepted"
    with serve_in_thread(load("bayse").find(mutant="refuses-short-keys")()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        assert run_command(tmp_path, "run", "--target", "target.toml", "--clause", clause).status == 1
        done = run_command(tmp_path, "replay", "reports", check)
        assert done.status == 2, "the credentials of a target are not in its report"
        assert "--target" in done.errors
        again = run_command(tmp_path, "replay", "reports", clause, "--target", "target.toml")
    assert again.status == 1
    assert again.errors.count("warning: ") == 1, again.errors
    assert again.output.splitlines()[-1].startswith(f"still violates ({clause}): expected ")
    with serve_in_thread(load("bayse").venue_class()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        done = run_command(tmp_path, "replay", "reports", check, "--target", "target.toml")
    assert done.status == 0
    assert done.output.splitlines()[-1].startswith(f"conforms now ({clause})")
    assert re.search(r"recorded 400 .*\n +now +200 ", done.output)


def test_production_is_refused(judged: Path, tmp_path: Path) -> None:
    file = target_file(tmp_path, "https://relay.bayse.markets")
    done = run_command(judged, "replay", "reports", CHECK, "--target", file)
    assert done.status == 2
    assert "production" in done.errors


def test_nothing_that_was_masked_or_used_up_is_sent(judged: Path, tmp_path: Path, server: TinyServer) -> None:
    """Against a target without states, whose file's credentials act."""
    server.always(answer(200, b"{}"))
    file = target_file(tmp_path, server.url)
    report = judged / "reports" / "conformance.json"
    document = json.loads(report.read_text())
    [check] = [each for each in document["checks"] if "wrong0" in each["id"]]
    # As if the accounts and orders had been the target's own.
    check["steps"] = [step for step in check["steps"] if "exchange" in step]
    exchanges = [each for each in document["exchanges"] if each["id"] in check["exchanges"]]
    (tmp_path / "conformance.json").write_text(json.dumps(document))
    done = run_command(tmp_path, "replay", "conformance.json", "wrong0", "--target", file)
    assert done.status == 3, "a venue that answers nothing of the sort is not judged by it"
    # After those of the record come those of the check, which is run once more to judge.
    resent = server.received[: len(exchanges)]
    for request in server.received:
        raw = repr(request.headers) + request.body.decode()
        assert "***" not in raw
        assert SECRET not in raw
        assert request.header("X-Public-Key") == "pk_test_of_the_file"
    recorded = {each["request_headers"]["Idempotency-Key"] for each in exchanges}
    sent = {request.header("Idempotency-Key") for request in resent}
    assert len(sent) == len(recorded)
    assert not sent & recorded
    assert not _order_ids(str([each.body for each in server.received])) & _order_ids(json.dumps(exchanges))
    assert SECRET not in done.output


class TestNames:
    @pytest.fixture
    def names(self) -> Names:
        names = Names(Ledger(), {"orderIds"})
        names.learn("0b8c8d0e-6a2e-4d53-9d0c-6f0b7e9d1a01", "NEW-ORDER-A")
        names.learn("pk_test_1", "pk_test_fresh")
        names.learn("17", "4711")
        return names

    def test_bodies_keep_everything_but_the_names(self, names: Names) -> None:
        body = b'{ "b":["0b8c8d0e-6a2e-4d53-9d0c-6f0b7e9d1a01", "17"],\t"a": 17, "a": "x17", \xff'
        assert names.body(body) == b'{ "b":["NEW-ORDER-A", "4711"],\t"a": 17, "a": "x17", \xff'

    def test_escapes_stay_escapes(self, names: Names) -> None:
        now = names.body(rb'["\u0030b8c8d0e-6a2e-4d53-9d0c-6f0b7e9d1a01"]')
        assert json.loads(now) == ["NEW-ORDER-A"]
        assert b"\\u" in now

    def test_an_id_that_nobody_handed_out_becomes_one_that_names_no_order(self, names: Names) -> None:
        stray = "c0ffee00-0000-4000-8000-000000000000"
        now = names.text(f"{stray} {stray.upper()}").split()
        assert stray not in now[0]
        assert now[1] == now[0].upper()
        assert names.path(f"/v1/orders/{stray}") == f"/v1/orders/{now[0]}"

    def test_names_that_contain_one_another_are_told_apart(self, names: Names) -> None:
        names.learn("pk_test_12", "pk_test_other")
        assert names.text("pk_test_12,pk_test_1,pk_test_123") == "pk_test_other,pk_test_fresh,pk_test_123"

    def test_spellings_stay_as_different_as_they_were(self, names: Names) -> None:
        wallet, now = f"0x{'a1b2' * 10}", f"0x{'c' * 30}{'7' * 10}"
        names.learn(wallet, now)
        assert names.text(wallet) == now
        assert names.text(f"0X{wallet[2:]}") == f"0X{now[2:]}"
        assert names.text(f"0x{wallet[2:].upper()}") == f"0x{now[2:].upper()}"
        assert names.text(f"me, 0xA1b2{wallet[6:]};") == f"me, 0xCc{now[4:]};"
        names.learn("0xABc1", "0x77Fe")
        assert names.text("0xABc1") == "0x77Fe"
        assert names.text("0xabc1") == "0x77fe"

    def test_masked_texts_are_made_anew(self, names: Names) -> None:
        assert b"***" not in names.body(b'{"signature": "***"}')

    def test_keys_keep_what_makes_them_alike_or_different(self, names: Names) -> None:
        keys = ["a", "aB3-z:_.", "aB3-Z:_.", "x" * 255, "aB3-z:_,"]
        now = [names.key(key) for key in keys]
        assert all(old != new and len(old) == len(new) for old, new in zip(keys, now, strict=True))
        assert len(set(now)) == len(keys)
        assert now[1].lower() == now[2].lower()
        assert now[1][:-1] == now[4][:-1]


def _order_ids(text: str) -> set[str]:
    return set(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", text))
