"""One check while it runs: which clauses it judges, what it has recorded, how it ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import pytest

from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.venues.caller import Patience
from venue_conformance.venues.session import Session
from venue_conformance.wire.recorder import Recorder

Outcome = Literal["passed", "failed", "not-tested", "inconclusive", "error"]

_KEY = pytest.StashKey["Check"]()


@dataclass
class Check:
    """A check of one or more clauses."""

    id: str
    title: str
    clauses: tuple[str, ...]
    recorder: Recorder = field(default_factory=Recorder)
    patience: Patience = field(default_factory=Patience)
    session: Session | None = None
    breaches: Breaches = field(default_factory=Breaches)
    upheld: tuple[str, ...] = ()
    outcome: Outcome = "passed"
    reason: str | None = None
    needs: str | None = None
    broken: str | None = None
    expected: str | None = None
    actual: str | None = None
    credentials_refused: bool = False
    clock_difference: float | None = None
    comparison: tuple[str, Any, Any] | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def venue(self) -> str:
        """The venue whose clauses it judges."""
        return self.clauses[0].split(".")[0]

    def out_of_time(self) -> bool:
        """Whether the time that the run was given is over."""
        return False


def clauses_of(item: pytest.Item) -> tuple[str, ...]:
    """The clauses a test is marked with.

    A test of a shared class finds them in its class's ``clauses``, under its name with parameters or without.
    """
    ids: list[str] = []
    for marker in item.iter_markers("clause"):
        ids.extend(str(argument) for argument in marker.args)
    bound = getattr(getattr(item, "cls", None), "clauses", None)
    if not ids and isinstance(bound, Mapping):
        value = bound.get(item.name, bound.get(getattr(item, "originalname", item.name), ()))
        ids.extend([value] if isinstance(value, str) else value)
    return tuple(ids)


def open_check(item: pytest.Item) -> Check | None:
    """Begin the check of a test; None for a test that judges no clause."""
    clauses = clauses_of(item)
    if not clauses:
        return None
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
    check = Check(item.nodeid, doc.strip().splitlines()[0], clauses)
    item.stash[_KEY] = check
    return check


def check_of(item: pytest.Item) -> Check | None:
    """The check of a test that has begun."""
    return item.stash.get(_KEY, None)
