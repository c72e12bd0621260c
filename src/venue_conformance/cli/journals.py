"""The journals in a report folder: of one target straight in it, of several venues in a folder each."""

from __future__ import annotations

from pathlib import Path

from venue_conformance.errors import ClientFault
from venue_conformance.report.journal import JOURNAL


def journals_of(folder: Path, further: str | None = None) -> list[Path]:
    """The journals of the last run into a folder, finished or not, behind those whose names are like ``further``.

    Raises ClientFault where there is none.
    """
    kept = [] if further is None else sorted(folder.glob(further))
    last = [folder / JOURNAL] if (folder / JOURNAL).is_file() else sorted(folder.glob(f"*/{JOURNAL}"))
    if not kept and not last:
        what = f"there is no {JOURNAL} in this folder" if folder.is_dir() else "there is no such folder"
        raise ClientFault(f"{folder}: {what}; give the report folder of a run")
    return [*kept, *last]
