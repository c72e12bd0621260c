"""Files that are written together: all of them, or none."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from venue_conformance.errors import ClientFault


def write_files(directory: Path, files: Mapping[str, str]) -> None:
    """Write texts by file name into a folder, which is made when missing.

    Each file is either the old one or the complete new one, whenever the run is killed, and the last one stands for all
    of them. Raises ClientFault when the folder cannot be written to; then none of them has changed.
    """
    fresh = {name: directory / f".{name}.{os.getpid()}.tmp" for name in files}
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            fresh[name].write_text(text, encoding="utf-8", newline="\n")
        for name, file in fresh.items():
            file.replace(directory / name)
    except OSError as error:
        where = directory / next(iter(files)) if len(files) == 1 else directory
        raise ClientFault(f"{where}: the report cannot be written: {error.strerror or error}") from error
    finally:
        for file in fresh.values():
            with suppress(OSError):
                file.unlink(missing_ok=True)
