"""Files with credentials in them, which are nobody else's to read."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def write_private(path: Path, text: str) -> None:
    """Write a file that its owner alone may read (0600), whole or not at all. Raises OSError.

    An earlier one is replaced, so that whoever could read that one cannot read this.
    """
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    with suppress(FileNotFoundError):
        fresh.unlink()
    # O_EXCL: nothing that somebody else has put there is written to.
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8") as file:
        file.write(text)
    fresh.replace(path)
