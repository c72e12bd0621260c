"""The `orders` channel: what a subscriber learns of an account's orders (batch-cancel page, Response behavior).

Relied on is only what specs/arcus/asyncapi.yaml says: an update's ``type``, ``channel`` and ``contents``, and in these
``status``, ``orderId`` and ``clientId``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from venue_conformance.errors import NeverExercised
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus.answer import CANCELED, READS_AS
from venue_conformance.wire.channel import Channel

CHANNEL_PATH = "/v1/ws"
CHANNEL = "orders"
#: What events say of how an order stands, in the words of the target protocol; REJECTED may be said of its cancel.
STANDS = {**READS_AS, "OPEN": "open"}


#: So many messages of one wait are looked at one by one.
_FEW = 100


@dataclass(frozen=True)
class Event:
    """An update about one order; an id or a status that is no text is None."""

    order_id: str | None
    client_id: str | None
    status: str | None
    contents: dict[str, Any] = field(repr=False)

    def __repr__(self) -> str:
        """As sentences have it: ``CANCELED of 5730d920bc148fbe``."""
        client = f" (client id {self.client_id})" if self.client_id else ""
        return f"{self.status or 'no status'} of {self.order_id or 'no order id'}{client}"

    def about(self, order: ProvisionedOrder | str) -> bool:
        """Whether it is about an order: by its order id, and by its client id where it has no order id.

        A client id is one order's only among those of an account, so that another account's may have the same.
        """
        if isinstance(order, str):
            return order in (self.order_id, self.client_id)
        return self.order_id == order.order_id if self.order_id else self._has_client_id_of(order)

    def names(self, order: ProvisionedOrder) -> bool:
        """Whether it names an order of the subscriber's own account, by either of its ids."""
        return self.order_id == order.order_id or self._has_client_id_of(order)

    def _has_client_id_of(self, order: ProvisionedOrder) -> bool:
        return order.client_id is not None and self.client_id == order.client_id


class OrdersChannel:
    """One subscriber: the events that have arrived since it subscribed.

    ``settle_seconds`` is how long a subscription may take to hold, and an event to arrive.
    ``pace`` returns when one more message may be sent. ``hold_seconds`` is how long one waits for a subscription that
    no reply confirms, where that is to be less than ``settle_seconds``; then a subscriber to whom no event has come at
    all may be one whose subscription does not hold yet.
    """

    def __init__(
        self,
        wire: Channel,
        address: str,
        settle_seconds: float,
        clock: Callable[[], float] = time.monotonic,
        pace: Callable[[], object] = lambda: None,
        hold_seconds: float | None = None,
    ) -> None:
        self.wire, self._address, self._settle_seconds, self._clock = wire, address, settle_seconds, clock
        self._pace = pace
        self._hold_seconds = settle_seconds if hold_seconds is None else min(hold_seconds, settle_seconds)
        self.events: list[Event] = []
        self.frames: list[Any] = []
        self._confirmed = 0
        self._spoke = False
        #: Seconds that were spent on waiting for events that never came.
        self.in_vain = 0.0
        #: Seconds that were spent on waiting for replies to subscriptions that never came.
        self.unconfirmed = 0.0

    @property
    def silent(self) -> bool:
        """Whether nothing has come that is of the orders channel at all."""
        return not self._spoke

    def subscribe(self, account_indexes: Iterable[int]) -> None:
        """Ask for the account's orders at these indexes and wait until that holds.

        A subscription counts as holding when the channel has said anything of its own, and else when the target's
        time to settle is over, since no reply is promised. Raises Unreachable when the connection has gone.
        """
        for index in sorted(set(account_indexes)):
            wanted = self._confirmed + 1
            self._pace()
            self.wire.send({"type": "subscribe", "channel": CHANNEL, "id": self._address, "accountIndex": index})
            began = self._clock()
            self._read_until(lambda wanted=wanted: self._confirmed >= wanted, self._hold_seconds)  # type: ignore[misc]
            if self._confirmed < wanted:
                self.unconfirmed += self._clock() - began
            self._confirmed = max(self._confirmed, wanted)

    def subscribe_also(self, address: str, account_index: int = 0) -> bool:
        """Ask for further orders on the same connection. Whether the channel says that this subscription holds, too.

        ``address`` is written as it is given. Raises Unreachable when the connection has gone.
        """
        if self.silent:  # there is no reply to be waited for
            return False
        earlier = len(self.frames)
        self._pace()
        self.wire.send({"type": "subscribe", "channel": CHANNEL, "id": address, "accountIndex": account_index})

        def replies() -> list[dict[str, Any]]:
            later = [frame for frame in self.frames[earlier:] if isinstance(frame, dict)]
            return [frame for frame in later if frame.get("type") != "channel_data" and _is_about(frame, address)]

        self._read_until(lambda: any(frame.get("type") in ("subscribed", "error") for frame in replies()))
        kinds = {frame.get("type") for frame in replies()}
        return "subscribed" in kinds and not kinds & {"unsubscribed", "error"}

    def missing(self, orders: Sequence[ProvisionedOrder]) -> list[ProvisionedOrder]:
        """The subscriber's own orders without a CANCELED event once all have theirs, or the time to settle is over."""
        self._await(lambda: all(self.cancels(order) for order in orders))
        return [order for order in orders if not self.cancels(order)]

    def cancels(self, order: ProvisionedOrder) -> list[Event]:
        """The events that say of an order of the subscriber's own, by either of its ids, that it was cancelled."""
        return [event for event in self.events if event.status == CANCELED and event.names(order)]

    def cancelled(self, order: ProvisionedOrder | str) -> bool:
        """Whether an event has come that says that the order was cancelled."""
        return any(event.status == CANCELED for event in self.about(order))

    def last_reported(self, order: ProvisionedOrder) -> str | None:
        """What the last event says that tells how an order stands; None without one."""
        reported = [event.status for event in self.about(order) if event.status in STANDS]
        return reported[-1] if reported else None

    def last_says(self, orders: Sequence[ProvisionedOrder], status: str) -> bool:
        """Whether all of these orders come to have a last event with this status before the time to settle is over."""

        def enough() -> bool:
            return all(self.last_reported(order) == status for order in orders)

        return self._await(enough)

    def about(self, order: ProvisionedOrder | str) -> list[Event]:
        """The events about an order, whoever owns it, in the order in which they came."""
        return [event for event in self.events if event.about(order)]

    def listed(self) -> list[list[dict[str, Any]]]:
        """The lists of orders in what was said to the subscriptions: snapshots, whatever they call their lists."""
        said = [frame for frame in self.frames if isinstance(frame, dict) and frame.get("type") == "subscribed"]
        return [found for frame in said for found in _lists_of_orders(frame.get("contents"))]

    def _await(self, enough: Callable[[], bool]) -> bool:
        """Whether so much came, before the time to settle was over, that it is enough."""
        began = self._clock()
        self._read_until(enough)
        if came := enough():
            return came
        self.in_vain += self._clock() - began
        if self.unconfirmed and self._hold_seconds < self._settle_seconds and not self.events:
            raise NeverExercised(
                f"no event came, to a subscription that nothing confirms and that had {self._hold_seconds:g} s to hold"
            )
        return False

    def _read_until(self, enough: Callable[[], bool], seconds: float | None = None) -> None:
        deadline, looks = self._clock() + (self._settle_seconds if seconds is None else seconds), 0
        while not enough():
            left = deadline - self._clock()
            message = self.wire.receive(left)
            if message is not None:
                self._take(message)
            elif left <= 0:
                return
            looks += 1
            # To look again after each of very many messages takes for ever: more of those that came are read at once.
            for _ in range(looks if looks > _FEW else 0):
                if (message := self.wire.receive(0)) is None:
                    break
                self._take(message)

    def _take(self, message: Any) -> None:
        self.frames.append(message)
        if not isinstance(message, dict):
            return
        of_channel = message.get("channel") == CHANNEL
        if of_channel or message.get("type") == "subscribed":
            self._confirmed += 1
            self._spoke = True
        if not (of_channel and message.get("type") == "channel_data"):
            return
        contents = message.get("contents")
        for one in contents if isinstance(contents, list) else [contents]:
            if isinstance(one, dict):
                self.events.append(Event(_text(one, "orderId"), _text(one, "clientId"), _text(one, "status"), one))


def _is_about(frame: dict[str, Any], address: str) -> bool:
    """Whether a frame may answer a message of this address: unless it is a subscription to another, it may."""
    named = frame.get("id")
    return frame.get("type") != "subscribed" or not isinstance(named, str) or named.lower() == address.lower()


def _lists_of_orders(value: Any) -> list[list[dict[str, Any]]]:
    found, left = [], [value]
    while left:
        match left.pop():
            case dict() as members:
                left += reversed(members.values())
            case list() as each:
                found.append([one for one in each if isinstance(one, dict) and isinstance(one.get("orderId"), str)])
    return found


def _text(contents: dict[str, Any], name: str) -> str | None:
    value = contents.get(name)
    return value if isinstance(value, str) else None


def channel_url(base_url: str, given: str | None) -> str:
    """Where the channel is: as the credentials say, else beside the REST interface."""
    return given or f"ws{base_url.removeprefix('http')}{CHANNEL_PATH}"
