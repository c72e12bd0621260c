"""An Arcus account that cancels batches (batch-cancel page)."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Any, Literal
from urllib.parse import quote

from venue_conformance.client.caller import Caller, Recorded
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NotTested, Presupposed, SuiteFault, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.elements import Element, signed_elements
from venue_conformance.venues.arcus.envelope import BATCH_METHOD, BATCH_PATH, RIGHT, Envelope
from venue_conformance.venues.arcus.resending import Resigned
from venue_conformance.venues.arcus.signing import canonical_address
from venue_conformance.venues.arcus.timestamps import Timestamps
from venue_conformance.wire.exchange import Answer, Exchange, Request

#: Signs elements for the request that is being built, as JSON values.
Signed = Callable[[Sequence[Element]], list[dict[str, Any]]]
IdKind = Literal["orderId", "clientId"]

LARGEST_BATCH = 100
TIME_PATH = "/v1/time"
_STATUSES = {
    "OPEN": "open",
    "PARTIALLY_FILLED": "partially_filled",
    "FILLED": "filled",
    "CANCELED": "cancelled",
    "REJECTED": "rejected",
}


class ArcusCaller(Caller[BatchAnswer]):
    """Signs each element with Ed25519 over its own canonical payload."""

    @property
    def address(self) -> str:
        """The account's address in lower case."""
        return canonical_address(self.name)

    @property
    def timestamps(self) -> Timestamps:
        """The times that this run has used, shared by all callers of it."""
        return self.session.kept(Timestamps)

    def element(self, order: ProvisionedOrder | str | Element, by: IdKind = "orderId") -> Element:
        """A valid element for an order, or for an id that names none."""
        if isinstance(order, str):
            like = self.session.sample
            market, index = (like.market_id, like.account_index) if like else (1, 0)
            order = Element(
                order_id=order if by == "orderId" else None,
                client_id=order if by == "clientId" else None,
                market_id=1 if market is None else market,
                account_index=index or 0,
            )
        elif isinstance(order, ProvisionedOrder):
            client_id = order.client_id if by == "clientId" else None
            if by == "clientId" and client_id is None:
                raise SuiteFault(f"{order.order_id} has no client id to be named by")
            order = Element(
                order_id=order.order_id if by == "orderId" else None,
                client_id=client_id,
                market_id=1 if order.market_id is None else order.market_id,
                account_index=order.account_index or 0,
                folded=client_id is not None and client_id != client_id.lower() and self._folds_client_ids(),
                foreign=order.owner != self.name,
            )
        return order

    def unknown_client_ids(self, count: int = 1) -> list[str]:
        """Client ids that name no order: 36 characters, all of them allowed in a client id."""
        return self.session.ledger.unknown(count)

    def _folds_client_ids(self) -> bool:
        """Whether the target wants client ids signed in lower case, asked once with one that no order has.

        Generations of the documentation differ on it; only orders that were given such client ids need to know.
        """
        known = self.session.kept(Folding)
        if known.folds is None:
            # A valid signature over a client id without such letters shows what a right one is answered with.
            right, other = (self.element(unknown, "clientId") for unknown in self.unknown_client_ids(2))
            asked = replace(other, client_id=f"aB{other.target[:34]}")
            taken, verbatim, folded = (
                _outcome(self.send(lambda signed, element=element: {"cancels": signed([element])}))  # type: ignore[misc]
                for element in (right, asked, replace(asked, folded=True))
            )
            known.folds = folded == taken != verbatim
        return known.folds

    def cancel_batch(
        self,
        orders: Sequence[ProvisionedOrder | str | Element],
        *,
        by: IdKind = "orderId",
        envelope: Envelope = RIGHT,
        limit_asked: bool = False,
        fits: Callable[[int], bool] | None = None,
    ) -> BatchAnswer:
        """Send a batch cancel for these orders, right unless ``envelope`` or an element tampers with it.

        ``fits`` chooses among the times that a valid request may have. Raises NotTested when orders of several account
        indexes are refused: whether one batch may name such is open.
        """
        elements = [self.element(order, by) for order in orders]
        sized = 1 <= len(elements) <= LARGEST_BATCH
        # How a batch that names somebody else's order is refused is not documented: it may be as if the caller were.
        right = envelope == RIGHT and sized and all(element.is_right for element in elements)
        answer = self.send(
            lambda signed: {"cancels": signed(elements)},
            envelope=envelope,
            right=right,
            limit_asked=limit_asked,
            fits=fits,
        )
        untampered = sized and not answer.exchange.request.signing
        if untampered and answer.refused and not limit_asked and len({each.account_index for each in elements}) > 1:
            raise NotTested(f"a batch of orders of several account indexes was refused with {answer.status}", "orders")
        return answer

    def send(
        self,
        compose: Callable[[Signed], Any] | bytes | None,
        *,
        envelope: Envelope = RIGHT,
        right: bool = False,
        limit_asked: bool = False,
        headers: tuple[tuple[str, str], ...] = (("Content-Type", "application/json"),),
        method: str = BATCH_METHOD,
        path: str = BATCH_PATH,
        fits: Callable[[int], bool] | None = None,
    ) -> BatchAnswer:
        """Send any body to the batch-cancel operation: bytes as they are, or what ``compose`` makes for each try.

        ``method`` and ``path`` are where it goes; the address is added to the query. ``right`` says that the
        documentation wants it accepted. Every try has a time of its own.
        """
        credentials = self.account.credentials
        private_key = envelope.private_key or credentials["private_key"]
        used: list[Element] = []
        stamp = 0

        def build() -> Request:
            nonlocal stamp
            stamp = envelope.stamp(self.address, self.timestamps, fits)
            timestamp, ct = envelope.header_and_ct(stamp)
            used.clear()
            signatures: list[Any] = []

            def signed(elements: Sequence[Element]) -> list[dict[str, Any]]:
                built = signed_elements(elements, private_key=private_key, address=self.address, timestamp=ct)
                used.extend(elements)
                signatures.extend(members.get("signature") for members in built)
                return built

            body = compose
            if callable(body):
                composed = body(signed)
                body = composed if isinstance(composed, bytes) else json.dumps(composed).encode()
            first = next(iter(signatures), None)
            own = envelope.headers(credentials["private_key"], timestamp, first)
            tampered = {**envelope.tampered, **_tampered_elements(used)}
            return Request(
                method, envelope.path(self.name, path), (*own, *headers), body, caller=self.name, signing=tampered
            )

        exchange = self.dispatch(build, right=right, limit_asked=limit_asked)
        answer = BatchAnswer(exchange, used)
        if answer.succeeded:
            self.timestamps.accepted(self.address, stamp)
        if right and answer.accepted:
            self.session.kept(AcceptedAccounts).accounts.add(self.name)
        return answer

    def require_accepted(self) -> None:
        """The control of whoever judges refusals, of an open order where there is one.

        Whether a batch is accepted that names an unknown order is a question of its own. Raises Presupposed.
        """
        if self.name in self.session.kept(AcceptedAccounts).accounts:
            return
        with closing(Orders(self.session, self.recorder, self, lambda: self)) as orders:
            named: list[ProvisionedOrder | str] = []
            with orders.optional():
                named += orders.open(1)
            answer = self.cancel_batch(named or [*orders.unknown(1)])
        if not answer.accepted:
            raise Presupposed(self.session.venue.accepts, f"a valid batch of this account was answered {answer!r}")

    def send_again(self, answer: BatchAnswer) -> BatchAnswer:
        """Send the very bytes of an earlier request once more, time and signatures included."""
        return BatchAnswer(self.dispatch(lambda: answer.exchange.request), answer.elements)

    def resend(self, recorded: Recorded) -> Exchange:
        """Send a recorded request again: with a time of its own, each element signed and tampered with afresh."""
        if recorded.request.path.partition("?")[0] != BATCH_PATH:
            raise NotTested("only batch cancels can be sent again")
        again = Resigned(recorded, self.account.credentials)
        return self.dispatch(lambda: again.build(self.address, self.timestamps), limit_asked=recorded.limit_asked)

    def read_time(self) -> Answer:
        """What the venue's time endpoint answers, which a target need not have (GET /v1/time)."""
        return Answer(self.dispatch(lambda: Request("GET", TIME_PATH, (), caller=self.name)))

    def read_status(self, order: ProvisionedOrder) -> str:
        """The status of an own order by GET /v1/order/{orderId} (https://docs.arcus.xyz/api-reference/account/orders)."""
        path = f"/v1/order/{quote(order.order_id, safe='')}?address={self.address}"
        answer = Answer(self.dispatch(lambda: Request("GET", path, (), caller=self.name)))
        if answer.status in (404, 405, 501):
            raise NotTested("the target offers neither `order statuses` nor a read of one order", "order statuses")
        if not answer.succeeded:
            raise NotTested(f"the read of one order answered {answer.status}", "order statuses")
        read = answer.json_object
        status = read.get("status")
        if not isinstance(status, str):
            raise Violation("an order with a status", repr(answer), kind="order-without-status")
        if status == "OPEN" and read.get("state") == "PARTIALLY_FILLED":
            return "partially_filled"
        if status == "REJECTED" and read.get("rejectionReason") == "EXPIRED":
            return "expired"
        return _STATUSES.get(status, status)


class AcceptedAccounts:
    """The accounts of which a valid batch was accepted in this run, by name."""

    def __init__(self) -> None:
        self.accounts: set[str] = set()


class Folding:
    """Whether client ids are signed in lower case here; None while nobody has asked."""

    def __init__(self) -> None:
        self.folds: bool | None = None


def _outcome(answer: BatchAnswer) -> tuple[object, ...]:
    """What an answer to one element says of it, without what differs from one element to the next."""
    rows = answer.rows if answer.succeeded else []
    return answer.status, *((row.get("status"), row.get("rejectionReason"), bool(row.get("error"))) for row in rows)


def _tampered_elements(elements: Sequence[Element]) -> dict[str, Any]:
    tampered = [element.tampered for element in elements]
    return {"elements": tampered} if any(tampered) else {}
