"""Gathers the records of all checks in the process that writes the report, and writes it."""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from rich.console import Console

from venue_conformance.errors import ClientFault
from venue_conformance.plugin.giving_back import give_back
from venue_conformance.plugin.looking_again import OWN_SECONDS, Found, look_again
from venue_conformance.plugin.output import RunOutput
from venue_conformance.plugin.run import Run
from venue_conformance.plugin.runlog import clauses_in_scope
from venue_conformance.plugin.shards import of_several, venue_of
from venue_conformance.report.console import open_console
from venue_conformance.report.index import INDEX
from venue_conformance.report.records import CheckRecord, PlannedCheck
from venue_conformance.report.run_verdict import status_of, worst
from venue_conformance.report.terminal import print_report
from venue_conformance.report.text import fit_to_print
from venue_conformance.wire.redaction import without_secrets

_NOTHING_RUN = (pytest.ExitCode.NO_TESTS_COLLECTED, pytest.ExitCode.USAGE_ERROR)


def _place(venue: str, named: Sequence[str | None]) -> int:
    return named.index(venue) if venue in named else len(named)


def looked_again(run: Run) -> Iterator[tuple[str, CheckRecord | None]]:
    """Each venue of a run, and what came of reading its orders once more; None where nothing has to last."""
    own = run.sessions.target is None
    for venue, found in run.found.items():
        session = run.sessions.of(venue)
        seconds = min(session.settle_seconds, OWN_SECONDS) if own else session.settle_seconds
        judged = [clause.id for clause in clauses_in_scope(venue, run.options.selection) if clause.level != "open"]
        yield venue, look_again(session, found, judged, seconds)


class WorkerReporter:
    """The plugin's part in a worker process: it hands over its plan and what lasts, and closes its connections."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember what a check has read, where nobody but this process can read it once more."""
        text = getattr(report, "conformance", None)
        if text is not None and self._run.options.target is None:
            handed_over = json.loads(text)
            found = self._run.found.setdefault(handed_over["serialized"]["venue"], Found())
            found.add(handed_over["serialized"]["check"]["id"], handed_over["lasting"])

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the controller which checks were to run, and what references of this process alone read as by now."""
        output: dict[str, Any] = session.config.workeroutput  # type: ignore[attr-defined]
        output["venue_conformance_plan"] = {
            venue: [check.to_dict() for check in planned.values()] for venue, planned in self._run.log.planned.items()
        }
        if of_several(session.config) and not self._run.is_over:
            output["venue_conformance_lasting"] = {
                venue: record.to_dict() for venue, record in looked_again(self._run) if record is not None
            }

    def pytest_unconfigure(self) -> None:
        """Close every connection and stop the references."""
        self._run.sessions.close()


class Reporter:
    """The plugin's part in the process that the user started."""

    def __init__(self, run: Run, output: RunOutput | None = None) -> None:
        """``output`` is what prints in place of pytest, None where pytest does."""
        self._run, self._output = run, output
        self._documents: dict[str, dict[str, Any]] = {}
        if threading.current_thread() is threading.main_thread():
            # A CI runner that gives up sends SIGTERM; what was learned until then is worth a report.
            signal.signal(signal.SIGTERM, _interrupt)

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node: Any) -> None:
        """Give every worker the run's seed."""
        node.workerinput["venue_conformance_seed"] = self._run.seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002 - xdist's names
        """Learn which venues there are before the first record comes in: where a report goes depends on it."""
        self._run.log.venues.update(venue for check in ids if (venue := venue_of(check)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over which checks a worker was to run."""
        output = getattr(node, "workeroutput", {})
        for venue, checks in output.get("venue_conformance_plan", {}).items():
            for values in checks:
                self._run.log.plan(venue, PlannedCheck.from_dict(values))
        for venue, values in output.get("venue_conformance_lasting", {}).items():
            self._run.log.conclude(venue, CheckRecord.from_dict(values))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the records of a check."""
        text = getattr(report, "conformance", None)
        if text is not None:
            handed_over = json.loads(text)
            serialized = handed_over["serialized"]
            for values in handed_over["plan"]:
                self._run.log.plan(serialized["venue"], PlannedCheck.from_dict(values))
            self._run.log.add(serialized, handed_over["target"])
            self._run.log.limit = self._run.log.limit or handed_over["limit"]
            self._run.found.setdefault(serialized["venue"], Found()).add(
                serialized["check"]["id"], handed_over["lasting"]
            )
            if self._output is not None:
                self._output.ended(serialized)

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run did not come to its end."""
        self._run.log.errors.append(without_secrets(f"the run was aborted: {excinfo.exconly(tryshort=True)}")[:2000])

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that the run was stopped."""
        self._run.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Give back what is still open, judge, unless there was nothing to be run, and take the exit status from it."""
        if session.config.getoption("collectonly") or exitstatus in _NOTHING_RUN:
            return
        shared = session.config.pluginmanager.hasplugin("dsession")
        if self._output is not None:
            self._output.phase("reading the orders once more, and giving them back")
        self._look_again(shared=shared)
        left = give_back(self._run, shared=shared)
        found = self._run.log.finish(self._run.target_info, interrupted=self._run.interrupted, left_open=left)
        # In the order in which the venues were named, whichever of them was first to have a check that ended.
        named = [venue_of(f"{argument}/") for argument in session.config.args]
        self._documents = {venue: found[venue] for venue in sorted(found, key=lambda each: _place(each, named))}
        if self._documents:
            self._run.status = worst(status_of(document) for document in self._documents.values())
            session.exitstatus = self._run.status

    def _look_again(self, *, shared: bool) -> None:
        """Read the orders of the run once more; not those of references that ended with the worker processes."""
        run = self._run
        if run.interrupted or run.is_over or (shared and run.sessions.target is None):
            return
        try:
            for venue, record in looked_again(run):
                if record is not None:
                    run.log.conclude(venue, record)
        except KeyboardInterrupt:
            run.interrupted = True

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print each venue's report, and write them after that: a full disk keeps no verdict from being seen."""
        self._conclude(open_console(terminalreporter._tw._file))

    def pytest_unconfigure(self, config: pytest.Config) -> None:
        """Do what is left of that where pytest itself broke off, close every connection and leave the folder."""
        self._conclude(open_console() if config.pluginmanager.hasplugin("terminalreporter") else None)
        self._run.sessions.close()
        if self._run.folder is not None:
            self._run.folder.release()

    def _conclude(self, console: Console | None) -> None:
        documents, self._documents = self._documents, {}
        try:
            if documents and self._output is not None:
                self._output.show(documents)
            elif console is not None:
                for document in documents.values():
                    print_report(document, console)
        finally:
            self._write(documents)

    def _write(self, documents: dict[str, dict[str, Any]]) -> None:
        """Write the reports. What goes wrong is told in a line, and changes no exit status."""
        if not documents:
            return
        folders: dict[str, Path] = {}
        try:
            if self._run.folder is not None:
                self._run.folder.require_ours()
            self._run.log.write(documents)
            folders = {venue: self._run.log.folder(venue) for venue in documents}
            if told := self._run.baseline.update(documents):
                self._say(told)
        except ClientFault as fault:
            sys.stdout.flush()
            sys.stderr.write(f"error: {fault}\n")
        if self._output is not None:
            self._output.written(documents, folders, self._run.options.report_dir / INDEX)
        else:
            for folder in folders.values():
                self._say(f"report: {folder}/report.html")

    def _say(self, text: str) -> None:
        if self._output is not None:
            self._output.say(text)
        else:
            sys.stdout.write(f"{fit_to_print(text)}\n")


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is Python's
    raise KeyboardInterrupt
