"""The baseline of a run: read before anything is sent, held against the reports, and brought up to date when asked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from venue_conformance.fuzz.breaches import Breaches, Draw
from venue_conformance.gate.baseline import Baseline, load_baseline
from venue_conformance.gate.writing import updated, write_baseline
from venue_conformance.plugin.options import RunOptions
from venue_conformance.report.exit_status import INTERRUPTED, SUITE_FAILED
from venue_conformance.report.run_verdict import status_of


class RunBaseline:
    """What a run accepts, if anything; ``today`` is the day on which it began."""

    def __init__(self, options: RunOptions, today: date | None = None) -> None:
        """Read the file; one that is to be brought up to date may be missing.

        Raises ClientFault for one that is not fit to be used.
        """
        self._options = options
        self.today = today or datetime.now(UTC).date()
        self._whole: Baseline | None = None
        if options.baseline is not None:
            missing = options.baseline_update and not options.baseline.exists()
            self._whole = (
                Baseline(str(options.baseline))
                if missing
                else load_baseline(options.baseline, self.today, unfinished=options.baseline_update)
            )

    @property
    def in_force(self) -> Baseline | None:
        """What it accepts as it stands; None where there is no baseline."""
        return None if self._whole is None else self._whole.finished(self.today)

    def tell(self, check: str, environment: str, breaches: Breaches) -> None:
        """Tell a check what is accepted, and what it has drawn when it met such a breach."""
        if self.in_force is None:
            return
        entries = self.in_force.holding(environment, self.today)
        breaches.accepted = {entry.clause: frozenset(entry.fingerprints) for entry in entries}
        breaches.sought = {
            entry.clause: [Draw(each.seed, each.examples) for each in entry.draws if each.check == check]
            for entry in entries
            if any(each.check == check for each in entry.draws)
        }

    def update(self, documents: Mapping[str, Mapping[str, Any]]) -> str | None:
        """Bring the file up to date where that was asked for; a sentence about it.

        A run that was interrupted, or whose suite failed, changes nothing. Raises ClientFault for a file that cannot be
        written.
        """
        file, whole = self._options.baseline, self._whole
        if not self._options.baseline_update or file is None or whole is None:
            return None
        if any(status_of(each) in (INTERRUPTED, SUITE_FAILED) for each in documents.values()):
            return f"{file}: not brought up to date, because the run did not come to its end"
        fresh = updated(whole, documents.values(), self.today)
        write_baseline(file, fresh, documents.values())
        todo = sum(not entry.is_finished(self.today) for entry in (*fresh.accepted, *fresh.not_applicable))
        return f"{file}: {len(fresh.accepted)} accepted; fill in why and owner of {todo}"
