"""Sends what a check asks for, again after a 429 or a fault that it did not ask for, and says whose fault it is."""

from __future__ import annotations

import copy
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, Self, TypeVar

from venue_conformance.client.session import CallerAccount, Session, clock_difference
from venue_conformance.errors import CredentialsRefused, Inconclusive, NotTested, Presupposed, RateLimited
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.exchange import Answer, Exchange, Request
from venue_conformance.wire.faults import fault_of, is_html, is_json, way_fault
from venue_conformance.wire.hang_up import HangUp
from venue_conformance.wire.recorder import Recorder
from venue_conformance.wire.retry_after import retry_after
from venue_conformance.wire.tries import Tries

#: Longest time, in seconds, for which one check waits for a rate limit that it did not ask for.
RETRY_BUDGET_SECONDS = 10.0

AnswerT = TypeVar("AnswerT", bound=Answer)


class RetryBudget:
    """The time one check may spend on waiting for others' rate limits."""

    def __init__(self, seconds: float = RETRY_BUDGET_SECONDS, sleep: Callable[[float], None] = time.sleep) -> None:
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
    further accounts of the sequence, ``limit_asked`` is as for ``dispatch``.
    """

    request: Request
    later: float
    others: tuple[CallerAccount, ...]
    limit_asked: bool


class _GaveUpError(Exception):
    """Nobody has waited for the answer to this request, on purpose."""


class Caller(ABC, Generic[AnswerT]):
    """One account of a venue, speaking on behalf of one check.

    Subclasses know how their venue signs and what its answers look like. ``tries`` is what the check that is spoken
    for meets over all its repetitions; without it the caller has one of its own, and there is no repetition.
    """

    def __init__(
        self,
        account: CallerAccount,
        session: Session,
        recorder: Recorder,
        retry_budget: RetryBudget,
        tries: Tries | None = None,
    ) -> None:
        self.account, self.session, self.recorder, self.retry_budget = account, session, recorder, retry_budget
        self.tries = tries or Tries()
        self._vary: Callable[[Request], Request] | None = None

    @property
    def name(self) -> str:
        """The public name by which provider states know this caller."""
        return self.account.name

    def varying(self, vary: Callable[[Request], Request]) -> Self:
        """The same account, each of whose requests goes out as ``vary`` makes it anew; signed is what it was before."""
        other = copy.copy(self)
        other._vary = vary
        return other

    @abstractmethod
    def cancel_batch(self, orders: Sequence[ProvisionedOrder | str]) -> AnswerT:
        """Send a valid batch cancel for these orders."""

    @abstractmethod
    def read_status(self, order: ProvisionedOrder) -> str:
        """The status of an own order by the venue's own read, in the words of the target protocol.

        Raises NotTested when the target does not offer that read.
        """

    def resend(self, recorded: Recorded) -> Exchange:  # noqa: ARG002 - for those who can
        """Send a recorded request again, signed by this account and tampered with as it was: the hook of ``replay``.

        What a venue has to do, because only it knows how:

        - put a value made now, from ``self.account`` and ``recorded.request.signing``, in place of each authentication
          header that was recorded. One that was not recorded was left out on purpose, and stays away;
        - sign again, over the body that is sent, whatever is signed inside the body;
        - move times that a check gave literally by ``recorded.later``, so that what was stale stays as stale;
        - never send ``***``: a masked tampering becomes a value of its kind (another caller's secret: one of
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
        """Send a request, built afresh each time, and hand its answer back.

        ``tokens`` is what it spends of the account's budget, or of ``budget`` where it acts for somebody else.
        ``right`` says that the documentation wants it accepted.
        ``limit_asked`` says that its answer is provoked: it is handed back whatever it is, a 429 or a 5xx too, and the
        account's budget is left out of account.

        Any other request waits for a 429 to pass. At a fault of the way it is sent once more if it can have had no
        effect: it names no order that the run was handed, and carries no idempotency key. A 5xx that the check met in
        all its tries at the same step is handed back, too. Raises WayFault, Unreachable, TargetSilent, RateLimited or
        CredentialsRefused.
        """
        account = None if limit_asked else budget or self.name
        step, sent_twice = self.tries.next_step(), False
        self.session.health.admit()
        if not self.account.disposable:
            self._require_safe(build())  # what is not sent need not wait its turn
        self.session.pacer.wait(account, tokens)
        while True:
            exchange = self._send(build())
            if self.session.transport.hang_up is not None:
                if exchange.status is None:
                    raise _GaveUpError
                return exchange
            self.session.health.valid += right
            if exchange.status == 429 and not limit_asked:
                self._wait_out(exchange)
            else:
                fault = self._fault(exchange, limit_asked)
                if fault is None:
                    break
                if sent_twice or limit_asked or self.tries.as_it_comes or not self._has_no_effect(exchange.request):
                    if self._is_the_venues(step, exchange):
                        break
                    self.tries.fault(step, fault)
                    raise way_fault(exchange, fault)
                sent_twice = True
            self.session.health.admit()
            self.retry_budget.spend(self.session.pacer.wait(account, tokens))
        if right:
            self._judge_credentials(exchange)
        return exchange

    def give_up_on(self, send: Callable[[], AnswerT], hang_up: HangUp) -> AnswerT | None:
        """Let ``send`` send one request, and hang up on it: its answer where that came all the same, else None."""
        try:
            with self.session.transport.leaving(hang_up):
                return send()
        except _GaveUpError:
            return None

    def _send(self, request: Request) -> Exchange:
        request = self._require_safe(request)
        self.session.allowance.take_request()
        self.session.remembered.named_in(request.path, request.body)
        exchange = self.session.transport.send(request)
        self.recorder.add(exchange)
        self.tries.note(exchange, self.account.origin)
        transport = self.session.transport
        if transport.hang_up is None:
            self.session.health.note(exchange, transport.expected)
        return exchange

    def _require_safe(self, request: Request) -> Request:
        request = request if self._vary is None else self._vary(request)
        self.session.outgoing.require_safe(request, disposable=self.account.disposable)
        return request

    def _fault(self, exchange: Exchange, provoked: bool) -> str | None:
        """The fault of the way that an exchange shows, if it is none that the check has provoked."""
        fault, status = fault_of(exchange), exchange.status or 0
        if fault is None or status < 500:
            return None if status and self.tries.as_it_comes else fault
        # Whoever asked for a failure uses it up as well: else the next 5xx would be taken for it.
        if self.session.health.take_armed(self.name, status) or provoked:
            return None
        route = exchange.request.method, exchange.request.path.partition("?")[0]
        if status == 501 and route != self.session.venue.batch_route:
            return None  # an operation that the target does not offer
        self.tries.server_error(exchange)
        self.session.health.server_error(exchange)
        return None if self.tries.as_it_comes else fault

    def _has_no_effect(self, request: Request) -> bool:
        keyed = any("idempotency" in name.lower() for name, _ in request.headers)
        return not keyed and not self.session.ledger.is_named_in(request.path, request.body)

    def _is_the_venues(self, step: int, exchange: Exchange) -> bool:
        """Whether a 5xx is to be judged: it comes in every try, from a target that is known to work.

        While nothing was accepted, it says something only of credentials that the target made, in JSON, and only where
        other requests are answered otherwise.
        """
        status, health = exchange.status or 0, self.session.health
        if status < 500 or not self.tries.is_the_venues(step, status):
            return False
        if is_html(exchange) and 502 <= status <= 504:
            return False  # a gateway's page, however often it comes
        return health.accepted or (self.account.origin == "state" and is_json(exchange) and health.answers_differ)

    def _wait_out(self, exchange: Exchange) -> None:
        """Wait for a limit to pass. Raises RateLimited when that takes longer than the check may wait."""
        health = self.session.health
        if not health.waits_for_limits:
            raise RateLimited
        began = time.monotonic()
        try:
            self.retry_budget.wait(retry_after(exchange))
        except RateLimited:
            health.limited()
            raise
        health.lost.span(began, time.monotonic())

    def _judge_credentials(self, exchange: Exchange) -> None:
        health, status = self.session.health, exchange.status or 0
        if 200 <= status < 300:
            if self.session.venue.is_batch_answer(exchange.body):
                health.accept(self.name)
        elif status in (401, 403) and not health.accepted and (self.account.origin == "file" or not is_json(exchange)):
            raise CredentialsRefused(status, clock_difference(exchange))

    def require_accepted(self) -> None:
        """The control of whoever judges refusals: a valid request of this account is accepted.

        Sent once in a run for each account. Raises Presupposed when it is not accepted: then no refusal says anything.
        """
        if self.name in self.session.health.accepted_of:
            return
        answer = self.cancel_batch(self.session.ledger.unknown(1, self.session.unknown_id))
        if self.name not in self.session.health.accepted_of:
            raise Presupposed(self.session.venue.accepts, f"a valid request of this account was answered {answer!r}")


def id_of(order: ProvisionedOrder | str) -> str:
    """The id of an order."""
    return order if isinstance(order, str) else order.order_id


def ids_of(orders: Iterable[ProvisionedOrder | str]) -> list[str]:
    """The ids of the orders."""
    return [id_of(order) for order in orders]


def answered(answer: AnswerT) -> AnswerT:
    """An answer that tells whether a limit applied. Raises WayFault for a 5xx, which tells neither."""
    if answer.status >= 500:
        raise way_fault(answer.exchange, fault_of(answer.exchange) or str(answer.status))
    return answer


def require_armed(answer: Answer, status: int) -> None:
    """Go on only with the failure that was armed.

    Raises RateLimited for a 429, WayFault for another 5xx and, for anything else, Inconclusive.
    """
    if answer.status == status:
        return
    if answer.status == 429:
        raise RateLimited
    if answer.status >= 500:
        raise way_fault(answer.exchange, str(answer.status))
    raise Inconclusive(f"the armed failure {status} did not come, but {answer.status}")
