"""Plays the recorded steps of a check again: its provider states are set up anew, its requests are signed afresh."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.client.caller import Recorded, RetryBudget
from venue_conformance.client.polling import Polling
from venue_conformance.client.session import CallerAccount, Session
from venue_conformance.errors import Unreachable
from venue_conformance.plugin.serialization import exchange_record
from venue_conformance.replay.names import Names
from venue_conformance.report.records import ExchangeRecord
from venue_conformance.target.state_values import read_orders
from venue_conformance.wire.exchange import Exchange, Request
from venue_conformance.wire.recorder import Recorder
from venue_conformance.wire.tries import Tries

#: Headers whose value is a key that must not have been used before.
_KEY_HEADERS = frozenset({"idempotency-key"})
#: No limit that is documented takes longer to forget.
_LONGEST_PAUSE_SECONDS = 60.0
#: States that leave nothing to be undone.
READ = "order statuses"
_LASTING = frozenset({"caller", READ, "fill", "time passed"})


@dataclass(frozen=True)
class StateAgain:
    """A provider state that was set up again; ``recorded`` and ``now`` are its values, None when it was not to be had.

    The names in ``recorded`` are already this run's.
    """

    state: str
    params: Mapping[str, Any]
    recorded: Mapping[str, Any] | None
    now: Mapping[str, Any] | None

    @property
    def reads(self) -> bool:
        """Whether it is a look at what became of orders."""
        return self.state == READ and self.now is not None

    @property
    def same(self) -> bool:
        """Whether the orders read as they were recorded."""
        return not self.reads or self.recorded == self.now


@dataclass(frozen=True)
class ExchangeAgain:
    """A recorded exchange and what came when it was sent again."""

    recorded: ExchangeRecord
    now: ExchangeRecord
    #: The recorded body of the answer with this run's names.
    expected_body: str | None = None

    @property
    def same(self) -> bool:
        """Whether the status is the recorded one again, none for none."""
        return self.recorded.status == self.now.status

    @property
    def alike(self) -> bool:
        """Whether status and body are those that were recorded, but for the names of orders and accounts."""
        return self.same and (self.expected_body or "") == (self.now.response_body or "")


class RecordedSteps:
    """The steps of one check against a target of today.

    ``exchanges`` are those of the report by number, ``prefix`` is that of the gateway they went through. Requests that
    overlapped when they were recorded overlap again, and where some met a limit, all are as far apart as they were.
    """

    def __init__(
        self,
        session: Session,
        steps: Sequence[Mapping[str, Any]],
        exchanges: Mapping[int, ExchangeRecord],
        prefix: str = "",
    ) -> None:
        self._session, self._exchanges, self._prefix = session, exchanges, prefix
        self._steps = _without_polls([step for step in steps if "note" not in step])
        self._names = Names(session.ledger, session.venue.positions.words)
        self._accounts: dict[str, CallerAccount] = {}
        self._recruited = 0
        self._set_up: list[tuple[str, Mapping[str, Any]]] = []
        reported = [exchanges[step["exchange"]] for step in steps if "exchange" in step]
        self._limit_asked = any(exchange.status == 429 for exchange in reported)
        #: When the last request began, then and now; where no limit was met, nobody needs to know.
        self._last: tuple[float, float] | None = None
        self._later = time.time() - min((_started(exchange) for exchange in reported), default=time.time())

    def play(self) -> Iterator[StateAgain | ExchangeAgain | str]:
        """Every step again, in order; a text is a remark of the check.

        Raises what provider states raise: then the trace cannot go on.
        """
        try:
            for group in _overlapping(self._steps, self._exchanges):
                yield from self._play_group(group)
        finally:
            for state, params in reversed(self._set_up):
                self._session.states.teardown(state, params)

    def _play_group(self, steps: Sequence[Mapping[str, Any]]) -> Iterator[StateAgain | ExchangeAgain | str]:
        numbers = [step["exchange"] for step in steps if "exchange" in step]
        if numbers and self._limit_asked:
            self._keep_apart([_started(self._exchanges[number]) for number in numbers])
        if len(numbers) <= 1:
            for step in steps:
                yield self._exchange(self._exchanges[step["exchange"]]) if "exchange" in step else self._other(step)
            return
        first = min(_started(self._exchanges[number]) for number in numbers)
        with ThreadPoolExecutor(max_workers=len(numbers)) as pool:
            sent: dict[int, Future[ExchangeAgain]] = {}
            for number in numbers:
                recorded = self._exchanges[number]
                self._account(recorded.caller)  # here, so that accounts are handed out in order
                sent[number] = pool.submit(self._exchange, recorded, _started(recorded) - first)
            for step in steps:
                yield sent[step["exchange"]].result() if "exchange" in step else self._other(step)

    def _keep_apart(self, starts: Sequence[float]) -> None:
        """Wait until requests that began at these moments are as far from those before them as they were."""
        if self._last is not None:
            then, now = self._last
            time.sleep(max(0.0, min(min(starts) - then, _LONGEST_PAUSE_SECONDS) - (time.monotonic() - now)))
        self._last = max(starts), time.monotonic() + max(starts) - min(starts)

    def _other(self, step: Mapping[str, Any]) -> StateAgain | str:
        return self._state(step) if "state" in step else str(step["note"])

    def _state(self, step: Mapping[str, Any]) -> StateAgain:
        state, recorded = step["state"], step["values"]
        if recorded is None:  # it was not offered, and the check went on without
            return StateAgain(state, step["params"], None, None)
        if state == "caller":
            return self._caller(step)
        self._account(step["params"].get("caller"))
        params = self._names.value(step["params"])
        if state == READ:
            return self._read(params, recorded)
        now = self._session.setup(Recorder(), state, params)
        if state not in _LASTING:
            self._set_up.append((state, params))
        if state == "orders":
            self._session.ledger.enter_orders(read_orders(now, params))
            for before, after in zip(recorded["orders"], now["orders"], strict=True):
                for name in ("orderId", "clientId"):
                    self._names.learn(before.get(name), after.get(name))
        return StateAgain(state, params, self._names.value(recorded), now)

    def _read(self, params: Mapping[str, Any], recorded: Mapping[str, Any]) -> StateAgain:
        """Read orders, until they read as recorded or an effect would have shown."""
        if isinstance(recorded.get("statuses"), dict):
            recorded = {
                "statuses": {self._names.named(order): status for order, status in recorded["statuses"].items()}
            }
        poll = Polling(self._session.settle_seconds)
        while True:
            again = StateAgain(READ, params, recorded, self._session.setup(Recorder(), READ, params))
            if again.same or not poll.wait():
                return again

    def _caller(self, step: Mapping[str, Any]) -> StateAgain:
        account = self._recruit(step["params"])
        recorded = step["values"].get("credentials", {})
        self._know(recorded.get(self._session.venue.credentials.account_name), account)
        return StateAgain("caller", step["params"], self._names.value(step["values"]), {"credentials": account.name})

    def _recruit(self, params: Mapping[str, Any]) -> CallerAccount:
        """One more account: a fresh one where the target makes them, else the target file's next."""
        make = (self._session.main_account, self._session.other_account, self._session.own_account)
        self._recruited += 1
        return make[min(self._recruited, len(make)) - 1](Recorder(), params)

    def _know(self, recorded: object, account: CallerAccount) -> None:
        if isinstance(recorded, str):
            self._accounts[recorded] = account
            self._names.learn(recorded, account.name)

    def _account(self, recorded: str | None) -> CallerAccount:
        """Who acts for a recorded account now; one that was in the target file then is not told in the trace."""
        target = self._session.target
        if recorded is None:
            return CallerAccount(target.credentials, "file")
        if recorded not in self._accounts:
            own = {each.name: each for each in (target.credentials, *target.accounts)}.get(recorded)
            self._know(recorded, self._recruit({}) if own is None else CallerAccount(own, "file"))
        return self._accounts[recorded]

    def _exchange(self, recorded: ExchangeRecord, wait: float = 0) -> ExchangeAgain:
        time.sleep(wait)
        account, recorder = self._account(recorded.caller), Recorder()
        others = tuple(other for other in self._accounts.values() if other.name != account.name)
        again = Recorded(self._request(recorded), self._later, others, self._limit_asked)
        try:
            caller = self._session.venue.caller(
                account, self._session, recorder, RetryBudget(), Tries(as_it_comes=True)
            )
            exchange: Exchange = caller.resend(again)
        except Unreachable:
            exchange = recorder.exchanges[-1]
        body = None if recorded.response_body is None else self._names.text(recorded.response_body)
        return ExchangeAgain(recorded, exchange_record(recorded.id, exchange, self._session.redaction), body)

    def _request(self, recorded: ExchangeRecord) -> Request:
        where, body = urlsplit(recorded.url), recorded.request_bytes
        path = where.path.removeprefix(self._prefix)
        headers = [
            (name, self._names.key(value) if name.lower() in _KEY_HEADERS else self._names.text(value))
            for name, value in recorded.request_headers.items()
        ]
        return Request(
            recorded.method,
            self._names.path(path) + (f"?{self._names.named(where.query)}" if where.query else ""),
            tuple(headers),
            None if body is None else self._names.body(body),
            caller=recorded.caller,
            signing=self._names.value(recorded.signing),
        )


def _without_polls(steps: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """The trace, in which of several looks in a row at the same orders only the last is left."""
    looks = [step["params"] if step.get("state") == READ else None for step in steps]
    return [
        step
        for step, look, following in zip(steps, looks, [*looks[1:], None], strict=True)
        if look is None or look != following
    ]


def _overlapping(
    steps: Sequence[Mapping[str, Any]], exchanges: Mapping[int, ExchangeRecord]
) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The trace in pieces: steps of their own, and stretches within which requests were under way at one time.

    Steps stand in the order in which they ended, so that whatever overlaps a request stands behind it.
    """
    begin = 0
    while begin < len(steps):
        end, at = begin + 1, begin
        while at < end:
            ended = _ended(steps[at], exchanges)
            for later in range(end, len(steps)):
                if "exchange" in steps[later] and _started(exchanges[steps[later]["exchange"]]) < ended:
                    end = later + 1
            at += 1
        yield steps[begin:end]
        begin = end


def _started(exchange: ExchangeRecord) -> float:
    return datetime.fromisoformat(exchange.started_at).replace(tzinfo=UTC).timestamp()


def _ended(step: Mapping[str, Any], exchanges: Mapping[int, ExchangeRecord]) -> float:
    if "exchange" not in step:
        return 0.0
    exchange = exchanges[step["exchange"]]
    return _started(exchange) + exchange.duration_seconds
