"""A reader that leaves early, as ``| head`` does, changes neither the exit status nor what is written to files."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from tests.command import COMMAND, environment
from venue_conformance.report.unread import Unread


@pytest.mark.parametrize("stream", ["stdout", "stderr"])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        (("--help",), 0),
        (("clauses",), 0),
        (("clauses", "--format", "json"), 0),
        (("run", "bayse", "--profile", "smoke"), 0),
        (("run", "bayse", "--profile", "smoke", "--format", "json"), 0),
        (("check", "--target", "nowhere.toml"), 2),
    ],
)
def test_command_does_not_notice(tmp_path: Path, arguments: tuple[str, ...], status: int, stream: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    kept = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, stream: writer}
    try:
        command = [*COMMAND, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=environment(tmp_path), text=True, timeout=120, **kept)
    finally:
        os.close(writer)
    assert done.returncode == status
    assert "Traceback" not in (done.stdout or "") + (done.stderr or "")
    assert "BrokenPipe" not in (done.stderr or "")
    assert (tmp_path / "reports" / "report.html").exists() == (arguments[0] == "run")


def test_what_is_in_the_buffer_is_let_go() -> None:
    reader, writer = os.pipe()
    stream = Unread(os.fdopen(writer, "w", encoding="utf-8"))
    stream.write("read")
    stream.flush()
    assert os.read(reader, 10) == b"read"
    os.close(reader)
    stream.write("x" * 100_000)
    stream.write("more")
    stream.close()
