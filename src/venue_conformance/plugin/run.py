"""What the plugin keeps for one pytest session."""

from __future__ import annotations

import secrets
import time
from typing import Any

import pytest

from venue_conformance.plugin.check import Check
from venue_conformance.plugin.options import RunOptions
from venue_conformance.plugin.runlog import RunLog, spec_version
from venue_conformance.plugin.sessions import Sessions
from venue_conformance.report.records import TargetInfo


class Run:
    """What the plugin keeps for one pytest session: its options, its sessions, the check that runs."""

    def __init__(self, options: RunOptions, seed: int | None = None) -> None:
        self.options = options
        given = seed if seed is not None else options.seed
        # 53 bits, so that every JSON reader keeps them.
        self.seed = given if given is not None else secrets.randbits(53)
        self.sessions = Sessions(options, self.seed)
        self.log = RunLog(options, self.seed)
        self.began = time.monotonic()
        self.current: Check | None = None
        self.interrupted = False

    def target_info(self, venue: str) -> dict[str, Any]:
        """The target of a venue, for the report."""
        session = self.sessions.of(venue)
        target = session.target
        return TargetInfo(
            venue,
            target.base_url,
            target.environment,
            spec_version(venue),
            session.states.kind,
            embedded=self.sessions.target is None,
        ).to_dict()


RUN = pytest.StashKey[Run]()
