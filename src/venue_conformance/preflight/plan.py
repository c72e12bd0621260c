"""``venue-conformance run --plan``: what a run would send, by class, from the manifests of their checks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, field
from io import StringIO

import pytest
from rich.console import Console
from rich.markup import escape

from venue_conformance.contract.manifest import manifest_of
from venue_conformance.errors import ClientFault
from venue_conformance.fuzz.profiles import NIGHTLY_SECONDS, SCALE
from venue_conformance.plugin.check import clauses_of, plan_of
from venue_conformance.report.console import print_rows
from venue_conformance.report.text import one_line
from venue_conformance.target.model import Limits, Target

CLASSES = ("checks", "explorations", "races")


@dataclass
class Effort:
    """What checks send: how many there are, their requests, their orders, and how often they ask for each state."""

    checks: int = 0
    requests: float = 0
    orders: float = 0
    states: Counter[str] = field(default_factory=Counter)

    def add(self, requests: float, orders: float, states: Mapping[str, float]) -> None:
        """Count one more check."""
        self.checks += 1
        self.requests += requests
        self.orders += orders
        for state, times in states.items():
            self.states[state] += round(times)


@dataclass
class Plan:
    """What a run of one venue would send, by class; ``unmeasured`` are the checks without figures in the manifest."""

    venue: str
    classes: dict[str, Effort] = field(default_factory=lambda: {name: Effort() for name in CLASSES})
    unmeasured: int = 0

    @property
    def all(self) -> Effort:
        """All classes together, and the probe."""
        whole = Effort(0, 1, 0)
        for each in self.classes.values():
            whole.checks += each.checks
            whole.requests += each.requests
            whole.orders += each.orders
            whole.states.update(each.states)
        return whole


class _SelectedItems:
    """Sees which checks are left once everybody has selected."""

    def __init__(self) -> None:
        self.items: list[pytest.Item] = []

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        self.items = list(session.items)


def show_plan(
    arguments: Sequence[str], venues: Sequence[str], target: Target | None, profile: str, console: Console
) -> None:
    """Print what a run with these pytest arguments would send; nothing is sent.

    Raises ClientFault where the selection is wrong or empty.
    """
    collector, printed = _SelectedItems(), StringIO()
    with redirect_stdout(printed):
        code = pytest.main([*arguments, "--collect-only", "-qq"], plugins=[collector])
    if code == pytest.ExitCode.USAGE_ERROR:
        raise ClientFault("the run cannot be planned: see above")
    items = [item for item in collector.items if clauses_of(item)]
    if not items:
        raise ClientFault("no check was selected; widen --clause, --level, --importance or the arguments after --")
    for venue in venues:
        of_venue = [item for item in items if clauses_of(item)[0].startswith(f"{venue}.")]
        _print(plan_of_items(venue, of_venue, SCALE[profile]), target, profile, console)


def plan_of_items(venue: str, items: Iterable[pytest.Item], scale: float) -> Plan:
    """The plan of some collected checks; explorations of another profile send ``scale`` times as much."""
    plan, manifest = Plan(venue), manifest_of(venue)
    for item in items:
        kind = _class_of(item)
        check = manifest.get(item.nodeid)
        if check is None or check.measured is None:
            plan.unmeasured += 1
            plan.classes[kind].add(0, 0, {})
            continue
        times = 1.0 if kind == "checks" else scale
        found = check.measured
        states = {state: count * times for state, count in found.states.items()}
        plan.classes[kind].add(found.requests * times, found.orders * times, states)
    return plan


def _class_of(item: pytest.Item) -> str:
    if "start_race" in getattr(item, "fixturenames", ()) or "test_race" in item.nodeid:
        return "races"
    return "explorations" if plan_of(item, smoke=False).explores else "checks"


def _print(plan: Plan, target: Target | None, profile: str, console: Console) -> None:
    where = "its embedded reference" if target is None else f"{target.base_url}, {target.environment}"
    console.print(f"{plan.venue} at {escape(one_line(where, 600))}: what a run would send", soft_wrap=True)
    whole = plan.all
    classes = (*plan.classes.items(), ("probe", Effort(0, 1)), ("all", whole))
    rows = [[name, str(each.checks or "·"), f"{each.requests:.0f}", f"{each.orders:.0f}"] for name, each in classes]
    print_rows(console, ("class", "checks", "requests", "orders made"), rows)
    states = ", ".join(f"{state} ×{times}" for state, times in sorted(whole.states.items()))
    console.print(f"provider states asked for: {states or 'none'}", soft_wrap=True)
    for reported in (*_bounds(whole, target.limits if target else Limits()), *_source(plan, profile)):
        console.print(reported, soft_wrap=True)
    console.print()


def _bounds(whole: Effort, limits: Limits) -> Iterable[str]:
    for name, most, needed in (
        ("max_orders", limits.max_orders, whole.orders),
        ("max_requests", limits.max_requests, whole.requests),
    ):
        if most is not None:
            verdict = "enough" if needed <= most else "the run would end there, and leave the rest not tested"
            yield f"{name} = {most}: {verdict}"


def _source(plan: Plan, profile: str) -> Iterable[str]:
    yield (
        "Measured at the embedded reference, which offers every state, in the ci profile. A target that offers fewer "
        "states is sent less; one that fails is sent more."
    )
    if profile == "nightly":
        yield (
            f"In the nightly profile each exploration goes on for up to {NIGHTLY_SECONDS:g} s: it sends at least this "
            "much."
        )
    if plan.unmeasured:
        yield f"{plan.unmeasured} of {plan.all.checks} checks have not been measured, and are not counted in."
    yield "Nothing was sent."
