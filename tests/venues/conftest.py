"""Sessions against a tiny real server, which is both the venue and its provider states."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_server import Behaviour, Received, TinyServer, answer
from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.wire.recorder import Recorder

NOT_OFFERED = answer(501)

OpenSession = Callable[..., Session]
Recruit = Callable[..., BayseCaller]
Offer = Callable[[dict[str, Any]], Behaviour | dict[str, Any] | None]


def serve(server: TinyServer, *, venue: Callable[[Received], Behaviour] = lambda _: answer(), **states: Offer) -> None:
    """Let the server be a venue with these provider states, named with underscores; None from one is its 501."""

    def behave(received: Received) -> Behaviour:
        if received.path != "/_states":
            return venue(received)
        asked = json.loads(received.body)
        offer = states.get(asked["state"].replace(" ", "_"))
        values = offer(asked["params"]) if offer and asked["action"] == "setup" else None
        if values is None:
            return NOT_OFFERED
        return answer(200, json.dumps(values).encode()) if isinstance(values, dict) else values

    server.behave = behave


@pytest.fixture
def open_session(server: TinyServer, tmp_path: Path) -> Iterator[OpenSession]:
    """Opens a session against the server from a target file; ``more`` comes at its end."""
    opened: list[Session] = []

    def start(more: str = "", *, states: str = 'url = "{url}/_states"', further: int = 0) -> Session:
        accounts = "".join(
            f'[[accounts]]\npublic_key = "pk_further_{n}"\nsecret_key = "sk_further_{n}"\n' for n in range(further)
        )
        file = tmp_path / "target.toml"
        file.write_text(
            f'venue = "bayse"\nbase_url = "{server.url}"\nenvironment = "test"\n'
            '[credentials]\npublic_key = "pk_file"\nsecret_key = "sk_file_secret"\n'
            + accounts
            + (f"[states]\n{states.format(url=server.url)}\n" if states else "")
            + more
        )
        shapes = {name: venue.credentials for name, venue in venues().items()}
        opened.append(Session(venues()["bayse"], load_target(file, shapes, {}), seed=11))
        return opened[-1]

    yield start
    for session in opened:
        session.close()


@pytest.fixture
def session(open_session: OpenSession) -> Session:
    return open_session()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def naps() -> list[float]:
    """How long was waited for rate limits, by each wait."""
    return []


@pytest.fixture
def recruit(session: Session, recorder: Recorder, naps: list[float]) -> Recruit:
    """Makes a caller of an account, the target file's unless another is given."""

    def caller_of(account: CallerAccount | None = None) -> BayseCaller:
        account = account or CallerAccount(session.target.credentials, "file")
        return BayseCaller(account, session, recorder, RetryBudget(sleep=naps.append))

    return caller_of
