"""Orders of another account are reported like orders that do not exist, and are unchanged."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

import pytest

from venue_conformance.client.caller import Caller
from venue_conformance.client.indistinguishable import differences
from venue_conformance.client.near_ids import near_ids
from venue_conformance.client.orders import Orders
from venue_conformance.client.wording import as_json
from venue_conformance.errors import Presupposed, Violation

#: A live order and a finished one say what is promised of all; the others are further examples.
STATUSES = (
    *("open", "filled"),
    *(
        pytest.param(status, marks=pytest.mark.deepens)
        for status in ("partially_filled", "cancelled", "expired", "rejected")
    ),
)


class ForeignOrders:
    """Another account's orders are unchanged, according to the read-back."""

    clauses: ClassVar[Mapping[str, str | tuple[str, ...]]]

    @pytest.mark.parametrize(
        "status",
        [pytest.param("open", marks=pytest.mark.smoke), pytest.param("partially_filled", marks=pytest.mark.deepens)],
    )
    def test_other_accounts_order_is_unchanged(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        """Another account's order keeps its status, alone in a batch and among own orders."""
        alone, among = orders.foreign(2, status)
        first, last, control = orders.open(3)
        caller.cancel_batch([alone])
        caller.cancel_batch([first, among, last])

        caller.cancel_batch([control])

        assert orders.after(control, [alone, among]) == {alone.order_id: status, among.order_id: status}, (
            "foreign-order-touched"
        )

    @pytest.mark.deepens
    def test_order_that_another_account_named_is_cancelled_by_its_owner(
        self, caller: Caller[Any], stranger: Caller[Any], orders: Orders
    ) -> None:
        """An open order is cancelled by its owner, although batches of another account have named it before."""
        alone, among = named = orders.make(2, owner=stranger)
        caller.cancel_batch([alone])
        caller.cancel_batch([*orders.open(1), among])
        read = orders.statuses(named)
        if set(read.values()) != {"open"}:
            clause = self.clauses["test_other_accounts_order_is_unchanged"]
            untouched = clause if isinstance(clause, str) else clause[0]
            raise Presupposed(untouched, f"orders that another account named read as {read}")

        stranger.cancel_batch(named)

        assert orders.poll_until(named) == dict.fromkeys(read, "cancelled"), "not-cancelled"


class Isolation(ForeignOrders):
    """The same, where responses report each order. ``not_found`` is the venue's word for an order that does not exist.

    ``unknown_not_found`` is the clause that says so, ``unnamed_untouched`` the one by which orders that a batch does
    not name stay as they are.
    """

    not_found: ClassVar[str]
    unknown_not_found: ClassVar[str]
    unnamed_untouched: ClassVar[str]

    @pytest.mark.smoke
    def test_unknown_order_is_not_found(self, caller: Caller[Any], orders: Orders) -> None:
        """An id that does not exist is reported as not found, at any position in the batch."""
        ids = orders.unknown(3)

        answer = caller.cancel_batch(ids)

        assert [answer.reason(order_id) for order_id in ids] == [self.not_found] * 3, "other-reason"

    @pytest.mark.parametrize("status", STATUSES)
    def test_other_accounts_order_is_not_found(self, caller: Caller[Any], orders: Orders, status: str) -> None:
        """Another account's order is reported as not found, whatever its status."""
        [foreign] = orders.foreign(1, status)

        answer = caller.cancel_batch([foreign])

        assert answer.reason(foreign.order_id) == self.not_found, "other-reason"

    @pytest.mark.parametrize("status", STATUSES)
    def test_other_accounts_order_is_indistinguishable_from_unknown(
        self, caller: Caller[Any], orders: Orders, status: str
    ) -> None:
        """The response does not reveal whether an order belongs to another account or does not exist."""
        [foreign] = orders.foreign(1, status)

        found = differences(caller.cancel_batch, foreign.order_id, lambda: orders.unknown(1)[0])

        assert found == {}, "responses-differ"

    @pytest.mark.deepens
    @pytest.mark.parametrize("status", ["open", "filled"])
    def test_order_whose_owner_was_answered_is_not_found(
        self, caller: Caller[Any], stranger: Caller[Any], orders: Orders, status: str
    ) -> None:
        """What an order's owner was told of it is not repeated to another account that sends the same batch."""
        batch = orders.make(2, status, owner=stranger)
        reported = [stranger.cancel_batch(batch) for _ in range(2)]
        if not all(answer.succeeded for answer in reported):
            raise Presupposed(caller.session.venue.accepts, f"valid batches were answered {reported!r}")

        answer = caller.cancel_batch(batch)

        assert [answer.reason(order.order_id) for order in batch] == [self.not_found] * 2, "other-reason"

    @pytest.mark.deepens
    def test_similar_id_is_not_found(
        self, caller: Caller[Any], orders: Orders, breach: Callable[[Violation], None]
    ) -> None:
        """An open order's id with one character changed is reported like any unknown id, and the order stays open."""
        order, control = orders.open(2)
        near = [orders.nearly(order, text) for text in near_ids(order.order_id)]

        answer = caller.cancel_batch([*near, control])

        if not answer.succeeded:
            raise Presupposed(caller.session.venue.accepts, f"a valid batch was answered {answer!r}")
        reported = {text: answer.reason(text) for text in near}
        if set(reported.values()) != {self.not_found}:
            said = f"{self.not_found} for ids that differ in one character from {order.order_id}, an open order's"
            breach(Violation(said, as_json(reported), self.unknown_not_found, kind="other-reason"))
        read = orders.after(control, [order])[order.order_id]
        if read != "open":
            said = f"the order {order.order_id} to stay open, since the batch named {', '.join(near)}"
            breach(Violation(said, f"it is {read}", self.unnamed_untouched, kind="other-order-touched"))
