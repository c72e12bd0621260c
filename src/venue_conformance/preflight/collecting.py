"""Finds out which checks there are, without running any."""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

import pytest

from venue_conformance.contract.resources import resources_root
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


def pytest_arguments() -> list[str]:
    """What keeps pytest to our own suites, wherever the user stands, and from leaving anything behind."""
    root = str(resources_root())
    return [
        *("-c", os.devnull, "--rootdir", root, "--confcutdir", root, "--import-mode=importlib"),
        *("-p", "no:cacheprovider", "--disable-plugin-autoload"),
    ]


def collect(venue: str, extra: Sequence[str] = ()) -> list[CollectedCheck]:
    """Every check of a venue, nightly ones included, in order. Raises SuiteFault when it cannot be collected."""
    collector, printed = _Collector(), StringIO()
    with redirect_stdout(printed):
        code = pytest.main(
            [
                *(*pytest_arguments(), "--collect-only", "-qq", "--check-profile", "nightly"),
                *(*extra, str(resources_root() / "suites" / venue)),
            ],
            plugins=[collector],
        )
    if code != pytest.ExitCode.OK:
        raise SuiteFault(f"the checks of {venue} cannot be collected:\n{printed.getvalue()}")
    return collector.checks


def checks_by_clause(venue: str) -> dict[str, list[str]]:
    """The ids of the checks of each clause."""
    found: dict[str, list[str]] = {}
    for check in collect(venue):
        for clause in check.clauses:
            found.setdefault(clause, []).append(check.id)
    return found
