"""Runs the command as a user does: a process of its own, in a folder of its own, with its real output."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

SECRET = "sk_test_this_must_never_be_written_anywhere"
COMMAND = [sys.executable, "-m", "venue_conformance"]


@dataclass(frozen=True)
class Ended:
    """A command that has come to its end."""

    status: int
    output: str
    errors: str


def environment(home: Path) -> dict[str, str]:
    """The environment without whatever could make a run write, or speak, elsewhere."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "XDG"))}
    return {**kept, "HOME": str(home), "COLUMNS": "200"}


def run_command(folder: Path, *arguments: str | Path, seconds: float = 180) -> Ended:
    done = subprocess.run(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        capture_output=True,
        text=True,
        timeout=seconds,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def start_command(folder: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *map(str, arguments)],
        cwd=folder,
        env=environment(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell that runs the tests in the background has it ignored, and what is ignored is inherited.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def target_file(folder: Path, url: str, *, states: str | None = None, more: str = "") -> Path:
    """A target file for a Bayse at ``url``."""
    file = folder / "target.toml"
    file.touch(mode=0o600)
    states_table = "" if states is None else f'[states]\nurl = "{states}"\n'
    file.write_text(
        f'venue = "bayse"\nbase_url = "{url}"\nenvironment = "test"\n'
        f'[credentials]\npublic_key = "pk_test_of_the_file"\nsecret_key = "{SECRET}"\n'
        f"{states_table}{more}"
    )
    return file


def report_of(folder: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((folder / "conformance.json").read_text())
    return document


def verdicts(document: dict[str, Any]) -> dict[str, str]:
    return {clause["id"]: clause["verdict"] for clause in document["clauses"]}
