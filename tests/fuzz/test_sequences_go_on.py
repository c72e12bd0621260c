"""Sequences over a way that fails and targets that break clauses, on real sockets."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis.stateful import rule
from hypothesis.strategies import DataObject, binary, data

from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import EnvironmentFault, OutOfTime, SameRequestFails, Violation, WayFault
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.machine import VenueMachine, judged, run_sequences
from venue_conformance.fuzz.profiles import register_profiles
from venue_conformance.fuzz.scenario import ScenarioEnvironment
from venue_conformance.fuzz.tracker import Surroundings
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.recorder import Recorder

FIRST, SECOND, ENDLESS = "bayse.rows.summary", "bayse.rows.engine", "bayse.robustness.no-server-error"


def reset(connection: socket.socket) -> None:
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.close()


class Asks(VenueMachine):
    """Asks for batches of unknown ids, of one or of two."""

    at_once = 1000

    @rule()
    def ask_for_one(self) -> None:
        scenario = self.doing(f"one is asked for, {self.label('try')}")
        judged(self, self._ask, scenario.caller, 1)

    @rule()
    def ask_for_two(self) -> None:
        scenario = self.doing(f"two are asked for, {self.label('try')}")
        judged(self, self._ask, scenario.caller, 2)

    def _ask(self, caller: BayseCaller, count: int) -> None:
        got = caller.cancel_batch(caller.session.ledger.unknown(count))
        self.assess.expect(got.json_object.get("summary") == {}, "a summary", got, FIRST)
        self.assess.expect(got.json_object.get("engine") == "CLOB" or count == 1, "an engine", got, SECOND)

    def read_back(self) -> None:
        """There is nothing to be read."""


class DrawsTooMuch(Asks):
    """Draws more than Hypothesis allows, which ends the sequence; and its last look meets a fault of the way."""

    @rule(data=data())
    def draw(self, data: DataObject) -> None:
        self.doing("much is drawn")
        data.draw(binary(min_size=10_000))

    def read_back(self) -> None:
        raise WayFault("GET /: reset", "reset")


@pytest.fixture
def session(server: TinyServer, tmp_path: Path) -> Iterator[Session]:
    register_profiles(tmp_path, remembering=False)
    file = tmp_path / "target.toml"
    file.write_text(
        f'venue = "bayse"\nbase_url = "{server.url}"\nenvironment = "test"\n[limits]\nsettle_seconds = 0\n'
        '[credentials]\npublic_key = "pk_file"\nsecret_key = "sk_file_secret"\n'
        f'[states]\nurl = "{server.url}/_states"\n'
    )
    opened = Session(venues()["bayse"], load_target(file, {"bayse": venues()["bayse"].credentials}, {}), seed=11)
    opened.health.accept("pk_file")  # as after a probe
    yield opened
    opened.close()


@pytest.fixture
def play(session: Session, recorder: Recorder, breaches: Breaches) -> Callable[..., None]:
    def recruit(account: CallerAccount) -> BayseCaller:
        return BayseCaller(account, session, recorder, RetryBudget())

    def control() -> bool:
        recruit(session.main_account(recorder)).cancel_batch(session.ledger.unknown(3))
        return True

    def with_them(out_of_time: Callable[[], bool] = lambda: False, machine: type[VenueMachine] = Asks) -> None:
        around = Surroundings(recorder, breaches, out_of_time, control, ENDLESS)
        run_sequences(
            machine,
            ScenarioEnvironment(session, recorder, recruit),
            around,
            profile="ci",
            chosen_seed=None,
            examples=20,
            steps=6,
        )

    return with_them


def serve(server: TinyServer, batch: Callable[[int], Behaviour]) -> None:
    """Answers by how many ids a batch names; callers are made on demand."""

    def behave(received: Received) -> Behaviour:
        asked = json.loads(received.body)
        if "orderIds" in asked:
            return batch(len(asked["orderIds"]))
        if asked["state"] == "caller" and asked["action"] == "setup":
            return answer(200, b'{"credentials": {"public_key": "pk_fresh", "secret_key": "sk_fresh_secret"}}')
        return answer(501)

    server.behave = behave


def right(count: int) -> bytes:
    return answer(200, json.dumps({"summary": {}, "engine": "CLOB", "count": count}).encode())


def test_a_sequence_that_ended_already_is_not_dropped_as_well(server: TinyServer, play: Callable[..., None]) -> None:
    serve(server, right)
    with pytest.raises(EnvironmentFault):
        play(machine=DrawsTooMuch)


def test_sequences_go_on_after_a_breach_and_judge_the_rest_of_the_answer(
    server: TinyServer, play: Callable[..., None], breaches: Breaches
) -> None:
    serve(server, lambda _: answer(200, b'{"engine": "AMM"}'))
    play()
    assert set(breaches.found) == {FIRST, SECOND}
    assert breaches.found[FIRST].seen_at == 1 or breaches.found[FIRST].times >= breaches.examples // 2
    assert breaches.examples >= 20
    assert breaches.exercised == {FIRST, SECOND}
    reported = "\n".join(breaches.found[SECOND].violation.__notes__)
    assert "1. two are asked for, try1" in reported


def test_a_fault_now_and_then_drops_a_sequence(
    server: TinyServer, play: Callable[..., None], breaches: Breaches
) -> None:
    count = 0

    def batch(ids: int) -> Behaviour:
        nonlocal count
        count += 1
        return reset if count % 17 == 0 else right(ids)

    serve(server, batch)
    play()
    assert not breaches.found
    assert breaches.examples >= 20


def test_the_same_step_that_always_fails_ends_it(
    server: TinyServer, play: Callable[..., None], breaches: Breaches
) -> None:
    serve(server, lambda ids: reset if ids == 2 else right(ids))
    with pytest.raises(SameRequestFails, match="5 of 5 tries of the same request"):
        play()
    assert list(breaches.found) == [ENDLESS]


def test_sequences_are_cut_between_two_of_them(
    server: TinyServer, play: Callable[..., None], breaches: Breaches, recorder: Recorder
) -> None:
    serve(server, right)
    play(lambda: breaches.examples >= 4)
    assert breaches.examples == 4
    assert "4 of 20 examples ran before the time was over" in str(recorder.trace)


def test_without_time_no_sequence_is_begun(server: TinyServer, play: Callable[..., None]) -> None:
    serve(server, right)
    with pytest.raises(OutOfTime):
        play(lambda: True)


def test_what_keeps_the_model_from_going_on_lets_the_sequence_go_on(
    server: TinyServer, play: Callable[..., None], breaches: Breaches, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A Violation that is raised ends its step alone, once its clause is known."""
    asked: list[int] = []

    def ask(self: Asks, caller: BayseCaller, count: int) -> None:
        asked.append(count)
        raise Violation("an object", "a list", FIRST)

    monkeypatch.setattr(Asks, "_ask", ask)
    serve(server, right)
    play()
    assert breaches.found[FIRST].times >= 15
    assert len(asked) > 2 * breaches.examples, "several steps in each sequence"
