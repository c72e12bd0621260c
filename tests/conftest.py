"""What tests of several layers share: a real server that does as it is told, and properties without a stopwatch."""

from __future__ import annotations

from collections.abc import Iterator

import hypothesis
import pytest

from tests.tiny_server import TinyServer, tiny_server

# A machine that does other things as well makes no property wrong.
hypothesis.settings.register_profile("unhurried", deadline=None)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture
def server() -> Iterator[TinyServer]:
    with tiny_server() as running:
        yield running


def pytest_make_parametrize_id(config: pytest.Config, val: object) -> str | None:
    """A name that fits on a screen, also for a parameter of a megabyte."""
    return f"{val[:60]!r}… {len(val)} long" if isinstance(val, str | bytes) and len(val) > 200 else None
