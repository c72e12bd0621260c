"""How the checks of a run are shared out among processes (pytest-xdist)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest

_VENUE_FOLDER = re.compile(r"(?:^|/)suites/(\w+)/")


class Sharing:
    """The plugin's part in the process that hands out checks; only there where pytest-xdist is."""

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Callable[..., Any]) -> Any:
        """One target is one worker's: its accounts have budgets, and some checks make the whole of it older.

        Of several embedded references each is one worker's, too. Where there is but one, each worker has a reference
        of its own, and any check may go to any of them.
        """
        if not keeps_a_venue_together(config):
            return None
        from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped,import-not-found,unused-ignore]

        class OneWorker(LoadScopeScheduling):  # type: ignore[misc,unused-ignore]
            """Hands all checks of a venue to one worker, in their order."""

            def _split_scope(self, nodeid: str) -> str:
                return venue_of(nodeid) or nodeid

        return OneWorker(config, log)


def keeps_a_venue_together(config: pytest.Config) -> bool:
    """Whether all checks of a venue are run by one process."""
    shared_out = hasattr(config, "workerinput") or bool(config.getoption("numprocesses", None))
    return not shared_out or config.getoption("--target") is not None or of_several(config)


def of_several(config: pytest.Config) -> bool:
    """Whether the checks of more than one venue are to be run."""
    return len({venue_of(f"{argument}/") for argument in config.args} - {None}) > 1


def venue_of(check: str) -> str | None:
    """The venue whose check this is, by its node id or by the path of its folder; None for any other test."""
    found = _VENUE_FOLDER.search(check)
    return found[1] if found else None
