"""What the command ``run`` prints in place of pytest's own output: a header, how far it is, the reports.

Not there where pytest itself is called: then pytest prints as it always does.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, cast

import pytest
from rich.text import Text

from venue_conformance.plugin.progress import LiveLine, Progress, in_words, print_progress, topics
from venue_conformance.plugin.run import RUN, Run
from venue_conformance.plugin.runlog import catalogue_of, clauses_in_scope
from venue_conformance.plugin.shards import of_several, venue_of
from venue_conformance.plugin.splitting import seconds_at_the_reference
from venue_conformance.report.console import Color, is_terminal, open_console, print_line
from venue_conformance.report.document import replay_of_clause
from venue_conformance.report.machine import run_values
from venue_conformance.report.terminal import print_quiet, print_reports
from venue_conformance.report.text import counted, fit_to_print, one_line
from venue_conformance.report.unread import Unread
from venue_conformance.report.view import violations
from venue_conformance.wire.redaction import without_secrets


class RunOutput:
    """What a run says, and where: on standard output, with ``as_json`` one document and everything else beside it."""

    #: Whether it is to be said what is unsafe about the target file.
    warns = True

    def __init__(
        self,
        *,
        color: Color = "auto",
        quiet: bool = False,
        verbose: bool = False,
        as_json: bool = False,
        with_pytest: bool = False,
    ) -> None:
        """``with_pytest`` leaves pytest its own output, for whoever has asked it for something."""
        self._quiet, self._verbose, self._json, self._with_pytest = quiet, verbose, as_json, with_pytest
        # Of its own, for while a check runs pytest has whatever is printed.
        self._out, self._err = _own(sys.stdout), _own(sys.stderr)
        self._answer = open_console(self._out, color=color)
        self.console = open_console(self._err, color=color) if as_json else self._answer
        self._live = LiveLine(self.console)
        self._drawn = not quiet and not with_pytest and is_terminal(self._err if as_json else self._out)
        self._logged = not self._drawn and not quiet and not as_json
        self._progress: Progress | None = None
        self._checks: list[str] = []
        self._run: Run | None = None
        self._side_by_side = False
        if self._drawn:
            self._live.start(lambda: Text("reading the checks"))

    # What pytest tells of.

    @pytest.hookimpl(trylast=True)
    def pytest_configure(self, config: pytest.Config) -> None:
        """Keep pytest's own reporter from printing; other plugins may go on using it."""
        reporter = config.pluginmanager.getplugin("terminalreporter")
        if isinstance(reporter, pytest.TerminalReporter) and not self._with_pytest:
            reporter._tw._file = _Nowhere()
            reporter._tw.hasmarkup = False
        self._run = config.stash.get(RUN, None)
        self._side_by_side = bool(config.getoption("numprocesses", None)) and of_several(config)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Say what cannot even be read: that is the suite's fault, or that of a plugin the user has named."""
        if report.failed and not self._with_pytest:
            self.error(str(report.longrepr))

    def pytest_internalerror(self, excrepr: object) -> None:
        """Say what broke pytest itself."""
        if not self._with_pytest:
            self.error(str(excrepr))

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Note what is judged, once it is known."""
        self._checks = [item.nodeid for item in session.items]

    def announce(self) -> None:
        """Say what is judged: the folder is the run's, and the first request is about to go out."""
        if self._progress is None and self._checks:
            self._begin(self._checks)

    @pytest.hookimpl(optionalhook=True)
    def pytest_xdist_node_collection_finished(self, node: Any, ids: list[str]) -> None:  # noqa: ARG002 - xdist's names
        """The same where worker processes collect: each of them the same checks."""
        self._checks = self._checks or ids
        self.announce()

    def pytest_runtest_logstart(self, nodeid: str) -> None:
        """Note which check runs."""
        if self._progress is not None:
            self._progress.start(nodeid)

    # What the plugin tells of.

    def phase(self, text: str) -> None:
        """Say what is going on where no check is."""
        if self._progress is not None:
            self._progress.phase = text

    def ended(self, serialized: Mapping[str, Any]) -> None:
        """Note what came of a check."""
        if self._progress is None:
            return
        catalogue = catalogue_of(serialized["venue"])
        check = serialized["check"]
        broken = [each["clause"] for each in check["breaches"] if each["clause"] in catalogue]
        if self._run is not None and not self._progress.probes:
            probes = self._run.log.probes
            self._progress.probes = sum(each["exchange"] is not None for each in probes.values())
            self._progress.accepting.update(venue for venue, each in probes.items() if each["kind"] == "ok")
        if check["accepted"]:
            self._progress.accepting.add(serialized["venue"])
        topic = self._progress.end(
            check["id"], len(serialized["exchanges"]), [each for each in broken if catalogue[each].level != "open"]
        )
        if topic is not None and self._logged:
            print_progress(self.console, self._progress, topic)

    def say(self, text: str) -> None:
        """Say something for the user in a line."""
        if not self._quiet:
            print_line(self.console, fit_to_print(text))

    def error(self, text: str) -> None:
        """Say what went wrong, on standard error."""
        self._live.stop()
        self._err.write(f"{fit_to_print(without_secrets(text))}\n")
        self._err.flush()

    def show(self, documents: Mapping[str, Mapping[str, Any]]) -> None:
        """Print the reports."""
        self._live.stop()
        if self._json:
            return
        if self._quiet:
            print_quiet(list(documents.values()), self.console)
        else:
            print_reports(list(documents.values()), self.console, verbose=self._verbose)

    def written(self, documents: Mapping[str, Mapping[str, Any]], folders: Mapping[str, Path], index: Path) -> None:
        """Say where the reports are, and how to see the first violation again."""
        if self._json:
            self._answer.file.write(json.dumps(run_values(documents, folders), indent=1, allow_nan=False) + "\n")
            self._answer.file.flush()
            return
        if self._quiet:
            return
        for folder in folders.values():
            self.say(f"report: {folder}/report.html")
        if len(folders) > 1:
            self.say(f"index: {index}")
        first = next(
            (
                replay_of_clause(clause["id"], check["replay"])
                for document in documents.values()
                for clause, checks in violations(document, counting=True)
                for check in checks
                if check["replay"]
            ),
            None,
        )
        if first is not None:
            self.say(f"replay the first: {one_line(first, 4096)}")

    def close(self) -> None:
        """Take the line away; nothing is printed after that."""
        self._live.stop()
        for file in (self._out, self._err):
            file.flush()
            if file not in (sys.stdout, sys.stderr):
                file.close()

    def _begin(self, checks: Sequence[str]) -> None:
        run = self._run
        if run is None:
            return
        planned = {each.id: each.clauses for venue in run.log.planned.values() for each in venue.values()}
        venues = list(run.log.planned) or sorted({each.split("/")[1] for each in checks if each.count("/") > 1})
        known = {venue: seconds_at_the_reference(venue) for venue in venues}

        def seconds(check: str) -> float:
            venue = next((each for each in venues if f"/{each}/" in check), None)
            return 0.0 if venue is None else known[venue](check)

        self._progress = Progress(checks, seconds, topics(planned, several_venues=len(venues) > 1))
        target = run.sessions.target
        if target is None:
            where = f"{', '.join(venues)}: embedded reference{'s' if len(venues) > 1 else ''}, no deployment is tested"
        else:
            where = f"{target.venue} at {target.base_url}, {target.environment}"
        scope = {each.id for venue in venues for each in clauses_in_scope(venue, run.options.selection)}
        clauses = {clause for check in checks for clause in planned.get(check, ())} & scope
        of = f" of {len(clauses)} clauses" if clauses else ""
        number = counted(len(checks), "check")
        expected = self._progress.expected
        if self._side_by_side:
            expected = max(sum(seconds(check) for check in checks if venue_of(check) == venue) for venue in venues)
        self.say(f"{where}: {number}{of}, about {in_words(expected)}")
        self._progress.begin()
        if self._drawn:
            self._live.start(self._progress.line)


class _Nowhere:
    """A file that nothing comes of."""

    encoding = "utf-8"

    def write(self, text: str) -> int:
        return len(text)

    def flush(self) -> None:
        pass

    def isatty(self) -> bool:
        return False


def output_of(config: pytest.Config) -> RunOutput | None:
    """What prints for a run; None where pytest does."""
    return next((each for each in config.pluginmanager.get_plugins() if isinstance(each, RunOutput)), None)


def tell(config: pytest.Config, text: str) -> None:
    """Say something for the user in a line, by whoever prints for this run."""
    output = output_of(config)
    if output is not None:
        output.say(text)
    elif (reporter := config.pluginmanager.getplugin("terminalreporter")) is not None:
        reporter.write_line(fit_to_print(text))


def _own(stream: IO[str]) -> IO[str]:
    """The same file as a stream, which pytest does not capture; the stream itself where there is no file to it."""
    try:
        stream.flush()
        encoding = getattr(stream, "encoding", None) or "utf-8"
        copy = os.fdopen(os.dup(stream.fileno()), "w", encoding=encoding, errors="backslashreplace")
        return cast(IO[str], Unread(copy))
    except (OSError, ValueError, AttributeError):
        return stream
