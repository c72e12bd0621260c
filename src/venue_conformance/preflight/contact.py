"""One valid request to a target, before anything else is asked of it: who is there, and what time is it there?"""

from __future__ import annotations

from dataclasses import dataclass

from venue_conformance.client.session import Session, clock_difference
from venue_conformance.venues.probe import probe
from venue_conformance.wire.faults import is_html

#: A Date header is in whole seconds, and some servers make one a second.
_CLOCKS_AGREE_SECONDS = 2.5


@dataclass(frozen=True)
class Contact:
    """What came of one valid request: whether it was accepted, in words, and the clock difference in seconds.

    ``accepted`` is None where nobody can tell, and ``kind`` is that of the probe of a run.
    """

    accepted: bool | None
    kind: str
    summary: str
    clock: float | None

    @property
    def clocks(self) -> str:
        """What is to be said of the clocks."""
        if self.clock is None:
            return "the target's responses state no time"
        if abs(self.clock) < _CLOCKS_AGREE_SECONDS:
            return f"they agree ({self.clock:+.1f} s; a Date header is in whole seconds)"
        ahead = "ahead of" if self.clock > 0 else "behind"
        return f"the target's is {abs(self.clock):.0f} s {ahead} this machine's"


def make_contact(session: Session) -> Contact:
    """Send the request that a run sends before its first check, and judge as a run does."""
    found = probe(session)
    clock = None if found.exchange is None else clock_difference(found.exchange)
    status = None if found.exchange is None else found.exchange.status
    if found.kind == "ok":
        return Contact(True, found.kind, f"accepted with {status}", clock)
    if found.kind == "refused":
        return Contact(False, found.kind, f"rejected with {status}", clock)
    if found.kind == "other" and found.exchange is not None and status is not None:
        # A run goes on all the same; what answers no valid request with success, or with a page, is hardly the venue.
        succeeded = 200 <= status < 300 and not is_html(found.exchange)
        return Contact(succeeded, found.kind, found.text, clock)
    return Contact(None, found.kind, found.text, clock)
