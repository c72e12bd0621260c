"""What a load test says while it runs: what it is about, and now and then how far it is and what is broken so far."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from venue_conformance.load.collecting import collect
from venue_conformance.load.options import LoadOptions
from venue_conformance.report.text import counted, one_line
from venue_conformance.target.model import Target

#: A line comes so often, in seconds; reading the journals for it costs the workers nothing worth mentioning.
_EVERY = 10.0


@dataclass
class LoadProgress:
    """``say`` prints a line. What workers of other machines have found is not known before they end."""

    options: LoadOptions
    say: Callable[[str], None]
    clock: Callable[[], float] = time.monotonic
    _began: float = field(default=0.0, init=False)
    _said: float = field(default=0.0, init=False)

    def begin(self, target: Target) -> None:
        """Say what is about to happen."""
        options = self.options
        rate = "no ceiling" if options.rate is None else f"at most {options.rate:g} requests a second"
        where = f"{target.venue} at {target.base_url}, {target.environment}"
        users, workers = counted(options.users, "user"), counted(options.workers, "worker")
        self.say(f"{where}: {users} in {workers} for {options.seconds:.0f} s, {rate}")
        self._began = self._said = self.clock()

    def look(self) -> None:
        """Say how far it is, if that has not been said for a while."""
        now = self.clock()
        if now - self._said < _EVERY:
            return
        self._said = now
        over = now - self._began
        if over < self.options.seconds:
            self.say(f"{over:.0f} of {self.options.seconds:.0f} s: {self._broken()}")
        else:
            self.say(f"{self.options.seconds:.0f} s are over, what was set up is given back: {self._broken()}")

    def _broken(self) -> str:
        journals = collect(Path(self.options.folder), self.options.run).journals.values()
        found = [record["check"]["breaches"] for journal in journals for record in journal.others.get("breach", ())]
        clauses = dict.fromkeys(one_line(breach["clause"]) for breaches in found for breach in breaches)
        return f"broken so far: {', '.join(clauses)}" if clauses else "nothing broken so far"
