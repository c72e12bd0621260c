"""Starts the reference venue as a process of its own, for a run without a target."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from venue_conformance.errors import SuiteFault

_READY_SECONDS = 20.0


class EmbeddedReference:
    """A reference venue that runs until it is closed, or until this process is gone."""

    def __init__(self, venue: str, seed: int, *options: str) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="venue-conformance-")
        self.target_file = Path(self._folder.name) / "target.toml"
        # -P: a yaml.py or a folder of our own name where the user happens to stand is not taken for what we need.
        python = [sys.executable, "-P", "-B", "-m", "venue_conformance"]
        target = ["--write-target", str(self.target_file)]
        # The pipe is never written to: its end tells the server that this process is gone, however it went.
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module
            [*python, "serve", venue, "--port", "0", "--seed", str(seed), *options, "--until-stdin-closes", *target],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait(venue)

    def _wait(self, venue: str) -> None:
        deadline = time.monotonic() + _READY_SECONDS
        while not self.target_file.exists():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                _, complaint = self._process.communicate()
                raise SuiteFault(f"the reference {venue} did not start: {complaint.decode(errors='replace')[-500:]}")
            time.sleep(0.01)

    def close(self) -> None:
        """Stop the server and wait until it is gone."""
        if self._process.stdin:
            self._process.stdin.close()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stderr:
            self._process.stderr.close()
        self._folder.cleanup()
