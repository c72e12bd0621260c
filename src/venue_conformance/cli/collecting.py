"""Finds out which checks there are, without running any."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass
from io import StringIO

import pytest

from venue_conformance.contract.kit import kit_root
from venue_conformance.errors import SuiteFault
from venue_conformance.plugin.check import clauses_of


@dataclass(frozen=True)
class CollectedCheck:
    """A check that exists: its id, its clauses, the fixtures it uses."""

    id: str
    clauses: tuple[str, ...]
    fixtures: frozenset[str]


class _Collector:
    def __init__(self) -> None:
        self.checks: list[CollectedCheck] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        for item in session.items:
            names = frozenset(getattr(item, "fixturenames", ()))
            self.checks.append(CollectedCheck(item.nodeid, clauses_of(item), names))


def collect(venue: str, extra: Sequence[str] = ()) -> list[CollectedCheck]:
    """Every check of a venue, in order. Raises SuiteFault when the suite cannot be collected."""
    sys.dont_write_bytecode = True
    root, collector, printed = kit_root(), _Collector(), StringIO()
    with redirect_stdout(printed):
        code = pytest.main(
            [
                *("-c", os.devnull, "--rootdir", str(root), "--confcutdir", str(root), "--import-mode=importlib"),
                *("-p", "no:cacheprovider", "--disable-plugin-autoload", "--collect-only", "-qq"),
                *extra,
                str(root / "suites" / venue),
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
