"""Files that are written together: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

from venue_conformance.errors import ClientFault

#: So many characters are encoded at a time, lest a long report stand in memory twice.
_PIECE = 1 << 20


def write_files(directory: Path, files: Mapping[str, Iterable[str]]) -> None:
    """Write texts, or the pieces of texts, by file name into a folder, which is made when missing.

    Each file is either the old one or the complete new one, whenever the run is killed, and the last one stands for all
    of them. Raises ClientFault when the folder cannot be written to; then none of them has changed.
    """
    fresh = {name: directory / f".{name}.{os.getpid()}.tmp" for name in files}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            with fresh[name].open("w", encoding="utf-8", newline="\n") as file:
                file.writelines(_pieces(text) if isinstance(text, str) else text)
        for name, made in fresh.items():
            made.replace(directory / name)
    except OSError as error:
        where = directory / next(iter(files)) if len(files) == 1 else directory
        raise ClientFault(f"{where}: the report cannot be written: {error.strerror or error}") from error
    finally:
        for made in fresh.values():
            with suppress(OSError):
                made.unlink(missing_ok=True)


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), _PIECE):
        yield text[start : start + _PIECE]
