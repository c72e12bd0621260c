"""Shares mutant runs out among worker processes. Most of one is waiting, so there may be more workers than cores."""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Iterator
from queue import Empty
from types import TracebackType
from typing import Self

from venue_conformance.errors import SuiteFault
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome, WorkerFailed
from venue_conformance.mutation.mutant_worker import Results, Tasks, work

MOST_JOBS = 4
_LOOK_AFTER_WORKERS_SECONDS = 1.0
_STOP_SECONDS = 5.0


def default_jobs() -> int:
    """One more than there are cores, because mutant runs wait now and then; 4 at most."""
    return min(MOST_JOBS, 1 + (os.cpu_count() or 1))


class WorkerPool:
    """Workers that try what is submitted; leaving the block stops them."""

    def __init__(self, venue: str, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._tasks: Tasks = context.Queue()
        self._results: Results = context.Queue()
        self._pending = 0
        self._workers = [
            context.Process(target=work, args=(venue, self._tasks, self._results), daemon=True) for _ in range(jobs)
        ]

    def __enter__(self) -> Self:
        for worker in self._workers:
            worker.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for worker in self._workers:
            if kind is None:
                self._tasks.put(None)
            else:
                worker.terminate()
        for worker in self._workers:
            worker.join(_STOP_SECONDS)
            if worker.is_alive():
                worker.kill()
                worker.join()

    def submit(self, mutant_run: MutantRun) -> None:
        """Have a mutant run held; it ends up among the outcomes."""
        self._pending += 1
        self._tasks.put(mutant_run)

    def outcomes(self) -> Iterator[MutantRunOutcome]:
        """Outcomes as they come, until none is pending; more may be submitted meanwhile. Raises SuiteFault."""
        while self._pending:
            try:
                result = self._results.get(timeout=_LOOK_AFTER_WORKERS_SECONDS)
            except Empty:
                if not all(worker.is_alive() for worker in self._workers):
                    raise SuiteFault("a worker process ended before its mutant runs did") from None
                continue
            if isinstance(result, WorkerFailed):
                raise SuiteFault(result.complaint)
            self._pending -= 1
            yield result
