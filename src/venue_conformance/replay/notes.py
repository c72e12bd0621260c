"""What a replay sets up at a target is noted beside the report, so that ``cleanup`` can give it back after a kill."""

from __future__ import annotations

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from venue_conformance.plugin.folder import UNSETTLED, keep_unsettled
from venue_conformance.report.journal import JOURNAL, REPLAY_FOLDERS, JournalWriter
from venue_conformance.target.model import Target


@contextmanager
def own_folder(report: Path | None) -> Iterator[Path]:
    """A folder for the journals of one replay, beside its report, or a temporary one where none can be made there.

    It is gone afterwards, unless something is left that nobody has given back.
    """
    folder = _made(report)
    try:
        yield folder
    finally:
        if left_in(folder) is None:
            shutil.rmtree(folder, ignore_errors=True)


def left_in(folder: Path) -> Path | None:
    """A journal in the folder of a replay that tells of something that may still be open, None for none."""
    return keep_unsettled(folder) or next(folder.glob(UNSETTLED), None)


def left_text(left: Path) -> str:
    """What the user is told of it."""
    what = "the replay did not undo all provider states it set up"
    return f"{what}; undo them with: venue-conformance cleanup {left.parent}"


def journal_in(folder: Path, target: Target) -> JournalWriter:
    """Begin the journal of what is set up at a target while the steps of a check are played again."""
    header = {
        "run": {"id": str(uuid.uuid4())},
        "target": {"venue": target.venue, "base_url": target.base_url},
        "target_file": str(target.path),
        "folder": str(Path.cwd()),
    }
    return JournalWriter(folder / JOURNAL, header)


def _made(report: Path | None) -> Path:
    if report is not None:
        beside = report if report.is_dir() else report.parent
        with suppress(OSError):
            return Path(tempfile.mkdtemp(prefix=REPLAY_FOLDERS.rstrip("*"), dir=beside))
    return Path(tempfile.mkdtemp(prefix="venue-conformance-"))
