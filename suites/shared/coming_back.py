"""A rate-limited account waits for Retry-After and is then served."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from fixtures.aside import Aside
from venue_conformance.client.caller import answered
from venue_conformance.errors import NeverExercised, NotTested, Violation
from venue_conformance.wire.retry_after import retry_after_seconds

#: What is waited beyond what was told, and what a check waits at most, in seconds.
GRACE, LONGEST_WAIT = 0.5, 12.0
#: Who comes back as told, and is refused, comes back as told then: what was refused first may have been no more than a
#: look at the request, which costs less than the batch. Who is refused in all of so many tries was told wrongly.
TRIES = 2

#: Gets an account refused that has spent nothing: how many seconds the 429s of its burst told it to wait at most, and
#: how it comes back.
Refused = Callable[[Aside, Any], tuple[float, Callable[[], Any]]]


def comes_back_when_due(aside: Aside, refused: Refused, clause: str, quiet: Callable[[Aside, Any], Any]) -> None:
    """Get rate-limited, wait for Retry-After and half a second more, and require to be served.

    ``quiet`` sends a request of an account that has sent nothing: where it is refused just then, another limit than the
    account's own has stopped both. Raises NotTested where the target makes no accounts, NeverExercised.
    """
    if aside.account.origin != "state":
        raise NotTested("only an account that nobody else uses may exceed a limit, and the target makes none", "caller")
    reported, come_back = refused(aside, aside.new_caller())
    refusals = list[str]()
    for _ in range(TRIES):
        since = time.monotonic()
        if reported + GRACE > LONGEST_WAIT:
            raise NeverExercised(f"a 429 asks for a wait of {reported:g} s, longer than this check waits")
        time.sleep(max(0.0, since + reported + GRACE - time.monotonic()))
        answer = answered(come_back())
        if answer.status != 429:
            break
        if quiet(aside, aside.new_caller()).status == 429:
            raise NeverExercised(
                "an account that had sent nothing was refused as well, so another limit than the account's own applied"
            )
        refusals.append(f"{answer!r}, {reported + GRACE:g} s after one that said {reported:g} s")
        reported = retry_after_seconds(answer.exchange) or 0.0
    if len(refusals) == TRIES:
        raise Violation(
            f"an account that waits as long as a 429 says, and {GRACE:g} s more, to be served",
            "; ".join(refusals),
            clause,
            kind="not-served-again",
        )
