"""``venue-conformance check``: what it finds out about a target, and that it does no harm."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.command import report_of, run_command, target_file, verdicts
from tests.tiny_server import Received, TinyServer, answer
from venue_conformance.contract.manifest import manifest_of
from venue_conformance.reference import load
from venue_conformance.reference.bayse.states import BayseStates
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.reference.states import NotOffered, Params, Values, offers, undoes


def test_a_target_that_offers_all(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").venue_class()) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 0, done.output + done.errors
    assert "credentials: accepted with 200" in done.output
    assert "clocks: they agree" in done.output
    assert "not offered" not in done.output


def test_it_foretells_what_a_run_cannot_test(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").venue_class()) as server:
        (tmp_path / "target.toml").write_text(server.target_file.partition("[states]")[0])
        predicted = run_command(tmp_path, "check", "target.toml", "-v")
        chosen = ["--clause", "bayse.idempotency.*", "--clause", "bayse.engine.*", "--clause", "bayse.rate-limit.*"]
        run_command(tmp_path, "run", "--target", "target.toml", *chosen, "--", "-k", "not machine and not fuzz")
    assert predicted.status == 3
    lines = predicted.output.partition("cannot be judged until")[2].splitlines()[1:]
    not_judged = {line.split(":")[0].strip() for line in lines if line.startswith("  bayse.")}
    document = report_of(tmp_path / "reports")
    lacking_states = {clause["id"] for clause in document["clauses"] if clause["cause"] == "state"}
    judged = {clause for clause, verdict in verdicts(document).items() if verdict in ("conforms", "violates")}
    assert lacking_states
    assert judged
    assert lacking_states <= not_judged
    assert not judged & not_judged


def test_refused_credentials(tmp_path: Path) -> None:
    with serve_in_thread(load("bayse").venue_class()) as server:
        target_file(tmp_path, server.base_url, states=f"{server.base_url}/_states")
        done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 1
    assert "credentials: rejected with 401" in done.output


def test_a_page_of_html_is_no_accepted_request(tmp_path: Path, server: TinyServer) -> None:
    server.always(answer(200, b"<html><title>Sign in</title></html>", ("Content-Type", "text/html")))
    target_file(tmp_path, server.url)
    done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 1
    assert done.output.splitlines()[-1].startswith("NOT READY: ")
    assert "answered 200 in HTML; base_url may not be the venue" in done.output


def test_a_clock_that_is_wrong(tmp_path: Path, server: TinyServer) -> None:
    server.always(answer(200, b"{}", ("Date", "Mon, 01 Jan 2001 00:00:00 GMT")))
    target_file(tmp_path, server.url)
    done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 3
    assert "behind this machine's" in done.output


@pytest.mark.parametrize(
    ("state", "said", "reported"),
    [
        ("order statuses", b'{"statuses": {}}', "says nothing about the order"),
        ("orders", b'{"orders": []}', "has 0 orders, 1 were asked for"),
        ("caller", b'{"credentials": {"public_key": "pk"}}', "secret_key"),
        ("held request", b"[]", "not an object"),
        ("time passed", b"nonsense", "not JSON"),
    ],
)
def test_a_broken_state_is_told_in_the_protocols_words(
    tmp_path: Path, server: TinyServer, state: str, said: bytes, reported: str
) -> None:
    def behave(request: Received) -> bytes:
        if request.path != "/_states":
            return answer(200, b"{}")
        asked = json.loads(request.body)["state"]
        return answer(200, said) if asked == state else answer(501)

    server.behave = behave
    target_file(tmp_path, server.url, states=f"{server.url}/_states")
    done = run_command(tmp_path, "check", "target.toml")
    assert done.status == 1, done.output + done.errors
    assert reported in done.output
    # One valid request, and nothing else, goes to the venue itself.
    assert sum(request.path != "/_states" for request in server.received) == 1


class TestNeeds:
    @pytest.mark.parametrize(
        ("check", "needed"),
        [
            ("test_valid_request_is_accepted", set()),
            ("test_concurrent_retry_is_rejected", {"held request", "orders with status open"}),
            ("test_other_accounts_amm_order", {"orders with engine AMM", "orders with owner stranger"}),
            (
                "TestLifecycle::test_expired_order_stays_expired",
                {"order statuses", "orders with status expired", "orders with status open"},
            ),
            (
                "TestIsolation::test_other_accounts_order_is_not_found[rejected]",
                {"orders with owner stranger", "orders with status rejected", "orders with stranger rejected"},
            ),
        ],
    )
    def test_they_are_those_that_a_run_noted(self, check: str, needed: set[str]) -> None:
        [found] = [each for each in manifest_of("bayse").values() if each.id.partition("::")[2] == check]
        assert set(map(str, found.needs)) == needed


class FewStates(BayseStates):
    """Makes no accounts, and undoes nothing, as it may."""

    @offers("caller")
    async def caller(self, params: Params) -> Values:
        raise NotOffered

    @undoes("failing response", {}, {"caller": str, "status": int, "count": int, "after_commit": bool})
    async def no_failing_response(self, params: Params) -> Values:
        return {}


def test_what_it_arms_is_used_up(tmp_path: Path) -> None:
    venue = load("bayse").venue_class()
    venue.states = FewStates(venue)
    with serve_in_thread(venue) as server:
        (tmp_path / "target.toml").write_text(server.target_file)
        checked = run_command(tmp_path, "check", "target.toml")
        done = run_command(tmp_path, "run", "--target", "target.toml", "--clause", "bayse.limits.one-accepted")
    assert "failing response" in checked.output
    assert done.status == 0, done.output
