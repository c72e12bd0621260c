"""One group of users around one account: who prepares its rounds, lets the users send, and judges."""

from __future__ import annotations

import itertools
import queue
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from random import Random
from typing import Any

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller, RetryBudget
from venue_conformance.client.polling import Polling
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.client.under_load import Done, LoadScript, Round, RoundKind, RoundPart
from venue_conformance.errors import (
    EnvironmentFault,
    NotTested,
    OutOfTime,
    Presupposed,
    TargetSilent,
    Violation,
    WayFault,
)
from venue_conformance.load.findings import Findings
from venue_conformance.load.group_state import Measurements, RoundState, WithinBudget, orders_step
from venue_conformance.load.lots import Lots
from venue_conformance.load.pacing import LoadPacer
from venue_conformance.load.tally import Tally
from venue_conformance.load.task import Box, Task
from venue_conformance.load.transport import Connection, LoadTransport
from venue_conformance.target.setups import LASTING
from venue_conformance.target.state_values import ProvisionedOrder, read_statuses
from venue_conformance.wire.recorder import Recorder, Step
from venue_conformance.wire.retry_after import retry_after

#: So many orders of earlier rounds are named once more.
_REMEMBERED = 8
#: What is waited after a round that was lost to the way, and the most that a 429 is waited for.
_LOST_SECONDS, _MOST_LIMITED_SECONDS = 0.5, 5.0
#: What is held long is not usual.
_MOST_USUAL_SECONDS = 0.25


class RunningGroup:
    """See ``client.under_load.UserGroup``; ``stopping`` says that no round is to begin any more."""

    def __init__(
        self,
        session: Session,
        script: LoadScript,
        findings: Findings,
        tally: Tally,
        random: Random,
        stopping: Callable[[], bool],
        *,
        may_use_file: bool = True,
    ) -> None:
        """``may_use_file`` says that the account of the target file is not another worker's."""
        self._session, self._script, self._findings, self._tally = session, script, findings, tally
        self.random, self._stopping, self._may_use_file = random, stopping, may_use_file
        self.tasks: queue.Queue[Task] = queue.Queue()
        self.members = 0
        self._lots = Lots(session)
        self._accounts: dict[str, CallerAccount] = {}
        self._made: dict[str, list[Step]] = {}
        self._kept: dict[str, list[ProvisionedOrder]] = {}
        self._unknown: list[str] = []
        self._ended: deque[tuple[ProvisionedOrder, float]] = deque()
        self._numbers = itertools.count(1)
        self._within_budget = WithinBudget()
        self._greedy = False
        self._limited = 0.0
        self._usual: dict[str, float] = {}
        self._now = RoundState()
        self.assess = Assessment(self._now.violations.append, self._now.exercised)
        #: What went wrong with the suite itself.
        self.errors: list[str] = []

    # -- what rounds are handed ----------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """How many users send at one moment."""
        pacer = self._pacer
        most = self._script.group if pacer.at_once is None else min(self._script.group, pacer.at_once)
        return max(1, min(self.members, most))

    @property
    def caller(self) -> Caller[Any]:
        """The group's own account."""
        return self._caller("own", self._own_account)

    def _own_account(self, recorder: Recorder) -> CallerAccount:
        account = self._session.main_account(recorder)
        if account.origin == "file" and not self._may_use_file:
            raise NotTested("no account is left for this worker: no state `caller`, too few [[accounts]]", "caller")
        return account

    def caller_of(self, name: str, params: Mapping[str, Any] | None = None) -> Caller[Any]:
        """A further account."""
        make = self._session.other_account if name == "stranger" else self._session.own_account
        return self._caller(name, lambda recorder: make(recorder, params))

    def _caller(self, name: str, make: Callable[[Recorder], CallerAccount]) -> Caller[Any]:
        if name not in self._accounts:
            recorder = Recorder()
            self._accounts[name] = make(recorder)
            self._made[name] = recorder.steps
        if name not in self._now.callers:
            # So that a round can be played again by itself.
            self._now.recorder.steps[0:0] = self._made[name]
            self._now.callers[name] = self._session.venue.caller(
                self._accounts[name], self._session, self._now.recorder, RetryBudget()
            )
        return self._now.callers[name]

    def open(self, count: int, *, owner: Caller[Any] | None = None, **options: Any) -> list[ProvisionedOrder]:
        """Open orders that no earlier round has named."""
        holder = (owner or self.caller).name
        taken = self._lots.take(holder, count, options)
        self._now.opened.update((order.order_id, order) for order in taken)
        self._now.recorder.add(orders_step(holder, "open", taken, options))
        self._tally.orders += count
        return taken

    def kept(self, name: str, count: int, *, owner: Caller[Any] | None = None) -> list[ProvisionedOrder]:
        """Orders that live as long as the group."""
        if name not in self._kept:
            if name == "foreign" and self._session.states.kind == "inventory":
                self._kept[name] = self._lots.strangers(count)
            else:
                self._kept[name] = self._lots.take((owner or self.caller).name, count, {})
        return self._kept[name]

    @property
    def session(self) -> Session:
        """The worker's session."""
        return self._session

    @property
    def settle_seconds(self) -> float:
        """How long an effect may take to show."""
        return self._session.settle_seconds

    def measure(self, name: str, seconds: float) -> None:
        """Note how long something took."""
        self._session.kept(Measurements).of(name).append(seconds)

    def measured(self, name: str) -> list[float]:
        """What was noted lately."""
        return list(self._session.kept(Measurements).of(name))

    def usual(self, name: str) -> float:
        """How many seconds parts of a name have taken lately."""
        return self._usual.get(name, 0.0)

    def order(self, order_id: str) -> ProvisionedOrder:
        """An order of this round."""
        return self._now.opened[order_id]

    def setup(self, state: str, params: Mapping[str, Any]) -> bool:
        """Bring the target into a state."""
        try:
            self._session.setup(self._now.recorder, state, params)
        except NotTested:
            return False
        finally:
            self._now.states.append((state, params))
        return True

    def unknown(self, count: int) -> list[str]:
        """Ids that name no order; they are used again."""
        if len(self._unknown) < count:
            more = count - len(self._unknown)
            self._unknown += self._session.ledger.unknown(more, self._session.unknown_id)
        return self._unknown[:count]

    @property
    def ended(self) -> list[tuple[ProvisionedOrder, float]]:
        """Orders of earlier rounds that were cancelled."""
        if self._ended:
            orders = [order for order, _ in self._ended]
            self._now.recorder.add(orders_step(orders[0].owner, "cancelled", orders))
        return list(self._ended)

    def remember(self, orders: Iterable[ProvisionedOrder]) -> None:
        """A later round may name these again."""
        now = time.monotonic()
        known = {order.order_id for order, _ in self._ended}
        self._ended.extend((order, now) for order in orders if order.order_id not in known)

    def observe(self, clause: str, observed: str) -> None:
        """Note what no promise speaks of."""
        self._now.recorder.observe(clause, observed)

    def out_of_time(self) -> bool:
        """Whether no round is to begin any more."""
        return self._stopping()

    def judge_within_budget(self, refused: bool, clause: str) -> None:
        """Whether one account's greed costs another its budget: it is refused then, most times, and never else."""
        self._within_budget.judge(refused, clause, self.assess)

    # -- orders --------------------------------------------------------------------------------------------------------

    def statuses(self, orders: Sequence[ProvisionedOrder], wanted: str | None = None) -> dict[str, str]:
        """What orders read as."""
        if not orders:
            return {}
        polling = Polling(self._session.settle_seconds)
        while True:
            read = self._read(orders)
            if wanted is None or all(status == wanted for status in read.values()) or not polling.wait():
                return read

    def _read(self, orders: Sequence[ProvisionedOrder]) -> dict[str, str]:
        try:
            return self.at_once([order.order_id for order in orders])
        except NotTested:
            owners = {caller.name: caller for caller in self._now.callers.values()}
            return {order.order_id: (owners.get(order.owner) or self.caller).read_status(order) for order in orders}

    def at_once(self, ids: Sequence[str]) -> dict[str, str]:
        """What orders read as at one moment."""
        return read_statuses(self._session.setup(self._now.recorder, "order statuses", {"orderIds": list(ids)}), ids)

    # -- sending -------------------------------------------------------------------------------------------------------

    def run(self, parts: Sequence[RoundPart]) -> list[Done]:
        """Have users send parts at one moment, or as many as the rate allows, and then the others."""
        most = self._pacer.at_once or len(parts)
        return [done for first in range(0, len(parts), most) for done in self._at_once(parts[first : first + most])]

    def _at_once(self, parts: Sequence[RoundPart]) -> list[Done]:
        self._pacer.pay(parts)
        box = Box(len(parts))
        for place, part in enumerate(parts):
            self.tasks.put(Task(place, part, box))
        box.full.wait(30 + 6 * self._session.target.limits.timeout_seconds)
        if box.errors:
            raise box.errors[0]
        now = time.monotonic()
        dones = [
            done or Done(part.name, None, now, now, part.batch, "no user took it")
            for done, part in zip(box.dones, parts, strict=True)
        ]
        self._count(parts, dones)
        return dones

    def do(self, task: Task, connection: Connection) -> None:
        """Let a user do a part, over its connection."""
        part, started = task.part, time.monotonic()
        kind = part.name.rstrip("0123456789")
        done: Done
        try:
            with self._transport.sending(kind, connection), self._pacer.paid():
                result = part.call()
            fault = None if result is not None else "hung up"
            done = Done(part.name, result, started, time.monotonic(), part.batch, fault)
        except WayFault as lost:
            done = Done(part.name, None, started, time.monotonic(), part.batch, lost.fault)
        except EnvironmentFault as kept:
            done = Done(part.name, None, started, time.monotonic(), part.batch, kept.reason, kept_back=True)
            if isinstance(kept, OutOfTime):
                task.box.errors.append(kept)
        except Exception as error:
            task.box.errors.append(error)
            done = Done(part.name, None, started, time.monotonic(), part.batch, str(error))
        exchange = getattr(done.result, "exchange", None)
        if exchange is not None:
            # From when it was sent, not from when it waited.
            done = Done(done.name, done.result, max(started, exchange.started), done.end, done.batch)
        took = min(done.end - done.start, _MOST_USUAL_SECONDS)
        self._usual[kind] = took if kind not in self._usual else 0.8 * self._usual[kind] + 0.2 * took
        task.box.put(task.place, done)

    def _count(self, parts: Sequence[RoundPart], dones: Sequence[Done]) -> None:
        self._tally.operations += len(dones)
        sent = [done for part, done in zip(parts, dones, strict=True) if not done.kept_back]
        if len(sent) > 1 and max(done.start for done in sent) <= min(done.end for done in sent):
            named = Counter(order_id for done in sent for order_id in done.batch)
            self._tally.contended += sum(count > 1 and name in self._now.opened for name, count in named.items())
        for part, done in zip(parts, dones, strict=True):
            if part.account is not None and getattr(done.result, "status", None) == 429:
                self._within_budget.refused_else += not self._greedy
                wait = min(_MOST_LIMITED_SECONDS, retry_after(done.result.exchange))
                self._limited = max(self._limited, time.monotonic() + wait)

    @property
    def _pacer(self) -> LoadPacer:
        pacer = self._session.pacer
        assert isinstance(pacer, LoadPacer), "a session under load"
        return pacer

    @property
    def _transport(self) -> LoadTransport:
        transport = self._session.transport
        assert isinstance(transport, LoadTransport), "a session under load"
        return transport

    # -- rounds --------------------------------------------------------------------------------------------------------

    def conduct(self) -> None:
        """Run one round after the other until there is no more time. What goes wrong is noted, not raised."""
        kinds = list(self._script.kinds)
        while kinds and not self._stopping():
            kind = self._choose(kinds)
            try:
                self._round(kind)
            except OutOfTime as over:
                self._findings.round_lost(kind.check, over)
                return
            except NotTested as missing:
                self._findings.round_lost(kind.check, missing)
                if missing.cause == "state":
                    kinds.remove(kind)  # it will not be there later either
                elif not isinstance(missing, Presupposed):
                    self._pause(_LOST_SECONDS)
            except EnvironmentFault as fault:
                self._findings.round_lost(kind.check, fault)
                self._pause(_LOST_SECONDS if not isinstance(fault, TargetSilent) else 4 * _LOST_SECONDS)
            except Exception as error:  # a bug of ours must not end the run without a word
                self.errors.append(self._session.redaction.text(f"{kind.check.name}: {type(error).__name__}: {error}"))
                return
            self._pause(max(0.0, self._limited - time.monotonic()))

    def _choose(self, kinds: Sequence[RoundKind]) -> RoundKind:
        # Each once before any comes again, so that a short run has had them all.
        number = next(self._numbers) - 1
        if number < len(kinds):
            return kinds[number]
        return self.random.choices(kinds, [kind.weight for kind in kinds])[0]

    def _round(self, kind: RoundKind) -> None:
        self._now = now = RoundState()
        self.assess.report, self.assess.exercised = now.violations.append, now.exercised
        self._greedy = kind.check.greedy
        try:
            with self._transport.sending("other"):
                planned = kind.prepare(self)
                self._judge(kind, planned)
        finally:
            self._session.remembered.hand_over()
            self._undo(now.states)
            forgotten = [self._ended.popleft()[0].order_id for _ in range(len(self._ended) - _REMEMBERED)]
            lasting = {order.order_id for order, _ in self._ended}
            self._lots.settle([*forgotten, *(name for name in now.opened if name not in lasting)])

    def _undo(self, states: Sequence[tuple[str, Mapping[str, Any]]]) -> None:
        """Take back what this round has set up, and forget it: a long run has many rounds."""
        for state, params in states:
            setup = self._session.setups.find(state, params)
            if setup is not None and state not in LASTING:
                self._session.states.teardown(state, params)
            if setup is not None and not setup.may_be_undone:
                self._session.setups.forget(setup)
        self._session.setups.forget_unmade()

    def _judge(self, kind: RoundKind, planned: Round) -> None:
        now = self._now
        dones = self.run(planned.parts)
        try:
            if (error := self._findings.server_errors(kind.check, dones)) is not None:
                now.violations.append(error)
            planned.judge(dones)
        except Violation as violation:
            now.violations.append(violation)
        finally:
            judged = bool(now.violations or now.exercised)
            if judged:
                self._tally.rounds += 1
                self._findings.round_ended(kind.check, now.violations, now.exercised, now.recorder)

    def _pause(self, seconds: float) -> None:
        ends = time.monotonic() + seconds
        while not self._stopping() and (left := ends - time.monotonic()) > 0:
            time.sleep(min(0.1, left))

    def close(self) -> None:
        """Give back the orders that were not used."""
        with suppress(EnvironmentFault):
            self._lots.close()
