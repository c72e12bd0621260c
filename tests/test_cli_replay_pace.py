"""``venue-conformance replay``: requests of which some met a limit are as far apart as they were."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import pytest

from tests.command import target_file
from tests.tiny_server import TinyServer, answer
from venue_conformance.client.session import Session
from venue_conformance.replay.steps import ExchangeAgain, RecordedSteps
from venue_conformance.report.records import ExchangeRecord
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues

APART = 0.4
BODY = '{"orderIds": ["0b8c8d0e-6a2e-4d53-9d0c-6f0b7e9d1a01"]}'


def recorded(number: int, status: int) -> ExchangeRecord:
    began = f"2026-01-01T00:00:0{number * APART:.6f}"
    return ExchangeRecord(
        number, "DELETE", "http://there/v1/pm/orders/batch", {}, BODY, status, {}, "{}", began, 0.01, caller="pk_then"
    )


@pytest.fixture
def begun(server: TinyServer, tmp_path: Path) -> Callable[[list[int]], list[datetime]]:
    """When the requests of a check begin whose answers had these statuses."""
    server.always(answer(200, b"{}"))
    file = target_file(tmp_path, server.url)
    target = load_target(file, {name: venue.credentials for name, venue in venues().items()}, {})

    def play(statuses: list[int]) -> list[datetime]:
        exchanges = {number: recorded(number, status) for number, status in enumerate(statuses, 1)}
        session = Session(venues()["bayse"], target, seed=1)
        try:
            again = list(RecordedSteps(session, [{"exchange": number} for number in exchanges], exchanges).play())
        finally:
            session.close()
        return [datetime.fromisoformat(step.now.started_at) for step in again if isinstance(step, ExchangeAgain)]

    return play


def test_where_a_limit_was_met_the_pace_is_kept(begun: Callable[[list[int]], list[datetime]]) -> None:
    apart = [(later - before).total_seconds() for before, later in pairwise(begun([200, 429, 200]))]
    assert all(seconds > 0.9 * APART for seconds in apart)
