"""Everything that can end a check or a command other than success, split by who is wrong.

ConformanceError
├── Violation          the venue: an answer or an effect that breaks a clause (also an AssertionError)
├── ClientFault        the user: a command line, target file, report or credentials that cannot be used
├── SuiteFault         the suite: it was about to do something that it must never do
└── EnvironmentFault   neither: what could not be judged, and why
├── NotTested      something that the check needs is not there
│   └── RateLimited    the target kept answering 429 to requests within the documented budget
├── Inconclusive   the target could not be reached, or its provider states misbehave
│   └── Unreachable
└── CredentialsRefused   a right request under the target file's own credentials got 401 or 403
"""

from __future__ import annotations


class ConformanceError(Exception):
    """The root of all errors of this package."""


class Violation(ConformanceError, AssertionError):
    """The venue broke a clause.

    ``expected`` and ``actual`` are sentences or values for the report; ``clause`` names the one that broke when a
    check judges several, and stays None in a check of one clause.
    """

    def __init__(self, expected: str, actual: str, clause: str | None = None) -> None:
        super().__init__(f"expected {expected}, got {actual}")
        self.expected = expected
        self.actual = actual
        self.clause = clause


class ClientFault(ConformanceError):
    """What the user gave cannot be used; the text says what was wrong, where, and what would be right. Exit 2."""


class SuiteFault(ConformanceError):
    """The suite itself is wrong, for instance about to name an order outside its ledger. Exit status 4."""


class EnvironmentFault(ConformanceError):
    """The check could not be judged, through no fault of the venue that this run could show."""


class NotTested(EnvironmentFault):
    """A check did not run to its end because something it needs is missing.

    ``needs`` names what would make it testable: a provider state (``"held request"``) or a short phrase.
    """

    def __init__(self, reason: str, needs: str | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.needs = needs


class RateLimited(NotTested):
    """The target kept answering 429 to requests within the documented budget, for as long as a check may wait."""

    def __init__(self) -> None:
        super().__init__("rate limited: the target answered 429 to requests within the documented budget")


class Inconclusive(EnvironmentFault):
    """The check ran into a fault that says nothing about the contract."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Unreachable(Inconclusive):
    """A connection could not be made, broke, or timed out."""


class CredentialsRefused(EnvironmentFault):
    """A right request signed with the target file's credentials was refused with 401 or 403.

    A violation when any other right request of the run was accepted, else inconclusive; only the end of the run tells.
    """

    def __init__(self, status: int, clock_difference: float | None) -> None:
        super().__init__(f"a right request was refused with {status}")
        self.status = status
        self.clock_difference = clock_difference
