"""What sends: one process with accounts, a history and a clock of its own."""

from __future__ import annotations

import gc
import os
import queue
import re
import resource
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random

from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault, EnvironmentFault
from venue_conformance.load.findings import Findings
from venue_conformance.load.options import GIVE_BACK_SECONDS, HURRIED_SECONDS, LoadOptions
from venue_conformance.load.pacing import LoadPacer, share_of
from venue_conformance.load.running_group import RunningGroup
from venue_conformance.load.scripts import script_of, target_info
from venue_conformance.load.tally import Tally
from venue_conformance.load.transport import Connection, LoadTransport
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import catalogue_of
from venue_conformance.plugin.sessions import load_checked_target
from venue_conformance.report.journal import JOURNAL, SETUP, WORKER_FOLDERS, JournalWriter
from venue_conformance.target.allowance import Allowance
from venue_conformance.target.model import Target
from venue_conformance.target.tls import ssl_context
from venue_conformance.venues import venues
from venue_conformance.wire.recorder import Recorder

_IDLE_SECONDS = 0.25
_MEMORY_SECONDS = 10.0


class Worker:
    """The groups of one process, and its journal. ``index`` counts the workers of a run from 0."""

    def __init__(self, options: LoadOptions, index: int, connect: Callable[[], Connection]) -> None:
        """Raises ClientFault for a target that cannot be used."""
        self.options, self.index = options, index
        self._stop = threading.Event()
        self._interrupted = False
        self._ends = float("inf")
        self._began = time.monotonic()
        file = load_checked_target(RunOptions(target=Path(options.target), force_production=options.force_production))
        if file.proxy:
            raise ClientFault(f"{options.target}: load does not go through a [proxy]")
        target = _share_of(file, index, options.workers)
        self.target = target
        self._has_account = index <= len(file.accounts)
        name = re.sub(r"[^0-9A-Za-z]", "-", socket.gethostname())[:40]
        folder = WORKER_FOLDERS.replace("*", f"{options.run[:8]}-{name}-{os.getpid()}")
        self.journal = JournalWriter(
            Path(options.folder) / folder / JOURNAL,
            {
                "run": {"id": options.run},
                "started_at": datetime.now(UTC).isoformat(timespec="milliseconds"),
                "load": asdict(options),
                "target": target_info(target).to_dict(),
                "target_file": options.target,
                "folder": str(Path.cwd()),
                "worker": index,
            },
        )
        script = script_of(target.venue)
        self.session = Session(
            venues()[target.venue],
            target,
            options.seed + index,
            production_allowed=options.force_production,
            lost_seconds=None,
            note=lambda record: self.journal.write(SETUP, record),
        )
        limits = file.limits
        self.session.allowance = Allowance(
            limits.max_orders, limits.max_requests, share=(index, options.workers), requests=options.probed
        )
        self.tally = Tally(options.seconds)
        # The master's file may be another than ours, and ours holds for what we send.
        rates = [rate for rate in (options.rate, limits.requests_per_second) if rate is not None]
        rate = share_of(min(rates), index, options.workers) if rates else None
        self.session.pacer = LoadPacer(self.session.venue.pace, rate)
        self.session.transport.close()
        self.session.transport = LoadTransport(
            target.base_url,
            connect,
            self._note,
            timeout_seconds=target.limits.timeout_seconds,
            headers=target.headers,
            verify=ssl_context(target.tls) if target.base_url.startswith("https") else False,
        )
        checks = [kind.check for kind in script.kinds]
        self.findings = Findings(self.session, catalogue_of(target.venue), checks, self.journal)
        self._script = script
        self.groups: list[RunningGroup] = []
        self._group_of: dict[int, RunningGroup] = {}
        self._users: list[int] = []
        self._lock = threading.Lock()

    # -- users -----------------------------------------------------------------------------------------------------

    def join(self, user: int) -> None:
        """A user has come; it gets a group once all have."""
        with self._lock:
            self._users.append(user)

    def serve(self, user: int, connection: Connection) -> None:
        """Let a user do what its group has for it, or wait a moment."""
        group = self._group_of.get(user)
        if group is None:
            time.sleep(_IDLE_SECONDS / 5)
            return
        try:
            task = group.tasks.get(timeout=_IDLE_SECONDS)
        except queue.Empty:
            return
        group.do(task, connection)

    # -- time ------------------------------------------------------------------------------------------------------

    def stop(self, *, interrupted: bool = False) -> None:
        """Begin no further round."""
        self._interrupted = self._interrupted or interrupted
        self._stop.set()

    def _stopping(self) -> bool:
        broken = self.options.fail_fast and self.findings.broken
        return self._stop.is_set() or broken or time.monotonic() >= self._ends

    @property
    def broken(self) -> bool:
        """Whether a must clause was found broken."""
        return self.findings.broken

    def run(self) -> list[str]:
        """Deal the users out, let them send until the time is over, give back, and write the footer.

        Hands back what went wrong with the suite itself.
        """
        self._deal()
        gc.collect()
        memory = [_memory()]
        self._began = time.monotonic()
        cpu = time.process_time()
        self._ends = self._began + self.options.seconds
        threads = [threading.Thread(target=group.conduct, daemon=True) for group in self.groups]
        for thread in threads:
            thread.start()
        noted = time.monotonic()
        while any(thread.is_alive() for thread in threads):
            time.sleep(0.05)
            if time.monotonic() - noted >= _MEMORY_SECONDS:
                noted = time.monotonic()
                memory.append(_memory())
        took, spent = time.monotonic() - self._began, time.process_time() - cpu
        return self._end(took, spent, memory)

    def _deal(self) -> None:
        """Put users into groups: as many of these as they need, or as there are accounts."""
        with self._lock:
            users = list(self._users)
        # Of accounts that cannot be made there is one, which all share.
        shared = self._makes_no_accounts()
        count = 1 if shared else max(1, -(-len(users) // self._script.group))
        for number in range(count):
            self.groups.append(
                RunningGroup(
                    self.session,
                    self._script,
                    self.findings,
                    self.tally,
                    Random(f"{self.options.seed}.{self.index}.{number}"),
                    self._stopping,
                    may_use_file=self._has_account,
                )
            )
        for number, user in enumerate(users):
            group = self.groups[number % count]
            group.members += 1
            self._group_of[user] = group

    def _makes_no_accounts(self) -> bool:
        try:
            return self.session.main_account(Recorder()).origin == "file"
        except EnvironmentFault:
            return False  # the rounds find out

    def _end(self, took: float, spent: float, memory: list[float]) -> list[str]:
        self.findings.conclude()
        errors = [error for group in self.groups for error in group.errors]
        for group in self.groups:
            group.close()
        left = self.session.give_back(HURRIED_SECONDS if self._interrupted else GIVE_BACK_SECONDS).left
        memory.append(_memory())
        self.journal.write(
            "load",
            {
                **self.tally.to_dict(),
                "worker": self.index,
                "users": len(self._group_of),
                "seconds": took,
                "cpu_seconds": spent,
                "memory_mb": memory,
            },
        )
        footer = {
            "interrupted": self._interrupted,
            "errors": errors,
            "limit": self.session.allowance.used_up,
            "left_open": [self.session.redaction.value(each.to_dict()) for each in left],
            "requests": self.tally.requests,
        }
        self.session.close()
        self.journal.close(footer)
        return errors

    def _note(self, kind: str, began: float, seconds: float, status: int | None, fault: str | None) -> None:
        self.tally.note(kind, began - self._began, seconds, status, fault)


def _share_of(target: Target, index: int, workers: int) -> Target:
    """The target with the accounts of one worker alone: two that share one would not know what the other has done."""
    if workers == 1:
        return target
    mine = (target.credentials, *target.accounts)[index::workers]
    if not mine:
        # Accounts come from the state `caller` then, or nowhere.
        return replace(target, accounts=())
    return replace(target, credentials=mine[0], accounts=mine[1:])


def _memory() -> float:
    """The memory of this process in MB, now where the system tells, else the most so far."""
    try:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    except (OSError, ValueError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return pages * resource.getpagesize() / 1e6
