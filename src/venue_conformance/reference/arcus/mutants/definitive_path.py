"""Faults of one path alone: where the engine is waited for (200), or where a batch is handed on in parts (202)."""

from __future__ import annotations

from typing import Any

from ..cancels import Batch, Element, Outcome
from ..orders import Account, Order, Status
from ..rate_limit import Snapshot
from ..rows import Row
from ..venue import ArcusVenue


class EchoesAddressesAsWrittenIn200(ArcusVenue):
    """Repeats an element's address in its 200 row as it was written."""

    caught_by = "arcus.address.answers-lower-case"

    def definitive_row(self, batch: Batch, outcome: Outcome) -> Row:
        return {**super().definitive_row(batch, outcome), "address": outcome.element.source["address"]}


class EchoesAddressesAsWrittenInErrors(ArcusVenue):
    """Repeats an element's address as it was written in the row that denies it."""

    caught_by = "arcus.address.answers-lower-case"

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        return {**super().error_row(batch, element, objection), "address": element.source["address"]}


class TakesTheKindOfTheFirstIn200(ArcusVenue):
    """Carries out the sort of id of the first element only where a batch is answered with 200."""

    caught_by = "arcus.target.mixed-batch"

    def match(self, batch: Batch, elements: tuple[Element, ...]) -> list[Outcome]:
        if not self.is_definitive(batch):
            return super().match(batch, elements)
        sort = elements[0].order_id is None
        alike = tuple(element for element in elements if (element.order_id is None) == sort)
        others = [Outcome(each, Status.REJECTED, None, "ORDER_NOT_FOUND") for each in elements if each not in alike]
        return [*super().match(batch, alike), *others]


class PromisesTheFirstFiftyIn202(ArcusVenue):
    """Says CANCELED in the first fifty rows of a larger batch that is answered with 202: they were handed on first."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        return {**row, "status": "CANCELED"} if element.position < 50 < len(batch.elements) else row


class PromisesRepeatsIn202(ArcusVenue):
    """Says CANCELED in the 202 row of an element that names the order of an earlier one."""

    caught_by = "arcus.async.acknowledgement-is-no-end-state"

    def acknowledged_row(self, batch: Batch, element: Element) -> Row:
        row = super().acknowledged_row(batch, element)
        earlier = [self.echo(each) for each in batch.elements[: element.position]]
        return {**row, "status": "CANCELED"} if self.echo(element) in earlier else row


class ClaimsCancelledForDeniedElements(ArcusVenue):
    """Says CANCELED in the 200 row of an element that it denied for its signature."""

    caught_by = "arcus.async.cancelled-rows-are-true"

    def error_row(self, batch: Batch, element: Element, objection: str) -> Row:
        if self.is_definitive(batch):
            return self.row(batch, element, Status.CANCELED)
        return super().error_row(batch, element, objection)


class GivesFiftyRowsIn200(ArcusVenue):
    """Gives the first fifty rows of a larger batch that is answered with 200."""

    caught_by = "arcus.rows.one-per-order"

    def batch_answer(self, batch: Batch, rows: list[Row]) -> Any:
        return super().batch_answer(batch, rows[:50] if self.is_definitive(batch) else rows)


class CancelsAnybodysClientIdsIn200(ArcusVenue):
    """Cancels another account's order by its clientId where a batch is answered with 200."""

    caught_by = "arcus.isolation.foreign-client-id"

    def find_target(self, account: Account, element: Element) -> Order | None:
        found = super().find_target(account, element)
        if found is None and element.client_id is not None and account.address in self.definitive:
            return next((each for each in self.book.all() if each.client_id == element.client_id), None)
        return found


class TakesTheSnapshotBeforeChargingIn200(ArcusVenue):
    """Gives what was left before the batch was charged where it is answered with 200."""

    caught_by = "arcus.rate-limit.after-charging"

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        snapshot = super().pool_snapshot(batch)
        if snapshot is None or not self.is_definitive(batch):
            return snapshot
        return {**snapshot, "remaining": snapshot["remaining"] + len(batch.elements)}


class TakesDeniedOrdersForBusy(ArcusVenue):
    """Leaves an order alone of which an element was denied before: it is taken for one that is being cancelled."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._busy: set[str | None] = set()

    def judge(self, batch: Batch) -> dict[int, str]:
        objections = super().judge(batch)
        self._busy |= {batch.elements[position].order_id for position in objections}
        return objections

    def is_cancellable(self, order: Order) -> bool:
        return order.id not in self._busy and super().is_cancellable(order)


class GivesTheAccountIndexOfTheFirst(ArcusVenue):
    """Gives the accountIndex of the first element in every row."""

    caught_by = "arcus.rows.market-and-account-echo"

    def row(self, batch: Batch, element: Element, status: str) -> Row:
        return {**super().row(batch, element, status), "accountIndex": batch.elements[0].account_index}


class PublishesWhatItRefusesForItsSize(ArcusVenue):
    """Tells of the orders of a batch as REJECTED that it refuses for its size."""

    caught_by = "arcus.channel.refused-request-is-silent"

    def check_count(self, cancels: Any) -> None:
        if len(cancels) > 100:
            for order in filter(None, (self.book.get(str(each.get("orderId"))) for each in cancels[:2])):
                self.tell_again(order, stale=True)
        super().check_count(cancels)


class TellsHowForeignOrdersStand(ArcusVenue):
    """Tells whoever names another account's order how that order stands."""

    caught_by = "arcus.channel.owner-only"

    def match_one(self, batch: Batch, element: Element, order: Order | None) -> Outcome:
        foreign = self.book.get(element.order_id or "")
        if foreign is not None and not self.owns(batch.caller.account, foreign):
            event = {"orderId": foreign.id, "status": str(foreign.status), "marketId": foreign.market.id}
            for connection in self.audience(self.pool_owner(batch, element.account_index)):
                connection.post(self.update(self.pool_owner(batch, element.account_index), foreign.market.name, event))
        return super().match_one(batch, element, order)
