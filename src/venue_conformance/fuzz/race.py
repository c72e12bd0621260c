"""Races: requests that are released at one moment, and whether some serial order explains what they answer."""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.races import FILLS
from venue_conformance.client.session import Session
from venue_conformance.errors import NeverExercised, NotTested, OutOfTime, Violation, WayFault
from venue_conformance.fuzz.tracker import Surroundings
from venue_conformance.wire.exchange import Answer
from venue_conformance.wire.recorder import Remark, Step
from venue_conformance.wire.together import ReleaseBarrier

#: The most and the fewest that race each other.
FEWEST, MOST = 2, 32
#: A concurrent batch that met a 5xx or a fault of the way is repeated until it was run so often. A 5xx to more than
#: this share of its requests, in so many of its runs, is an answer: in all of them where so few took part that a single
#: 5xx is that much.
_REPETITIONS, _ANSWERS, _SHARE = 3, 2, 0.2
#: The most seconds between fills and requests: a venue may give up on a body that does not end.
_LONGEST_LEAD = 1.0


@dataclass(frozen=True)
class Participant:
    """One of those that race: what it does, and what that costs ``account`` (none: nobody's budget).

    ``sends`` says that it sends one request to the venue, whose last byte is what is released; a fill is called at that
    moment, or somewhat before or after it. ``batch`` are the ids of the orders that it is about.
    """

    name: str
    call: Callable[[], Any]
    account: str | None = None
    tokens: int = 1
    sends: bool = True
    batch: tuple[str, ...] = ()


@dataclass(frozen=True)
class ParticipantResult:
    """What came of one participant: its result between two moments (monotonic seconds)."""

    name: str
    result: Any
    start: float
    end: float
    batch: tuple[str, ...] = ()


Judge = Callable[[Sequence[ParticipantResult]], None]


@dataclass
class Evidence:
    """What was measured of the concurrent batches of one race."""

    concurrent_batches: int = 0
    overlapping: int = 0
    skews: list[float] = field(default_factory=list)

    def __str__(self) -> str:
        skews = sorted(self.skews)
        middle, worst = skews[len(skews) // 2] * 1000, skews[-1] * 1000
        return (
            f"so far the requests of {self.overlapping} of {self.concurrent_batches} overlapped; they left within "
            f"{middle:.2f} ms of each other (median), {worst:.2f} ms (worst)"
        )


class Race:
    """Lets participants race, one concurrent batch after the other, over connections that stay open.

    What a judge reports is noted, and the next concurrent batch is run. Fills of which each came too late begin earlier
    in that one, and later when none did: nothing is learned of a race that the same side always wins. ``one_account``
    says that every concurrent batch spends the same budget: then one of each kind has to do.
    """

    def __init__(self, session: Session, around: Surroundings, *, one_account: bool = False) -> None:
        ceiling = session.target.limits.requests_per_second
        self._most = MOST if ceiling is None else min(MOST, math.floor(ceiling))
        if self._most < FEWEST:
            raise NotTested(f"the target's ceiling of {ceiling:g} requests a second leaves no two at one moment")
        self.callers = FEWEST
        self._one_account = one_account
        self.evidence = Evidence()
        self._trace: list[Step] = []
        self._overlapped = False
        #: By how many seconds fills begin before the requests; after them, if negative.
        self._lead = 0.0
        self._session, self._around, self._recorder = session, around, around.recorder
        self._pool = ThreadPoolExecutor(max_workers=MOST)
        self._mark = 0
        self._cut = False
        self._fault: WayFault | None = None
        #: Where judges tell what they find.
        self.assess = Assessment(self.report, around.breaches.exercising())

    def report(self, violation: Violation) -> None:
        """Note a breach that a concurrent batch shows, with what was measured, and the steps of that batch alone."""
        violation.clause = violation.clause or self._around.clause
        if violation.clause is None:
            raise violation
        violation.add_note(f"seen in concurrent batch {self.evidence.concurrent_batches} of the race ({self.evidence})")
        self._around.breaches.add(violation, self._recorder.since(self._mark))

    def run_concurrent_batch(self, participants: Sequence[Participant]) -> list[ParticipantResult]:
        """Release all participants at one moment; what came of each, in their order.

        Raises the first exception that one of them ended with, once all have ended.
        """
        # The whole concurrent batch is waited for beforehand: a body that is held back must not be held for long.
        for account, tokens in _spent(participants).items():
            self._session.pacer.rest(account, tokens)
        sending = sum(participant.sends for participant in participants)
        head_start = max(0.0, self._lead)
        barrier = ReleaseBarrier(
            len(participants),
            on_go=lambda: self._session.pacer.released(sending, later=head_start),
            head_start=head_start,
        )
        mark = len(self._recorder.steps)
        running = [self._pool.submit(self._run, participant, barrier) for participant in participants]
        faults = [future.exception() for future in running]
        for participant in participants:
            if participant.account is not None:
                self._session.pacer.spend(participant.account, participant.tokens)
        for fault in faults:
            if fault is not None and not isinstance(fault, threading.BrokenBarrierError):
                raise fault
        if any(faults):
            raise NotTested("the requests of a race could not be started together")
        runs = [future.result() for future in running]
        self._note(runs, mark)
        self._balance([run for run, participant in zip(runs, participants, strict=True) if not participant.sends])
        return runs

    def _run(self, participant: Participant, barrier: ReleaseBarrier) -> ParticipantResult:
        try:
            if participant.sends:
                with self._session.transport.released_by(barrier):
                    result = participant.call()
                return ParticipantResult(
                    participant.name, result, result.exchange.started, result.exchange.finished, participant.batch
                )
            barrier.ready()
            barrier.go()
            time.sleep(max(0.0, -self._lead))
            start = time.monotonic()
            result = participant.call()
            return ParticipantResult(participant.name, result, start, time.monotonic(), participant.batch)
        except BaseException:
            barrier.leave()
            raise

    def _balance(self, fills: Sequence[ParticipantResult]) -> None:
        """Let the next fills begin earlier if all of these came too late, and later if none did."""
        done = [fill.result == FILLS for fill in fills]
        if not fills or any(done) != all(done):
            return
        step = min(fill.end - fill.start for fill in fills) / 2
        self._lead += step if not any(done) else -step
        self._lead = max(-_LONGEST_LEAD, min(self._lead, _LONGEST_LEAD))

    def _note(self, runs: Sequence[ParticipantResult], mark: int) -> None:
        starts, ends = [run.start for run in runs], [run.end for run in runs]
        skew = max(starts) - min(starts)
        early = sum(start <= min(ends) for start in starts)
        evidence = self.evidence
        evidence.concurrent_batches += 1
        evidence.skews.append(skew)
        evidence.overlapping += early >= FEWEST
        self._recorder.steps.insert(
            mark,
            Remark(
                f"{len(runs)} requests at once: sent within {skew * 1000:.2f} ms, {early} of them before the first "
                "response"
            ),
        )

    def run(
        self, callers: int, concurrent_batches: int, prepare: Callable[[], tuple[Sequence[Participant], Judge]]
    ) -> None:
        """Prepare, run and judge so many concurrent batches of ``callers``, or of as many as the ceiling leaves.

        Nothing is begun when the time is over. Raises what a judge raises that it cannot report.
        """
        self.callers, self.evidence = max(FEWEST, min(callers, self._most)), Evidence()
        for _ in range(1 if self._one_account else concurrent_batches):
            if self._around.out_of_time():
                self._cut = True
                break
            self._around.breaches.begin_example()
            found = self._judgeable_batch(prepare)
            if found is None:
                self._around.breaches.drop_example()
                continue
            runs, judge = found
            try:
                judge(runs)
            except Violation as violation:
                self.report(violation)
            except AssertionError:
                self._recorder.trace = self._recorder.since(self._mark)
                raise
        if self.evidence.concurrent_batches:
            self._trace.append(Remark(f"{self.callers} callers: {self.evidence}"))
        self._overlapped |= self.evidence.overlapping > 0

    def _judgeable_batch(
        self, prepare: Callable[[], tuple[Sequence[Participant], Judge]]
    ) -> tuple[list[ParticipantResult], Judge] | None:
        """A concurrent batch without a 5xx, or with one that comes again; None when the way did not let it."""
        server_errors = 0
        for _ in range(_REPETITIONS):
            self._mark = len(self._recorder.steps)
            try:
                participants, judge = prepare()
                runs = self.run_concurrent_batch(participants)
            except WayFault as fault:
                self._fault = fault
                continue
            answers = [run.result for run in runs if isinstance(run.result, Answer)]
            failed = sum(answer.status >= 500 for answer in answers)
            # Of many requests a gateway in trouble fails a few; a venue that cannot take them at once fails more.
            server_errors += failed > _SHARE * len(answers)
            if not failed or server_errors >= (_REPETITIONS if _SHARE * len(answers) < 1 else _ANSWERS):
                return runs, judge
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """End the race. Raises NeverExercised when no two requests ever overlapped, OutOfTime when none began."""
        self._pool.shutdown()
        breaches = self._around.breaches
        breaches.conclude()
        if error is not None:
            return
        if self._cut and not breaches.examples:
            raise OutOfTime("the time was over before the first concurrent batch")
        if self._cut:
            self._trace.append(
                Remark(f"cut short: {breaches.examples} concurrent batches ran before the time was over")
            )
        self._recorder.trace = self._trace
        if not self._overlapped and not breaches.found:
            if not breaches.examples and self._fault is not None:
                raise self._fault
            raise NeverExercised("no two requests of a race overlapped")


def _spent(participants: Sequence[Participant]) -> Counter[str]:
    spent: Counter[str] = Counter()
    for participant in participants:
        if participant.account is not None:
            spent[participant.account] += participant.tokens
    return spent
