"""Each element carries a signature of its own over its own cancel (batch-cancel page, description).

Whether a wrong signature refuses the request or only its row is not documented, so what is judged is the order.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import pytest

from venue_conformance.errors import NotTested, Violation
from venue_conformance.target.state_values import StagedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller, Named, Signed
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import Envelope, meaningless_signature
from venue_conformance.venues.arcus.sentinels import Sentinels
from venue_conformance.venues.arcus.signing import sign
from venue_conformance.venues.orders import Orders

Bent = Callable[[Element], Element]
deepens = pytest.mark.deepens


def _moved(element: Element, *, market: int = 0, index: int = 0) -> Element:
    """The element for another market or account index, signed for where its order really is."""
    return Element(
        element.order_id,
        element.client_id,
        market_id=_other_market(element) if market else element.market_id,
        account_index=_other_index(element) if index else element.account_index,
        bend=element.but(signed={"m": element.market_id, "ai": element.account_index}).bend,
    )


def _other_market(element: Element) -> int:
    return 2 if element.market_id != 2 else 3


def _other_index(element: Element) -> int:
    return (element.account_index + 1) % 10


#: Ways to bend an element so that its signature is not its own, by the clause that keeps it from being carried out.
WRONG: dict[str, dict[str, Bent]] = {
    "missing": {
        "left out": lambda element: element.but(without=frozenset({"signature"})),
        "empty": lambda element: element.but(members={"signature": ""}),
        "null": lambda element: element.but(members={"signature": None}),
    },
    "wrong-key": {
        "nobody's key": lambda element: element.but(private_key=secrets.token_hex(32)),
        "signs nothing": lambda element: element.but(members={"signature": meaningless_signature()}),
        "a bit altered": lambda element: element.but(signature="altered"),
    },
    "other-timestamp": {
        "a nanosecond less": lambda element: element.but(signed_off=-1),
        "two nanoseconds more": lambda element: element.but(signed_off=2),
        "a nanosecond less, said so": lambda element: element.but(signed_off=-1, timestamp="as signed"),
        "two nanoseconds more, said so": lambda element: element.but(signed_off=2, timestamp="as signed"),
        "a second less, said so": lambda element: element.but(signed_off=-(10**9), timestamp="as signed"),
        "a nanosecond less, not said": lambda element: element.but(signed_off=-1, timestamp="absent"),
    },
    "other-market": {
        "another signed": lambda element: element.but(signed={"m": _other_market(element)}),
        "another named": lambda element: _moved(element, market=1),
        "none signed": lambda element: element.but(signed={"m": None}),
    },
    "other-account-index": {
        "another signed": lambda element: element.but(signed={"ai": _other_index(element)}),
        "another named": lambda element: _moved(element, index=1),
    },
    "other-operation": {f"op {op}": lambda element, op=op: element.but(signed={"op": op}) for op in (0, 1, 3, 4, 5)},  # type: ignore[misc]
    "other-version": {f"v {v}": lambda element, v=v: element.but(signed={"v": v}) for v in (0, 2, 3)},  # type: ignore[misc]
    "truncated": {
        "a byte short": lambda element: element.but(signature="cut short"),
        "half of it": lambda element: element.but(signature="half"),
    },
    "over-http-body": {
        "the body": lambda element: element.but(signature="over the body"),
        "time, action and body": lambda element: element.but(signature="over the request"),
    },
}


def wrong_ways() -> list[object]:
    """Each kind of wrong signature, as a parameter that carries its clause."""
    return [
        pytest.param(ways, id=rule, marks=pytest.mark.clause(f"arcus.signature.{rule}")) for rule, ways in WRONG.items()
    ]


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@pytest.mark.smoke
def test_the_bytes_of_a_single_cancel_are_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that signs what a single cancel of its order signs is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order])

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@deepens
def test_the_bytes_of_a_single_cancel_by_client_id_are_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """The same for an order that is named by its client id."""
    [order] = orders.open(1, client_ids=True)

    answer = caller.cancel_batch([order], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


#: What valid signatures may look like, too, that are written in hexadecimal digits.
EDGES: dict[str, Callable[[str], bool]] = {
    "a first byte of 0": lambda signature: signature.startswith("00"),
    "a last byte of 0": lambda signature: signature.endswith("00"),
    "digits alone to begin with": lambda signature: signature[:8].isdecimal(),
}


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@deepens
@pytest.mark.parametrize("edge", EDGES)
def test_valid_signatures_at_their_edges_are_accepted(caller: ArcusCaller, orders: Orders, edge: str) -> None:
    """A valid signature that begins or ends with zeros, or like a number, is one like any other."""
    [order] = orders.open(1)
    element, private_key = caller.element(order), caller.account.credentials["private_key"]

    def fits(stamp: int) -> bool:
        return EDGES[edge](sign(private_key, element.payload(caller.address, stamp)))

    answer = caller.cancel_batch([element], fits=fits)

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.parametrize("right", [0, pytest.param(2, marks=deepens)], ids=["alone", "behind right ones"])
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
@pytest.mark.parametrize("ways", wrong_ways())
def test_an_element_wrongly_signed_cancels_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, ways: dict[str, Bent], by: Named, right: int
) -> None:
    """An element whose signature is not right for it never cancels its order, by whichever id it names it."""
    victims = [order for order in sentinels.place(len(ways), **naming(by)) if isinstance(order, StagedOrder)]
    for order, bend in zip(victims, ways.values(), strict=False):
        caller.cancel_batch([*right_ones(caller, orders, right, by), bend(caller.element(order, by))])

    touched = sentinels.touched()

    if cancelled := named(ways, victims, touched):
        raise Violation(
            f"an element with a wrong signature to leave the order open that it named by {by}",
            "; ".join(f"with {way} as its signature the order reads as {status}" for way, status in cancelled.items()),
            kind="order-touched",
        )


def naming(by: Named) -> dict[str, bool]:
    """What orders need that are to be named by such an id."""
    return {"client_ids": True} if by == "clientId" else {}


def right_ones(caller: ArcusCaller, orders: Orders, count: int, by: Named) -> list[Element]:
    """Right elements to stand beside one that is named by such an id; where that is a client id, by either in turn."""
    opened = orders.open(count, **naming(by)) if count else []
    return [caller.element(order, by if place % 2 else "orderId") for place, order in enumerate(opened)]


def named(ways: dict[str, Bent], victims: Sequence[StagedOrder], touched: dict[str, str]) -> dict[str, str]:
    """What was touched, by the way in which its element was bent."""
    ids = [order.order_id for order in victims]
    return {way: touched[order_id] for way, order_id in zip(ways, ids, strict=False) if order_id in touched}


@pytest.mark.clause("arcus.signature.missing")
def test_x_signature_does_not_stand_in(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A right signature in X-Signature does not make up for one that is missing in the element."""
    [order] = sentinels.place()
    right = caller.element(order)

    def moved_up(signed: Signed) -> object:
        [members] = signed([right])
        return {"cancels": [{name: value for name, value in members.items() if name != "signature"}]}

    caller.send(moved_up)  # X-Signature repeats the first signature that was made

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.wrong-key")
@deepens
@pytest.mark.parametrize("by", ["orderId", "clientId"])
def test_another_accounts_signature_cancels_nothing(
    caller: ArcusCaller, stranger: ArcusCaller, sentinels: Sentinels, by: str
) -> None:
    """A key that is registered, but to another account, signs nothing for this one."""
    [order] = sentinels.place(1, client_ids=True) if by == "clientId" else sentinels.place(1)
    element = caller.element(order, "clientId" if by == "clientId" else "orderId")

    caller.cancel_batch([element.but(private_key=stranger.account.credentials["private_key"])])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-order")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
def test_an_element_signed_for_another_order_cancels_neither(
    caller: ArcusCaller, sentinels: Sentinels, by: str
) -> None:
    """An element signed over another order's id cancels neither of the two."""
    first, second = sentinels.place(2, client_ids=True) if by == "clientId" else sentinels.place(2)
    short = "c" if by == "clientId" else "id"
    element = caller.element(first, "clientId" if by == "clientId" else "orderId")
    other = caller.element(second, "clientId" if by == "clientId" else "orderId")

    caller.cancel_batch([element.but(signed={short: other.target})])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-order")
@deepens
def test_an_element_signed_over_the_other_id_cancels_nothing(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """An element that names an order by one id and signs the other id of the same order does not cancel it."""
    pair = [order for order in sentinels.place(2, client_ids=True) if isinstance(order, StagedOrder)]
    if len(pair) < 2:
        raise NotTested("this needs orders with both ids", "orders")
    first, second = pair
    by_order_id = caller.element(first).but(signed={"id": None, "c": first.client_id})
    by_client_id = caller.element(second, "clientId").but(signed={"c": None, "id": second.order_id})

    caller.cancel_batch([by_order_id])
    caller.cancel_batch([by_client_id])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-address")
def test_an_element_signed_for_another_address_cancels_nothing(
    caller: ArcusCaller, stranger: ArcusCaller, sentinels: Sentinels
) -> None:
    """An element signed over another address than its own does not cancel its order."""
    [order] = sentinels.place()

    caller.cancel_batch([caller.element(order).but(signed={"ad": stranger.address})])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.another-elements")
@pytest.mark.parametrize("count", [2, pytest.param(5, marks=deepens)])
def test_elements_with_each_others_signatures_cancel_nothing(
    caller: ArcusCaller, sentinels: Sentinels, count: int
) -> None:
    """Right signatures of the batch that stand at the wrong elements cancel nothing."""
    elements = [caller.element(order).but(signature="another's") for order in sentinels.place(count)]

    caller.cancel_batch(elements)

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.another-elements")
@deepens
@pytest.mark.parametrize("position", [0, 2])
def test_an_element_with_its_neighbours_signature_cancels_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, position: int
) -> None:
    """One element that repeats the signature of another does not cancel its order."""
    [order] = sentinels.place()
    batch = [caller.element(neighbour) for neighbour in orders.open(2)]
    batch.insert(position, caller.element(order).but(signature="another's"))

    caller.cancel_batch(batch)

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.every-element")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
@pytest.mark.parametrize(
    ("size", "position"),
    [
        (3, 1),
        *(pytest.param(*each, marks=deepens) for each in ((2, 1), (12, 11))),
        *(pytest.param(*each, marks=[deepens, pytest.mark.many_orders]) for each in ((100, 50), (100, 99))),
    ],
)
def test_every_elements_signature_is_judged(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, size: int, position: int, by: Named
) -> None:
    """A wrong signature behind right ones does not cancel its order, wherever in the batch it stands."""
    [order] = sentinels.place(1, **naming(by))
    batch = right_ones(caller, orders, size - 1, by)
    batch.insert(position, caller.element(order, by).but(private_key=secrets.token_hex(32)))

    caller.cancel_batch(batch)

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.every-element")
@deepens
def test_every_elements_timestamp_is_judged(caller: ArcusCaller, sentinels: Sentinels, orders: Orders) -> None:
    """An element that says and signs another time than the request's, behind a right one, does not cancel its order."""
    [order] = sentinels.place()
    [neighbour] = orders.open(1)
    wrong = caller.element(order).but(signed_off=-(10**9), timestamp="as signed")

    caller.cancel_batch([caller.element(neighbour), wrong])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.header-value-ignored")
@pytest.mark.smoke
def test_x_signature_decides_nothing(caller: ArcusCaller, orders: Orders) -> None:
    """A valid batch is carried out whatever X-Signature says."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(x_signature=meaningless_signature()))

    assert answer.accepted, "not-accepted"
    assert orders.settle([order]) == {order.order_id: "cancelled"}, "not-cancelled"
