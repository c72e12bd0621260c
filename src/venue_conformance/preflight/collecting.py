"""Finds out which checks there are, without running any."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import pytest

from venue_conformance.contract.resources import resources_root, root_of
from venue_conformance.errors import SuiteFault
from venue_conformance.plugin.check import clauses_of, plan_of


@dataclass(frozen=True)
class CollectedCheck:
    """A check that exists: its id, its clauses, the names of its markers, and the item that pytest made of it.

    ``required`` and ``explores`` are as in a run's plan (``PlannedCheck``).
    """

    id: str
    clauses: tuple[str, ...]
    markers: frozenset[str]
    item: pytest.Item
    required: bool
    explores: bool


class _Collector:
    def __init__(self) -> None:
        self.checks: list[CollectedCheck] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            markers = frozenset(marker.name for marker in item.iter_markers())
            plan = plan_of(item, smoke=False)
            required = plan.role == "required"
            self.checks.append(CollectedCheck(item.nodeid, clauses_of(item), markers, item, required, plan.explores))


# Of byte code that pytest makes of installed suites pip knows nothing: it would stay behind when they are removed.
sys.dont_write_bytecode |= resources_root().is_relative_to(Path(__file__).parents[1])


def pytest_arguments(root: Path) -> list[str]:
    """What keeps pytest to the suites below ``root``, wherever the user stands, and from leaving anything behind."""
    return [
        *("-c", os.devnull, "--rootdir", str(root), "--confcutdir", str(root), "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "--disable-plugin-autoload", "-p", "venue_conformance.plugin.kit"),
    ]


def collect(venue: str, extra: Sequence[str] = ()) -> list[CollectedCheck]:
    """Every check of a venue, nightly ones included, in order. Raises SuiteFault when it cannot be collected."""
    collector, printed, root = _Collector(), StringIO(), root_of(venue)
    with redirect_stdout(printed):
        code = pytest.main(
            [
                *(*pytest_arguments(root), "--collect-only", "-qq", "--check-profile", "nightly"),
                *(*extra, str(root / "suites" / venue)),
            ],
            plugins=[collector],
        )
    if code != pytest.ExitCode.OK:
        raise SuiteFault(f"the checks of {venue} cannot be collected:\n{printed.getvalue()}")
    return collector.checks
