"""Each element carries a signature of its own over its own cancel (batch-cancel page, description).

Whether an invalid signature refuses the request or only its row is not documented, so what is judged is the order.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

import pytest

from fixtures.arcus_orders import Definitive
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind, Signed
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import Envelope, meaningless_signature
from venue_conformance.venues.arcus.sentinels import Sentinels
from venue_conformance.venues.arcus.signing import sign

Tamper = Callable[[Element], Element]
deepens = pytest.mark.deepens


def _moved(element: Element, *, market: int = 0, index: int = 0) -> Element:
    """The element for another market or account index, signed for where its order really is."""
    return Element(
        element.order_id,
        element.client_id,
        market_id=_other_market(element) if market else element.market_id,
        account_index=_other_index(element) if index else element.account_index,
        tampering=element.but(signed={"m": element.market_id, "ai": element.account_index}).tampering,
    )


def _other_market(element: Element) -> int:
    return 2 if element.market_id != 2 else 3


def _other_index(element: Element) -> int:
    return (element.account_index + 1) % 10


#: Ways to tamper with an element so that its signature is not its own, by the clause that forbids to carry it out.
WRONG: dict[str, dict[str, Tamper]] = {
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
    """Each kind of invalid signature, as a parameter that carries its clause."""
    return [
        pytest.param(ways, id=rule, marks=pytest.mark.clause(f"arcus.signature.{rule}")) for rule, ways in WRONG.items()
    ]


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@pytest.mark.smoke
def test_single_cancel_payload_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element signed over the bytes that a single cancel of its order signs is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order])

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@deepens
def test_single_cancel_payload_by_client_id_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An element that names a clientId and is signed like a single cancel by that clientId is carried out."""
    [order] = orders.open(1, client_ids=True)

    answer = caller.cancel_batch([order], by="clientId")

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


#: What valid signatures may look like, too, that are written in hexadecimal digits.
EDGES: dict[str, Callable[[str], bool]] = {
    "a first byte of 0": lambda signature: signature.startswith("00"),
    "a last byte of 0": lambda signature: signature.endswith("00"),
    "digits alone to begin with": lambda signature: signature[:8].isdecimal(),
}


@pytest.mark.clause("arcus.signature.single-cancel-bytes")
@deepens
@pytest.mark.parametrize("edge", EDGES)
def test_valid_signature_with_unusual_digits_is_accepted(caller: ArcusCaller, orders: Orders, edge: str) -> None:
    """A valid signature is accepted even if it starts or ends with a zero byte or starts with decimal digits only."""
    [order] = orders.open(1)
    element, private_key = caller.element(order), caller.account.credentials["private_key"]

    def fits(stamp: int) -> bool:
        return EDGES[edge](sign(private_key, element.payload(caller.address, stamp)))

    answer = caller.cancel_batch([element], fits=fits)

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.parametrize("right", [0, pytest.param(2, marks=deepens)], ids=["alone", "behind right ones"])
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
@pytest.mark.parametrize("ways", wrong_ways())
def test_element_with_invalid_signature_cancels_nothing(
    caller: ArcusCaller,
    sentinels: Sentinels,
    orders: Orders,
    definitive_if_offered: Definitive,
    ways: dict[str, Tamper],
    by: IdKind,
    right: int,
) -> None:
    """An element with an invalid signature never cancels its order, whichever id names it."""
    if right and by == "orderId":
        definitive_if_offered(caller)
    named_orders = [order for order in sentinels.place(len(ways), **naming(by)) if isinstance(order, ProvisionedOrder)]
    for order, tampering in zip(named_orders, ways.values(), strict=False):
        caller.cancel_batch([*right_ones(caller, orders, right, by), tampering(caller.element(order, by))])

    touched = sentinels.touched()

    if cancelled := named(ways, named_orders, touched):
        raise Violation(
            f"an element with an invalid signature to leave the order open that it named by {by}",
            "; ".join(f"with {way} as its signature the order reads as {status}" for way, status in cancelled.items()),
            kind="order-touched",
        )


def naming(by: IdKind) -> dict[str, bool]:
    """What orders need that are to be named by such an id."""
    return {"client_ids": True} if by == "clientId" else {}


def right_ones(caller: ArcusCaller, orders: Orders, count: int, by: IdKind) -> list[Element]:
    """Valid elements to stand beside one that is named by such an id; where that is a client id, by either in turn."""
    opened = orders.open(count, **naming(by)) if count else []
    return [caller.element(order, by if place % 2 else "orderId") for place, order in enumerate(opened)]


def named(ways: dict[str, Tamper], named_orders: Sequence[ProvisionedOrder], touched: dict[str, str]) -> dict[str, str]:
    """What was touched, by the way in which its element was tampered."""
    ids = [order.order_id for order in named_orders]
    return {way: touched[order_id] for way, order_id in zip(ways, ids, strict=False) if order_id in touched}


@pytest.mark.clause("arcus.signature.missing")
def test_x_signature_does_not_replace_element_signature(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A valid signature in X-Signature does not replace one that is missing in the element."""
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
def test_signature_by_other_accounts_key_cancels_nothing(
    caller: ArcusCaller, stranger: ArcusCaller, sentinels: Sentinels, by: str
) -> None:
    """An element signed by a key that is registered to another account does not cancel its order.

    Nor does one that gives that account's address, too.
    """
    [order] = sentinels.place(1, client_ids=True) if by == "clientId" else sentinels.place(1)
    element = caller.element(order, "clientId" if by == "clientId" else "orderId")
    element = element.but(private_key=stranger.account.credentials["private_key"])

    caller.cancel_batch([element])
    caller.cancel_batch([element.but(members={"address": stranger.address}, signed={"ad": stranger.address})])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-order")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
def test_element_signed_for_another_order_cancels_neither(caller: ArcusCaller, sentinels: Sentinels, by: str) -> None:
    """An element signed over another order's id cancels neither of the two orders."""
    first, second = sentinels.place(2, client_ids=True) if by == "clientId" else sentinels.place(2)
    short = "c" if by == "clientId" else "id"
    element = caller.element(first, "clientId" if by == "clientId" else "orderId")
    other = caller.element(second, "clientId" if by == "clientId" else "orderId")

    caller.cancel_batch([element.but(signed={short: other.target})])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-order")
@deepens
def test_element_signed_over_the_other_id_cancels_nothing(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """An element that names an order by one id and signs that order's other id does not cancel it."""
    pair = [order for order in sentinels.place(2, client_ids=True) if isinstance(order, ProvisionedOrder)]
    if len(pair) < 2:
        raise NotTested("this needs orders with both ids", "orders")
    first, second = pair
    by_order_id = caller.element(first).but(signed={"id": None, "c": first.client_id})
    by_client_id = caller.element(second, "clientId").but(signed={"c": None, "id": second.order_id})

    caller.cancel_batch([by_order_id])
    caller.cancel_batch([by_client_id])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.other-address")
def test_element_signed_for_another_address_cancels_nothing(
    caller: ArcusCaller, stranger: ArcusCaller, sentinels: Sentinels
) -> None:
    """An element signed over an address other than its own does not cancel its order."""
    [order] = sentinels.place()

    caller.cancel_batch([caller.element(order).but(signed={"ad": stranger.address})])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.another-elements")
@pytest.mark.parametrize("count", [2, pytest.param(5, marks=deepens)])
def test_elements_with_swapped_signatures_cancel_nothing(caller: ArcusCaller, sentinels: Sentinels, count: int) -> None:
    """Elements that carry each other's valid signatures cancel nothing."""
    elements = [caller.element(order).but(signature="another's") for order in sentinels.place(count)]

    caller.cancel_batch(elements)

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.another-elements")
@deepens
@pytest.mark.parametrize("position", [0, 2])
def test_element_with_signature_of_another_element_cancels_nothing(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, position: int
) -> None:
    """One element that repeats another element's valid signature does not cancel its order."""
    [order] = sentinels.place()
    batch = [caller.element(adjacent) for adjacent in orders.open(2)]
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
def test_signature_of_every_element_is_verified(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, size: int, position: int, by: IdKind
) -> None:
    """An invalid signature after valid ones does not cancel its order, whatever its position in the batch."""
    [order] = sentinels.place(1, **naming(by))
    batch = right_ones(caller, orders, size - 1, by)
    batch.insert(position, caller.element(order, by).but(private_key=secrets.token_hex(32)))

    caller.cancel_batch(batch)

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.every-element")
@deepens
def test_timestamp_of_every_element_is_verified(caller: ArcusCaller, sentinels: Sentinels, orders: Orders) -> None:
    """An element that states and signs a time other than X-Timestamp, after a valid one, does not cancel its order."""
    [order] = sentinels.place()
    [adjacent] = orders.open(1)
    wrong = caller.element(order).but(signed_off=-(10**9), timestamp="as signed")

    caller.cancel_batch([caller.element(adjacent), wrong])

    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.signature.header-value-ignored")
@pytest.mark.smoke
def test_x_signature_value_is_ignored(caller: ArcusCaller, orders: Orders) -> None:
    """A valid batch is carried out even if X-Signature holds a well-formed but meaningless signature."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(x_signature=meaningless_signature()))

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"
