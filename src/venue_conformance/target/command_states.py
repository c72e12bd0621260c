"""Provider states from a command of the target's owner (target protocol, section 2)."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault, Inconclusive, Unreachable
from venue_conformance.target.state_reasons import described, excerpt, not_offered, request_of, values_of
from venue_conformance.wire.circuit import CircuitBreaker
from venue_conformance.wire.lost_time import LostTime

_NOT_OFFERED = 3


class CommandStates:
    """Starts ``command`` once for each call, in ``folder``; calls of several threads wait for each other.

    ``limit_seconds`` is how long one call may take; what it takes too much counts in ``lost``. Raises ClientFault when
    there is no such program.
    """

    kind = "command"

    def __init__(
        self, command: Sequence[str], folder: Path, limit_seconds: float = 30.0, lost: LostTime | None = None
    ) -> None:
        self._folder = folder
        self._arguments = [_program(command[0], folder), *command[1:]]
        self._name = command[0]
        self._limit_seconds = limit_seconds
        self._circuit = CircuitBreaker(f"the provider state command {self._name}", lost)
        self._one_at_a_time = threading.Lock()

    def setup(
        self,
        state: str,
        params: Mapping[str, object],
        again: Callable[[], None] | None = None,  # noqa: ARG002 - a command is asked once
    ) -> dict[str, Any]:
        """Bring the target into a state and return its values.

        Raises NotTested on exit status 3, Unreachable when the command does not start or does not end, TargetSilent
        after several such failures in a row, Inconclusive for anything but exit status 0 and a JSON object on stdout.
        """
        status, output, errors = self._run("setup", state, params)
        if status == _NOT_OFFERED:
            raise not_offered(state, params)
        asked = f"the provider state command {self._name}, asked for {described(state, params)},"
        if status != 0:
            ended = f"was ended by signal {-status}" if status < 0 else f"ended with exit status {status}"
            raise Inconclusive(f"{asked} {ended}{_said(errors)}")
        try:
            return values_of(output, "its output")
        except Inconclusive as error:
            quoted = "" if state == "caller" or not output.strip() else f": {excerpt(output)}"
            raise Inconclusive(f"{asked} succeeded, but {error.reason}{quoted}{_said(errors)}") from error

    def teardown(
        self, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> bool | None:
        """Undo a state as far as the command does: True when it says so, False when not, None when it failed.

        A command that fails at ``values``, which version 1 of the protocol does not know, is asked without them.
        """
        with contextlib.suppress(Exception):
            status, _, _ = self._run("teardown", state, params, values)
            if values is not None and status not in (0, _NOT_OFFERED):
                status, _, _ = self._run("teardown", state, params)
            return {0: True, _NOT_OFFERED: False}.get(status)
        return None

    def trouble(self, order_id: str, seconds: float) -> str | None:
        """Ask for one order's status: what is wrong with the command, None when it answers or takes longer."""
        params = {"orderIds": [order_id]}
        try:
            with self._one_at_a_time:
                asked = request_of("setup", "order statuses", params)
                status, output, errors = self._call(asked, "order statuses", params, seconds)
        except Unreachable as error:
            return None if error.fault == "time-out" else error.reason
        if status != 0:
            return None  # 3: not offered; what else it ends with, checks tell
        try:
            values_of(output, "its output")
        except Inconclusive as error:
            return f"the provider state command {self._name} succeeded, but {error.reason}{_said(errors)}"
        return None

    def close(self) -> None:
        """Nothing is open between calls."""

    def _run(
        self, action: str, state: str, params: Mapping[str, object], values: Mapping[str, object] | None = None
    ) -> tuple[int, bytes, bytes]:
        with self._one_at_a_time:
            self._circuit.admit()
            started, fault = time.monotonic(), None
            try:
                return self._call(request_of(action, state, params, values), state, params, self._limit_seconds)
            except Unreachable as error:
                fault = error.reason
                raise
            finally:
                self._circuit.note(fault, started, time.monotonic())

    def _call(
        self, request: bytes, state: str, params: Mapping[str, object], seconds: float
    ) -> tuple[int, bytes, bytes]:
        try:
            process = subprocess.Popen(  # noqa: S603 - running it is what the target's owner asked for
                self._arguments,
                cwd=self._folder,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # A group of its own, so that a script can be ended together with what it started.
                start_new_session=True,
            )
        except OSError as error:
            raise Unreachable(
                f"the provider state command {self._name} could not be started: {error.strerror}", "not started"
            ) from error
        try:
            output, errors = process.communicate(request, timeout=seconds)
        except subprocess.TimeoutExpired as error:
            still = "was still running" if process.poll() is None else "ended, but what it started was still running"
            errors = _end(process)
            raise Unreachable(
                f"the provider state command {self._name}, asked for {described(state, params)}, {still} after "
                f"{seconds:g} s{_said(errors)}",
                "time-out",
            ) from error
        except BaseException:
            _end(process)  # Ctrl-C does not reach another session
            raise
        return process.returncode, output, errors


def _program(name: str, folder: Path) -> str:
    """The file to start: a bare name is looked up in PATH, a path starts at the target file's folder."""
    if "/" not in name:
        found = shutil.which(name)
        if found is None:
            raise ClientFault(
                f'[states] command: there is no program "{name}" in PATH; a file next to the target '
                f'file is written "./{name}"'
            )
        return os.path.abspath(found)
    file = folder.absolute() / name
    if not file.is_file():
        raise ClientFault(f"[states] command: there is no file {file}")
    if not os.access(file, os.X_OK):
        raise ClientFault(f"[states] command: {file} may not be executed; chmod +x allows it")
    return str(file)


def _end(process: subprocess.Popen[bytes]) -> bytes:
    """Kill the whole process group and return what it had written to stderr."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    try:
        return process.communicate(timeout=1)[1]
    except (subprocess.TimeoutExpired, ValueError):
        # Something outside the group holds the pipes, or the pipes were closed half-way.
        for pipe in (process.stdin, process.stdout, process.stderr):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=1)
        return b""


def _said(errors: bytes) -> str:
    shown = excerpt(errors, from_end=True)
    return f"; it said: {shown}" if shown else ""
