"""Writes the manifest of a venue's checks: what each says of itself, and what a run of it at the reference shows.

    python -m venue_conformance.preflight.manifest [--all] [VENUE …]

What is not in the manifest yet is run, with ``--all`` everything: in the ci profile, seed 1.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from contextlib import redirect_stdout
from dataclasses import replace
from io import StringIO
from typing import Any

import pytest

from venue_conformance.contract.manifest import ManifestCheck, Measured, Need, manifest_file, manifest_of
from venue_conformance.contract.resources import root_of, venue_names
from venue_conformance.errors import DISPOSABLE, SuiteFault
from venue_conformance.plugin.check import Check, check_of
from venue_conformance.preflight.collecting import CollectedCheck, collect, pytest_arguments
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.recorder import StateCall

#: The markers that say when a check runs, and as whom.
_MARKERS = frozenset({"smoke", "nightly", "last", "many_orders", "disposable"})
#: The states that a check arms by calling a fixture.
ARMED = frozenset({"cancel outcome", "failing response", "fill", "held request", "time passed"})
#: Seconds that differ by no more than this factor are those that were measured before.
_ABOUT = 2.0


def facts_of(check: CollectedCheck) -> ManifestCheck:
    """What a collected check says of itself; of its needs those that its fixtures and its markers declare."""
    info = getattr(check.item, "_fixtureinfo", None)
    fixtures = [definitions[-1].func for definitions in info.name2fixturedefs.values()] if info else []
    needs = {need for fixture in fixtures for need in getattr(fixture, "needs", ())}
    if "disposable" in check.markers:
        needs.add(Need(DISPOSABLE))
    doc = (getattr(check.item, "obj", None).__doc__ or "").strip().partition("\n")[0]
    markers = check.markers & _MARKERS
    return ManifestCheck(check.id, doc, check.clauses, check.required, check.explores, markers, frozenset(needs))


def needs_of_run(check: Check) -> frozenset[Need]:
    """What a check that has run noted that it needs. What explores goes on without orders of another kind than open."""
    noted = frozenset(check.recorder.needs)
    return frozenset(need for need in noted if need.value in ("", "open")) if check.explores else noted


class Measuring:
    """The pytest plugin that takes what a check has sent and noted, once it has ended."""

    def __init__(self) -> None:
        self.needs: dict[str, frozenset[Need]] = {}
        self.measured: dict[str, Measured] = {}
        self.wrong: list[str] = []

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Take the figures of a check from its steps."""
        report = yield
        check = check_of(item)
        if call.when == "teardown" and check is not None:
            self.needs[check.id], self.measured[check.id] = needs_of_run(check), _measured(check)
            if check.outcome != "passed":
                self.wrong.append(f"{check.id}: {check.outcome}: {check.reason or check.actual}")
        return report


def _measured(check: Check) -> Measured:
    steps = [*check.earlier, *check.recorder.steps]
    calls = [step for step in steps if isinstance(step, StateCall)]
    return Measured(
        sum(isinstance(step, Exchange) for step in steps),
        sum(int(call.params.get("count", 1)) for call in calls if call.state == "orders" and call.values),
        dict(sorted(Counter(call.state for call in calls).items())),
        float(f"{max(time.monotonic() - check.began, 0.01):.1g}"),
    )


def measure(venue: str, checks: Collection[str]) -> Measuring:
    """Run these checks at the reference. Raises SuiteFault where one of them does not pass."""
    measuring, root = Measuring(), root_of(venue)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(StringIO()):
        where = ["--report-dir", folder, "--seed", "1", *(str(root / check) for check in checks)]
        pytest.main([*pytest_arguments(root), "-p", "no:terminal", *where], plugins=[measuring])
    missing = sorted(set(checks) - measuring.measured.keys())
    if measuring.wrong or missing:
        raise SuiteFault("; ".join([*measuring.wrong, *(f"{check} did not run" for check in missing)]))
    return measuring


def renewed(venue: str, known: Mapping[str, ManifestCheck], *, again: bool) -> list[ManifestCheck]:
    """The manifest of the checks that there are now: those that are ``known`` run only ``again``."""
    checks = {check.id: facts_of(check) for check in collect(venue)}
    unknown = [
        check.id
        for check in checks.values()
        if "nightly" not in check.markers and (again or check.id not in known or known[check.id].measured is None)
    ]
    found = measure(venue, unknown) if unknown else Measuring()
    return [_joined(check, known.get(id_), found) for id_, check in sorted(checks.items())]


def _joined(check: ManifestCheck, before: ManifestCheck | None, found: Measuring) -> ManifestCheck:
    measured = found.measured.get(check.id)
    if measured is None:
        if before is None:
            return check
        kept = {need for need in check.needs if need.state not in ARMED or before.measured is None}
        return replace(check, needs=before.needs | kept, measured=before.measured)
    if before and before.measured and 1 / _ABOUT <= measured.seconds / before.measured.seconds <= _ABOUT:
        measured = replace(measured, seconds=before.measured.seconds)
    # A fixture declares a state for all who use it, though some ask it for nothing.
    declared = frozenset(need for need in check.needs if need.state not in ARMED or need.state in measured.states)
    return replace(check, needs=declared | found.needs[check.id], measured=measured)


def write(venue: str, checks: Iterable[ManifestCheck]) -> None:
    """Write the manifest, a check a line."""
    lines = [f"{json.dumps(check.id)}: {json.dumps(check.to_dict())}" for check in checks]
    manifest_file(venue).write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write the manifests of some venues, or of all."""
    parser = argparse.ArgumentParser(prog="python -m venue_conformance.preflight.manifest")
    parser.add_argument("--all", action="store_true", help="run every check again, not only those that are new")
    parser.add_argument("venues", nargs="*", metavar="VENUE")
    options = parser.parse_args(arguments)
    for venue in options.venues or venue_names():
        known = manifest_of(venue) if manifest_file(venue).is_file() else {}
        write(venue, renewed(venue, known, again=options.all))
        sys.stdout.write(f"{manifest_file(venue)}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
