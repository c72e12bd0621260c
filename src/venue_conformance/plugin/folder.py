"""The report folder of a run: taken before anything is sent, and of an earlier run only what it wrote taken away."""

from __future__ import annotations

import itertools
from functools import partial
from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.plugin.masking import usage_error
from venue_conformance.plugin.output import output_of, tell
from venue_conformance.plugin.run import Run
from venue_conformance.report.folder import RunFolder, remove_earlier
from venue_conformance.report.journal import JOURNAL, SETUP, WORKER_FOLDERS, read_journal
from venue_conformance.target.setups import Setups

#: A journal that tells of what an earlier run has not given back is kept under such a name.
UNSETTLED = "unsettled-*.jsonl"


class TakingFolder:
    """The plugin's part before the probe; not there in worker processes."""

    def __init__(self, run: Run) -> None:
        self._run = run

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> None:
        """Take the folder and begin the journal. Raises UsageError (exit 2) where another run is writing there."""
        run, config = self._run, session.config
        judges = (run.venues_to_probe and session.items) or _is_shared(config)
        if config.getoption("collectonly") or session.testsfailed or not judges:
            return
        try:
            run.folder = RunFolder.take(run.options.report_dir)
            if kept := keep_unsettled(run.options.report_dir):
                tell(config, unsettled_text(kept, run.options.report_dir))
            remove_earlier(run.options.report_dir, partial(tell, config))
        except ClientFault as fault:
            raise usage_error(fault) from fault
        if (output := output_of(config)) is not None:
            output.announce()
        if run.sessions.target is not None:
            venue = run.sessions.target.venue
            run.log.begin(venue, run.target_info(venue))


def _is_shared(config: pytest.Config) -> bool:
    """Whether worker processes are to run checks of ours, which only they collect."""
    shared = config.pluginmanager.hasplugin("dsession")
    return shared and any("suites" in Path(str(argument).partition("::")[0]).parts for argument in config.args)


def keep_unsettled(folder: Path) -> Path | None:
    """Keep the journals of earlier runs that tell of something that may still be open; one of them, None for none.

    Those of a load test's workers, too.
    """
    journals = (folder / JOURNAL, *sorted(folder.glob(f"{WORKER_FOLDERS}/{JOURNAL}")))
    return next(reversed([kept for journal in journals if (kept := _keep(journal, folder))]), None)


def unsettled_text(kept: Path, folder: Path) -> str:
    """What the user is told of a journal that was kept."""
    return (
        f"an earlier run did not undo all provider states it set up ({kept}); undo them with: "
        f"venue-conformance cleanup {folder}"
    )


def _keep(journal: Path, folder: Path) -> Path | None:
    """Keep one journal, if it tells of such a thing: where it is now."""
    try:
        found = read_journal(journal, allow_unfinished=True)
    except ClientFault:
        return None
    setups = Setups.from_records(found.others.get(SETUP, ()))
    if found.header.get("target_file") is None or not setups.unsettled:
        return None
    run = "".join(c for c in str(found.header.get("run", {}).get("id", "run"))[:8] if c.isalnum()) or "run"
    names = itertools.chain([run], (f"{run}-{number}" for number in itertools.count(2)))
    kept = next(file for name in names if not (file := folder / UNSETTLED.replace("*", name)).exists())
    try:
        journal.rename(kept)
    except OSError as error:
        raise ClientFault(f"--report-dir: {journal} cannot be renamed: {error.strerror or error}") from error
    return kept
