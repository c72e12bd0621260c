"""How far a run has come: a line that is drawn anew on a terminal, a line for each topic in a log."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.live import Live
from rich.spinner import Spinner
from rich.table import Table
from rich.text import Text

from venue_conformance.plugin.shards import venue_of
from venue_conformance.report.console import print_line
from venue_conformance.report.text import counted

#: How often a second the line on a terminal is drawn anew.
_DRAWN_PER_SECOND = 4
#: Before so many seconds of checks are over, nobody knows how fast this target is.
_UNSURE_SECONDS = 3.0
_MINUTE = 60


@dataclass
class Progress:
    """What is to be done and what is done of it.

    ``seconds`` is how long a check takes at the reference, ``topic_of`` what it is about.
    """

    checks: Sequence[str]
    seconds: Callable[[str], float]
    topic_of: Callable[[str], str]
    clock: Callable[[], float] = time.monotonic
    #: Requests of checks, and of the probe.
    requests: int = 0
    probes: int = 0
    violated: set[str] = field(default_factory=set)
    #: The venues that have accepted a valid request. Until then a breach may yet turn out to accuse nobody.
    accepting: set[str] = field(default_factory=set)
    #: What is going on where no check is: the probe, a last look.
    phase: str = ""
    _done: dict[str, None] = field(default_factory=dict)
    _now: str = ""
    _began: float = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self._began = self.clock()

    def start(self, check: str) -> None:
        """A check has begun."""
        self._now, self.phase = check, ""

    def end(self, check: str, requests: int, violated: Sequence[str]) -> str | None:
        """A check has ended; hands back its topic where it was the last of it."""
        self._done[check] = None
        self.requests += requests
        self.violated.update(violated)
        topic = self.topic_of(check)
        left = Counter(map(self.topic_of, (each for each in self.checks if each not in self._done)))
        return None if left[topic] else topic

    @property
    def number_violated(self) -> int:
        """How many clauses are violated so far, of venues that have accepted anything."""
        return sum(clause.partition(".")[0] in self.accepting for clause in self.violated)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self._began

    @property
    def expected(self) -> float:
        """How long all checks take at the reference, in seconds."""
        return sum(map(self.seconds, self.checks))

    def left(self) -> float | None:
        """How many seconds are left, as fast as this target has been so far; None where nobody knows yet."""
        done = sum(map(self.seconds, self._done))
        if done < _UNSURE_SECONDS and self.elapsed < _UNSURE_SECONDS:
            return None
        rest = max(self.expected - done, 0.0)
        return rest * (self.elapsed / done if done else 1.0)

    def line(self) -> Text:
        """Where the run stands, on one line."""
        topic = self.phase or (self.topic_of(self._now) if self._now else "starting")
        number = self.number_violated
        line = Text.assemble((topic, "bold"), f"  {len(self._done)}/{len(self.checks)} checks  ")
        line.append(f"{number} violated", "bold red" if number else "green")
        line.append(f"  {self.requests + self.probes} requests  {in_words(self.elapsed)}")
        left = self.left()
        if left is not None and not self.phase:
            line.append(f", about {in_words(left)} left")
        return line

    def topic_line(self, topic: str) -> str:
        """A topic that has come to its end, for a log."""
        of_topic = [each for each in self.checks if self.topic_of(each) == topic]
        sent = counted(self.requests + self.probes, "request")
        return (
            f"{topic}: {counted(len(of_topic), 'check')} done ({len(self._done)} of {len(self.checks)}), "
            f"{self.number_violated} violated, {sent}, {in_words(self.elapsed)}"
        )


class LiveLine:
    """The line on a terminal, from ``start`` to ``stop``; says what is going on at least every quarter of a second."""

    def __init__(self, console: Console) -> None:
        self._console, self._spinner = console, Spinner("dots")
        self._text: Callable[[], Text] = lambda: Text("reading the checks")
        self._live: Live | None = None

    def start(self, text: Callable[[], Text]) -> None:
        """Draw what ``text`` says from now on."""
        self._text = text
        if self._live is None:
            self._live = Live(
                console=self._console,
                get_renderable=self._drawn,
                refresh_per_second=_DRAWN_PER_SECOND,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._live.start()

    def stop(self) -> None:
        """Take the line away."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def _drawn(self) -> Table:
        grid = Table.grid(padding=(0, 1))
        grid.add_column()
        grid.add_column(no_wrap=True, overflow="ellipsis")
        grid.add_row(self._spinner, self._text())
        return grid


def print_progress(console: Console, progress: Progress, topic: str) -> None:
    """Print that a topic has come to its end."""
    print_line(console, progress.topic_line(topic))


def in_words(seconds: float) -> str:
    """A duration as one says it: ``8 s``, ``2 min``, ``1 min 20 s``."""
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    minutes, rest = divmod(whole, _MINUTE)
    return f"{minutes} min" if minutes >= 10 or not rest else f"{minutes} min {rest} s"


def topics(clauses_of: Mapping[str, Sequence[str]], *, several_venues: bool) -> Callable[[str], str]:
    """What each check is about: the topic of its first clause; of several venues, its venue."""

    def topic_of(check: str) -> str:
        clauses = clauses_of.get(check)
        if not clauses:  # worker processes know them
            return (several_venues and venue_of(check)) or "checks"
        venue, topic, *_ = clauses[0].split(".")
        return venue if several_venues else topic

    return topic_of
