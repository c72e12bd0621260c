"""What happened in one scenario: what was asked of the client, what arrived, what it said, what became of it."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Protocol, cast

from venue_conformance.clients.protocol import Report
from venue_conformance.reference.stage import Arrival, SocketFrame
from venue_conformance.target.credentials import Credentials
from venue_conformance.venues import venues
from venue_conformance.wire.redaction import Redaction


class WireReader(Protocol):
    """How a venue's batch cancel is read off the wire: the module ``venues.<venue>.recompute``."""

    def named_orders(self, body: bytes) -> list[str] | None:
        """The order ids that a batch cancel names, None where none can be read."""

    def count_of(self, body: bytes) -> int | None:
        """How many elements a batch cancel has."""

    def is_batch_cancel(self, method: str, path: str) -> bool:
        """Whether a request is meant as the batch cancel."""

    def is_documented(self, method: str, path: str) -> bool:
        """Whether it has the documented method and path."""

    def fits(
        self,
        method: str,
        target: str,
        headers: Sequence[tuple[str, str]],
        body: bytes,
        credentials: Mapping[str, str],
    ) -> bool | None:
        """Whether its signature, judged once more from its bytes, is right; None where that cannot be said."""


def wire_reader(venue: str) -> WireReader:
    """The reader of a venue's requests."""
    return cast(WireReader, importlib.import_module(f"venue_conformance.venues.{venue}.recompute"))


@dataclass
class Call:
    """One ``cancel``: what was asked, what the client said, what arrived for it, and the orders before and after."""

    number: int
    orders: tuple[Mapping[str, Any], ...]
    began: float
    ended: float = 0.0
    report: Report = field(default_factory=Report)
    before: dict[str, str] = field(default_factory=dict)
    after: dict[str, str] = field(default_factory=dict)
    arrivals: list[Arrival] = field(default_factory=list)
    wallet: str | None = None
    """The wallet that this call was to act for, where it named one."""

    @property
    def order_ids(self) -> list[str]:
        """The names that were asked for, each once, in order: an order's id, or its client id where that was given."""
        return list(dict.fromkeys(str(order.get("orderId") or order.get("clientId")) for order in self.orders))

    def is_under_way(self, moment: float) -> bool:
        """Whether it was asked by then, and not yet answered."""
        return self.began <= moment and (not self.ended or moment <= self.ended)

    def became(self, order_id: str) -> str:
        """The status of an order after the call; an id that names none is looked up in lower case as well."""
        status = self.after.get(order_id, "absent")
        return self.after.get(order_id.lower(), "absent") if status == "absent" else status


@dataclass
class Recording:
    """One scenario, played."""

    venue: str
    can: frozenset[str]
    credentials: Mapping[str, str] = field(repr=False)
    calls: list[Call] = field(default_factory=list)
    arrivals: list[Arrival] = field(default_factory=list)
    notes: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    more_arrivals: int = 0
    frames: list[SocketFrame] = field(default_factory=list)
    aliases: dict[str, str] = field(default_factory=dict)
    """For orders that have two ids: the name by which they are asked for, by the other."""

    @cached_property
    def redaction(self) -> Redaction:
        """What masks the secrets that the client was given."""
        return Redaction(Credentials(self.credentials, venues()[self.venue].credentials).secrets)

    @property
    def wire(self) -> WireReader:
        """How requests of this venue are read."""
        return wire_reader(self.venue)

    @property
    def batches(self) -> list[Arrival]:
        """The arrivals that are meant as batch cancels, at the venue itself."""
        return [each for each in self.arrivals if not each.elsewhere and self._is_batch(each)]

    def _is_batch(self, arrival: Arrival) -> bool:
        return self.wire.is_batch_cancel(arrival.method, arrival.path)

    @property
    def asked(self) -> set[str]:
        """Every id that was asked for by then."""
        return {order for call in self.calls for order in call.order_ids}

    def named_in(self, arrival: Arrival) -> list[str]:
        """The orders that an arrival names, as they were asked for."""
        named = self.wire.named_orders(arrival.body) or []
        return list(dict.fromkeys(self.aliases.get(each, each) for each in named)) if self.aliases else named

    def renamed(self, report: Report) -> Report:
        """A report whose rows name orders as they were asked for."""
        rows = tuple(replace(row, order_id=self.aliases.get(row.order_id, row.order_id)) for row in report.rows)
        return replace(report, rows=rows)

    def again(self) -> Iterator[tuple[Call, Arrival, Arrival]]:
        """Each batch that was sent again within a call: the call, a try, and the next one that names an order of it."""
        for call in self.calls:
            for number, arrival in enumerate(call.arrivals):
                named = {order.lower() for order in self.named_in(arrival)}
                later = (
                    each for each in call.arrivals[number + 1 :] if named & {i.lower() for i in self.named_in(each)}
                )
                if (following := next(later, None)) is not None:
                    yield call, arrival, following

    def assign(self) -> None:
        """Give each batch to the call that it belongs to: the one under way whose orders it names most of."""
        for call in self.calls:
            call.arrivals = []
        for arrival in self.batches:
            named = {order.lower() for order in self.named_in(arrival)}
            begun = [call for call in self.calls if call.began <= arrival.began]
            under_way = [call for call in begun if call.is_under_way(arrival.began)]
            candidates = under_way or begun[-1:]
            if candidates:
                best = max(candidates, key=lambda call: len(named & {order.lower() for order in call.order_ids}))
                best.arrivals.append(arrival)
