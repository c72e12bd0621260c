"""One scenario while it is played: provider states, the script, and the client behind its adaptor."""

from __future__ import annotations

import random
import threading
import time
import uuid
from typing import Any

from venue_conformance.clients.adaptor import Adaptor
from venue_conformance.clients.protocol import Hello, Report
from venue_conformance.clients.recording import Call, Recording
from venue_conformance.clients.scenario import Naming
from venue_conformance.errors import AdaptorFault, ConformanceError, NotTested, SuiteFault
from venue_conformance.reference.stage import STAGE_FAILED
from venue_conformance.reference.stage_server import ServedStage
from venue_conformance.reference.stage_steps import Step

#: How long an effect may take to show once nothing is under way any more: looked at after a moment, and once more until
#: then where an order is not what the client says. And how long something may be under way.
_MOMENT_SECONDS, SETTLE_SECONDS = 0.2, 2.5
_QUIET_SECONDS = 8.0
_CLAIM_SECONDS = 5.0
#: How much of what goes over sockets is told.
_FRAMES_TOLD = 30


class PlayedScene:
    """Implements ``Scene`` on a served stage and an adaptor whose client has just been opened."""

    def __init__(
        self, stage: ServedStage, adaptor: Adaptor, hello: Hello, account: dict[str, str], seed: int, deadline: float
    ) -> None:
        self._stage, self._adaptor, self._deadline = stage, adaptor, deadline
        self._account_name = stage.stage.account_name(account)
        self._staging = stage.stage.staging
        self._details: dict[str, dict[str, Any]] = {}
        self._ids: dict[str, str] = {}
        self._other: str | None = None
        self._random = random.Random(f"ids that name no order / {seed}")
        self._lock = threading.Lock()
        self.recording = Recording(hello.venue, hello.can, account)

    # -- states ----------------------------------------------------------------------------------------------------

    def open(self, count: int = 1, wallet: str | None = None, **how: Any) -> list[str]:
        """Open orders of the client's account, or of another wallet that it may act for."""
        return self._orders(wallet or self._account_name, count, "open", **how)

    def filled(self, count: int = 1) -> list[str]:
        """Filled orders of the client's account."""
        return self._orders(self._account_name, count, "filled")

    def of_status(self, status: str, count: int = 1) -> list[str]:
        """Orders of the client's account that have come to some other end."""
        return self._orders(self._account_name, count, status)

    def foreign(self, count: int = 1) -> list[str]:
        """Open orders of another account."""
        if self._other is None:
            self._other = self._new_account()
        return self._orders(self._other, count, "open")

    def another_wallet(self) -> str:
        """Another wallet that the client may act for, where an account can have several."""
        return self._new_account()

    def _new_account(self) -> str:
        return self._stage.stage.account_name(self._state("caller")["credentials"])

    def of_engine(self, engine: str) -> list[str]:
        """An order that another engine has executed."""
        return self._orders(self._account_name, 1, "filled", engine=engine)

    def unknown(self, count: int = 1) -> list[str]:
        """Ids that name no order."""
        make = getattr(self._staging, "UNKNOWN", lambda source: str(uuid.UUID(int=source.getrandbits(128), version=4)))
        return [make(self._random) for _ in range(count)]

    def arrange(self, state: str, **params: Any) -> None:
        """Bring the venue into a state that concerns the order that is named, else the client's account."""
        concerned = {} if "orderId" in params else {"caller": self._account_name}
        self._state(state, **concerned, **params)
        self._note({"note": f"the venue: {state}, {', '.join(f'{name} {value}' for name, value in params.items())}"})

    def fill(self, order_id: str) -> None:
        """Fill an order, as if it were matched now."""
        try:
            self._state("fill", orderId=order_id)
        except LookupError:  # the client has cancelled it, though nobody asked for that yet
            self._note({"note": f"the venue would fill {order_id}, which is off the book already"})
        else:
            self._note({"note": f"the venue fills {order_id}"})

    def refusal(self, status: int, retry_after: int | None = None) -> dict[str, Any]:
        """The document with which the venue refuses a whole request."""
        refusal = getattr(self._staging, "refusal", None)
        return (
            refusal(status, retry_after) if refusal else {"error": "staged", "message": "Staged", "statusCode": status}
        )

    def script(self, *steps: Step) -> None:
        """What the next batch cancels meet."""
        self._stage.put(steps)
        told = "; ".join(step.describe() for step in steps) or "pass"
        self._note({"note": f"script: {told}"})

    def _orders(self, account: str, count: int, status: str, **more: Any) -> list[str]:
        made = self._state("orders", caller=account, count=count, status=status, **more)["orders"]
        ids = [str(order["orderId"]) for order in made]
        self._details |= {order["orderId"]: order for order in made}
        self._stage.watch(ids)
        return ids

    def _state(self, name: str, **params: Any) -> dict[str, Any]:
        values = self._stage.state(name, **params)
        if name in ("caller", "orders"):
            shown = values if len(values.get("orders", ())) <= 5 else {"orders": f"{len(values['orders'])} orders"}
            self._note({"state": name, "params": params, "values": shown})
        return values

    # -- the client ------------------------------------------------------------------------------------------------

    def cancel(self, order_ids: list[str], wallet: str | None = None, by: Naming = "orderId") -> Report:
        """Ask the client to cancel some orders, in one call, and wait until all that came of it can be seen."""
        call = self._begin(order_ids, wallet, by)
        try:
            self._ask(call)
            self._claim(call)
        finally:
            self._look(call)
        return call.report

    def in_a_row(self, *batches: list[str]) -> None:
        """Ask for several batches one after the other, and only then wait for what can be seen."""
        calls: list[Call] = []
        try:
            for batch in batches:
                calls.append(self._begin(batch))
                self._ask(calls[-1])
        finally:
            for call in calls:
                self._look(call)

    def together(self, *batches: list[str]) -> None:
        """Ask for several batches at once."""
        if "concurrent" not in self.recording.can:
            raise NotTested("the client takes one call at a time", cause="not-applicable")
        calls = [self._begin(batch) for batch in batches]
        faults: list[ConformanceError] = []

        def ask(call: Call) -> None:
            try:
                self._ask(call)
            except ConformanceError as fault:
                faults.append(fault)

        threads = [threading.Thread(target=ask, args=(call,), daemon=True) for call in calls]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(self._deadline + 5)
        for call in calls:
            self._look(call)
        if faults:
            raise faults[0]

    def _begin(self, order_ids: list[str], wallet: str | None = None, by: Naming = "orderId") -> Call:
        self._stage.watch(order_ids)
        orders = tuple(self._asked(order, by) for order in order_ids)
        call = Call(len(self.recording.calls) + 1, orders, 0.0, wallet=wallet)
        call.before = self._statuses(call.order_ids)
        call.began = time.monotonic()
        self.recording.calls.append(call)
        order_ids = call.order_ids
        named = ", ".join(order_ids[:3]) + (f" and {len(order_ids) - 3} more" if len(order_ids) > 3 else "")
        acting = f" for wallet {wallet}" if wallet is not None else ""
        self._note({"note": f"call {call.number} asks the client to cancel {named or 'nothing'}{acting}"})
        return call

    def _asked(self, order_id: str, by: Naming) -> dict[str, Any]:
        """What the client is told of an order: its id, or its client id, and what its venue wants to know beside it."""
        known = self._details.get(order_id) or self._details.get(order_id.lower()) or {}
        further = {name: known.get(name, usual) for name, usual in getattr(self._staging, "ASKED", {}).items()}
        client_id = known.get("clientId")
        if by == "orderId" or client_id is None:
            return {"orderId": order_id, **further}
        if by == "both":
            self.recording.aliases[client_id] = order_id
            return {"orderId": order_id, "clientId": client_id, **further}
        self.recording.aliases[order_id], self._ids[client_id] = client_id, order_id
        return {"clientId": client_id, **further}

    def _ask(self, call: Call) -> None:
        call.report = self.recording.renamed(self._adaptor.cancel(call.orders, self._deadline, call.wallet))
        call.ended = time.monotonic()
        self._said(call)

    def _claim(self, call: Call) -> None:
        """Where a client has more to say of what is pending, hear it."""
        if "settle" in self.recording.can and any(row.outcome == "pending" for row in call.report.rows):
            call.report = self.recording.renamed(self._adaptor.settle(call.orders, _CLAIM_SECONDS, self._deadline))
            call.ended = time.monotonic()
            self._said(call)

    def _said(self, call: Call) -> None:
        rows = [f"{row.order_id} {row.outcome}" + (f" ({row.code})" if row.code else "") for row in call.report.rows]
        shown = "; ".join(rows[:5]) + (f"; and {len(rows) - 5} more" if len(rows) > 5 else "")
        told = call.report.describe() if len(rows) != len(rows[:5]) or not rows else shown
        error = f"; error {call.report.error}" if call.report.error and rows else ""
        self._note({"note": f"the client says of call {call.number}: {told}{error}"})

    def _look(self, call: Call) -> None:
        call.ended = call.ended or time.monotonic()
        self._stage.wait_until_quiet(_QUIET_SECONDS)
        until = time.monotonic() + SETTLE_SECONDS
        time.sleep(_MOMENT_SECONDS)
        call.after = self._statuses(call.order_ids)
        while self._waits_for_an_effect(call) and time.monotonic() < until:
            time.sleep(_MOMENT_SECONDS)
            call.after = self._statuses(call.order_ids)

    def _waits_for_an_effect(self, call: Call) -> bool:
        """Whether an order is said to be cancelled, and is not seen to be."""
        return any(
            "cancelled" in call.report.outcomes_of(order) and call.became(order) in ("open", "partially_filled")
            for order in call.order_ids
        )

    def _statuses(self, order_ids: list[str]) -> dict[str, str]:
        """The status of each order, by its name; of ids also in lower case."""
        names = list(dict.fromkeys([*order_ids, *(order.lower() for order in order_ids)]))
        asked = [self._ids.get(name, name) for name in names]
        found: dict[str, str] = self._stage.state("order statuses", orderIds=asked)["statuses"] if asked else {}
        return {name: found[order] for name, order in zip(names, asked, strict=True)}

    def _note(self, step: dict[str, Any]) -> None:
        with self._lock:
            self.recording.notes.append((time.monotonic(), step))

    def _tell_of_frames(self) -> None:
        """What went over sockets is among the steps; many frames are the same, so that the first few will do."""
        frames, in_words = self.recording.frames, getattr(self.recording.wire, "frame_in_words", str)
        for frame in frames[:_FRAMES_TOLD]:
            if frame.text is None:
                opened = frame is next(each for each in frames if each.socket == frame.socket)
                told = "opens" if opened else "is closed by the client" if frame.inward else "drops"
            else:
                text = in_words(frame.text)
                told = f"the client says {text}" if frame.inward else f"the venue says {text}"
            joined = " " if frame.text is None else ": "
            self.recording.notes.append((frame.moment, {"note": f"socket {frame.socket}{joined}{told}"}))
        if len(frames) > _FRAMES_TOLD:
            more = f"and {len(frames) - _FRAMES_TOLD} messages more on sockets"
            self.recording.notes.append((frames[_FRAMES_TOLD].moment, {"note": more}))

    # -- the end ---------------------------------------------------------------------------------------------------

    def finish(self) -> Recording:
        """Everything that happened. Raises AdaptorFault for what no rule could judge."""
        recording, stage = self.recording, self._stage
        recording.arrivals, recording.frames = stage.arrivals(), stage.frames()
        for arrival in recording.arrivals:
            arrival.cancelled = frozenset(recording.aliases.get(order, order) for order in arrival.cancelled)
        recording.more_arrivals = stage.stage.more_arrivals
        self._tell_of_frames()
        recording.assign()
        if failed := next(
            (each.fault for each in recording.arrivals if (each.fault or "").startswith(STAGE_FAILED)), None
        ):
            raise SuiteFault(failed)
        if stage.refused_connections:
            raise AdaptorFault(f"the client opened {stage.refused_connections} connections beyond what a venue bears")
        if stage.unreadable:
            raise AdaptorFault("something arrived that is no HTTP/1.1")
        claims = any(
            "cancelled" in call.report.outcomes_of(order) for call in recording.calls for order in call.order_ids
        )
        if claims and not recording.arrivals:
            raise AdaptorFault("it reports cancelled orders, and nothing arrived: is base_url handed to the client?")
        return recording
