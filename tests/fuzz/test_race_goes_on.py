"""Races go on after a breach; one that met a 5xx is run again, and a 5xx that comes twice in three is an answer."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import OutOfTime, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.race import Judge, Participant, ParticipantResult, Race
from venue_conformance.fuzz.tracker import Surroundings
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.recorder import Recorder

CLAUSE = "bayse.lifecycle.open-cancelled"


@pytest.fixture
def session(server: TinyServer, tmp_path: Path) -> Iterator[Session]:
    file = tmp_path / "target.toml"
    file.write_text(
        f'venue = "bayse"\nbase_url = "{server.url}"\nenvironment = "test"\n'
        '[credentials]\npublic_key = "pk_file"\nsecret_key = "sk_file_secret"\n'
    )
    opened = Session(venues()["bayse"], load_target(file, {"bayse": venues()["bayse"].credentials}, {}), seed=11)
    yield opened
    opened.close()


Hold = Callable[..., list[list[int]]]


@pytest.fixture
def hold(session: Session, recorder: Recorder, breaches: Breaches) -> Hold:
    """Runs concurrent batches of two requests, each of which has to answer 200; hands back the statuses judged."""

    def concurrent_batches(count: int = 4, out_of_time: Callable[[], bool] = lambda: False) -> list[list[int]]:
        judged: list[list[int]] = []
        caller = BayseCaller(CallerAccount(session.target.credentials, "file"), session, recorder, RetryBudget())

        def prepare() -> tuple[list[Participant], Judge]:
            def call() -> object:
                return caller.cancel_batch(session.ledger.unknown(1), limit_asked=True)

            return [Participant("one", call), Participant("other", call)], judge

        def judge(runs: Sequence[ParticipantResult]) -> None:
            statuses = [run.result.status for run in runs]
            judged.append(statuses)
            if set(statuses) != {200}:
                raise Violation("200", str(statuses), CLAUSE)

        with Race(session, Surroundings(recorder, breaches, out_of_time)) as race:
            race.run(2, count, prepare)
        return judged

    return concurrent_batches


def after(server: TinyServer, sound: int, *behaviours: Behaviour) -> None:
    """So many requests are answered 200, then come these, then 200 again."""
    left = [*[answer()] * sound, *behaviours]

    def behave(_: Received) -> Behaviour:
        return left.pop(0) if left else answer()

    server.behave = behave


def test_a_race_goes_on_after_a_breach(server: TinyServer, hold: Hold, breaches: Breaches) -> None:
    after(server, 2, answer(404), answer(404))
    assert len(hold()) == 4
    breach = breaches.found[CLAUSE]
    assert (breach.times, breach.seen_at, breaches.examples) == (1, 2, 4)
    assert any("they left within" in note for note in breach.violation.__notes__)


def test_a_concurrent_batch_that_met_a_server_error_once_is_run_again(
    server: TinyServer, hold: Hold, breaches: Breaches
) -> None:
    after(server, 2, answer(503), answer())
    assert hold() == [[200, 200]] * 4
    assert not breaches.found


def test_a_server_error_in_every_run_of_a_pair_is_an_answer(server: TinyServer, hold: Hold, breaches: Breaches) -> None:
    after(server, 2, *[answer(503)] * 6)
    assert hold()[1] == [503, 503]
    assert list(breaches.found) == [CLAUSE]


def test_a_concurrent_batch_that_broke_is_run_again(server: TinyServer, hold: Hold, breaches: Breaches) -> None:
    after(server, 2, lambda connection: connection.close(), answer())
    assert hold() == [[200, 200]] * 4
    assert not breaches.found


def test_a_race_ends_between_two_concurrent_batches(
    server: TinyServer, hold: Hold, breaches: Breaches, recorder: Recorder
) -> None:
    def slowly(_: Received) -> Behaviour:
        time.sleep(0.3)  # so that two requests overlap on a busy machine, too
        return answer()

    server.behave = slowly
    assert len(hold(out_of_time=lambda: breaches.examples >= 2)) == 2
    assert "2 concurrent batches ran before the time was over" in str(recorder.trace)


def test_without_time_no_concurrent_batch_is_begun(server: TinyServer, hold: Hold) -> None:
    after(server, 0)
    with pytest.raises(OutOfTime):
        hold(out_of_time=lambda: True)
