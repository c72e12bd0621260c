"""One run against one target: what all its checks share."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from email.utils import parsedate_to_datetime
from random import Random
from time import time
from typing import Any, Literal, TypeVar, cast

from venue_conformance.client.health import TargetHealth
from venue_conformance.client.lasting import Remembered
from venue_conformance.client.outgoing import Outgoing
from venue_conformance.client.venue import Venue
from venue_conformance.errors import ClientFault, Inconclusive, NotTested
from venue_conformance.target.allowance import Allowance
from venue_conformance.target.file import Credentials, Target, parse_credentials
from venue_conformance.target.giving_back import GivenBack, give_back
from venue_conformance.target.guard import production_hosts
from venue_conformance.target.ledger import Ledger, random_uuid
from venue_conformance.target.noted_states import NotedStates
from venue_conformance.target.secrecy import redaction_of
from venue_conformance.target.setups import Setups
from venue_conformance.target.state_values import ProvisionedOrder, read_caller
from venue_conformance.target.states import open_states
from venue_conformance.target.tls import proxy_of, ssl_context
from venue_conformance.wire.exchange import Exchange
from venue_conformance.wire.lost_time import RUN_SECONDS, LostTime
from venue_conformance.wire.pacing import Pacer
from venue_conformance.wire.recorder import Recorder, StateCall
from venue_conformance.wire.transport import Transport

KeptT = TypeVar("KeptT")

#: What the answer of the state `caller` says of an account once more, else it is not offered (target protocol, 2).
REPEATED = frozenset({"kyc"})


@dataclass(frozen=True)
class CallerAccount:
    """Credentials with their origin: the target's own ``caller`` state, or the target file."""

    credentials: Credentials
    origin: Literal["state", "file"]

    @property
    def name(self) -> str:
        """The public name by which provider states know the account."""
        return self.credentials.name

    @property
    def disposable(self) -> bool:
        """Whether the account owns nothing of worth: all that it owns is the run's, or its owner says so."""
        return self.origin == "state" or self.credentials.disposable


class Session:
    """A target with its connections, its budgets, its provider states and its accounts."""

    def __init__(
        self,
        venue: Venue,
        target: Target,
        seed: int,
        *,
        production_allowed: bool = False,
        lost_seconds: float | None = RUN_SECONDS,
        note: Callable[[dict[str, Any]], None] | None = None,
    ) -> None:
        """``lost_seconds`` are those that may be lost to a slow or silent target; None for any number.

        ``note`` is handed a record of each provider state before it is asked for, and of what came of it.
        """
        self.venue, self.target, self.seed = venue, target, seed
        self._production_allowed = production_allowed
        self.proxy = proxy_of(target)
        self.transport = Transport(
            target.base_url,
            timeout_seconds=target.limits.timeout_seconds,
            headers=target.headers,
            verify=ssl_context(target.tls) if target.base_url.startswith("https") else False,
            proxy=self.proxy,
        )
        self.pacer = Pacer(venue.pace, target.limits.requests_per_second)
        lost = LostTime(lost_seconds)
        self.health = TargetHealth(f"the target at {target.base_url}", lost)
        #: What the target was brought into, to be given back.
        self.setups = Setups(None if note is None else lambda record: note(self.redaction.value(record)))
        self.states = NotedStates(open_states(target, lost), self.setups)
        self.allowance = Allowance(target.limits.max_orders, target.limits.max_requests)
        self.redaction = redaction_of(target)
        self.ledger = Ledger()
        self.outgoing = Outgoing(venue.positions, self.ledger)
        #: What orders must still read as at the end of the run.
        self.remembered = Remembered()
        self.random = Random(seed)
        #: The first order that the target gave: what its ids look like, and where it trades.
        self.sample: ProvisionedOrder | None = None
        self._kept: dict[type, object] = {}
        # The first further account is everybody's stranger; the others are handed out once each.
        self._spare = list(target.accounts[1:])
        self._lock = threading.Lock()

    @property
    def settle_seconds(self) -> float:
        """How long an effect may take to show in a read-back."""
        return self.target.limits.settle_seconds

    def unknown_id(self, random: Random) -> str:
        """An id that names no order, like the target's own as far as one of these was seen."""
        make = self.venue.unknown_id
        if make is None:
            return random_uuid(random)
        return make(random, self.sample.order_id if self.sample else None)

    def kept(self, kind: type[KeptT]) -> KeptT:
        """The one object of this kind that the venue's callers share in this run, made at its first use."""
        with self._lock:
            return cast(KeptT, self._kept.setdefault(kind, kind()))

    def setup(self, recorder: Recorder, state: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Bring the target into a state and note it among the check's steps.

        Raises NotTested when the target does not offer it for these params, Unreachable or TargetSilent when it does
        not answer, Inconclusive when it misbehaves.
        """
        if state == "orders":
            self.allowance.take_orders(int(params.get("count", 1)))
        try:
            values = self.states.setup(state, params)
        except Exception:
            recorder.add(StateCall(state, dict(params), None))
            raise
        recorder.add(StateCall(state, dict(params), values))
        if state == "failing response":
            self.health.arm(str(params["caller"]), int(params["status"]), int(params.get("count", 1)))
        return values

    def main_account(self, recorder: Recorder, params: Mapping[str, Any] | None = None) -> CallerAccount:
        """The account a check acts as: a fresh one where the target makes them, else the target file's."""
        return self._fresh(recorder, params or {}) or CallerAccount(self.target.credentials, "file")

    def other_account(self, recorder: Recorder, params: Mapping[str, Any] | None = None) -> CallerAccount:
        """An account that is not the main one, for orders of somebody else. Raises NotTested when there is none."""
        account = self._fresh(recorder, params or {})
        if account is None and self.target.accounts:
            account = CallerAccount(self.target.accounts[0], "file")
        if account is None:
            raise NotTested("there is no second account: no state `caller`, no [[accounts]]", "caller")
        return account

    def own_account(self, recorder: Recorder, params: Mapping[str, Any] | None = None) -> CallerAccount:
        """An account that no other check has used or will use, for what uses up its budget. Raises NotTested."""
        account = self._fresh(recorder, params or {})
        with self._lock:
            if account is None and self._spare:
                account = CallerAccount(self._spare.pop(0), "file")
        if account is None:
            raise NotTested("there is no account to spare: no state `caller`, and [[accounts]] are used up", "caller")
        return account

    def _fresh(self, recorder: Recorder, params: Mapping[str, Any]) -> CallerAccount | None:
        try:
            answer = self.setup(recorder, "caller", params)
        except NotTested:
            return None
        if any(answer.get(name) != params[name] for name in REPEATED & params.keys()):
            return None
        values = read_caller(answer)
        if "ws_url" in self.target.credentials:
            values.setdefault("ws_url", self.target.credentials["ws_url"])
        url = values.get("ws_url")
        how = production_hosts(self.venue.production_hosts).reached_by(url) if url else None
        if how and not self._production_allowed:
            raise Inconclusive(f"the provider state `caller` gave a ws_url that {how}, where no run may go")
        try:
            credentials = parse_credentials(values, self.venue.credentials, "the answer of the state `caller`")
        except ClientFault as fault:
            # Not the target file is wrong but what the provider states make of it.
            raise Inconclusive("; ".join(str(fault).splitlines())) from fault
        self.redaction.learn(credentials.secrets)
        return CallerAccount(credentials, "state")

    def give_back(self, seconds: float) -> GivenBack:
        """Undo what was set up and not undone, in so many seconds at most, whatever the provider states did before."""
        if not self.setups.all:
            return GivenBack(0, None, ())
        limits = replace(self.target.limits, timeout_seconds=min(seconds, self.target.limits.timeout_seconds))
        states = open_states(replace(self.target, limits=limits), LostTime(seconds))
        try:
            return give_back(states, self.setups, seconds, self.settle_seconds)
        finally:
            states.close()

    def close(self) -> None:
        """Close every connection."""
        self.transport.close()
        self.states.close()


@dataclass(frozen=True)
class Apart:
    """By how many seconds a target's clock may be behind this machine's, and ahead of it; 0 where the two agree.

    What a Date header tells may be the clock of a gateway, and the venue's own may agree with ours: a timestamp that is
    to be outside a window, or within it, has to be so by either.
    """

    behind: float
    ahead: float


#: A Date header counts whole seconds, and a request takes its time.
AGREES_WITHIN = 2.0


def clocks_apart(exchange: Exchange, at_most: float) -> Apart:
    """How far a target's clock may be from ours, as its Date header tells.

    It is no further off than ``at_most``, the window within which requests of now are accepted.
    """
    off = clock_difference(exchange) or 0.0
    off = 0.0 if abs(off) <= AGREES_WITHIN else max(-at_most, min(at_most, off))
    return Apart(max(0.0, -off), max(0.0, off))


def clock_difference(exchange: Exchange) -> float | None:
    """Seconds by which the target's Date header is ahead of this machine's clock; None without a usable one."""
    for name, value in exchange.headers:
        if name.lower() == "date":
            try:
                return parsedate_to_datetime(value).timestamp() - time()
            except (TypeError, ValueError):
                return None
    return None
