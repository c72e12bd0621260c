"""Faults in other callers' orders, AMM orders, and what one id of a batch may do to another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Unpack

from ...venue import VenueOptions
from ..base import Refusal
from ..orders import CANCELLABLE, Account, Order, Status
from ..rows import Row, RowError
from ..venue import BayseVenue


class CancelsAmmOrders(BayseVenue):
    """Says that an AMM order was cancelled."""

    caught_by = "bayse.engine.amm-refused"

    def cancel_one(self, account: Account, order_id: str) -> Row:
        order = self.book.get(order_id)
        if order is not None and self.owns(account, order) and not self.is_supported(order):
            return self.success_row(order_id)
        return super().cancel_one(account, order_id)


class CancelsAmmOrdersInSilence(BayseVenue):
    """Says UNSUPPORTED_ENGINE of an AMM order, and has cancelled it."""

    caught_by = "bayse.engine.amm-refused"

    def unsupported_engine(self, order: Order) -> RowError:
        self.cancel(order)
        return super().unsupported_engine(order)


class FindsNoAmmOrders(BayseVenue):
    """Says ORDER_NOT_FOUND of the caller's own AMM order, which it looks for among CLOB orders."""

    caught_by = "bayse.engine.amm-refused"

    def unsupported_engine(self, order: Order) -> RowError:
        return self.not_found(order)


class JudgesAmmOrdersByTheirStatus(BayseVenue):
    """Says of an AMM order that it is filled, where its engine is what matters."""

    caught_by = "bayse.engine.amm-refused"

    def unsupported_engine(self, order: Order) -> RowError:
        return self.finished(order)


class RefusesBatchesWithAmmOrders(BayseVenue):
    """Refuses the whole batch for one AMM order in it."""

    caught_by = "bayse.engine.amm-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        orders = [self.book.get(order_id) for order_id in order_ids]
        if any(order is not None and self.owns(account, order) and not self.is_supported(order) for order in orders):
            raise Refusal(400, "unsupported_engine", "Only CLOB orders can be cancelled in a batch")
        return await super().cancel_all(account, order_ids)


class StopsAtAmmOrders(BayseVenue):
    """Leaves every order after an AMM order as it is, and fails its row with UNSUPPORTED_ENGINE too."""

    caught_by = "bayse.engine.amm-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        unsupported: RowError | None = None
        for order_id in order_ids:
            row = self.failure_row(order_id, unsupported) if unsupported else self.cancel_one(account, order_id)
            error = row.get("error")
            if error is not None and error["code"] == "UNSUPPORTED_ENGINE":
                unsupported = error
            rows.append(row)
        return rows


class HasAnotherCodeForUnknownIds(BayseVenue):
    """Fails an id that names no order with NOT_FOUND."""

    caught_by = "bayse.isolation.unknown-not-found"

    def not_found(self, order: Order | None) -> RowError:
        return self.row_error("NOT_FOUND", "Order not found")


class TakesUnknownOrdersForCancelled(BayseVenue):
    """Says success for an id that names no order, as there is nothing left to cancel."""

    caught_by = "bayse.isolation.unknown-not-found"

    def cancel_one(self, account: Account, order_id: str) -> Row:
        if self.book.get(order_id) is None:
            return self.success_row(order_id)
        return super().cancel_one(account, order_id)


class AnswersUnknownIdsWith404(BayseVenue):
    """Answers 404 as a whole when none of the ids names an order."""

    caught_by = "bayse.isolation.unknown-not-found"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        if all(self.book.get(order_id) is None for order_id in order_ids):
            raise Refusal(404, "not_found", "Order not found")
        return await super().cancel_all(account, order_ids)


class RemembersWhatItDidNotFind(BayseVenue):
    """Keeps for every account that there is no such order, once it has told one account so."""

    caught_by = "bayse.lifecycle.open-cancelled"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._not_found: set[str] = set()

    def not_found(self, order: Order | None) -> RowError:
        if order is not None:
            self._not_found.add(order.id)
        return super().not_found(order)

    def owns(self, account: Account, order: Order) -> bool:
        return order.id not in self._not_found and super().owns(account, order)


class RepeatsToOthersWhatTheOwnerWasTold(BayseVenue):
    """Keeps the error of an order that is no longer open for the next batch that names it, whoever sends that."""

    caught_by = "bayse.isolation.foreign-not-found"

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self._told: dict[str, RowError] = {}

    def finished(self, order: Order) -> RowError:
        return self._told.setdefault(order.id, super().finished(order))

    def not_found(self, order: Order | None) -> RowError:
        told = None if order is None else self._told.get(order.id)
        return told or super().not_found(order)


class ForbidsForeignOrders(BayseVenue):
    """Fails another caller's order with FORBIDDEN, and so tells that it exists."""

    caught_by = "bayse.isolation.foreign-not-found"

    def not_found(self, order: Order | None) -> RowError:
        return super().not_found(order) if order is None else self.row_error("FORBIDDEN", "Not your order")


class LooksAtTheStatusBeforeTheOwner(BayseVenue):
    """Says of another caller's finished order that it is no longer open."""

    caught_by = "bayse.isolation.foreign-not-found"

    def objection(self, account: Account, order: Order | None) -> RowError | None:
        if order is not None and self.is_supported(order) and not self.is_cancellable(order):
            return self.finished(order)
        return super().objection(account, order)


class WordsForeignOrdersDifferently(BayseVenue):
    """Has another message for another caller's order than for an id that names none."""

    caught_by = "bayse.isolation.indistinguishable"

    def not_found(self, order: Order | None) -> RowError:
        message = "Order not found" if order is None else "Order not found for this account"
        return self.row_error("ORDER_NOT_FOUND", message)


class WordsForeignFilledOrdersDifferently(BayseVenue):
    """Has another message for another caller's order only when it is filled."""

    caught_by = "bayse.isolation.indistinguishable"

    def not_found(self, order: Order | None) -> RowError:
        filled = order is not None and order.status is Status.FILLED
        return self.row_error("ORDER_NOT_FOUND", "Order not found or filled" if filled else "Order not found")


class GivesForeignMarketsAway(BayseVenue):
    """Adds the market to the row of another caller's order."""

    caught_by = "bayse.isolation.indistinguishable"

    def cancel_one(self, account: Account, order_id: str) -> Row:
        row = super().cancel_one(account, order_id)
        order = self.book.get(order_id)
        if order is not None and not self.owns(account, order):
            row["marketId"] = order.terms.market_id
        return row


class CancelsForeignOrders(BayseVenue):
    """Says that another caller's order was not found, and cancels it."""

    caught_by = "bayse.isolation.foreign-untouched"

    def not_found(self, order: Order | None) -> RowError:
        if order is not None and order.status in CANCELLABLE:
            self.cancel(order)
        return super().not_found(order)


class CancelsForeignPartialFills(BayseVenue):
    """Says that another caller's partially filled order was not found, and cancels it."""

    caught_by = "bayse.isolation.foreign-untouched"

    def not_found(self, order: Order | None) -> RowError:
        if order is not None and order.status is Status.PARTIALLY_FILLED:
            self.cancel(order)
        return super().not_found(order)


class CancelsForeignOrdersInCompany(BayseVenue):
    """Checks the owner of a batch's first order only, and cancels the others for whoever owns them."""

    caught_by = "bayse.isolation.foreign-untouched"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        for order_id in order_ids[1:] if rows[0]["success"] else ():
            order = self.book.get(order_id)
            if order is not None and order.status in CANCELLABLE:
                self.cancel(order)
        return rows


class CancelsForeignOrdersOnTheSecondMention(BayseVenue):
    """Says ORDER_NOT_FOUND of another caller's order whenever it is named, and cancels it at the second time."""

    caught_by = "bayse.isolation.foreign-untouched"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        twice = {order_id for order_id in order_ids if order_ids.count(order_id) > 1}
        for order in filter(None, map(self.book.get, twice)):
            if not self.owns(account, order) and order.status in CANCELLABLE:
                self.cancel(order)
        return rows


class StopsAtTheFirstFailure(BayseVenue):
    """Leaves every order after a failed one as it is."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        for order_id in order_ids:
            stopped = bool(rows) and not rows[-1]["success"]
            skipped = self.row_error("NOT_PROCESSED", "An earlier order of the batch failed")
            rows.append(self.failure_row(order_id, skipped) if stopped else self.cancel_one(account, order_id))
        return rows


class UndoesTheBatchOnFailure(BayseVenue):
    """Puts every order back when one of the batch failed, and says success all the same."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await super().cancel_all(account, order_ids)
        if not all(row["success"] for row in rows):
            self.put_back([row["orderId"] for row in rows if row["success"]])
        return rows

    def put_back(self, order_ids: Sequence[str]) -> None:
        """Give orders the status back that they had before they were cancelled."""
        for order_id in order_ids:
            order = self.book.get(order_id)
            if order is not None and len(order.past) > 1:
                self.move(order, order.past[-2][1])


class UndoesTheBatchWhenTheLastFails(UndoesTheBatchOnFailure):
    """Puts every order back when the last one of the batch failed."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows = await BayseVenue.cancel_all(self, account, order_ids)
        if not rows[-1]["success"]:
            self.put_back([row["orderId"] for row in rows if row["success"]])
        return rows


class SkipsTheNeighbourOfAFailure(BayseVenue):
    """Fails the order that follows a failed one with its neighbour's error."""

    caught_by = "bayse.independence.bad-id-affects-no-other"

    async def cancel_all(self, account: Account, order_ids: Sequence[str]) -> list[Row]:
        rows: list[Row] = []
        previous_error: RowError | None = None
        for order_id in order_ids:
            row = self.failure_row(order_id, previous_error) if previous_error else self.cancel_one(account, order_id)
            previous_error = None if previous_error else row.get("error")
            rows.append(row)
        return rows
