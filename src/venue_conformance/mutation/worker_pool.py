"""Shares mutant runs out among worker processes. Most of one is waiting, so there may be more workers than cores."""

from __future__ import annotations

import heapq
import multiprocessing
import os
from collections.abc import Iterator
from itertools import count
from queue import Empty
from types import TracebackType
from typing import Self

from venue_conformance.errors import SuiteFault
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome, WorkerFailed
from venue_conformance.mutation.mutant_worker import Results, Tasks, work

MOST_JOBS = 8
_LOOK_AFTER_WORKERS_SECONDS = 1.0
_STOP_SECONDS = 5.0


def default_jobs() -> int:
    """Two for each core and one more, because mutant runs wait for most of their time; 8 at most."""
    return min(MOST_JOBS, 1 + 2 * (os.cpu_count() or 1))


class WorkerPool:
    """Workers that try what is submitted, the longest first; leaving the block stops them."""

    def __init__(self, venue: str, jobs: int) -> None:
        context = multiprocessing.get_context("spawn")
        self._tasks: Tasks = context.Queue()
        self._results: Results = context.Queue()
        self._pending = 0
        self._submitted = count()
        self._kept_back: list[tuple[float, int, MutantRun]] = []
        self._handed_over = 0
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

    def submit(self, mutant_run: MutantRun, *, seconds: float = 0.0) -> None:
        """Have a mutant run held, which is going to take about so many seconds; it ends up among the outcomes."""
        self._pending += 1
        heapq.heappush(self._kept_back, (-seconds, next(self._submitted), mutant_run))
        self._hand_over()

    def _hand_over(self) -> None:
        """Let no worker be idle, and keep back what comes later, lest something longer has to queue behind it."""
        while self._kept_back and self._handed_over < len(self._workers):
            self._handed_over += 1
            self._tasks.put(heapq.heappop(self._kept_back)[-1])

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
            self._handed_over -= 1
            self._hand_over()
            yield result
