"""The folder of a run: one run at a time, and of an earlier one only what it wrote itself is taken away."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import stat
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.report.document import REPORT
from venue_conformance.report.index import INDEX
from venue_conformance.report.text import one_line

LOCK = ".venue-conformance.lock"
#: A list that is longer was not written by a run.
_MOST_FILES = 10_000


@dataclass(frozen=True)
class _Holder:
    """The process that a lock file names; ``started`` tells it from a later one of the same number."""

    pid: int
    started: str

    @property
    def is_alive(self) -> bool:
        return self.started == _start_of(self.pid)


class RunFolder:
    """A report folder that this process has to itself until ``release``, or until it is gone, however it went.

    Two things hold it: a lock of the operating system, which ends with the process, and a file that names the process
    and when it started, for systems without such locks and for whoever is refused.
    """

    def __init__(self, path: Path, file: int) -> None:
        self.path, self._file = path, file

    @classmethod
    def take(cls, path: Path) -> RunFolder:
        """Make the folder where it is missing, and take it. Raises ClientFault when it cannot be, or another has it."""
        try:
            path.mkdir(parents=True, exist_ok=True)
            while True:
                file = os.open(path / LOCK, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
                if _lock(path, file):
                    break
                os.close(file)
        except OSError as error:
            raise ClientFault(f"--report-dir {path}: {error.strerror or error}") from error
        # On a full disk nobody learns who holds it; the lock holds all the same.
        with suppress(OSError):
            os.ftruncate(file, 0)
            os.pwrite(file, json.dumps({"pid": os.getpid(), "started": _start_of(os.getpid())}).encode(), 0)
        return cls(path, file)

    def require_ours(self) -> None:
        """Raise ClientFault when the folder was taken away in mid-run and another run has made it again."""
        with suppress(FileNotFoundError):
            if not os.path.samestat(os.stat(self.path / LOCK), os.fstat(self._file)):
                raise ClientFault(f"{self.path}: the folder was removed during the run, and is another run's now")

    def release(self) -> None:
        """Leave the folder to others."""
        with suppress(OSError):
            if os.path.samestat(os.stat(self.path / LOCK), os.fstat(self._file)):
                os.unlink(self.path / LOCK)
        os.close(self._file)


def _lock(path: Path, file: int) -> bool:
    """Whether the lock is ours; False where its last holder has just removed the file. Raises ClientFault."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise _taken(path, _holder(file)) from None
    except OSError:  # a file system without such locks
        holder = _holder(file)
        if holder is not None and holder.is_alive and holder.pid != os.getpid():
            raise _taken(path, holder) from None
    try:
        return os.path.samestat(os.stat(path / LOCK), os.fstat(file))
    except FileNotFoundError:
        return False


def _taken(path: Path, holder: _Holder | None) -> ClientFault:
    who = f" (process {holder.pid})" if holder else ""
    return ClientFault(f"--report-dir {path}: another run{who} is writing here; give this one a folder of its own")


def _holder(file: int) -> _Holder | None:
    try:
        said = json.loads(os.pread(file, 4096, 0))
        return _Holder(int(said["pid"]), str(said["started"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None


def _start_of(pid: int) -> str | None:
    """When a process started, in whatever words the system has for it; None when there is none of that number."""
    try:
        # Behind the name, which may hold anything: state is the 3rd field, the start the 22nd.
        return Path(f"/proc/{pid}/stat").read_text(errors="replace").rpartition(")")[2].split()[19]
    except (OSError, IndexError):
        if Path("/proc/self/stat").exists():
            return None
    asked = subprocess.run(  # noqa: S603 - a system without /proc
        ["/bin/ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return asked.stdout.strip() or None


def remove_earlier(folder: Path, say: Callable[[str], object] = lambda _: None) -> None:
    """Take away the files that the earlier run into a folder lists as its own, and nothing else, and ``say`` which run.

    The list is not believed: what it names outside the folder, or through a link, stays. Raises ClientFault when an
    earlier report cannot be taken away, lest it be read as the new one.
    """
    earlier = _described(folder / REPORT)
    for name in (*_listed(folder / REPORT, "run"), *_listed(folder / INDEX, None)):
        _remove(folder, name)
    for name in (REPORT, INDEX):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            reason = error.strerror or error
            raise ClientFault(f"--report-dir: {folder / name} cannot be replaced: {reason}") from error
    if earlier is not None:
        say(f"replaced: {folder / REPORT}, {earlier}")


def _described(report: Path) -> str | None:
    """What an earlier report is about; None where there is none that can be read."""
    try:
        values = json.loads(report.read_bytes())
        run, target = values["run"], values["target"]
        kind = "a client's report" if values.get("client") else "the report of a run"
        found = f"{kind} of {run['started_at'][:16]}, {target['venue']} at {target['base_url']}: {run['verdict']}"
        return one_line(found)
    except (OSError, ValueError, RecursionError, KeyError, TypeError, AttributeError):
        return None


def require_replaceable(folder: Path) -> None:
    """Raise ClientFault where something that is no file stands in the place of a report."""
    for name in (REPORT, INDEX):
        if (folder / name).is_dir():
            raise ClientFault(f"--report-dir: {folder / name} cannot be replaced: {os.strerror(errno.EISDIR)}")


def _listed(document: Path, table: str | None) -> list[str]:
    try:
        values: Any = json.loads(document.read_bytes())
        files = (values if table is None else values[table])["files"]
    except (OSError, ValueError, RecursionError, KeyError, TypeError):
        return []
    return [name for name in files[:_MOST_FILES] if isinstance(name, str)] if isinstance(files, list) else []


def _remove(folder: Path, name: str) -> None:
    parts = PurePosixPath(name).parts
    if not parts or PurePosixPath(name).is_absolute() or ".." in parts or "\0" in name:
        return
    with suppress(OSError):
        if all(stat.S_ISDIR(os.lstat(parent).st_mode) for parent in _parents(folder, parts)):
            file = folder.joinpath(*parts)
            if not stat.S_ISDIR(os.lstat(file).st_mode):
                file.unlink()


def _parents(folder: Path, parts: tuple[str, ...]) -> Iterator[Path]:
    """The folders below ``folder`` on the way to a file: none of them may be a link."""
    for count in range(1, len(parts)):
        yield folder.joinpath(*parts[:count])
