"""Records what checks send to a conforming reference, and keeps as little of it as shows every mutant.

`python -m tests.reference.record VENUE` runs the checks of every clause that has a mutant, each against a reference of
its own, and writes `transcripts/VENUE.json.gz`. It is run again when a new mutant is not shown by what is kept, or when
the reference answers in another way than it did.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Iterable, Iterator
from typing import Any
from unittest.mock import patch

from venue_conformance import reference
from venue_conformance.mutation import mutant_worker
from venue_conformance.mutation.mutant_run import MutantRun, MutantRunOutcome
from venue_conformance.preflight.collecting import collect
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.venue import Venue

from .transcript import Answer, Arrival, Recording, Transcript

#: Of a request that took longer, it is noted whether its client had gone when it was answered.
_HELD_SECONDS = 0.02


def recording_class(venue_class: type[Venue], arrivals: list[Arrival]) -> type[Venue]:
    """The venue, which notes down what it gets."""

    class RecordedVenue(venue_class):  # type: ignore[misc, valid-type]
        def __init__(self, **options: Any) -> None:
            super().__init__(**options)
            self._began, self._sockets = self.clock.monotonic(), 0
            arrivals[:] = [{"began": self.clock.nanoseconds()}]

        def _passed(self) -> float:
            return round(self.clock.monotonic() - self._began, 6)

        async def handle(self, request: Request) -> Response:
            arrival = {
                "at": self._passed(),
                **{name: getattr(request, name) for name in ("method", "path", "query", "client")},
                "headers": [list(pair) for pair in request.headers],
                "body": request.body.decode("latin-1"),
            }
            arrivals.append(arrival)
            response: Response = await super().handle(request)
            arrival["status"] = response.status
            if self._passed() - arrival["at"] > _HELD_SECONDS:
                arrival["hung_up"] = await request.hung_up()
            return response

        if hasattr(venue_class, "handle_websocket"):

            async def handle_websocket(self, scope: Any, receive: Any, send: Any) -> None:
                self._sockets += 1
                number = self._sockets

                async def hear() -> Any:
                    message = await receive()
                    kept = {"type": message["type"], "text": message.get("text")}
                    arrivals.append({"at": self._passed(), "socket": number, "path": scope["path"], "message": kept})
                    return message

                await super().handle_websocket(scope, hear, send)

    return RecordedVenue


def record(venue: str, checks: Iterable[tuple[str, tuple[str, ...]]]) -> list[Recording]:
    """Run each check against a conforming reference of its own."""
    arrivals: list[Arrival] = []
    recordings: list[Recording] = []
    failures: list[str] = []
    recorded = recording_class(reference.load(venue).venue_class, arrivals)
    tasks: queue.Queue[MutantRun | None] = queue.Queue()
    for check, clauses in checks:
        tasks.put(MutantRun("reference", "", clauses, (check,)))
    tasks.put(None)

    class Recorded:
        name = venue

        def find(self, **_: Any) -> type[Venue]:
            return recorded

    class Results:
        def put(self, outcome: Any) -> None:
            if not isinstance(outcome, MutantRunOutcome):
                failures.append(outcome.complaint)
                return
            run = outcome.mutant_run
            _say(f"{outcome.seconds:6.1f} s {len(arrivals):5} {run.checks[0]}")
            if {each.outcome for each in outcome.finalized} == {"passed"}:
                recordings.append(Recording(run.checks[0], run.clauses, arrivals[0]["began"], arrivals[1:]))

    with patch.object(mutant_worker, "reference") as references, patch.object(sys, "stdout"):
        references.load.return_value = Recorded()
        mutant_worker.work(venue, tasks, Results())  # type: ignore[arg-type]
    if failures:
        raise SystemExit("\n".join(failures))
    return recordings


def choose(venue: str, recordings: Iterable[Recording], mutants: Iterable[str]) -> Iterator[tuple[Recording, set[str]]]:
    """The recordings that show the most mutants of their clauses for their size, cut where all these have shown."""
    implementations = reference.load(venue)
    left = {name: implementations.clauses_of(name)[0] for name in mutants}
    shows: list[tuple[Recording, dict[str, int]]] = []
    for recording in recordings:
        expected = recording.answers(implementations.venue_class)
        if not answers_as_recorded(recording, expected):
            _say(f"answers otherwise when it is asked again: {recording.check}")
            continue
        tried = (name for name, clause in left.items() if clause in recording.clauses)
        answers = {name: recording.answers(implementations.mutants[name]) for name in tried}
        seen = {name: _needed(given, expected) for name, given in answers.items() if given != expected}
        shows.append((recording, seen))
    while shows:
        recording, seen = max(shows, key=lambda each: len(left.keys() & each[1].keys()) / _size(each[0]))
        new = left.keys() & seen.keys()
        if not new:
            return
        cut = recording.arrivals[: max(seen[name] for name in new)]
        yield Recording(recording.check, recording.clauses, recording.began, cut), new
        for name in new:
            del left[name]


def answers_as_recorded(recording: Recording, answers: list[Answer]) -> bool:
    """Whether every request got the status that it got when it was recorded, or one of the two was 429.

    Which of many requests at one moment get the last of a budget may be otherwise each time.
    """
    statuses = {number: status for _, _, number, status, *_ in answers if number > 0}
    recorded = {number: each["status"] for number, each in enumerate(recording.arrivals, 1) if "status" in each}
    return all(status == statuses[number] or 429 in (status, statuses[number]) for number, status in recorded.items())


def _needed(given: list[Answer], expected: list[Answer]) -> int:
    """How many arrivals there had been when the first answer differed."""
    first = next((n for n, both in enumerate(zip(given, expected, strict=False)) if both[0] != both[1]), None)
    if first is None:
        first = min(len(given), len(expected))
    return int(max(each[first][0] for each in (given, expected) if first < len(each)))


def _size(recording: Recording) -> int:
    return sum(200 + len(arrival.get("body", "")) for arrival in recording.arrivals)


def main(venue: str) -> None:
    """Record the checks that are written out. What none of them shows is left to those that explore."""
    implementations = reference.load(venue)
    judged = {implementations.clauses_of(name)[0] for name in implementations.mutants}
    checks = (each for each in collect(venue) if "nightly" not in each.markers and not each.explores)
    recordings = record(venue, ((each.id, each.clauses) for each in checks if judged & {*each.clauses}))
    kept, left = [], set(implementations.mutants)
    for recording, shown in choose(venue, recordings, sorted(left)):
        kept.append(recording)
        left -= shown
    Transcript(sorted(kept, key=lambda each: each.check), sorted(left)).write(venue)
    _say(f"{venue}: {len(kept)} recordings; left to explorations: {', '.join(sorted(left)) or 'none'}")


def _say(text: str) -> None:
    sys.stderr.write(text + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
