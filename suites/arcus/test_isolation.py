"""Orders that the request does not name, and orders of other accounts (batch-cancel page, description)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from fixtures.arcus_orders import Definitive, Forms
from suites.shared.isolation import ForeignOrders
from venue_conformance.client.near_ids import near_ids
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Violation
from venue_conformance.venues.arcus.answer import BatchAnswer, reports_an_end
from venue_conformance.venues.arcus.caller import ArcusCaller, IdKind
from venue_conformance.venues.arcus.envelope import BATCH_PATH, Envelope

deepens = pytest.mark.deepens
#: A client id has so many characters at most (https://docs.arcus.xyz/api-reference/exchange/orders).
LONGEST_CLIENT_ID = 36


class TestIsolation(ForeignOrders):
    clauses = {
        "test_other_accounts_order_is_unchanged": "arcus.isolation.foreign-order-id",
        "test_order_that_another_account_named_is_cancelled_by_its_owner": "arcus.lifecycle.open-cancelled",
    }
    deepens = ("test_other_accounts_order_is_unchanged[partially_filled]",)


@pytest.mark.clause("arcus.isolation.foreign-client-id")
@pytest.mark.parametrize("status", ["open", pytest.param("partially_filled", marks=deepens)])
def test_other_accounts_order_named_by_client_id_is_unchanged(caller: ArcusCaller, orders: Orders, status: str) -> None:
    """Another account's order named by clientId is unchanged, alone in a batch and among the caller's own orders."""
    # Accounts may have some client ids in common, and then it is not this account's order that a wrong cancel meets.
    alone, *among = foreign = orders.foreign(10, status, client_ids=True)
    first, control = orders.open(2)
    caller.cancel_batch([alone], by="clientId")
    caller.cancel_batch([caller.element(first), *(caller.element(order, "clientId") for order in among)])

    caller.cancel_batch([control])

    assert orders.after(control, foreign) == {order.order_id: status for order in foreign}, "foreign-order-touched"


@deepens
@pytest.mark.parametrize(
    "by",
    [
        pytest.param("orderId", marks=pytest.mark.clause("arcus.isolation.foreign-order-id")),
        pytest.param("clientId", marks=pytest.mark.clause("arcus.isolation.foreign-client-id")),
    ],
)
def test_element_with_other_accounts_address_does_not_cancel_its_order(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, by: IdKind
) -> None:
    """Another account's order stays open even if the element gives that account's address.

    X-API-Key and the query parameter are the caller's own. The caller's key signs the element over either address.
    """
    foreign = orders.make(4, "open", owner=stranger, client_ids=by == "clientId")
    first, second, control = orders.open(3)
    theirs = [caller.element(order, by).but(members={"address": stranger.address}) for order in foreign]
    signed_so = [element.but(signed={"ad": stranger.address}) for element in theirs[:2]]
    caller.cancel_batch(signed_so[:1])
    caller.cancel_batch([caller.element(first), signed_so[1]])
    caller.cancel_batch(theirs[2:3])
    caller.cancel_batch([caller.element(second), theirs[3]])

    caller.cancel_batch([control])

    read = orders.after(control, foreign)
    assert {order_id: status for order_id, status in read.items() if status != "open"} == {}, "foreign-order-touched"


@pytest.mark.clause("arcus.isolation.foreign-client-id")
@deepens
def test_other_accounts_order_named_by_client_id_is_unchanged_in_200_responses(
    caller: ArcusCaller, orders: Orders, definitive: Definitive
) -> None:
    """Another account's orders named by clientId are unchanged by a batch that is answered with 200."""
    foreign, [control] = orders.foreign(2, client_ids=True), orders.open(1)
    definitive(caller)
    caller.cancel_batch([caller.element(order, "clientId") for order in foreign])

    caller.cancel_batch([control])

    assert orders.after(control, foreign) == {order.order_id: "open" for order in foreign}, "foreign-order-touched"


@pytest.mark.clause("arcus.isolation.foreign-order-id")
@deepens
@pytest.mark.parametrize("first", ["own", "other"])
def test_second_address_in_query_does_not_cancel_its_orders(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, first: str
) -> None:
    """Another account's orders stay open when the query has both addresses, the caller's own and that account's."""
    foreign, [control] = orders.make(2, "open", owner=stranger), orders.open(1)
    plain, dressed = (caller.element(order) for order in foreign)
    dressed = dressed.but(members={"address": stranger.address}, signed={"ad": stranger.address})
    before, behind = (caller.address, stranger.address) if first == "own" else (stranger.address, caller.address)
    # An address that is not the one that is acted for may have the whole request refused.
    for element in (plain, dressed):
        caller.send(
            lambda signed, element=element: {"cancels": signed([element])},  # type: ignore[misc]
            path=f"{BATCH_PATH}?address={before}",
            envelope=Envelope(address=behind),
        )

    caller.cancel_batch([control])

    assert orders.after(control, foreign) == {order.order_id: "open" for order in foreign}, "foreign-order-touched"


@pytest.mark.clause("arcus.isolation.foreign-not-shown")
@pytest.mark.parametrize("status", ["open", *(pytest.param(each, marks=deepens) for each in ("filled", "cancelled"))])
def test_response_reveals_nothing_about_other_accounts_order(
    caller: ArcusCaller, orders: Orders, forms: Forms, status: str
) -> None:
    """Rows for another account's order reveal neither its final status, nor its other id, nor its owner."""
    for _ in forms(caller):
        [foreign] = orders.foreign(1, status, client_ids=True)
        answer = caller.cancel_batch([foreign])

        rows = answer.rows if answer.accepted else []
        assert [row for row in rows if reports_an_end(row)] == [], "foreign-final-status-reported"
        assert [row for row in rows if row.get("clientId") == foreign.client_id] == [], "foreign-client-id-reported"
        assert foreign.owner.lower().removeprefix("0x") not in answer.text.lower(), "foreign-address-reported"


@pytest.mark.clause("arcus.isolation.foreign-not-shown")
@pytest.mark.parametrize("status", ["open", "filled"])
@deepens
def test_response_repeats_nothing_that_the_owner_was_told(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, forms: Forms, status: str
) -> None:
    """Rows for another account's order do not reveal its final status after its owner was told it."""
    for _ in forms(stranger):
        for _ in forms(caller):
            [foreign] = orders.make(1, status, owner=stranger)
            stranger.cancel_batch([foreign])
            orders.poll_until([foreign], "cancelled" if status == "open" else status)
            stranger.cancel_batch([foreign])

            answer = caller.cancel_batch([foreign])

            rows = answer.rows if answer.accepted else []
            assert [row for row in rows if reports_an_end(row)] == [], "foreign-final-status-reported"


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.parametrize(
    ("count", "by"),
    [
        pytest.param(2, "orderId", marks=pytest.mark.smoke),
        *(pytest.param(*each, marks=deepens) for each in ((1, "orderId"), (1, "clientId"), (2, "clientId"))),
        pytest.param(100, "orderId", marks=[deepens, pytest.mark.many_orders]),
    ],
)
def test_unnamed_orders_stay_open(
    caller: ArcusCaller, orders: Orders, definitive_if_offered: Definitive, count: int, by: IdKind
) -> None:
    """Open orders that a batch does not name stay open, whether placed before or after those it does."""
    if count == 2 and by == "clientId":
        definitive_if_offered(caller)
    # Enough of them that some trade where the named ones do, however the target spreads them.
    before = orders.open(6)
    named = orders.open(count, client_ids=True) if by == "clientId" else orders.open(count)
    after = orders.open(6)

    caller.cancel_batch(named, by=by)

    read = orders.after(named[-1], [*before, *after])
    assert {order_id: status for order_id, status in read.items() if status != "open"} == {}, "other-order-touched"


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@pytest.mark.parametrize("by", ["orderId", pytest.param("clientId", marks=deepens)])
def test_unknown_id_cancels_no_other_order(
    caller: ArcusCaller, orders: Orders, definitive_if_offered: Definitive, by: str
) -> None:
    """An element that names an id that does not exist cancels no other order."""
    if by == "clientId":
        definitive_if_offered(caller)
    before, control, after = orders.open(3)
    if by == "clientId":
        caller.cancel_batch(caller.unknown_client_ids(2), by="clientId")
    else:
        caller.cancel_batch(orders.unknown(2))

    caller.cancel_batch([control])

    assert orders.after(control, [before, after]) == {before.order_id: "open", after.order_id: "open"}, (
        "other-order-touched"
    )


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@deepens
def test_similar_order_id_cancels_nothing(caller: ArcusCaller, orders: Orders) -> None:
    """An element whose orderId differs in one character from an open order's leaves that order open."""
    order, control = orders.open(2)
    element = caller.element(order)
    near = [replace(element, order_id=orders.nearly(order, text)) for text in near_ids(order.order_id)]
    answer = caller.cancel_batch(near)

    caller.cancel_batch([control])

    _require_untouched(orders.after(control, [order]), answer)


@pytest.mark.clause("arcus.isolation.unnamed-untouched")
@deepens
def test_similar_client_id_cancels_nothing(caller: ArcusCaller, orders: Orders) -> None:
    """An element whose clientId has one character added, removed or changed leaves the similar order open."""
    [order], [control] = orders.open(1, client_ids=True), orders.open(1)
    element, known = caller.element(order, "clientId"), order.client_id or ""
    last = "1" if known.endswith("0") else "0"
    texts = [known[:-1] + last, *([f"{known}0"] if len(known) < LONGEST_CLIENT_ID else []), *filter(None, [known[:-1]])]
    near = [replace(element, client_id=orders.nearly_by_client(order, text)) for text in texts]
    answer = caller.cancel_batch(near)

    caller.cancel_batch([control])

    _require_untouched(orders.after(control, [order]), answer)


def _require_untouched(read: Mapping[str, str], answer: BatchAnswer) -> None:
    [(order_id, status)] = read.items()
    if status != "open":
        reported = f"it is {status}; the batch was answered {answer!r}"
        raise Violation(
            f"the order {order_id} to stay open, which no element of the batch names",
            reported,
            kind="other-order-touched",
        )
