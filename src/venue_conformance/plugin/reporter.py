"""Gathers the records of all checks in the process that writes the report, and writes it."""

from __future__ import annotations

import json
import re
import signal
import threading
from types import FrameType
from typing import Any

import pytest

from venue_conformance.plugin.run import Run
from venue_conformance.report.console import open_console
from venue_conformance.report.terminal import print_report

_VENUE_FOLDER = re.compile(r"(?:^|/)suites/(\w+)/test_")


class Worker:
    """The plugin's part in a worker process: it hands its plan over and closes its connections."""

    def __init__(self, run: Run) -> None:
        self._run = run

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Tell the controller which checks were to run."""
        output: dict[str, Any] = session.config.workeroutput  # type: ignore[attr-defined]
        output["venue_conformance_plan"] = self._run.log.planned
        output["venue_conformance_started"] = sorted(self._run.log.started)

    def pytest_unconfigure(self) -> None:
        """Close every connection and stop the references."""
        self._run.sessions.close()


class Reporter:
    """The plugin's part in the process that the user started."""

    def __init__(self, run: Run) -> None:
        self._run = run
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
        self._run.log.venues.update(found[1] for check in ids if (found := _VENUE_FOLDER.search(check)))

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over which checks a worker was to run."""
        output = getattr(node, "workeroutput", {})
        for venue, checks in output.get("venue_conformance_plan", {}).items():
            for check, clauses in checks.items():
                self._run.log.plan(venue, check, clauses)
        self._run.log.started.update(output.get("venue_conformance_started", ()))

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take over the records of a check."""
        text = getattr(report, "conformance", None)
        if text is not None:
            handed_over = json.loads(text)
            notes = handed_over["notes"]
            for check, clauses in handed_over["plan"].items():
                self._run.log.plan(notes["venue"], check, clauses)
            self._run.log.add(notes, handed_over["target"])

    def pytest_internalerror(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        """Remember that the run did not come to its end."""
        self._run.log.errors.append(f"the run broke off: {excinfo.exconly(tryshort=True)}"[:2000])

    def pytest_keyboard_interrupt(self) -> None:
        """Remember that the run was stopped."""
        self._run.interrupted = True

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the reports, unless there was nothing to be run."""
        if not session.config.getoption("collectonly") and exitstatus != pytest.ExitCode.NO_TESTS_COLLECTED:
            self._documents = self._run.log.finish(self._run.target_info, interrupted=self._run.interrupted)

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Print each venue's report."""
        if self._documents:
            console = open_console(terminalreporter._tw._file)
            for document in self._documents.values():
                print_report(document, console)

    def pytest_unconfigure(self) -> None:
        """Close every connection and stop the references."""
        self._run.sessions.close()


def _interrupt(signum: int, frame: FrameType | None) -> None:  # noqa: ARG001 - the signature is Python's
    raise KeyboardInterrupt
