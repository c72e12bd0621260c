"""Output whose reader may leave before a command has come to its end."""

from __future__ import annotations

import os
from typing import IO, Any


class Unread:
    """A stream to which a command goes on writing when its reader has gone, as after ``| head``: to nobody, then.

    What a command finds out, and what it writes to files, does not depend on who reads along.
    """

    def __init__(self, stream: IO[str]) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write a text, to nobody where nobody reads."""
        try:
            return self._stream.write(text)
        except BrokenPipeError:
            self._give_up()
            return len(text)

    def flush(self) -> None:
        """Write what has been kept back."""
        try:
            self._stream.flush()
        except BrokenPipeError:
            self._give_up()

    def close(self) -> None:
        """Write what has been kept back, and close the stream."""
        self.flush()
        self._stream.close()

    def _give_up(self) -> None:
        nobody = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nobody, self._stream.fileno())  # what is still in its buffer goes there, too
        os.close(nobody)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)
