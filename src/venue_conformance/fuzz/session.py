"""What the generated requests of one check share: callers by turns, orders to name, and those that must stay open."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.client.caller import Caller
from venue_conformance.client.fuzzing import BatchOrder, Payload, VenueFuzz, WrongSigning
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.fuzz.breaches import Breaches
from venue_conformance.fuzz.driver import FuzzDriver
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.naming import fill_slots, of_kind
from venue_conformance.fuzz.schema import GeneratedCase, VenueSchema
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.recorder import Recorder, Step

#: So many accounts take turns where the target makes them.
MOST_CALLERS = 24
#: One account with a documented budget has to do: so much less is tried, and nothing that costs more tokens than this.
_THRIFT, _DEAR_TOKENS = 4, 10
#: Orders that cannot be cancelled are provisioned one of each kind, open ones so many at a time; a batch names up to so
#: many.
_OF_EACH_KIND, _OPEN_AT_ONCE, _LIVE = 1, 15, 3


@dataclass
class Actor:
    """A caller with orders of its own; ``slots`` are those that valid batches name, ``spent`` its tokens."""

    caller: Caller[Any]
    orders: Orders
    slots: list[BatchOrder]
    spare: list[ProvisionedOrder] = field(default_factory=list)
    control_order: ProvisionedOrder | None = None
    spent: int = 0


@dataclass(frozen=True)
class NamedOrder:
    """An open order that a refused request named: by which clause it stays open, and the steps that tell of it."""

    order: ProvisionedOrder
    actor: Actor
    clause: str
    steps: list[Step]


class FuzzSession:
    """The generated requests of one check."""

    def __init__(
        self,
        venue: VenueFuzz,
        schema: VenueSchema,
        session: Session,
        recorder: Recorder,
        explore: Explore,
        breaches: Breaches,
        recruit: Callable[[], Caller[Any]],
        stranger: Callable[[], Caller[Any]],
    ) -> None:
        self._session, self._recorder, self._explore, self._breaches = session, recorder, explore, breaches
        self._recruit, self._stranger = recruit, stranger
        self._venue, self._schema = venue, schema
        self._driver = FuzzDriver(venue, schema, recorder.depth, explore.assess, explore.doubtful, session.ledger)
        self._actors: list[Actor] = []
        self._rota: list[Actor] = []
        self._turn = 0
        self._equipped = False
        self._named_orders: list[NamedOrder] = []

    # -- what is tried -------------------------------------------------------------------------------------------------

    def try_wrong_bodies(self, examples: int) -> None:
        """Invalid bodies, validly signed: those of the coverage phase, and some drawn at random."""
        self._require_acceptance()
        self._explore.each(lambda case: self._wrong_body(case, spread=True), self._schema.covered(right=False))
        self._explore(self._wrong_body, examples=self._few(examples), case=self._schema.cases(right=False))
        self._driver.require_depth()

    def try_right_batches(self, examples: int) -> None:
        """Valid batches, most of whose orders cannot be cancelled: of the coverage phase, and drawn at random."""
        self._equipped = True
        self._explore.each(lambda case: self._right_batch(case, spread=True), self._schema.covered(right=True))
        self._explore(self._right_batch, examples=self._few(examples), case=self._schema.cases(right=True))

    def try_wrong_signatures(self, examples: int) -> None:
        """Valid batches, invalidly signed."""
        self._require_acceptance()
        self._explore(
            self._wrongly_signed,
            examples=self._few(examples),
            wrong=self._venue.wrong_signings(),
            case=self._schema.cases(right=True),
        )

    def corrupt_bodies_of_open_orders(self, examples: int) -> None:
        """Bodies corrupted in one place, which still hold an open order's id."""
        self._require_acceptance()
        self._explore(self._corrupted_body, examples=self._few(examples), body=self._schema.corrupted_bodies())
        self._require_untouched()

    def sign_open_orders_wrongly(self, examples: int) -> None:
        """Batches of an open order, invalidly signed."""
        self._explore(self._wrongly_signed_order, examples=self._few(examples), wrong=self._venue.wrong_signings())
        self._require_untouched()

    # -- one request ---------------------------------------------------------------------------------------------------

    def _wrong_body(self, case: GeneratedCase, *, spread: bool = False) -> None:
        actor = self._next(self._venue.tokens(self._schema.payload(case)))
        payload = self._driver.complete(self._schema.payload(case), actor.slots, spread=spread)
        if not self._is_too_dear(payload):
            self._driver.send_wrong_body(actor.caller, payload, case)

    def _right_batch(self, case: GeneratedCase, *, spread: bool = False) -> None:
        actor = self._next(self._venue.tokens(self._schema.payload(case)))
        payload = self._driver.complete(self._schema.payload(case), actor.slots, right=True, spread=spread)
        if payload.batch and not self._is_too_dear(payload):
            used = [number for number, each in enumerate(actor.slots) if each in payload.batch]
            for number in [number for number in used if actor.slots[number].kind == self._venue.live]:
                actor.slots[number] = BatchOrder(self._open(actor), self._venue.live)
            self._driver.send_right(actor.caller, payload, case)

    def _wrongly_signed(self, wrong: WrongSigning, case: GeneratedCase) -> None:
        actor = self._next(self._venue.tokens(self._schema.payload(case)))
        payload = self._driver.complete(self._schema.payload(case), actor.slots, right=True)
        if payload.batch and not self._is_too_dear(payload):
            self._driver.send_wrongly_signed(actor.caller, payload, wrong)

    def _corrupted_body(self, body: Any) -> None:
        actor = self._next(self._venue.tokens(Payload(body)))
        named_order = self._named_order(actor)
        slots = [BatchOrder(named_order, "open"), *actor.slots]
        payload = self._driver.complete(Payload(body), slots, spread=True)
        clause = self._venue.harmless(payload)
        if clause is None or self._is_too_dear(payload):
            actor.spare.append(named_order)
            return
        mark = len(self._recorder.steps)
        sent = self._driver.send_wrong_body(actor.caller, payload)
        if self._venue.refuses(payload, sent.answer):
            self._named_orders.append(NamedOrder(named_order, actor, clause, self._recorder.since(mark)))

    def _wrongly_signed_order(self, wrong: WrongSigning) -> None:
        actor = self._next()
        named_order = self._named_order(actor)
        mark = len(self._recorder.steps)
        self._driver.send_wrongly_signed(actor.caller, self._batch([BatchOrder(named_order, "open")]), wrong)
        self._named_orders.append(NamedOrder(named_order, actor, wrong.untouched, self._recorder.since(mark)))

    def _batch(self, named: Sequence[BatchOrder]) -> Payload:
        return Payload(self._venue.batch([each.order for each in named]), batch=tuple(named), route=self._schema.route)

    # -- callers and orders --------------------------------------------------------------------------------------------

    def _next(self, tokens: int = 1) -> Actor:
        """An actor that has not spent its budget yet, a new one where the target makes callers; else by turns.

        What costs much gets a caller of its own there, so that nobody waits for that one's budget to fill up again.
        """
        burst = self._venue.burst or 0
        dear = 2 * tokens > burst > 0 and bool(self._actors) and self._makes_callers
        if not dear:
            for actor in self._rota:
                if actor.spent + tokens <= burst or not burst:
                    actor.spent += tokens
                    return actor
        if dear or not self._rota or (self._makes_callers and len(self._rota) < MOST_CALLERS):
            actor = self._equip(self._recruit())
            self._actors.append(actor)
            actor.spent = tokens
            if not dear:
                self._rota.append(actor)
            return actor
        self._turn = (self._turn + 1) % len(self._rota)
        return self._rota[self._turn]

    @property
    def _makes_callers(self) -> bool:
        return self._actors[0].caller.account.origin == "state" and self._venue.burst is not None

    @property
    def _is_thrifty(self) -> bool:
        first = self._actors[0].caller if self._actors else self._next().caller
        return first.account.origin == "file" and self._session.venue.pace is not None

    def _equip(self, caller: Caller[Any]) -> Actor:
        orders = Orders(self._session, self._recorder, caller, stranger=self._stranger)
        named: list[BatchOrder] = []
        actor = Actor(caller, orders, [])
        if self._equipped and self._session.states.kind != "inventory":
            with orders.optional():
                named += of_kind(self._venue.live, [self._open(actor) for _ in range(_LIVE)])
            for kind in self._venue.kinds:
                with orders.optional():
                    named += of_kind(kind, self._venue.provision_kind(kind, orders, _OF_EACH_KIND))
        actor.slots = fill_slots(named, orders.unknown)
        return actor

    def _named_order(self, actor: Actor) -> ProvisionedOrder:
        """An open order that no request has named yet. Raises NotTested where there is none."""
        if self._session.states.kind == "inventory":
            if actor.control_order is None:
                actor.control_order, *actor.spare = actor.orders.open(2)
            return actor.spare[0]
        if actor.control_order is None:
            actor.control_order = self._open(actor)
        return self._open(actor)

    def _open(self, actor: Actor) -> ProvisionedOrder:
        """An open order of the actor. Raises NotTested where there is none."""
        if not actor.spare:
            actor.spare = actor.orders.open(_OPEN_AT_ONCE)
        return actor.spare.pop()

    def _require_untouched(self) -> None:
        """Every order that was named by refused requests alone is open still, once a right cancel shows its effect.

        Raises NotTested when that effect never shows.
        """
        for actor in self._actors:
            named_orders = [named_order for named_order in self._named_orders if named_order.actor is actor]
            if not named_orders or actor.control_order is None:
                continue
            actor.caller.cancel_batch([actor.control_order])
            read = actor.orders.after(actor.control_order, [named_order.order for named_order in named_orders])
            for named_order in named_orders:
                self._breaches.exercising().add(named_order.clause)
                status = read[named_order.order.order_id]
                actor.orders.note_staying(named_order.order, status, named_order.clause)
                if status != "open":
                    wanted = f"{named_order.order.order_id}, named by a refused request, to stay open"
                    self._breaches.add(
                        Violation(wanted, status, named_order.clause, kind="order-touched"), named_order.steps
                    )
        self._breaches.conclude()

    # -- budgets -------------------------------------------------------------------------------------------------------

    def _require_acceptance(self) -> None:
        """The control of what judges refusals. Raises Presupposed where a valid request is refused as well."""
        actor, mark = self._next(), len(self._recorder.steps)
        try:
            accepted_by = self._driver.send_control(actor.caller, self._batch(actor.slots[:1]))
        except Violation as violation:
            if violation.clause is None:
                raise
            self._breaches.add(violation, self._recorder.since(mark))
            raise Presupposed(violation.clause, f"a valid request was answered otherwise: {violation}") from violation
        self._breaches.exercising().update({self._venue.authenticated, *([accepted_by] if accepted_by else [])})

    def _few(self, examples: int) -> int:
        return max(1, examples // _THRIFT) if self._is_thrifty else examples

    def _is_too_dear(self, payload: Payload) -> bool:
        return self._is_thrifty and self._venue.tokens(payload) > _DEAR_TOKENS

    def close(self) -> None:
        """Undo what can be undone of the orders provisioned."""
        for actor in self._actors:
            actor.orders.close()
