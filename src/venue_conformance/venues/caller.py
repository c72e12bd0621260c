"""Sends what a check asks for, again after a 429 that it did not ask for, and says whose fault a refusal is."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from venue_conformance.errors import CredentialsRefused, Inconclusive, NotTested, Presupposed, RateLimited
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.session import Account, Session, clock_difference
from venue_conformance.wire.exchange import Answer, Exchange, Request
from venue_conformance.wire.recorder import Recorder
from venue_conformance.wire.transport import require_answer

#: Longest time in which one check waits for a rate limit that it did not ask for.
PATIENCE_SECONDS = 10.0

AnswerT = TypeVar("AnswerT", bound=Answer)


class Patience:
    """The time one check may spend on waiting for others' rate limits."""

    def __init__(self, seconds: float = PATIENCE_SECONDS, sleep: Callable[[float], None] = time.sleep) -> None:
        self._left, self._sleep = seconds, sleep

    def wait(self, seconds: float) -> None:
        """Wait, or raise RateLimited when that is longer than what is left."""
        if seconds > self._left:
            raise RateLimited
        self._left -= seconds
        self._sleep(seconds)

    def spend(self, seconds: float) -> None:
        """Take off what was waited elsewhere because of a limit."""
        self._left -= seconds


@dataclass(frozen=True)
class Recorded:
    """A request of an earlier run that is to be sent again.

    ``request`` is as it was recorded, but with the order ids, account names and idempotency keys of this run; a header
    that was masked reads ``***``. ``later`` is how many seconds after the recorded run this one is, ``others`` are the
    further accounts of the story, ``limit_asked`` is as for ``dispatch``.
    """

    request: Request
    later: float
    others: tuple[Account, ...]
    limit_asked: bool


class Caller(ABC, Generic[AnswerT]):
    """One account of a venue, speaking on behalf of one check.

    Subclasses know how their venue signs and what its answers look like.
    """

    def __init__(self, account: Account, session: Session, recorder: Recorder, patience: Patience) -> None:
        self.account, self.session, self.recorder, self.patience = account, session, recorder, patience

    @property
    def name(self) -> str:
        """The public name by which provider states know this caller."""
        return self.account.name

    @abstractmethod
    def cancel_batch(self, orders: Sequence[StagedOrder | str]) -> AnswerT:
        """Send a right batch cancel for these orders."""

    @abstractmethod
    def read_status(self, order: StagedOrder) -> str:
        """The status of an own order by the venue's own read, in the words of the target protocol.

        Raises NotTested when the target does not offer that read.
        """

    def resend(self, recorded: Recorded) -> Exchange:  # noqa: ARG002 - for those who can
        """Send a recorded request again, signed afresh by this account and bent as it was: the hook of ``replay``.

        What a venue has to do, because only it knows how:

        - put a value made now, from ``self.account`` and ``recorded.request.signing``, in place of each authentication
          header that was recorded. One that was not recorded was left out on purpose, and stays away;
        - sign again, over the body that is sent, whatever is signed inside the body;
        - move times that a check gave literally by ``recorded.later``, so that what was stale stays as stale;
        - never send ``***``: a masked bend becomes a value of its kind (another caller's secret: one of
          ``recorded.others``, else a random one), a masked header of no meaning to the venue is left out.

        It ends in ``dispatch``, not ``right``, and raises what that raises; NotTested at a venue without a replay.
        """
        raise NotTested(f"requests of {self.session.venue.title} cannot be signed again yet")

    def dispatch(
        self,
        build: Callable[[], Request],
        *,
        tokens: int = 1,
        right: bool = False,
        limit_asked: bool = False,
        budget: str | None = None,
    ) -> Exchange:
        """Send a request, built afresh for every try.

        ``tokens`` is what it spends of the account's budget, or of ``budget`` where it acts for somebody else.
        ``right`` says that the documentation wants it accepted.
        ``limit_asked`` hands a 429 back like any other answer and leaves the account's budget out of account.

        Raises Unreachable, RateLimited or CredentialsRefused.
        """
        self.session.trust.require_hope()
        account = None if limit_asked else budget or self.name
        self.session.pacer.wait(account, tokens)
        while True:
            exchange = self.session.transport.send(build())
            self.recorder.add(exchange)
            self.session.trust.note(exchange)
            require_answer(exchange)
            if exchange.status != 429 or limit_asked:
                break
            self.patience.wait(_retry_after(Answer(exchange)))
            self.patience.spend(self.session.pacer.wait(account, tokens))
        if right:
            self._judge_credentials(exchange)
        return exchange

    def _judge_credentials(self, exchange: Exchange) -> None:
        trust = self.session.trust
        if exchange.status is not None and 200 <= exchange.status < 300:
            trust.accepted = True
            trust.accepted_of.add(self.name)
        elif exchange.status in (401, 403) and self.account.origin == "file" and not trust.accepted:
            raise CredentialsRefused(exchange.status, clock_difference(exchange))

    def require_accepted(self) -> None:
        """The control of whoever judges refusals: a valid request of this account is accepted.

        Sent once in a run for each account. Raises Presupposed when it is not accepted: then no refusal says anything.
        """
        if self.name in self.session.trust.accepted_of:
            return
        answer = self.cancel_batch(self.session.ledger.unknown(1, self.session.unknown_id))
        if self.name not in self.session.trust.accepted_of:
            raise Presupposed(self.session.venue.accepts, f"a valid request of this account was answered {answer!r}")

    def require_in_ledger(self, orders: Iterable[StagedOrder | str]) -> list[str]:
        """The ids of the orders, once each is known to be one that this run may name. Raises SuiteFault."""
        ids = [order if isinstance(order, str) else order.order_id for order in orders]
        self.session.ledger.require(ids)
        return ids


def require_armed(answer: Answer, status: int) -> None:
    """Go on only with the failure that was armed. Raises RateLimited or, for anything else, Inconclusive."""
    if answer.status == status:
        return
    if answer.status == 429:
        raise RateLimited
    raise Inconclusive(f"the armed failure {status} did not come, but {answer.status}")


def _retry_after(answer: Answer) -> float:
    """Seconds to wait after a 429: as it says, 1 where it says nothing that can be read."""
    try:
        return max(0.1, float(answer.header("Retry-After") or 1))
    except ValueError:
        return 1.0
