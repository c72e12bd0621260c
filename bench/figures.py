"""Measures what each check sends to its venue's reference, for ``run --plan``, and how long it takes, for ``--shard``.

    python -m bench.figures [VENUE …]

One run of the ci profile at the embedded reference, seed 1; what was sent again after a fault of the way counts, too.
The figures go to ``src/venue_conformance/cli/figures/VENUE.json``, one check a line.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest

from venue_conformance.contract.resources import root_of, venue_names
from venue_conformance.plugin.check import check_of
from venue_conformance.preflight.collecting import pytest_arguments
from venue_conformance.preflight.plan import figures_file
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.recorder import StateCall


class Counting:
    """Counts what each check has sent, once it has ended."""

    def __init__(self) -> None:
        self.checks: dict[str, dict[str, Any]] = {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Print a dot now and then: a run takes minutes."""
        if report.when == "teardown" and len(self.checks) % 100 == 0:
            print(len(self.checks), end=" ", flush=True)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
        """Take the figures of a check from its steps."""
        report = yield
        check = check_of(item)
        if call.when == "teardown" and check is not None:
            steps = [*check.earlier, *check.recorder.steps]
            states = Counter(step.state for step in steps if isinstance(step, StateCall))
            provisioned = (
                step for step in steps if isinstance(step, StateCall) and step.state == "orders" and step.values
            )
            self.checks[check.id] = {
                "requests": sum(isinstance(step, Exchange) for step in steps),
                "orders": sum(int(step.params.get("count", 1)) for step in provisioned),
                "states": dict(sorted(states.items())),
                "seconds": round(time.monotonic() - check.began, 2),
            }
        return report


def main(venues: list[str]) -> int:
    """Measure, and write the figures."""
    for venue in venues or venue_names():
        counting = Counting()
        with tempfile.TemporaryDirectory() as folder:
            where = ["--report-dir", folder, "--seed", "1", str(root_of(venue) / "suites" / venue)]
            status = pytest.main([*pytest_arguments(root_of(venue)), "-p", "no:terminal", *where], plugins=[counting])
        if status != 0 or not counting.checks:
            print(f"{venue}: the run at its reference ended with {status}; nothing was written")
            return 1
        lines = [f"{json.dumps(name)}: {json.dumps(found)}" for name, found in sorted(counting.checks.items())]
        day = datetime.now(UTC).date().isoformat()
        text = ",\n".join(lines)
        figures_file(venue).write_text(f'{{"measured": "{day}", "checks": {{\n{text}\n}}}}\n', encoding="utf-8")
        print(f"\n{venue}: {len(lines)} checks measured")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
