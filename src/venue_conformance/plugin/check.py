"""One check while it runs: which clauses it judges, what it has recorded, how it ended."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest

from venue_conformance.client.caller import RetryBudget
from venue_conformance.client.session import Session
from venue_conformance.errors import Cause, WayFault
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.report.records import Outcome, PlannedCheck, Role
from venue_conformance.wire.recorder import Recorder, Step
from venue_conformance.wire.tries import Tries

_KEY = pytest.StashKey["Check | None"]()
#: What draws what it sends uses one of these fixtures.
EXPLORING = frozenset({"explore", "fuzz_session", "explore_sequences", "start_race", "environment"})


@dataclass
class Check:
    """A check of one or more clauses, in one of its tries.

    ``role`` and ``explores`` are as in ``PlannedCheck``; ``ends`` is when the run's time is over (monotonic seconds,
    None: never). ``earlier`` are the steps of tries that met a fault of the way, ``tries`` is what all of them met.
    """

    id: str
    title: str
    clauses: tuple[str, ...]
    role: Role = "required"
    explores: bool = False
    ends: float | None = None
    earlier: list[Step] = field(default_factory=list)
    tries: Tries = field(default_factory=Tries)
    recorder: Recorder = field(default_factory=Recorder)
    retry_budget: RetryBudget = field(default_factory=RetryBudget)
    session: Session | None = None
    breaches: Breaches = field(default_factory=Breaches)
    kept: tuple[str, ...] = ()
    outcome: Outcome = "passed"
    reason: str | None = None
    cause: Cause | None = None
    needs: str | None = None
    presupposes: str | None = None
    expected: str | None = None
    actual: str | None = None
    same_request_fails: bool = False
    credentials_refused: bool = False
    clock_difference: float | None = None
    comparison: tuple[str, Any, Any] | None = None
    #: The fault of the way that ended this try, None for any other end.
    fault: WayFault | None = None
    began: float = field(default_factory=time.monotonic)

    @property
    def venue(self) -> str:
        """The venue whose clauses it judges."""
        return self.clauses[0].split(".")[0]

    @property
    def may_start_again(self) -> bool:
        """Whether a fault of the way ended this try, and neither the tries nor the run's time are used up."""
        return self.fault is not None and self.tries.may_repeat and not self.out_of_time()

    def out_of_time(self) -> bool:
        """Whether the time that the run was given is over, or what it may ask of the target is used up."""
        used_up = self.session is not None and self.session.allowance.used_up is not None
        return used_up or (self.ends is not None and time.monotonic() > self.ends)


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


def plan_of(item: pytest.Item, *, smoke: bool) -> PlannedCheck:
    """What a run knows of a check before it runs.

    Required is what neither explores nor is marked ``deepens``, or named so by its class; in the ``smoke`` profile,
    what is marked ``smoke``.
    """
    explores = not EXPLORING.isdisjoint(getattr(item, "fixturenames", ()))
    if smoke:
        required = item.get_closest_marker("smoke") is not None
    else:
        named = getattr(getattr(item, "cls", None), "deepens", ())
        marked = item.get_closest_marker("deepens") is not None
        further = marked or item.name in named or getattr(item, "originalname", item.name) in named
        required = not explores and not further
    return PlannedCheck(item.nodeid, list(clauses_of(item)), "required" if required else "deepens", explores)


def open_check(item: pytest.Item, *, smoke: bool = False) -> Check | None:
    """Begin the check of a test, again after a fault of the way; None for a test that judges no clause."""
    clauses = clauses_of(item)
    if not clauses:
        return None
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
    plan = plan_of(item, smoke=smoke)
    check = Check(item.nodeid, doc.strip().splitlines()[0], clauses, plan.role, plan.explores)
    before = check_of(item)
    if before is not None and before.fault is not None:
        check.earlier, check.tries = [*before.earlier, *before.recorder.steps], before.tries
        check.tries.repeat(before.fault)
        check.began = before.began
    item.stash[_KEY] = check
    return check


def check_of(item: pytest.Item) -> Check | None:
    """The check of a test that has begun."""
    return item.stash.get(_KEY, None)


def close_check(item: pytest.Item) -> None:
    """Forget the check of a test that has ended: the test may be run again, against another target."""
    item.stash[_KEY] = None
