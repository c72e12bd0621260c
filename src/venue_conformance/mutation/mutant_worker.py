"""A process that holds the collected checks of a venue and runs the checks against one reference after another.

pytest collects once; each run then swaps what the checks are run against and hands pytest the items one by one, so
that a check runs exactly as it does in any other run.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import tempfile
import time
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from venue_conformance import reference
from venue_conformance.contract.manifest import manifest_file, manifest_of
from venue_conformance.contract.resources import root_of
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome, WorkerFailed, judgements
from venue_conformance.plugin.looking_again import OWN_SECONDS, Found, look_again
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.run import RUN, Run
from venue_conformance.preflight.collecting import pytest_arguments
from venue_conformance.preflight.manifest import Measuring
from venue_conformance.reference.server import serve_in_thread
from venue_conformance.report.records import CheckRecord, ObservationRecord
from venue_conformance.target.private_file import write_private

#: How long an effect may take to show: a reference on this machine has it at once, the slowest permitted
#: variant after 0.2 s.
SETTLE_SECONDS = 1.0
#: Ids and credentials follow from it, so that every run of a mutant is the same.
SEED = 0

Tasks: TypeAlias = "Queue[MutantRun | None]"
Results: TypeAlias = "Queue[MutantRunOutcome | WorkerFailed]"


def work(venue: str, tasks: Tasks, results: Results) -> None:
    """Take mutant runs until there is a None; put an outcome for each, or WorkerFailed."""
    with tempfile.TemporaryDirectory(prefix="venue-conformance-") as folder, Path(os.devnull).open("w") as nowhere:
        sys.stdout = nowhere
        bench = _Bench(venue, Path(folder), tasks, results)
        root = root_of(venue)
        arguments = [*pytest_arguments(root), "-s", "--report-dir", folder, str(root / "suites" / venue)]
        code = pytest.main(arguments, plugins=[bench, bench.measuring])
        if not bench.ready:
            results.put(WorkerFailed(f"the checks of {venue} cannot be collected (pytest: {code!r})"))


class _Bench:
    """The pytest plugin that takes the place of the run."""

    def __init__(self, venue: str, folder: Path, tasks: Tasks, results: Results) -> None:
        self._reference = reference.load(venue)
        self._folder, self._tasks, self._results = folder, tasks, results
        self._records: list[CheckRecord] = []
        self._observations: list[ObservationRecord] = []
        self._found = Found()
        self.measuring = Measuring()
        self.ready = False

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Nothing is reported but through the results, and what is tried needs no look beforehand."""
        for name in ("venue-conformance-run", "venue-conformance-probe"):
            session.config.pluginmanager.unregister(name=name)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try whatever the tasks name."""
        if session.testsfailed:  # some module could not be imported
            return True
        self.ready = True
        items = {item.nodeid: item for item in session.items}
        try:
            for mutant_run in iter(self._tasks.get, None):
                # As in any other run: what is to go on beside other checks begins for those of this run alone.
                session.items = [items[check] for check in mutant_run.checks]
                self._results.put(self._try(session, mutant_run))
        except Exception as error:
            self._results.put(WorkerFailed(f"{type(error).__name__}: {error}"))
            raise
        return True

    def _try(self, session: pytest.Session, mutant_run: MutantRun) -> MutantRunOutcome:
        began = time.monotonic()
        self._records, self._observations, self._found = [], [], Found()
        names = {mutant_run.kind: mutant_run.name} if mutant_run.name else {}
        venue_class = self._reference.find(mutant=names.get("mutant"), variant=names.get("variant"))
        given: dict[str, Any] = {"seed": SEED} | ({} if mutant_run.store is None else {"store": mutant_run.store})
        with serve_in_thread(venue_class(**given)) as server:
            file = self._folder / "target.toml"
            write_private(file, server.target_file)
            run = session.config.stash[RUN] = Run(
                RunOptions(target=file, report_dir=self._folder, seed=mutant_run.seed), SEED
            )
            target = run.sessions.target
            assert target is not None, "a target was given"
            limits = dataclasses.replace(target.limits, settle_seconds=SETTLE_SECONDS)
            run.sessions.target = dataclasses.replace(target, limits=limits)
            # As after a probe: a reference accepts valid requests.
            run.sessions.of(target.venue).health.accepted = True
            try:
                for item in session.items:
                    item.ihook.pytest_runtest_protocol(item=item, nextitem=None)
                    if mutant_run.until_violated and self._violated(mutant_run.clauses[0]):
                        break
                else:
                    again = look_again(run.sessions.of(target.venue), self._found, mutant_run.clauses, OWN_SECONDS)
                    self._records += [again] if again else []
            finally:
                run.sessions.close()
        undeclared = self._undeclared(mutant_run) if mutant_run.kind == "reference" else ()
        seconds = time.monotonic() - began
        return MutantRunOutcome(mutant_run, tuple(self._records), tuple(self._observations), seconds, undeclared)

    def _undeclared(self, mutant_run: MutantRun) -> tuple[str, ...]:
        """The checks that asked for more than the manifest says. A run may ask for less: some things are shown once."""
        venue = self._reference.name
        if not manifest_file(venue).is_file():
            return ()
        known = {id_: check.needs for id_, check in manifest_of(venue).items()}
        more = {id_: self.measuring.needs[id_] - known.get(id_, frozenset()) for id_ in mutant_run.checks}
        return tuple(f"{id_} needs {', '.join(map(str, sorted(needs)))}" for id_, needs in more.items() if needs)

    def _violated(self, clause: str) -> bool:
        return judgements([clause], self._records, self._observations)[clause].verdict == "violates"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over what a check leaves behind."""
        text = getattr(report, "conformance", None)
        if text is not None:
            handed_over = json.loads(text)
            serialized = handed_over["serialized"]
            self._found.add(serialized["check"]["id"], handed_over["lasting"])
            self._records.append(CheckRecord.from_dict(serialized["check"]))
            self._observations += [ObservationRecord.from_dict(values) for values in serialized["observations"]]
