"""What an Arcus deployment may lack, how to make the reference without it, and the clauses that then cannot conform.

A promise about what is not there was never seen kept: each of these clauses is then not tested, or violated.
"""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping
from typing import Any, Unpack

from venue_conformance.reference.arcus.base import Refusal
from venue_conformance.reference.arcus.cancels import Batch
from venue_conformance.reference.arcus.channel import Frame, Topic
from venue_conformance.reference.arcus.rate_limit import Snapshot
from venue_conformance.reference.arcus.states import ArcusStates
from venue_conformance.reference.arcus.venue import ArcusVenue
from venue_conformance.reference.http import Receive, Request, Response, Send
from venue_conformance.reference.states import NotOffered, Params, Values, offers
from venue_conformance.reference.venue import VenueOptions

#: A reference without the ability, or the provider states to hide from a run against the conforming one.
Without = type[ArcusVenue] | tuple[str, ...]


class SendsNoEvents(ArcusVenue):
    """Takes subscriptions to the orders channel, and sends no event."""

    def publish(self, topic: Topic, market: str, contents: Frame) -> None:
        """Nobody is told."""


class HasNoChannel(ArcusVenue):
    """Takes no WebSocket at all."""

    async def handle_websocket(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        await receive()
        await send({"type": "websocket.close", "code": 1000})


class ShowsNoSnapshot(ArcusVenue):
    """Has no limit configured."""

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        return None


class EnforcesNoLimit(ArcusVenue):
    """Says that the limit is not enforced."""

    def pool_snapshot(self, batch: Batch) -> Snapshot | None:
        return {"pool": "cancel", "remaining": -1}


class AnswersDefinitivelyOnly(ArcusVenue):
    """Never answers 202."""

    def is_definitive(self, batch: Batch) -> bool:
        return True


class _WithoutReadBack(ArcusStates):
    async def order_statuses(self, params: Params) -> Values:
        raise NotOffered("no read-back")


class ReadsNothingBack(ArcusVenue):
    """Has neither the state that reads orders back nor a read of its own."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = _WithoutReadBack(self)

    async def get_order(self, request: Request, order_id: str) -> Response:
        raise Refusal(404, "not found")


class _WithoutClientIds(ArcusStates):
    @offers("orders", {"caller": str, "count": int, "status": str}, {"client_ids": bool})
    async def orders(self, params: Params) -> Values:
        if params.get("client_ids"):
            raise NotOffered("no client ids")
        return await super().orders(params)


class GivesNoClientIds(ArcusVenue):
    """Makes no orders with client ids on demand."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = _WithoutClientIds(self)


class _OnlyOpenOrders(ArcusStates):
    @offers("orders", {"caller": str, "count": int, "status": str}, {"client_ids": bool})
    async def orders(self, params: Params) -> Values:
        if params["status"] != "open":
            raise NotOffered("open orders only")
        return await super().orders(params)


class MakesOpenOrdersOnly(ArcusVenue):
    """Makes no orders on demand but open ones."""

    def __init__(self, **options: Unpack[VenueOptions]) -> None:
        super().__init__(**options)
        self.states = _OnlyOpenOrders(self)


def _clauses(text: str) -> frozenset[str]:
    return frozenset(f"arcus.{rule}" for rule in text.split())


_EVENTS = (
    "channel.event-per-cancelled-order channel.event-order-id channel.event-client-id channel.event-client-id-unasked "
    "channel.owner-only channel.no-false-cancelled channel.refused-request-is-silent channel.consistent"
)
_FOREIGN = "isolation.foreign-order-id isolation.foreign-client-id isolation.foreign-not-shown"

#: What is lacking, by name: how to make a reference that lacks it, and what then must not be said to conform.
ABILITIES: Mapping[str, tuple[Without, frozenset[str]]] = {
    "channel events": (SendsNoEvents, _clauses(_EVENTS)),
    "channel": (HasNoChannel, _clauses(f"{_EVENTS} channel.without-authentication")),
    "snapshot": (
        ShowsNoSnapshot,
        _clauses("rate-limit.one-snapshot rate-limit.after-charging rate-limit.per-subaccount rate-limit.pool"),
    ),
    "enforced limit": (EnforcesNoLimit, _clauses("rate-limit.after-charging rate-limit.per-subaccount")),
    "acknowledgements": (
        AnswersDefinitivelyOnly,
        _clauses("async.acknowledgement-is-no-end-state async.acknowledged-status"),
    ),
    "definitive answers": (
        ("definitive answers",),
        _clauses("async.cancelled-rows-are-true async.no-other-final-status async.definitive-status"),
    ),
    "read-back": (
        ReadsNothingBack,
        _clauses(
            "lifecycle.open-cancelled lifecycle.partially-filled-cancelled lifecycle.terminal-unchanged "
            "independence.bad-id-affects-no-other isolation.foreign-order-id isolation.foreign-client-id "
            "isolation.unnamed-untouched channel.consistent channel.no-false-cancelled channel.owner-only "
            "async.cancelled-rows-are-true async.no-other-final-status authentication.key-required "
            "authentication.malformed-key-refused authentication.unknown-key-refused timestamp.missing "
            "timestamp.seconds timestamp.milliseconds timestamp.not-a-number timestamp.too-old timestamp.too-far-ahead "
            "timestamp.exact-nanoseconds timestamp.element-repeats-header timestamp.element-omitted "
            "timestamp.element-not-nanoseconds address.missing address.invalid-hex address.wrong-length "
            "address.other-account address.prefix-optional address.mixed-case address.element-mixed-case "
            "signature.single-cancel-bytes signature.missing signature.wrong-key signature.other-timestamp "
            "signature.other-order signature.other-market signature.other-account-index signature.other-operation "
            "signature.truncated signature.another-elements signature.over-http-body signature.every-element "
            "signature.header-value-ignored signature.other-address signature.other-version target.both-ids "
            "target.both-ids-any-position target.neither-id target.client-id-alone target.mixed-batch "
            "limits.hundred-accepted limits.over-hundred-refused limits.wrong-type-refused limits.field-wrong-type"
        ),
    ),
    "another account": (
        ("caller",),
        _clauses(f"{_FOREIGN} rate-limit.per-subaccount channel.owner-only signature.other-address"),
    ),
    "orders with client ids": (
        GivesNoClientIds,
        _clauses(
            "target.client-id-alone target.mixed-batch rows.echo-client-id channel.event-client-id "
            "channel.event-client-id-unasked isolation.foreign-client-id isolation.foreign-not-shown"
        ),
    ),
    "finished orders": (
        MakesOpenOrdersOnly,
        _clauses("lifecycle.partially-filled-cancelled lifecycle.terminal-unchanged"),
    ),
    "orders": (
        ("orders",),
        _clauses(
            f"{_FOREIGN} {_EVENTS} lifecycle.open-cancelled lifecycle.partially-filled-cancelled "
            "lifecycle.terminal-unchanged isolation.unnamed-untouched signature.single-cancel-bytes signature.missing "
            "signature.wrong-key target.client-id-alone rows.one-per-order rows.echo-order-id limits.one-accepted "
            "limits.hundred-accepted authentication.key-required timestamp.too-old address.other-account"
        ),
    ),
}
