"""What checks of the demo venue are handed beside the fixtures that all venues share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import pytest

from venue_conformance.client.needs import needs
from venue_conformance.client.session import Session
from venue_conformance.plugin.check import Check

STATE = "market closed"


@pytest.fixture
@needs(STATE)
def close_market(check: Check, session: Session) -> Callable[[], AbstractContextManager[None]]:
    """Closes the market for a while. Raises NotTested where the target does not offer the state `market closed`."""

    @contextmanager
    def closed() -> Iterator[None]:
        session.setup(check.recorder, STATE, {})
        try:
            yield
        finally:
            session.states.teardown(STATE, {})

    return closed
