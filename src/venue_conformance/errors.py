"""Everything that can end a check or a command other than success, split by who is wrong.

ConformanceError
├── Violation          the venue: an answer or an effect that breaks a clause (also an AssertionError)
├── ClientFault        the user: a command line, target file, report or credentials that cannot be used
├── NotGenuine         whoever handed on a certificate that does not hold
├── SuiteFault         the suite: it was about to do something that it must never do
└── EnvironmentFault   neither: what could not be judged, and why; each has a ``cause``
    ├── NotTested          something that the check needs is not there
    │   ├── NeverExercised     the condition that the promise speaks of never came about
    │   ├── Presupposed        another promise, which this one builds on, is not kept
    │   ├── NotSent            only an account that owns nothing of worth may send what the check sends
    │   ├── RateLimited        the target kept answering 429 to requests within the documented budget
    │   └── OutOfTime          the time that the run or the check was given is over
    ├── Inconclusive       the way to the target failed, or its provider states misbehave
    │   ├── WayFault           one reset, time-out, or 5xx that nobody asked for: the check may start again
    │   │   └── Unreachable        a connection could not be made, broke, or timed out
    │   ├── TargetSilent       so many faults in a row that the target is not asked any more
    │   ├── AdaptorFault       the adaptor of a client that is to be certified died, was silent, or broke the protocol
    │   └── SameRequestFails   one request of an exploration failed in five of five tries
    └── CredentialsRefused a valid request under the target file's own credentials got 401 or 403
"""

from __future__ import annotations

from typing import Literal, get_args

#: Why a check or a clause was not tested, or could not be judged. The words of the report.
Cause = Literal[
    "way",
    "target-silent",
    "rate-limited",
    "interrupted",
    "out-of-time",
    "state",
    "condition",
    "presupposed",
    "not-selected",
    "not-applicable",
]
CAUSES: tuple[Cause, ...] = get_args(Cause)
#: The kind of a breach whose assertion names none.
UNNAMED = "unnamed"
#: What a check needs whose requests could be read as "all orders".
DISPOSABLE = "a disposable account"


class ConformanceError(Exception):
    """The root of all errors of this package."""


class Violation(ConformanceError, AssertionError):
    """The venue broke a clause.

    ``expected`` and ``actual`` are sentences or values for the report; ``clause`` names the one that broke when a
    check judges several, and stays None in a check of one clause. ``kind`` names in words with hyphens what is wrong
    ("order-touched"): with the clause it tells one fault from another in every run, so it never depends on what came.
    """

    def __init__(self, expected: str, actual: str, clause: str | None = None, *, kind: str = UNNAMED) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.kind = kind
        self.expected = expected
        self.actual = actual
        self.clause = clause


class ClientFault(ConformanceError):
    """What the user gave cannot be used; the text says what was wrong, where, and what would be right. Exit 2."""


class NotGenuine(ConformanceError):
    """A certificate that does not hold; the text says in what."""


class SuiteFault(ConformanceError):
    """The suite itself is wrong, for instance about to name an order outside its ledger. Exit status 4."""


class EnvironmentFault(ConformanceError):
    """The check could not be judged, through no fault of the venue that this run could show."""

    def __init__(self, reason: str, cause: Cause) -> None:
        super().__init__(reason)
        self.reason = reason
        self.cause: Cause = cause


class NotTested(EnvironmentFault):
    """A check did not run to its end because something it needs is missing.

    ``needs`` names what would make it testable: a provider state (``"held request"``) or a short phrase; the cause is
    then ``state``, else ``condition``, unless another one is given.
    """

    def __init__(self, reason: str, needs: str | None = None, *, cause: Cause | None = None) -> None:
        super().__init__(reason, cause or ("state" if needs else "condition"))
        self.needs = needs


class NeverExercised(NotTested):
    """The condition of a promise ("a 429 carries …", "after a conflict …") never came about.

    ``what`` says what did not happen: ``"no 429 in 8 batches of 100 and 500 single ids"``.
    """

    def __init__(self, what: str) -> None:
        super().__init__(f"never exercised: {what}", cause="condition")


class Presupposed(NotTested):
    """The control of a check failed: a promise that it builds on is not kept.

    ``clause`` is that promise, by its id without the venue (``"idempotency.replay-same-answer"``) or with it; ``what``
    says what the control showed.
    """

    def __init__(self, clause: str, what: str) -> None:
        super().__init__(f"presupposes {clause}: {what}", cause="presupposed")
        self.clause = clause


class NotSent(NotTested):
    """A request was kept back that a careless venue could read as "all orders", or as somebody's short id.

    It goes out only as a fresh account of the run, or as one that the target file calls disposable (target protocol,
    section 4); ``what`` names the trait in words.
    """

    def __init__(self, what: str) -> None:
        how = "offer the state `caller`, or write `disposable = true` under the account in the target file"
        super().__init__(
            f"a request with {what} is sent only from an account whose orders may be lost: {how}", DISPOSABLE
        )


class RateLimited(NotTested):
    """The target kept answering 429 to requests within the documented budget, for as long as a check may wait."""

    def __init__(self) -> None:
        reason = "rate limited: the target answered 429 to requests within the documented budget"
        super().__init__(reason, cause="rate-limited")


class OutOfTime(NotTested):
    """The time that the run, or an exploration, was given is over."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, cause="out-of-time")


class Inconclusive(EnvironmentFault):
    """The check ran into a fault that says nothing about the contract."""

    def __init__(self, reason: str, cause: Cause = "way") -> None:
        super().__init__(reason, cause)


class WayFault(Inconclusive):
    """One fault of the way: a reset, a time-out, HTML where JSON is documented, or a 5xx that nobody asked for.

    The check that meets it starts again with fresh orders, an exploration drops its example. ``fault`` names it in a
    word or two (``"reset"``, ``"time-out"``, ``"503"``, ``"HTML"``), by which faults are counted in reports.
    """

    def __init__(self, reason: str, fault: str) -> None:
        super().__init__(reason)
        self.fault = fault


class Unreachable(WayFault):
    """A connection could not be made, broke, or timed out."""

    def __init__(self, reason: str, fault: str = "no answer") -> None:
        super().__init__(reason, fault)


class TargetSilent(Inconclusive):
    """The target, or its provider states, failed so often in a row that nothing more is asked of it for now."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason, "target-silent")


class AdaptorFault(Inconclusive):
    """The adaptor of a client did not keep to the protocol: nothing can be said of the client behind it."""

    def __init__(self, reason: str) -> None:
        super().__init__(f"the adaptor: {reason}", "way")


class SameRequestFails(Inconclusive):
    """An exploration ended: one request broke the connection, timed out or got a 5xx in five of five tries.

    Valid control requests between the tries were answered, so that it is the request, not the way.
    """


class CredentialsRefused(EnvironmentFault):
    """A valid request signed with the target file's credentials was refused with 401 or 403.

    A violation when any other valid request of the run was accepted, else inconclusive; only the end of the run tells.
    """

    def __init__(self, status: int, clock_difference: float | None) -> None:
        super().__init__(f"a valid request was rejected with {status}", "way")
        self.status = status
        self.clock_difference = clock_difference
