"""Starts the processes of a load test, waits for them, and makes the report of what they leave."""

from __future__ import annotations

import importlib.util
import secrets
import signal
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import FrameType
from typing import Any

from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault, ConformanceError
from venue_conformance.load.collecting import build, collect, run_info
from venue_conformance.load.options import COMING_SECONDS, LoadOptions
from venue_conformance.load.progress import LoadProgress
from venue_conformance.load.scripts import script_of, target_info
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.sessions import load_checked_target
from venue_conformance.report.exit_status import INTERRUPTED
from venue_conformance.report.records import ProbeRecord
from venue_conformance.target.model import Target
from venue_conformance.venues import venues
from venue_conformance.venues.probe import probe
from venue_conformance.wire.recorder import Recorder

#: How long a journal of another machine may take to come, once its worker should have ended.
_LATE_SECONDS = 30.0
_GOES_ON = frozenset({"ok", "other"})


@dataclass(frozen=True)
class LoadRequest:
    """What the user asked for. ``bind`` is where a master listens for workers of other machines, None for none."""

    target: Path
    report_dir: Path
    users: int
    minutes: float
    rate: float | None = None
    workers: int = 1
    bind: tuple[str, int] | None = None
    seed: int | None = None
    fail_fast: bool = False
    strict: bool = False
    allow_untested: bool = False
    force_production: bool = False


@dataclass
class Stopped:
    """Whether the user, or whoever runs us, has asked for an end."""

    asked: bool = False


def require_locust() -> None:
    """Raise ClientFault where Locust is not installed."""
    if importlib.util.find_spec("locust") is None:
        raise ClientFault(
            'load needs Locust, which is not installed: pip install "venue-conformance[load]", or ".[load]" in a clone'
        )


def checked(request: LoadRequest) -> tuple[Target, float | None]:
    """The target, and the rate at which it may be asked. Raises ClientFault, also for more than the file allows."""
    require_locust()
    if request.users < 1 or not 0 < request.minutes < 1e5 or request.workers < 1:
        raise ClientFault("--users and --workers are at least 1, --minutes is more than 0")
    if request.users < request.workers:
        raise ClientFault(f"--users {request.users}: each of {request.workers} workers needs one")
    target = load_checked_target(RunOptions(target=request.target, force_production=request.force_production))
    script_of(target.venue)
    if target.proxy:
        raise ClientFault(f"{request.target}: load does not go through a [proxy]")
    ceiling = target.limits.requests_per_second
    if request.rate is not None and not request.rate > 0:
        raise ClientFault(f"--rate {request.rate:g}: must be more than 0")
    if request.rate is not None and ceiling is not None and request.rate > ceiling:
        raise ClientFault(
            f"--rate {request.rate:g}: the target file's ceiling is requests_per_second = {ceiling:g}; raise it there"
        )
    rate = ceiling if request.rate is None else request.rate
    if rate is not None and request.workers > max(1.0, rate):
        raise ClientFault(f"--workers {request.workers}: {rate:g} requests a second are not one for each of them")
    return target, rate


def run_load(
    request: LoadRequest,
    target: Target,
    rate: float | None,
    begin: Callable[[], None] = lambda: None,
    say: Callable[[str], None] = lambda _: None,
) -> dict[str, Any]:
    """Run a load test, and hand back its report, which is not written yet.

    ``begin`` is called once there is nothing left that the user could have done wrong; ``say`` prints a line.
    """
    seed = secrets.randbits(53) if request.seed is None else request.seed
    options = LoadOptions(
        run=str(uuid.uuid4()),
        target=str(request.target),
        folder=str(request.report_dir),
        users=request.users,
        seconds=60 * request.minutes,
        rate=rate,
        seed=seed,
        fail_fast=request.fail_fast,
        force_production=request.force_production,
        strict=request.strict,
        allow_untested=request.allow_untested,
        workers=request.workers,
    )
    run = run_info(options, _now())
    found, requests = _probe(request, target, seed)
    begin()
    options, run = replace(options, probed=requests), replace(run, probe=found.to_dict())
    if not found.ended:
        progress = LoadProgress(options, say)
        progress.begin(target)
        with _signals() as stopped:
            statuses = _run_processes(options, request, stopped, progress.look)
            _wait_for_journals(options, request, stopped)
        run = replace(run, interrupted=stopped.asked, errors=[text for text in statuses if text])
    run = replace(run, finished_at=_now())
    return build(options, run, target_info(target), collect(request.report_dir, run.id))


def run_worker(request: LoadRequest, host: str, port: int) -> int:
    """Be a worker of a master elsewhere, which says how many users, how long and how fast; the exit status."""
    require_locust()
    load_checked_target(RunOptions(target=request.target, force_production=request.force_production))
    options = LoadOptions(
        run="",
        target=str(request.target),
        folder=str(request.report_dir),
        users=0,
        seconds=0,
        rate=None,
        seed=0,
        force_production=request.force_production,
        role="worker",
        host=host,
        port=port,
    )
    with _signals() as stopped:
        process = _start(options)
        while process.poll() is None:
            if stopped.asked:
                process.send_signal(signal.SIGTERM)
                process.wait(60)
            time.sleep(0.05)
    return INTERRUPTED if stopped.asked else process.returncode


def _probe(request: LoadRequest, target: Target, seed: int) -> tuple[ProbeRecord, int]:
    """What came of the probe, and how many requests it took."""
    session = Session(venues()[target.venue], target, seed, production_allowed=request.force_production)
    try:
        found = probe(session)
        # A target may be judged by accounts of its own, though that of the file is refused.
        goes_on = found.kind in _GOES_ON or (found.kind == "refused" and _makes_accounts(session))
    finally:
        session.close()
    if found.kind == "redirect":
        raise ClientFault(found.text)
    return ProbeRecord(found.kind, found.text, ended=not goes_on), session.allowance.requests


def _makes_accounts(session: Session) -> bool:
    try:
        return session.main_account(Recorder()).origin == "state"
    except ConformanceError:
        return False


def _run_processes(options: LoadOptions, request: LoadRequest, stopped: Stopped, look: Callable[[], None]) -> list[str]:
    """Start the processes, and wait until all have ended; what went wrong with one of them, in a sentence."""
    if request.bind is None and options.workers == 1:
        return _wait_for([_start(options)], options, request, stopped, look)
    host, port = request.bind or ("127.0.0.1", _free_port())
    distributed = replace(options, host=host, port=port)
    master = _start(replace(distributed, role="master"))
    own = 0 if request.bind is not None else options.workers
    workers = [_start(replace(distributed, role="worker")) for _ in range(own)]
    return _wait_for([master, *workers], options, request, stopped, look)


def _start(options: LoadOptions) -> subprocess.Popen[bytes]:
    # -P: what lies where the user happens to stand is not taken for what we need.
    python = [sys.executable, "-P", "-B", "-m", "venue_conformance.load.process"]
    process = subprocess.Popen(python, stdin=subprocess.PIPE, start_new_session=True)  # noqa: S603 - our own module
    assert process.stdin is not None, "it was asked for"
    with suppress(BrokenPipeError):  # it has ended, which its status tells
        process.stdin.write(options.to_json().encode() + b"\n")
        process.stdin.flush()
    return process


def _wait_for(
    processes: Sequence[subprocess.Popen[bytes]],
    options: LoadOptions,
    request: LoadRequest,
    stopped: Stopped,
    look: Callable[[], None],
) -> list[str]:
    # Workers of other machines are given time to come.
    coming = 0.0 if request.bind is None else COMING_SECONDS
    told, ends = False, time.monotonic() + options.longest_seconds + coming
    while any(process.poll() is None for process in processes):
        if stopped.asked and not told:
            told, ends = True, min(ends, time.monotonic() + 60)
            for process in processes:
                if process.poll() is None:
                    process.send_signal(signal.SIGTERM)
        if time.monotonic() >= ends:
            for process in processes:
                if process.poll() is None:
                    process.kill()
        look()
        time.sleep(0.05)
    ended = [process.wait() for process in processes]
    return [f"a process of the load test ended with {status}" for status in ended if status and not stopped.asked]


def _wait_for_journals(options: LoadOptions, request: LoadRequest, stopped: Stopped) -> None:
    """Workers of other machines may be a moment behind their master."""
    ends = time.monotonic() + (_LATE_SECONDS if request.bind is not None else 0.0)
    while time.monotonic() < ends and not stopped.asked:
        if collect(Path(options.folder), options.run).finished >= options.workers:
            return
        time.sleep(0.5)


@contextmanager
def _signals() -> Iterator[Stopped]:
    """Let SIGTERM and SIGINT ask for an end, which comes once everybody has given back what he set up."""
    stopped = Stopped()

    def ask(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - as signal hands them over
        stopped.asked = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")
