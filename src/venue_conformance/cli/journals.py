"""The journals in a report folder: of one target straight in it, of several venues, or of workers, in a folder each."""

from __future__ import annotations

from pathlib import Path

from venue_conformance.errors import ClientFault
from venue_conformance.report.journal import JOURNAL, REPLAY_FOLDERS


def journals_of(folder: Path, *further: str) -> list[Path]:
    """The journals of the last run into a folder, finished or not, behind those whose names are like ``further``.

    Raises ClientFault where there is none.
    """
    kept = [file for like in further for file in sorted(folder.glob(like))]
    last = [folder / JOURNAL]
    if not last[0].is_file():
        last = [file for file in sorted(folder.glob(f"*/{JOURNAL}")) if not file.match(f"{REPLAY_FOLDERS}/{JOURNAL}")]
    if not kept and not last:
        what = f"there is no {JOURNAL} in this folder" if folder.is_dir() else "there is no such folder"
        raise ClientFault(f"{folder}: {what}; give the report folder of a run")
    return list(dict.fromkeys([*kept, *last]))
