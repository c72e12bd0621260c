"""How the checks of a run are shared out among processes (pytest-xdist)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from venue_conformance.plugin.run import Run


class Sharing:
    """The plugin's part in the process that hands out checks; only there where pytest-xdist is."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_make_scheduler(self, config: pytest.Config, log: Callable[..., Any]) -> Any:
        """One target is one worker's: its accounts have budgets, and some checks make the whole of it older.

        Without a target each worker has references of its own, and any check may go to any of them.
        """
        if self._run.options.target is None:
            return None
        from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped,import-not-found,unused-ignore]

        class OneWorker(LoadScopeScheduling):  # type: ignore[misc,unused-ignore]
            """Hands all checks to one worker, in their order."""

            def _split_scope(self, nodeid: str) -> str:  # noqa: ARG002
                return "target"

        return OneWorker(config, log)
