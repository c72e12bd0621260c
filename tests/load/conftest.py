from __future__ import annotations

import importlib.util
import os

import pytest


@pytest.fixture(scope="session")
def locust() -> None:
    """Locust is there; it is an extra, but what a change must pass has it installed."""
    if importlib.util.find_spec("locust") is None:
        reason = 'Locust is not installed (pip install "venue-conformance[load]")'
        if os.environ.get("CI") == "true":
            pytest.fail(reason)
        pytest.skip(reason)
