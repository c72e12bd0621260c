"""Sequences of orders and batches, each step of which is answered, and comes to be read, as the pages say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fixtures.arcus_channel import Listen
from fixtures.sequences import ExploreSequences
from suites.shared.sequences import OrderSequence
from venue_conformance.client.caller import require_armed
from venue_conformance.client.expected import CANCELLED, LIVE, ExpectedOrder
from venue_conformance.errors import Inconclusive, NotTested
from venue_conformance.fuzz.machine import after_the_end, judged
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus import model
from venue_conformance.venues.arcus.answer import CANCELED
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.channel import STANDS, OrdersChannel
from venue_conformance.venues.arcus.model import CLAUSES, Claim, Mention, client_id_of

PLACES = st.integers(0, 5)
WAYS = st.sampled_from(["once", "twice", "with a repeat"])
FAULTS = st.sampled_from(["both ids", "both ids", *model.WRONG_SIGNATURES])
#: What a batch names: orders, and whether by their client ids, as far as they have any.
DrawnOrders = list[tuple[ExpectedOrder, bool]]
#: What sequences are about: of which kinds their orders are.
ABOUT = {
    "own orders": ("open", "open", "partially_filled", "filled", "cancelled", "expired", "rejected"),
    "client ids": ("open with client id", "open with client id", "foreign with client id", "open", "unknown client id"),
    "strangers": ("open", "open", "foreign", "foreign with client id", "open with client id", "unknown"),
    "live orders": ("open", "open", "open with client id", "partially_filled"),
}


class ArcusSequence(OrderSequence):
    """Two accounts and their orders."""

    #: No budget is documented, but there may be one; what an account is certain to have is a few full batches.
    at_once = 200
    #: Effects come late, and some faults show only where one request follows another at once: ``_about_to_send`` looks.
    looks_between = False
    #: Makes subscribers to the channel; None where it cannot be reached.
    listen: ClassVar[Listen | None] = None
    orders = OrderSequence.orders
    batches = st.lists(st.tuples(orders, st.booleans()), min_size=1, max_size=4)
    adjacent_orders = st.lists(st.tuples(orders, st.booleans()), max_size=3)

    def __init__(self) -> None:
        if not self.tracker.made + self.tracker.dropped:
            self.tracker.seconds /= len(ABOUT)  # all sequences together take the time that those of others do
        super().__init__()
        self.definitive, self.armed = False, list[dict[str, Any]]()
        #: Whether anything was sent since the orders were read; what it was, and an order that it is to cancel.
        self.unseen = False
        self.control_order: ExpectedOrder | None = None
        self.last: tuple[Mention | str, ...] = ()
        #: A subscriber to the caller's orders; None before there are any, and where the channel cannot be reached.
        self.channel: OrdersChannel | None = None

    # -- orders ----------------------------------------------------------------------------------------------------

    def make(self, kind: str, count: int) -> list[ExpectedOrder]:
        """So many orders of a kind."""
        assert self.scenario is not None, "doing() made it"
        orders = self.scenario.orders
        if kind.startswith("unknown"):
            ids = orders.unknown(count) if kind == "unknown" else self._actor(False).unknown_client_ids(count)
            return [ExpectedOrder(self.label(kind), one, kind, "", model.UNNAMED) for one in ids]
        whose, _, rest = kind.partition(" ")
        status = "open" if whose == "foreign" else whose
        options: dict[str, Any] = {"client_ids": True} if rest == "with client id" else {}

        def provision() -> list[ProvisionedOrder]:
            return orders.foreign(count, **options) if whose == "foreign" else orders.make(count, status, **options)

        made = self.environment.orders_of(provision, kind)
        if self.channel is None and whose != "foreign" and made and self.listen is not None:
            self._subscribe(made)
        return [
            ExpectedOrder(self.label(kind), one, status, one.owner, model.UNNAMED, frozenset({status})) for one in made
        ]

    def _subscribe(self, made: list[ProvisionedOrder]) -> None:
        """Hear of the caller's orders from now on, if the channel can be reached."""
        assert self.listen is not None, "it was asked for"
        try:
            self.channel = self.listen(self._actor(False), made)
        except NotTested:
            type(self).listen = None

    def clause_of(self, status: str) -> str:  # noqa: ARG002 - whatever it is
        """Nobody has named it in a batch since."""
        return model.UNNAMED

    @precondition(lambda self: self.live)
    @rule(place=PLACES, parts=st.integers(0, 3), cancelled=st.booleans())
    def fill(self, place: int, parts: int, cancelled: bool) -> None:
        """A live order of the caller is filled, wholly or part by part, and perhaps cancelled then."""
        each = _at(self.live, place)
        for part in [True] * parts or [False]:
            self.doing(f"{each.label} is filled{' in part' if part else ''}")
            if judged(self, self.environment.offered, "fill", {"orderId": each.order_id, "part": part}):
                each.becomes("partially_filled" if part else "filled", each.clause)
        if cancelled:
            self._cancel_rightly([Mention(each)])

    # -- batches ---------------------------------------------------------------------------------------------------

    @rule(batch=batches, live=st.integers(0, 2), by_other=st.booleans(), definitive=st.booleans(), how=WAYS)
    def cancel(self, batch: DrawnOrders, live: int, by_other: bool, definitive: bool, how: str) -> None:
        """A valid batch, some live orders last; perhaps it is sent again, or names its first order twice."""
        self._answer(definitive)
        mentions = [*self._mentions(batch), *map(Mention, self.live[:live])]
        mentions = [*mentions[: how == "with a repeat"], *mentions]
        for _ in range(2 if how == "twice" else 1):
            self._cancel_rightly(mentions, by_other)

    @precondition(lambda self: self.ended or self.foreign)
    @rule(place=PLACES, foreign=st.booleans(), by_client_id=st.booleans(), definitive=st.booleans())
    def cancel_in_vain(self, place: int, foreign: bool, by_client_id: bool, definitive: bool) -> None:
        """Orders that are not the caller's, or have been seen to end, are cancelled twice."""
        if self.unseen:
            self.look()
        self._answer(definitive)
        some = (self.foreign if foreign else self.ended) or self.foreign or self.ended
        batch = self._mentions([(each, by_client_id) for each in some[-1 - place :]])
        for _ in range(2):
            self._cancel_rightly(batch)

    def _answer(self, definitive: bool) -> None:
        """Have the caller's next batches answered in one of the two forms, where that can be had."""
        if definitive != self.definitive:
            self.definitive = definitive
            self.doing(f"the caller is going to be answered {'200' if definitive else '202'}")
            params = {"caller": self._actor(False).name, "on": definitive}
            if judged(self, self.environment.offered, "definitive answers", params):
                self.armed.append(params)

    def _cancel_rightly(self, mentions: Sequence[Mention], by_other: bool = False) -> None:
        if self.affords(len(mentions), by_other=by_other):
            self.doing(
                f"{'the other caller' if by_other else 'the caller'} cancels {_said(mentions)}", _orders(mentions)
            )
            judged(self, self._cancel, by_other, mentions)

    def _cancel(self, by_other: bool, mentions: Sequence[Mention], wrong: int | None = None, how: str = "") -> None:
        actor = self._actor(by_other)
        elements = [mention.element(actor) for mention in mentions]
        if wrong is not None:
            elements[wrong] = model.wrongly_signed(elements[wrong], how)
        live = [mention.each for mention in mentions if mention.is_live_of(actor.name)]
        self._about_to_send(mentions, f"{actor.name} {how}")
        answer = actor.send(lambda signed: {"cancels": signed(elements)}, right=all(one.is_right for one in elements))
        self.unseen, self.control_order = True, None
        rule = f"arcus.signature.{how}"
        for claim in model.carried_out(answer, actor.name, mentions, self.assess, wrong=wrong, rule=rule):
            self._judge_claim(claim)
        self.control_order = next((each for each in reversed(live) if each.live is False), None)

    def _judge_claim(self, claim: Claim) -> None:
        """Tell whether it is the order or the row that is wrong, once the order has been read."""
        each, expected = claim.each, claim.each.possible
        if claim.reads is not None and isinstance(each.order, ProvisionedOrder) and self.scenario is not None:
            self.scenario.orders.poll_until([each.order], claim.reads)
        if each.owner:
            self.compare([each])
        if each.possible == expected:
            self.report(claim.violation)

    @precondition(lambda self: self.live)
    @rule(others=adjacent_orders, place=PLACES, first=st.booleans(), how=FAULTS)
    def cancel_wrongly(self, others: DrawnOrders, place: int, first: bool, how: str) -> None:
        """A batch of which one element, that of a live order, names two ids or is invalidly signed; sent twice."""
        by_client_id = how != "both ids" and place % 2 == 1
        named_order, adjacent = self._mentions(
            [(_at(self.live, place), by_client_id), (_at(self.live, place + 1), False)]
        )
        beside = {one.each: one for one in (*self._mentions(others), adjacent) if one.each is not named_order.each}
        mentions = [named_order, *beside.values()] if first else [*beside.values(), named_order]
        for _ in range(2):
            if not self.affords(len(mentions)):
                return
            if how == "both ids":
                self.doing(
                    f"the caller cancels {_said(mentions)}, where {named_order} is named by both ids", _orders(mentions)
                )
                judged(self, self._cancel_with_both_ids, mentions, named_order)
            else:
                self._cancel_wrongly_signed(mentions, named_order, how)

    def _cancel_wrongly_signed(self, mentions: Sequence[Mention], named_order: Mention, how: str) -> None:
        rule = "wrong-key" if how == "another-elements" and len(mentions) == 1 else how
        what = f"the caller cancels {_said(mentions)}, where {named_order} is invalidly signed ({rule})"
        self.doing(what, _orders(mentions))
        judged(self, self._cancel, False, mentions, mentions.index(named_order), rule)

    def _cancel_with_both_ids(self, mentions: Sequence[Mention], twice: Mention) -> None:
        actor = self._actor(False)
        client_id = client_id_of(twice.each) or actor.unknown_client_ids(1)[0]
        both = replace(twice.element(actor), client_id=client_id)
        elements = [both if mention is twice else mention.element(actor) for mention in mentions]
        self._about_to_send(mentions, "both ids")
        answer = actor.send(lambda signed: {"cancels": signed(elements)})
        self.unseen, self.control_order = True, None
        model.refused_for_both_ids(answer, actor.name, mentions, self.assess)

    @precondition(lambda self: self.live)
    @rule(count=st.integers(1, 3), status=st.sampled_from([500, 503]), after=st.booleans(), wrongly=st.booleans())
    def fail(self, count: int, status: int, after: bool, wrongly: bool) -> None:
        """A batch of live orders ends in a server error, and is sent again, validly or invalidly signed."""
        mentions = [Mention(each) for each in self.live[-count:]]
        if not self.affords(len(mentions)):
            return
        if self.unseen:
            self.look()
        when = "after" if after else "before"
        what = f"the caller is answered {status} {when} the effect of cancelling {_said(mentions)}"
        self.doing(what, _orders(mentions))
        if not judged(self, self.environment.fail_next, self._actor(False), status, after_commit=after):
            return
        judged(self, self._fail, mentions, status, after)
        if wrongly:
            self._cancel_wrongly_signed(mentions, mentions[0], "wrong-key")
        else:
            self._cancel_rightly(mentions)

    def _fail(self, mentions: Sequence[Mention], status: int, after_commit: bool) -> None:
        assert self.scenario is not None, "doing() made it"
        actor = self._actor(False)
        answer = actor.cancel_batch([mention.element(actor) for mention in mentions])
        self.unseen, self.control_order = True, None
        require_armed(answer, status)
        if after_commit:
            # What becomes of a batch that failed is promised nowhere.
            for mention in mentions:
                mention.each.may_become(CANCELLED)
        elif set(self.scenario.orders.statuses([mention.each.order for mention in mentions]).values()) - LIVE:
            raise Inconclusive("a failure that was to come before any effect came after it")

    # -- what is read ----------------------------------------------------------------------------------------------

    @precondition(lambda self: self.unseen)
    @rule()
    def look(self) -> None:
        """Every order is read."""
        self.doing("every order is read")
        judged(self, self.read_back)

    def read_back(self) -> None:
        """Compare every order with what it must read as, once what was sent has had its effect."""
        if self.unseen:
            self.compare([self.control_order or self._fresh_control_order()])
        self.compare(self.known)
        self.unseen, self.control_order = False, None
        for each in self.known:
            each.clause = model.UNNAMED

    def _hear(self) -> None:
        """Compare the last event of each of the caller's orders with what it reads as, once it has come to say so."""
        if self.channel is None:
            return
        # Whatever was said of the others has come when this one's event has.
        barrier = self._fresh_control_order()
        assert isinstance(barrier.order, ProvisionedOrder), "it was made"
        if self.channel.missing([barrier.order]):
            return
        own = [
            (each, each.order) for each in self.known if self._is_own(each) and isinstance(each.order, ProvisionedOrder)
        ]
        heard = [(each, order) for each, order in own if self.channel.last_reported(order)]
        self.channel.last_says([order for each, order in heard if each.possible == {CANCELLED}], CANCELED)
        for each, order in heard:
            reported, [status, *others] = str(self.channel.last_reported(order)), each.possible
            # That the state `fill` causes an event is promised nowhere.
            if not others and (status == CANCELLED or (status == "filled" and reported == CANCELED)):
                expected = f"no other last event of {each.label} than that it is {status}, which it reads as"
                self.assess.expect(
                    STANDS[reported] == status, expected, reported, model.CONSISTENT, kind="sources-disagree"
                )

    def _about_to_send(self, mentions: Sequence[Mention], how: str) -> None:
        """Read everything first, unless the same is sent again, if an earlier batch may have done what it must not."""
        suspects = any(each.clause != model.UNNAMED and each.live is not False for each in self.known)
        again, self.last = self.last == (how, *mentions), (how, *mentions)
        if suspects and not again:
            self.read_back()

    def _fresh_control_order(self) -> ExpectedOrder:
        """An order that is cancelled now: when that shows, so has whatever was sent before."""
        [control_order] = self.make("open", 1)
        actor, mention = self._actor(False), Mention(control_order)
        model.carried_out(actor.cancel_batch([mention.element(actor)]), actor.name, [mention], self.assess)
        return control_order

    def teardown(self) -> None:
        """Read everything back once more, and undo what can be undone."""
        try:
            if not self.over and self.known:
                with after_the_end():
                    judged(self, self.read_back)
                    judged(self, self._hear)
            super().teardown()
        finally:
            for params in self.armed:
                self.environment.session.states.teardown("definitive answers", params)

    # -- who and what ----------------------------------------------------------------------------------------------

    @property
    def live(self) -> list[ExpectedOrder]:
        """The caller's orders that are certainly live."""
        return [each for each in self.known if self._is_own(each) and each.live is True]

    @property
    def ended(self) -> list[ExpectedOrder]:
        """The caller's orders that are certainly not live any more."""
        return [each for each in self.known if self._is_own(each) and each.live is False]

    @property
    def foreign(self) -> list[ExpectedOrder]:
        """The orders of somebody else."""
        return [each for each in self.known if not self._is_own(each)]

    def _is_own(self, each: ExpectedOrder) -> bool:
        return self.scenario is not None and each.owner == self.scenario.caller.name

    def _mentions(self, batch: DrawnOrders) -> list[Mention]:
        """Orders by their client ids where that is wanted, and where no other has the same: two accounts may."""
        ids = Counter(client_id_of(each) for each in self.known)
        unique = {each for each in self.known if client_id_of(each) and ids[client_id_of(each)] == 1}
        return [Mention(each, "clientId" if named and each in unique else "orderId") for each, named in batch]

    def _actor(self, by_other: bool) -> ArcusCaller:
        assert self.scenario is not None, "doing() made it"
        actor = self.environment.other_of(self.scenario) if by_other else self.scenario.caller
        assert isinstance(actor, ArcusCaller), "a procedure of Arcus"
        return actor


def _at(orders: Sequence[ExpectedOrder], place: int) -> ExpectedOrder:
    """One of several orders, the newest at 0."""
    return orders[-1 - place % len(orders)]


def _orders(mentions: Sequence[Mention]) -> list[ExpectedOrder]:
    return [mention.each for mention in mentions]


def _said(mentions: Sequence[Mention]) -> str:
    return ", ".join(map(str, mentions))


@pytest.mark.parametrize("about", sorted(ABOUT))
@pytest.mark.clause(*CLAUSES)
def test_any_sequence_is_answered_as_documented(
    explore_sequences: ExploreSequences, listen: Listen, about: str
) -> None:
    """Any sequence of placing, filling, cancelling, invalid signing and failing is answered and read as documented."""
    # From the eleventh sequence on Hypothesis tells most of them much like one before.
    explore_sequences(
        type(ArcusSequence.__name__, (ArcusSequence,), {"kinds": ABOUT[about], "listen": staticmethod(listen)}),
        examples=10,
        steps=14,
    )
