"""What the plugin keeps for one pytest session."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest

from venue_conformance.plugin.baselines import RunBaseline
from venue_conformance.plugin.check import Check
from venue_conformance.plugin.looking_again import Found
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import RunLog, spec_version
from venue_conformance.plugin.sessions import Sessions
from venue_conformance.report.folder import RunFolder
from venue_conformance.report.journal import JOURNAL, SETUP, JournalWriter
from venue_conformance.report.records import TargetInfo
from venue_conformance.target.model import StatesConfig


class Run:
    """What the plugin keeps for one pytest session: its options, its sessions, the check that runs."""

    def __init__(self, options: RunOptions, seed: int | None = None, *, worker: bool = False) -> None:
        self.options = options
        given = seed if seed is not None else options.seed
        # 53 bits, so that every JSON reader keeps them.
        self.seed = given if given is not None else secrets.randbits(53)
        # Whoever started a worker process probes the target by itself, which counts for max_requests.
        self.sessions = Sessions(
            options,
            self.seed,
            note=self._note_beside if worker else self._note,
            probed=1 if worker and options.probe else 0,
        )
        self.baseline = RunBaseline(options)
        self.log = RunLog(options, self.seed, self.baseline.in_force)
        self.began = time.monotonic()
        self.current: Check | None = None
        self.interrupted = False
        #: The report folder, once it was taken; never in a worker process.
        self.folder: RunFolder | None = None
        #: The exit status that the reports call for, once they are written.
        self.status: int | None = None
        #: What the checks have read of their orders and has to last, by venue.
        self.found: dict[str, Found] = {}
        self._handed_over: set[str] = set()
        self._beside: JournalWriter | None = None

    @property
    def venues_to_probe(self) -> list[str]:
        """The venues of which a check was selected; under pytest-xdist, where workers select, that of the target."""
        planned = [
            venue for venue, checks in self.log.planned.items() if any(each.selected for each in checks.values())
        ]
        return planned or ([self.sessions.target.venue] if self.sessions.target else [])

    @property
    def is_over(self) -> bool:
        """Whether the time that the run was given is over."""
        return self.ends is not None and time.monotonic() >= self.ends

    @property
    def ends(self) -> float | None:
        """When the time that the run was given is over, in monotonic seconds; None: never."""
        minutes = self.options.max_minutes
        return None if minutes is None else self.began + 60 * minutes

    def target_info(self, venue: str) -> dict[str, Any]:
        """The target of a venue, for the report; without an address for a reference that did not start."""
        target = self.sessions.target or self.sessions.started(venue)
        return TargetInfo(
            venue,
            target.base_url if target else "",
            target.environment if target else "embedded reference",
            spec_version(venue),
            _kind(target.states if target else None),
            embedded=self.sessions.target is None,
            file=None if self.options.target is None else str(self.options.target),
        ).to_dict()

    def hand_over(self, venue: str) -> dict[str, Any]:
        """What goes with the records of each check of a venue: the target, and once what is to run."""
        planned = {} if venue in self._handed_over else self.log.planned.get(venue, {})
        self._handed_over.add(venue)
        return {
            "target": self.target_info(venue),
            "plan": [check.to_dict() for check in planned.values()],
            "limit": self.sessions.limit,
        }

    def _note(self, venue: str, record: dict[str, Any]) -> None:
        """Write what the target is brought into to the journal, with the check that asked for it."""
        self.log.setup(venue, self._of_check(record), self.target_info(venue))

    def _note_beside(self, venue: str, record: dict[str, Any]) -> None:  # noqa: ARG002 - the target file's
        """The same from a worker process, beside the one that keeps the journal; its own references need none."""
        if self.options.target is not None:
            if self._beside is None:
                self._beside = JournalWriter(self.options.report_dir / JOURNAL, None)
            self._beside.write(SETUP, self._of_check(record))

    def _of_check(self, record: dict[str, Any]) -> dict[str, Any]:
        return record if self.current is None or "state" not in record else {**record, "check": self.current.id}


def _kind(states: StatesConfig | None) -> str:
    """Where provider states come from, in the report's words."""
    return next((kind for kind in ("url", "command", "inventory") if getattr(states, kind, None) is not None), "none")


RUN = pytest.StashKey[Run]()
