"""The sessions of a run, one per venue, opened when the first check of the venue needs it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from typing import Any

from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.embedded import EmbeddedReference
from venue_conformance.plugin.options import RunOptions
from venue_conformance.target.allowance import Allowance
from venue_conformance.target.file import CredentialShape, Target, Tls, load_target
from venue_conformance.target.guard import production_hosts, refuse_production
from venue_conformance.target.secrecy import redaction_of, warnings_of
from venue_conformance.target.states import open_states
from venue_conformance.target.tls import proxy_of, ssl_context
from venue_conformance.venues import venues
from venue_conformance.wire.lost_time import RUN_SECONDS

#: What a command that only looks may take to give back what it asked for in vain.
_GIVING_BACK_SECONDS = 10.0

Note = Callable[[str, dict[str, Any]], None]


class Sessions:
    """Opens a venue's session against the target file, or against a reference that it starts."""

    def __init__(
        self,
        options: RunOptions,
        seed: int,
        lost_seconds: float = RUN_SECONDS,
        note: Note | None = None,
        probed: int = 0,
    ) -> None:
        """``lost_seconds`` may be lost to a slow target, unless the options give the run a time of its own.

        ``note`` is handed a venue, and a record of a provider state before it is asked for and of what came of it.
        ``probed`` are the requests of the run that another process sends.
        """
        self._options, self.seed, self._note, self._probed = options, seed, note, probed
        # Who says how long a run may take has said how long a slow target may keep it waiting.
        self._lost_seconds = lost_seconds if options.max_minutes is None else None
        self._open: dict[str, Session] = {}
        self._references: list[EmbeddedReference] = []
        self.target = load_checked_target(options) if options.target else None

    def of(self, venue: str) -> Session:
        """The session of a venue. Raises ClientFault for a target that cannot be used."""
        if venue not in self._open:
            target = self.target or self._embedded(venue)
            if target.venue != venue:
                raise ClientFault(f"{target.path}: this target is of {target.venue}, but the check is for {venue}")
            self._open[venue] = Session(
                venues()[venue],
                target,
                self.seed,
                production_allowed=self._options.force_production,
                lost_seconds=self._lost_seconds,
                note=None if self._note is None else partial(self._note, venue),
            )
            limits = target.limits
            self._open[venue].allowance = Allowance(limits.max_orders, limits.max_requests, requests=self._probed)
        return self._open[venue]

    def started(self, venue: str) -> Target | None:
        """The target of a venue whose session is open; None before that, and where it could not be opened."""
        return self._open[venue].target if venue in self._open else None

    @property
    def limit(self) -> str | None:
        """A sentence about the bound of the target file at which the run has ended, None before that."""
        return next((session.allowance.used_up for session in self._open.values() if session.allowance.used_up), None)

    def _embedded(self, venue: str) -> Target:
        reference = EmbeddedReference(venue, self.seed)
        self._references.append(reference)
        return load_target(reference.target_file, shapes())

    def give_back(self) -> None:
        """Give back what was set up at the target of the target file; references of our own keep nothing."""
        for session in self._open.values():
            if self.target is not None and session.setups.unsettled:
                session.give_back(_GIVING_BACK_SECONDS)

    def close(self) -> None:
        """Close all sessions and stop the references.

        Where nobody notes what was set up, and so nobody can give it back later, what is left of it is given back now.
        """
        if self._note is None:
            self.give_back()
        for session in self._open.values():
            session.close()
        for reference in self._references:
            reference.close()
        self._open.clear()
        self._references.clear()


def shapes() -> dict[str, CredentialShape]:
    """The credentials of every venue, by its name."""
    return {name: venue.credentials for name, venue in venues().items()}


def load_checked_target(options: RunOptions) -> Target:
    """The target file of a run, once it is known not to be production and all that it names can be used.

    Raises ClientFault.
    """
    assert options.target is not None, "only asked with a target"
    target = load_target(options.target, shapes())
    redaction_of(target)  # so that whatever is said of the target from here on is masked
    refuse_production(target, production_hosts(venues()[target.venue].production_hosts), options.force_production)
    # Before the first check, so that it is told once, and to the user, not by every check as a fault of the suite.
    open_states(target).close()
    if target.tls != Tls() or target.base_url.startswith("https"):
        ssl_context(target.tls)
    proxy_of(target)
    return target


def print_warnings(target: Target | None) -> None:
    """Tell the user what should be known of a target file's secrets, on standard error; nothing depends on it."""
    for warning in warnings_of(target) if target else ():
        print(f"warning: {warning}", file=sys.stderr, flush=True)  # noqa: T201 - for the user
