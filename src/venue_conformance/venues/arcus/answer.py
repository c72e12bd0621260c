"""What an Arcus batch cancel answers (batch-cancel page, response)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeGuard

from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.wire.exchange import Answer, Exchange

CANCELED, FILLED, REJECTED, ERROR = "CANCELED", "FILLED", "REJECTED", "ERROR"
ACKNOWLEDGED = "CANCEL_ACKNOWLEDGED"
#: Statuses that say no more than that something was taken.
ACKNOWLEDGEMENTS = frozenset({ACKNOWLEDGED, "ACK", "CANCEL_ALL_ACKNOWLEDGED"})
#: Statuses that say how an order ended. REJECTED may be said of the cancel as well, so it is not among them.
END_STATES = frozenset(
    {CANCELED, "CANCELLED", FILLED, "MARGIN_CANCELED", "LIQUIDATED", "ADL", "EXPIRED", "TPSL_CANCELED"}
)
#: What an end state reads as, in the words of the target protocol.
READS_AS = {CANCELED: "cancelled", FILLED: "filled"}
#: https://docs.arcus.xyz/api-reference/public/get-order-status, status
STATUSES = END_STATES - {"CANCELLED", "EXPIRED"} | {
    REJECTED,
    ERROR,
    ACKNOWLEDGED,
    "PENDING",
    "OPEN",
    "PARTIALLY_FILLED",
    "UNTRIGGERED",
    "TPSL_PLACED",
    "TPSL_TRIGGERED",
    "ACK",
    "CANCEL_ALL_ACKNOWLEDGED",
    "CANCEL_PENDING",
}
NOT_ENFORCED = -1


class BatchAnswer(Answer):
    """The answer to a batch of ``elements``; each part is read, and found wrong, only when a check asks for it."""

    def __init__(self, exchange: Exchange, elements: Sequence[Element] = ()) -> None:
        super().__init__(exchange)
        self.elements = tuple(elements)

    @property
    def accepted(self) -> bool:
        """Whether the batch was accepted: any 2xx with rows that can be read."""
        if not self.succeeded:
            return False
        try:
            return isinstance(self.rows, list)
        except Violation:
            return False

    def require_accepted(self, what: str) -> None:
        """Go on only with an accepted batch. Raises NeverExercised, which says that ``what`` was not accepted."""
        if not self.accepted:
            raise NeverExercised(f"{what} was not accepted, but answered {self!r}")

    @property
    def processed(self) -> dict[str, Any]:
        """The body of an answer that says the batch was taken. Raises Violation when it does not."""
        if not self.succeeded:
            raise Violation("an accepted batch (202 or 200)", repr(self), kind="not-accepted")
        return self.json_object

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The rows, in the order of the answer."""
        rows = self.processed.get("responses")
        if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
            raise Violation("responses to be a list of objects", repr(self), kind="no-array-of-objects")
        return rows

    def rows_of(self, element: Element) -> list[dict[str, Any]]:
        """Every row that repeats the id by which an element named its order."""
        name, value = ("clientId", element.client_id) if element.order_id is None else ("orderId", element.order_id)
        return [row for row in self.rows if row.get(name) == value]

    def row(self, element: Element) -> dict[str, Any]:
        """The row of an element; of several, the first. Raises Violation when there is none."""
        for row in self.rows_of(element):
            return row
        raise Violation(f"a row for {element.target}", repr(self), kind="row-missing")

    def reported(self, element: Element) -> str | None:
        """The status that an element's row gives, None without one. Raises Violation without a row."""
        status = self.row(element).get("status")
        return status if isinstance(status, str) else None

    def denies(self, element: Element) -> bool:
        """Whether an element's row says that it was not carried out."""
        return any(_denies(row) for row in self.rows_of(element))

    @property
    def denies_all(self) -> bool:
        """Whether the answer has rows, and every one of them says that nothing was carried out."""
        return self.denies_all_but(())

    def denies_all_but(self, elements: Sequence[Element]) -> bool:
        """The same of the rows that are of none of these elements; one of which no row can repeat the id has such."""
        known = [row for element in elements for row in self.rows_of(element)]
        others = [row for row in self.rows if row not in known]
        return bool(others) and all(_denies(row) for row in others)

    def leaves_open(self, element: Element) -> bool:
        """Whether the order of a valid element is to stay open: the batch was refused, or the element was denied."""
        return self.refused or (self.accepted and self.denies(element))

    @property
    def remaining(self) -> int | None:
        """What the snapshot says is left of the cancel pool; None where nothing is counted."""
        snapshot = self.processed.get("rateLimit")
        left = snapshot.get("remaining") if isinstance(snapshot, dict) else None
        return int(left) if is_whole(left) and left != NOT_ENFORCED else None


def _denies(row: Mapping[str, Any]) -> bool:
    return row.get("status") in (ERROR, REJECTED) or bool(row.get("error"))


def reports_an_end(row: Mapping[str, Any]) -> bool:
    """Whether a row says how its order ended."""
    return str(row.get("status")) in END_STATES


def says_how_it_stands(row: Mapping[str, Any]) -> bool:
    """Whether a row has a status that is no acknowledgement, or says with an error that nothing was done."""
    status = row.get("status")
    return bool(row.get("error")) or (isinstance(status, str) and status not in ("", *ACKNOWLEDGEMENTS))


def is_whole(value: object) -> TypeGuard[int | float]:
    """Whether a JSON value is a whole number, in whatever way it is written: 7.0 is one as well."""
    return not isinstance(value, bool) and (isinstance(value, int) or (isinstance(value, float) and value.is_integer()))
