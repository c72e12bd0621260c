"""Faults in what becomes of orders."""

from __future__ import annotations

from collections.abc import Mapping

from ...http import Response
from ..base import Refusal
from ..cancels import Batch, Element, Outcome
from ..orders import LIVE, Order, Status
from ..venue import ArcusVenue


class AcknowledgesAndForgets(ArcusVenue):
    """Acknowledges a batch and hands nothing on."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def forward(self, batch: Batch, elements: tuple[Element, ...]) -> None:
        """Nothing is handed on."""


class PublishesWithoutCancelling(ArcusVenue):
    """Tells of an order as CANCELED and leaves it open."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def cancel(self, order: Order) -> None:
        super().cancel(order)
        before = order.past[-2][1]
        self.move(order, before)


class CancelsEverySecondOrder(ArcusVenue):
    """Leaves every second order of a batch open."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        return tuple(element for element in elements if element.position % 2 == 0)


class LosesTheNeighbourOfARepeat(ArcusVenue):
    """Does not carry out the element behind one that repeats its neighbour's order."""

    caught_by = "arcus.lifecycle.open-cancelled"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        targets = [(element.order_id, element.client_id) for element in elements]
        return tuple(
            element
            for place, element in enumerate(elements)
            if place < 2 or targets[place - 1] != targets[place - 2] or targets[place] == targets[place - 1]
        )


class LeavesPartlyFilledOrdersAlone(ArcusVenue):
    """Does not cancel an order that was filled in part."""

    caught_by = "arcus.lifecycle.partially-filled-cancelled"

    def is_cancellable(self, order: Order) -> bool:
        return super().is_cancellable(order) and order.status is not Status.PARTIALLY_FILLED


class FillsPartlyFilledOrders(ArcusVenue):
    """Ends an order that was filled in part as filled."""

    caught_by = "arcus.lifecycle.partially-filled-cancelled"

    def cancel(self, order: Order) -> None:
        partly = order.status is Status.PARTIALLY_FILLED
        super().cancel(order)
        if partly:
            self.move(order, Status.FILLED)


class FindsNoPartlyFilledOrderByClientId(ArcusVenue):
    """Does not carry out an element that names an order filled in part by its client id."""

    caught_by = "arcus.lifecycle.partially-filled-cancelled"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        elements = super().unopposed(batch, objections)
        return tuple(element for element in elements if not self._names_a_part(batch, element))

    def _names_a_part(self, batch: Batch, element: Element) -> bool:
        order = self.find_target(batch.caller.account, element)
        return element.client_id is not None and order is not None and order.status is Status.PARTIALLY_FILLED


class CancelsFilledOrders(ArcusVenue):
    """Cancels an order that was filled."""

    caught_by = "arcus.lifecycle.terminal-unchanged"

    def is_cancellable(self, order: Order) -> bool:
        return super().is_cancellable(order) or order.status is Status.FILLED


class CancelsRejectedOrders(ArcusVenue):
    """Cancels an order that was rejected."""

    caught_by = "arcus.lifecycle.terminal-unchanged"

    def is_cancellable(self, order: Order) -> bool:
        return super().is_cancellable(order) or order.status is Status.REJECTED


class CancelsExpiredOrders(ArcusVenue):
    """Cancels an order that has expired."""

    caught_by = "arcus.lifecycle.terminal-unchanged"

    def is_cancellable(self, order: Order) -> bool:
        return super().is_cancellable(order) or order.status is Status.EXPIRED


class RejectsCancelledOrders(ArcusVenue):
    """Marks an order that was cancelled before as rejected, for its cancel is."""

    caught_by = "arcus.lifecycle.terminal-unchanged"

    def finished(self, element: Element, order: Order | None) -> Outcome:
        if order is not None and order.status is Status.CANCELED:
            self.move(order, Status.REJECTED)
        return super().finished(element, order)


class AnswersUnknownOrdersWith404(ArcusVenue):
    """Answers a batch that names an order that is not live with 404."""

    caught_by = "arcus.lifecycle.unknown-is-no-http-error"

    async def run_batch(self, batch: Batch, objections: Mapping[int, str]) -> Response:
        response = await super().run_batch(batch, objections)
        targets = [self.find_target(batch.caller.account, element) for element in self.unopposed(batch, objections)]
        if any(order is None for order in targets):
            raise Refusal(404, "order not found")
        return response


class StopsAtTheFirstUnknownOrder(ArcusVenue):
    """Hands on the elements of a batch up to the first that names no live order."""

    caught_by = "arcus.independence.bad-id-affects-no-other"

    def unopposed(self, batch: Batch, objections: Mapping[int, str]) -> tuple[Element, ...]:
        kept: list[Element] = []
        for element in super().unopposed(batch, objections):
            order = self.find_target(batch.caller.account, element)
            if order is None or order.status not in LIVE:
                break
            kept.append(element)
        return tuple(kept)
