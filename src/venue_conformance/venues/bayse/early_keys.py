"""The first idempotency keys of a run, each with what is known of it: they are to replay at the end of the run, too."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from venue_conformance.client.session import CallerAccount
from venue_conformance.errors import Violation
from venue_conformance.venues.bayse.answer import BatchAnswer

#: So many keys are enough to see whether the oldest are still there.
_MOST = 5
#: A shorter key may have been used by somebody else before.
_SHORTEST = 16


@dataclass(frozen=True)
class EarlyKey:
    """A key that an account has used for one body alone, and how that was answered first."""

    account: CallerAccount
    key: str
    body: bytes
    first: BatchAnswer


class EarlyKeys:
    """The first keys of a run; one that has been used for another body, or answered in another way, is none of them."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], EarlyKey] = {}
        self._unfit: set[tuple[str, str]] = set()
        self._lock = threading.Lock()

    def note(self, account: CallerAccount, key: str, body: bytes, answer: BatchAnswer) -> None:
        """Take over how a request with a key was answered."""
        used = account.name, key
        with self._lock:
            known = self._found.get(used)
            if known is None:
                if len(self._found) < _MOST and used not in self._unfit and _is_first(key, answer):
                    self._found[used] = EarlyKey(account, key, body, answer)
            elif known.body != body or (answer.succeeded and not _is_same(answer, known.first)):
                del self._found[used]
                self._unfit.add(used)

    def all(self) -> list[EarlyKey]:
        """What is known, the oldest first."""
        with self._lock:
            return list(self._found.values())


def _is_first(key: str, answer: BatchAnswer) -> bool:
    try:
        return len(key) >= _SHORTEST and answer.accepted and not answer.replayed
    except Violation:
        return False


def _is_same(answer: BatchAnswer, other: BatchAnswer) -> bool:
    try:
        return answer.same_as(other)
    except Violation:
        return False
