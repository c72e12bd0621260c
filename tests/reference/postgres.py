"""A real PostgreSQL of one's own for the length of a test module: private, on a unix socket, gone afterwards."""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_START_SECONDS = 20.0
_DEBIAN = Path("/usr/lib/postgresql")


@dataclass(frozen=True)
class PrivatePostgres:
    """A running database server: its address, and every statement it was sent."""

    address: str
    log_file: Path

    def statements(self) -> list[str]:
        """The statements executed so far, oldest first, the parameters left out."""
        lines = self.log_file.read_text(encoding="utf-8", errors="replace").splitlines()
        marks = ("statement: ", "execute ")
        found = [line.split("LOG:  ", 1)[1] for line in lines if "LOG:  " in line and any(m in line for m in marks)]
        return [text.split(": ", 1)[1] for text in found]


@contextmanager
def private_postgres() -> Iterator[PrivatePostgres]:
    """Start a PostgreSQL and stop it when the block ends.

    Where PostgreSQL or its driver is not installed the test is skipped with that reason; with CI=true it fails.
    """
    binaries = _binaries()
    if binaries is None:
        _missing("PostgreSQL is not installed (apt-get install postgresql)")
    if importlib.util.find_spec("psycopg") is None or importlib.util.find_spec("psycopg_pool") is None:
        _missing("psycopg is not installed (pip install 'venue-conformance[postgres]')")
    assert binaries is not None
    folder = Path(tempfile.mkdtemp(prefix="pg-"))  # short: a socket's path may have 107 bytes
    try:
        as_owner = _owner_of(folder)
        _run([binaries / "initdb", "-A", "trust", "--no-sync", "-U", "postgres", "-D", folder / "data"], as_owner)
        yield from _serve(binaries, folder, as_owner)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _serve(binaries: Path, folder: Path, as_owner: dict[str, Any]) -> Iterator[PrivatePostgres]:
    log_file = folder / "log"
    settings = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "log_statement=all", "timezone=UTC")
    # A test run that is killed cannot clean up; with this the server goes along with it.
    leash = ["setpriv", "--pdeathsig", "INT"] if shutil.which("setpriv") else []
    command = [*leash, binaries / "postgres", "-D", folder / "data", "-k", folder, "-h", ""]
    command += [part for setting in settings for part in ("-c", setting)]
    with log_file.open("wb") as log:
        server = subprocess.Popen(command, stdout=log, stderr=subprocess.STDOUT, **as_owner)
    try:
        _wait_until_ready(server, log_file)
        yield PrivatePostgres(f"postgresql://postgres@/postgres?host={folder}", log_file)
    finally:
        server.send_signal(signal.SIGINT)  # fast shutdown: open connections are cut
        try:
            server.wait(10)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def _wait_until_ready(server: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while "ready to accept connections" not in log_file.read_text(errors="replace"):
        if server.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError(f"PostgreSQL did not start:\n{log_file.read_text(errors='replace')[-2000:]}")
        time.sleep(0.02)


def _owner_of(folder: Path) -> dict[str, Any]:
    """How to run what must not run as root: as the user that Debian's package made, in a folder that is theirs."""
    environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}
    if os.geteuid() != 0:
        return {"env": environment, "cwd": folder}
    names = {user.pw_name: user for user in pwd.getpwall()}
    user = names.get("postgres") or names["nobody"]
    os.chown(folder, user.pw_uid, user.pw_gid)
    return {
        "env": environment,
        "cwd": folder,
        "user": user.pw_uid,
        "group": user.pw_gid,
        "extra_groups": [],
    }


def _run(command: list[Any], as_owner: dict[str, Any]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, **as_owner)
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} failed:\n{done.stderr[-2000:]}")


def _binaries() -> Path | None:
    """The folder of `postgres` and `initdb`: Debian keeps each version's outside of PATH."""
    debian = sorted(_DEBIAN.glob("*/bin/postgres"), key=lambda path: float(path.parts[-3]))
    on_path = shutil.which("postgres")
    found = debian[-1] if debian else Path(on_path).resolve() if on_path else None
    return found.parent if found is not None and (found.parent / "initdb").exists() else None


def _missing(reason: str) -> None:
    complain: Callable[[str], Any] = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
    complain(reason)
