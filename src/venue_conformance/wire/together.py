"""Several requests at one moment."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
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


class ReleaseBarrier:
    """Lets requests begin together: each is sent but for the last byte of its body, and those bytes at one moment.

    A venue cannot act on a body whose end it has not seen, so that what differs between two beginnings is no more than
    the time between two single bytes. ``timeout`` is how many seconds one waits for the others. ``on_go`` is called
    once, at that moment. The last bytes follow it by ``head_start`` seconds, for those that send nothing to go first.
    """

    def __init__(
        self,
        count: int,
        timeout: float = 10.0,
        on_go: Callable[[], None] | None = None,
        *,
        head_start: float = 0.0,
    ) -> None:
        self._head_start = head_start
        self._ready = threading.Barrier(count, timeout=timeout)
        self._go = threading.Barrier(count, on_go, timeout=timeout)

    def ready(self) -> None:
        """Wait until all are about to send. Raises BrokenBarrierError when one of them never is."""
        self._ready.wait()

    def go(self) -> float:
        """Wait until all have come as far as they may; the moment (monotonic seconds) at which this one went on."""
        self._go.wait()
        return time.monotonic()

    def leave(self) -> None:
        """Let nobody wait for one that is not going to come."""
        self._ready.abort()
        self._go.abort()

    def hold_back(self, body: bytes, released: Callable[[float], None]) -> Iterator[bytes]:
        """The body in two pieces, the second one byte long; ``released`` is told when that went out."""
        yield body[:-1]
        self.go()
        if self._head_start:
            time.sleep(self._head_start)
        released(time.monotonic())
        yield body[-1:]
