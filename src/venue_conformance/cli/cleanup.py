"""``venue-conformance cleanup``: gives back what a run that was killed left open at its target."""

from __future__ import annotations

import argparse
import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venue_conformance.cli.journals import journals_of
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.folder import UNSETTLED
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.sessions import load_checked_target, print_warnings
from venue_conformance.replay.notes import left_in
from venue_conformance.report.exit_status import CONFORMS, NOT_FULLY_JUDGED
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.journal import (
    JOURNAL,
    REPLAY_FOLDERS,
    SETUP,
    WORKER_FOLDERS,
    Journal,
    JournalWriter,
    read_journal,
)
from venue_conformance.report.text import inert, one_line
from venue_conformance.target.giving_back import GivenBack, GivingBack
from venue_conformance.target.guard import FORCE_FLAG
from venue_conformance.target.model import Target
from venue_conformance.target.secrecy import redaction_of
from venue_conformance.target.setups import Setups
from venue_conformance.target.states import open_states
from venue_conformance.wire.lost_time import LostTime
from venue_conformance.wire.redaction import without_secrets

#: What it may take in all, in seconds, for one journal.
_SECONDS = 120.0
_WORKERS = f"{WORKER_FOLDERS}/{JOURNAL}"
_REPLAYS = (f"{REPLAY_FOLDERS}/{JOURNAL}", f"{REPLAY_FOLDERS}/{UNSETTLED}")


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "cleanup",
        description="Undoes the provider states that a run set up and could not undo, because it was killed or the "
        "target was unreachable. Contacts the target's provider states only, and sends nothing to the venue "
        "itself. Exit status: 0 when nothing is left open, 3 when something could not be undone; it is listed.",
    )
    parser.add_argument("folder", type=Path, metavar="DIR", help="the report folder of the run")
    parser.add_argument("--target", type=Path, metavar="FILE", help="target file (default: the one that the run used)")
    parser.add_argument(FORCE_FLAG, action="store_true", dest="force_production", help="allow a production host")
    parser.set_defaults(execute=execute)


def execute(options: argparse.Namespace) -> int:
    """Give back, journal by journal. Raises ClientFault where there is no journal, or no target file that fits it."""
    found = journals_of(options.folder, UNSETTLED, _WORKERS, *_REPLAYS)
    journals = [file for file in found if not _is_over(file, options.folder)]
    folder = RunFolder.take(options.folder)
    faults: list[str] = []
    with ExitStack() as stack:
        stack.callback(folder.release)
        works: list[_Work] = []
        for file in journals:
            try:
                if (work := _begin(file, options, stack)) is not None:
                    works.append(work)
            except ClientFault as fault:  # keeps nothing of the others from being given back
                faults.append(str(fault))
        for work in works:
            work.back.answered()
        done = [_finish(work) for work in works]
    for replay in {file.parent for file in journals if any(file.match(like) for like in _REPLAYS)}:
        if left_in(replay) is None:
            shutil.rmtree(replay, ignore_errors=True)
    if faults:
        raise ClientFault("; ".join(dict.fromkeys(faults)))
    return CONFORMS if all(done) else NOT_FULLY_JUDGED


@dataclass(frozen=True)
class _Work:
    """One journal whose setups are to be given back."""

    file: Path
    target: Target
    back: GivingBack


def _is_over(file: Path, folder: Path) -> bool:
    """Whether a journal is one of a worker, before the last run into the folder, that leaves nothing to be done."""
    if not file.match(_WORKERS) or not (folder / JOURNAL).is_file():
        return False
    return not Setups.from_records(read_journal(file, allow_unfinished=True).others.get(SETUP, ())).unsettled


def _begin(file: Path, options: argparse.Namespace, stack: ExitStack) -> _Work | None:
    """What one journal calls for; None where that is nothing, which is told."""
    journal = read_journal(file, allow_unfinished=True)
    if not journal.others.get(SETUP):
        print(f"{file}: the run set up nothing at its target")
        return None
    if journal.header.get("target_file") is None:
        print(f"{file}: the run judged an embedded reference, which stopped with it")
        return None
    target = _target(file, journal, options)
    print_warnings(target)
    redaction, writer = redaction_of(target), JournalWriter(file, None)
    stack.callback(writer.close)
    setups = Setups.from_records(journal.others[SETUP], lambda record: writer.write(SETUP, redaction.value(record)))
    states = open_states(target, LostTime(_SECONDS))
    stack.callback(states.close)
    return _Work(file, target, GivingBack(states, setups, _SECONDS))


def _finish(work: _Work) -> bool:
    """Give back what is left of one journal, and tell; whether nothing of it is left open."""
    found = work.back.rest(work.target.limits.settle_seconds)
    _print_outcome(work.file, found)
    if not found.left and work.file.match(UNSETTLED):
        work.file.unlink(missing_ok=True)
    return not found.left


def _target(file: Path, journal: Journal, options: argparse.Namespace) -> Target:
    """The target of the journal's run, which is neither production nor another one. Raises ClientFault."""
    header = journal.header
    path = options.target or Path(str(header.get("folder", ""))) / str(header["target_file"])
    target = load_checked_target(RunOptions(target=path, force_production=options.force_production))
    of = header.get("target")
    judged = (of.get("venue"), of.get("base_url")) if isinstance(of, dict) else (None, None)
    if judged != (target.venue, target.base_url):
        reported = one_line(" at ".join(map(str, judged)))
        raise ClientFault(f"{path}: the run of {file} judged {reported}, this is {target.venue} at {target.base_url}")
    return target


def _print_outcome(file: Path, found: GivenBack) -> None:
    before = "" if found.open_before is None else f"{found.open_before} orders of the run were open; "
    print(f"{file}: {before}{found.undone} states undone, {len(found.left)} left")
    for each in found.left:
        orders = f" ({len(each.orders)} orders: {', '.join(each.orders)[:400]})" if each.orders else ""
        print(f"  {inert(one_line(without_secrets(f'{each.state} of {each.caller}{orders}: {each.reason}'), 1000))}")
