"""Several requests at one moment."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

T = TypeVar("T")


def together(calls: Sequence[Callable[[], T]]) -> list[T]:
    """Call each function from a thread of its own, all released by one barrier; results in the order of the calls.

    When some raise, the first of their exceptions (in the order of the calls) is raised once all have ended.
    """
    barrier = threading.Barrier(len(calls))

    def released(call: Callable[[], T]) -> T:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(max_workers=len(calls)) as pool:
        running = [pool.submit(released, call) for call in calls]
    return [future.result() for future in running]
