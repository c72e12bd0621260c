"""An adaptor that is a process of its own: JSON lines on its standard input and output.

Whatever it does, it is done with in bounded time: lines and output are bounded, an answer has a deadline, and at the
end its process group goes, and whatever else of this machine still carries its mark.
"""

from __future__ import annotations

import os
import re
import select
import shlex
import signal
import subprocess
import threading
import time
import uuid
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.protocol import LONGEST_LINE, number_of, read_line, shown
from venue_conformance.errors import AdaptorFault, ClientFault

MARK = "VENUE_CONFORMANCE_ADAPTOR"
_ADDRESS = re.compile(r"(\w+:)?(//)?[\w.-]+:\d+(/\S*)?|\w+://\S+")
#: So much of standard error is kept, and so many bytes and lines that nobody waits for are borne.
_COMPLAINTS = 16 * 1024
_MOST_UNASKED_LINES = 100
_READ = 1 << 16
_END_SECONDS = 2.0
#: How long what it complained of may take to be read, once it has answered.
_COMPLAINT_SECONDS = 0.2


class ProcessAdaptor(Adaptor):
    """Starts the command of an adaptor and speaks to it."""

    def __init__(self, command: str) -> None:
        super().__init__()
        self._mark = uuid.uuid4().hex
        try:
            if not (words := shlex.split(command)):
                raise ValueError("it is empty")
            self._process = subprocess.Popen(  # noqa: S603 - the user's own command
                words,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                bufsize=0,
                env={**os.environ, MARK: self._mark},
            )
        except OSError as error:
            hint = "; an address begins with http://" if _ADDRESS.fullmatch(command) else ""
            raise ClientFault(f"--adaptor {command}: it cannot be started: {error.strerror or error}{hint}") from error
        except ValueError as error:
            raise ClientFault(f"--adaptor {command!r}: this is no command: {error}") from error
        self._changed = threading.Condition()
        self._answers: dict[int, dict[str, Any]] = {}
        self._asked: set[int] = set()
        self._heard = False
        self._stray: bytes | None = None
        self._fault: AdaptorFault | None = None
        self._complaints: deque[bytes] = deque()
        self._stopped = False
        self._writing = threading.Lock()
        assert self._process.stdin is not None, "a pipe was asked for"
        os.set_blocking(self._process.stdin.fileno(), False)
        self._readers = [
            threading.Thread(target=work, name=f"adaptor {name}", daemon=True)
            for name, work in (("answers", self._read_answers), ("complaints", self._read_complaints))
        ]
        for reader in reversed(self._readers):  # whoever reads answers waits at their end for what it complained of
            reader.start()

    @property
    def complaints(self) -> str:
        """The end of what it wrote to standard error."""
        return b"".join(self._complaints).decode("utf-8", "replace")[-_COMPLAINTS:]

    def last_complaint(self) -> str:
        """The last line of it; what it wrote before its answer may be read a moment later than that."""
        until = time.monotonic() + _COMPLAINT_SECONDS
        while not self._complaints and time.monotonic() < until:
            time.sleep(0.01)
        return super().last_complaint()

    def exchange(self, number: int, message: bytes, seconds: float) -> dict[str, Any]:
        """Write a line and wait for the answer of its number."""
        until = time.monotonic() + seconds
        with self._changed:
            self._asked.add(number)
        self._write(message + b"\n", until)
        with self._changed:
            while number not in self._answers:
                if self._fault is not None:
                    raise self._fault
                left = until - time.monotonic()
                if left <= 0:
                    raise AdaptorFault(f"it gave no answer within {seconds:.0f} s{self._instead(number)}")
                self._changed.wait(min(left, 1.0))
            return self._answers.pop(number)

    def _instead(self, number: int) -> str:
        """What it wrote in place of an answer, as far as that helps."""
        if self._stray is None:
            return "" if self._heard else "; it has written nothing so far: is its output flushed after each line?"
        return f"; the last line that answers nothing is {shown(self._stray)}, and id {number} was asked"

    def _write(self, line: bytes, until: float) -> None:
        assert self._process.stdin is not None, "a pipe was asked for"
        file = self._process.stdin.fileno()
        with self._writing:
            while line:
                left = until - time.monotonic()
                if left <= 0:
                    raise AdaptorFault("it does not read its standard input")
                try:
                    if select.select([], [file], [], min(left, 0.5))[1]:
                        line = line[os.write(file, line) :]
                except (OSError, ValueError):
                    raise self._fault or AdaptorFault(f"it has ended{self._ending()}") from None
                if self._fault is not None:
                    raise self._fault

    def _read_answers(self) -> None:
        assert self._process.stdout is not None, "a pipe was asked for"
        pending = bytearray()
        unasked = 0
        try:
            while data := os.read(self._process.stdout.fileno(), _READ):
                self._heard = True
                pending += data
                while (end := pending.find(b"\n")) >= 0:
                    line = bytes(pending[:end])
                    del pending[: end + 1]
                    if line.strip():
                        unasked += not self._take(line)
                    if unasked > _MOST_UNASKED_LINES:
                        raise AdaptorFault(f"it wrote more than {_MOST_UNASKED_LINES} lines that answer nothing")
                if len(pending) > LONGEST_LINE:
                    raise AdaptorFault(f"it wrote a line of more than {LONGEST_LINE // (1024 * 1024)} MiB")
            self._fail(AdaptorFault(f"it has ended{self._ending()}"))
        except AdaptorFault as fault:
            self._fail(fault)
        except (OSError, ValueError):
            self._fail(AdaptorFault("its standard output cannot be read any more"))

    def _take(self, line: bytes) -> bool:
        """Whether a line answers something that was asked. Raises AdaptorFault."""
        answer = read_line(line)
        number = number_of(answer)
        with self._changed:
            if number is None or number not in self._asked:
                if number is not None and number > max(self._asked, default=0):
                    raise AdaptorFault(f"it answers id {number}, which was never asked")
                self._stray = line
                return False
            self._asked.discard(number)
            self._answers[number] = answer
            self._changed.notify_all()
        return True

    def _fail(self, fault: AdaptorFault) -> None:
        with self._changed:
            self._fault = self._fault or fault
            self._changed.notify_all()

    def _read_complaints(self) -> None:
        assert self._process.stderr is not None, "a pipe was asked for"
        kept = 0
        with suppress(OSError, ValueError):
            while data := os.read(self._process.stderr.fileno(), _READ):
                self._complaints.append(data)
                kept += len(data)
                while kept > _COMPLAINTS and len(self._complaints) > 1:
                    kept -= len(self._complaints.popleft())

    def _ending(self) -> str:
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(0.5)
        status = self._process.poll()
        if status is None:
            return ""
        # What it complained of may still be on its way, or be held open by a child that it left behind.
        self._readers[1].join(0.5)
        by = f"by signal {-status}" if status < 0 else f"with exit status {status}"
        return f" {by}{self.last_complaint()}"

    def stop(self, *, at_once: bool = False) -> None:
        """Close its input, give it a moment to leave, then end it and whatever it started."""
        if self._stopped:
            return
        self._stopped = True
        patient = self._fault is None and not at_once
        self._fail(AdaptorFault("it was stopped"))
        with suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if patient:
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_END_SECONDS)
        with suppress(OSError):
            os.killpg(self._process.pid, signal.SIGKILL)
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_END_SECONDS)
        self._end_descendants()
        for reader, pipe in zip(self._readers, (self._process.stdout, self._process.stderr), strict=True):
            reader.join(_END_SECONDS)
            if not reader.is_alive() and pipe is not None:  # else something unknown still holds its other end
                pipe.close()

    def _end_descendants(self) -> None:
        """End processes that left the group and still carry this adaptor's mark, where the system tells of them."""
        wanted = f"{MARK}={self._mark}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with suppress(OSError, ValueError):
                if wanted in (folder / "environ").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)
