"""The documented invariants over batches that are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st

from fixtures.properties import ForAll
from suites.arcus.test_targets import answers_to_both, with_both_ids
from suites.shared.properties import STATUSES, AlreadyTerminal, LengthLimit
from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.fuzz.explore import Explore
from venue_conformance.fuzz.scenario import Scenario, ScenarioEnvironment
from venue_conformance.fuzz.tracker import Dropped
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer, reports_an_end
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element

NOT_SHOWN = "arcus.isolation.foreign-not-shown"
UNCHANGED = "arcus.lifecycle.terminal-unchanged"
ORDER_ID, CLIENT_ID = "arcus.target.order-id-alone", "arcus.target.client-id-alone"
BOTH, BOTH_ANYWHERE, NEITHER = (f"arcus.target.{rule}" for rule in ("both-ids", "both-ids-any-position", "neither-id"))
#: How an element of a batch names its order.
FORMS = ("orderId", "clientId", "orderId", "clientId", "both", "neither")
#: A venue may go by what the others of a batch are, so that both ids beside elements of one form alone come often.
BESIDE = (["clientId", "both"], ["both", "clientId", "clientId"], ["orderId", "both"])
_FORMS = (
    st.sampled_from(FORMS).map(lambda form: [form])
    | st.sampled_from(BESIDE).map(list)
    | st.lists(st.sampled_from(FORMS), min_size=1, max_size=5)
)


class TestProperties(LengthLimit, AlreadyTerminal):
    one = "arcus.limits.one-accepted"
    up_to_hundred = "arcus.limits.hundred-accepted"
    none = "arcus.limits.empty-refused"
    too_many = "arcus.limits.over-hundred-refused"
    clauses: ClassVar = {
        "test_property_length_limit": (one, up_to_hundred, none, too_many),
        "test_property_already_terminal": (UNCHANGED,),
    }

    def accepts(self, answer: BatchAnswer) -> bool:
        """A 2xx says so only with rows that can be read."""
        return answer.accepted

    def control(self, caller: Caller[Any], orders: Orders) -> None:
        """Sizes are tried with ids of no order: that one of these is accepted is a promise of its own."""
        answer = caller.cancel_batch(orders.unknown(1))
        if not answer.accepted:
            raise Presupposed("lifecycle.unknown-is-no-http-error", f"one unknown id was answered {answer!r}")

    def judge_terminal(self, answer: Any, order: ProvisionedOrder, ending: str, assess: Assessment) -> None:
        """What a row says of it is judged by the checks of rows."""

    def clause_of_terminal(self, ending: str) -> str:  # noqa: ARG002 - however it ended
        """One for all."""
        return UNCHANGED


@pytest.mark.clause(NOT_SHOWN)
def test_property_no_existence_leak(for_all: ForAll, environment: ScenarioEnvironment, explore: Explore) -> None:
    """Whatever its status and wherever it is named, a response does not tell more of a foreign order than was sent."""
    assess = explore.assess

    def reveals_nothing(scenario: Scenario, status: str, before: int, after: int, by: str, times: int) -> None:
        caller, orders = scenario.caller, scenario.orders
        assert isinstance(caller, ArcusCaller), "a property of Arcus"
        options: dict[str, Any] = {"client_ids": True}
        made = environment.orders_of(lambda: orders.foreign(1, status, **options), f"foreign {status}")
        if not made or made[0].client_id is None:
            raise Dropped
        [foreign] = made
        element = caller.element(foreign, "clientId" if by == "clientId" else "orderId")

        for _ in range(times):
            answer = caller.cancel_batch([*orders.unknown(before), element, *orders.unknown(after)])

            if answer.accepted:
                _judge_foreign(answer, foreign, element, assess)

    for_all(
        reveals_nothing,
        examples=8,
        status=st.sampled_from(STATUSES),
        before=st.integers(0, 4),
        after=st.integers(0, 4),
        by=st.sampled_from(["orderId", "clientId"]),
        times=st.integers(1, 2),
    )


def _judge_foreign(answer: BatchAnswer, foreign: ProvisionedOrder, element: Element, assess: Assessment) -> None:
    """An order of the caller's own may have the client id that was sent, so that only the order id tells them apart."""
    what, text = f"another account's order {foreign.order_id}", answer.text.lower()
    other = foreign.client_id if element.order_id else foreign.order_id
    rows = [row for row in answer.rows if foreign.order_id == row.get("orderId")]
    ends = [row for row in rows if reports_an_end(row)]
    assess.expect(
        not ends, f"no row that tells how {what} ended", answer, NOT_SHOWN, kind="foreign-final-status-reported"
    )
    ids = [row for row in answer.rows if other in (row.get("orderId"), row.get("clientId"))]
    assess.expect(not ids, f"no row with the other id of {what}", answer, NOT_SHOWN, kind="foreign-id-reported")
    owner = foreign.owner.lower().removeprefix("0x")
    assess.expect(owner not in text, f"no word of whose {what} is", answer, NOT_SHOWN, kind="foreign-address-reported")


@pytest.mark.clause(ORDER_ID, CLIENT_ID, BOTH, BOTH_ANYWHERE, NEITHER)
def test_property_exactly_one_id(for_all: ForAll, explore: Explore) -> None:
    """Whatever forms its elements have, a batch is carried out exactly if each of them names its order by one id."""
    assess = explore.assess

    def follows(scenario: Scenario, forms: list[str]) -> None:
        caller, orders = scenario.caller, scenario.orders
        assert isinstance(caller, ArcusCaller), "a property of Arcus"
        caller.require_accepted()
        named = orders.open(len(forms), client_ids=True)
        if any(order.client_id is None for order in named):
            raise Dropped
        if "both" in forms:
            _judge_both(caller, orders, forms, named, assess)
        elif "neither" in forms:
            _judge_neither(caller, orders, forms, named, assess)
        else:
            _judge_single(caller, orders, forms, named, assess)

    for_all(follows, examples=12, forms=_FORMS)


def _judge_single(
    caller: ArcusCaller, orders: Orders, forms: Sequence[str], named: Sequence[ProvisionedOrder], assess: Assessment
) -> None:
    elements = [caller.element(order, form) for order, form in zip(named, forms, strict=True)]  # type: ignore[arg-type]
    answer = caller.cancel_batch(elements)
    clause = CLIENT_ID if "clientId" in forms else ORDER_ID
    wanted = f"a batch whose elements name orders by {', '.join(forms)} to be accepted"
    if assess.expect(answer.accepted, wanted, answer, clause, kind="not-accepted"):
        by_client_id = [order for order, form in zip(named, forms, strict=True) if form == "clientId"]
        for order_id, status in (orders.poll_until(by_client_id) if by_client_id else {}).items():
            wanted = f"{order_id}, named by its clientId, to be cancelled"
            assess.expect(status == "cancelled", wanted, f"it reads as {status}", CLIENT_ID, kind="not-cancelled")


def _judge_both(
    caller: ArcusCaller, orders: Orders, forms: Sequence[str], named: Sequence[ProvisionedOrder], assess: Assessment
) -> None:
    """One with both ids makes the whole batch refused, whatever the others are."""
    place = forms.index("both")
    elements = [
        with_both_ids(caller, order, order) if form == "both" else _element(caller, order, form)
        for order, form in zip(named, forms, strict=True)
    ]
    answer = answers_to_both(caller, elements[:place], elements[place], elements[place + 1 :])[-1]
    clause = BOTH if len(forms) == 1 else BOTH_ANYWHERE
    # What else is wrong may be found first: the signature of a second one with both, which is over one of its ids.
    alone = forms.count("both") == 1 and set(forms) <= {"both", "orderId", "clientId"}
    right = answer.status == 400 if alone else answer.refused
    wanted = f"400 for a batch whose elements have {', '.join(forms)}"
    if assess.expect(answer.refused, wanted, answer, clause, kind="not-refused"):
        assess.expect(right, wanted, answer, clause, kind="other-status")
    _judge_untouched(caller, orders, named, clause, assess)


def _judge_neither(
    caller: ArcusCaller, orders: Orders, forms: Sequence[str], named: Sequence[ProvisionedOrder], assess: Assessment
) -> None:
    """One with neither is refused, with the request or in its row; the others follow their rows."""
    elements = [_element(caller, order, form) for order, form in zip(named, forms, strict=True)]
    valid = [element for element, form in zip(elements, forms, strict=True) if form != "neither"]
    answer = caller.cancel_batch(elements)
    right = answer.refused or (answer.accepted and answer.denies_all_but(valid))
    wanted = f"elements without an id to be refused, or denied in rows of their own ({', '.join(forms)})"
    assess.expect(right, wanted, answer, NEITHER, kind="not-refused")
    stay = [
        order
        for order, element, form in zip(named, elements, forms, strict=True)
        if form == "neither" or answer.leaves_open(element)
    ]
    _judge_untouched(caller, orders, stay, NEITHER, assess)
    done = [order for order in named if order not in stay]
    for order_id, status in (orders.poll_until(done) if done and answer.accepted else {}).items():
        wanted = f"{order_id}, whose element was accepted, to be cancelled"
        assess.expect(status == "cancelled", wanted, f"it reads as {status}", NEITHER, kind="not-cancelled")


def _judge_untouched(
    caller: ArcusCaller, orders: Orders, stay: Sequence[ProvisionedOrder], clause: str, assess: Assessment
) -> None:
    [control] = orders.open(1)
    caller.cancel_batch([control])
    for order_id, status in orders.after(control, stay).items():
        wanted = f"{order_id}, which no accepted element names, to stay open"
        assess.expect(status == "open", wanted, f"it reads as {status}", clause, kind="order-touched")


def _element(caller: ArcusCaller, order: ProvisionedOrder, form: str) -> Element:
    if form == "neither":
        return replace(caller.element(order), order_id=None).but(members={"kind": "orderId"})
    return caller.element(order, "clientId" if form == "clientId" else "orderId")
