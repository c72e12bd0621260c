"""Scenarios 27 to 40: what only Arcus has, most of it an answer that is not the end and a channel that tells it."""

from __future__ import annotations

from venue_conformance.clients.scenario import Scene, scenario
from venue_conformance.reference.stage_steps import ChannelEvent, Step, answer, channel

SIGNED = "signing.each-element signing.ct-is-header signing.omits-empty timestamp.nanoseconds timestamp.exact"
REQUEST = f"{SIGNED} target.exactly-one address.query headers.x-signature request.schema"
ACKNOWLEDGED = "outcomes.acknowledged-is-not-final channel.subscribes channel.decides"


@scenario(27, "the channel to tell of a cancel", f"{REQUEST} {ACKNOWLEDGED}")
def acknowledged_then_cancelled(scene: Scene) -> None:
    """202, and a moment later the channel tells that the order is cancelled."""
    scene.script(channel(ChannelEvent("CANCELED", seconds=0.3)))
    scene.cancel(scene.open())


@scenario(28, "the channel to tell of a fill", ACKNOWLEDGED)
def acknowledged_then_filled(scene: Scene) -> None:
    """202, and a fill is faster than the cancel: the channel tells that the order is filled."""
    scene.script(channel(ChannelEvent("FILLED", seconds=0.3)))
    scene.cancel(scene.open())


@scenario(29, "nothing to be told after 202", "outcomes.acknowledged-is-not-final", seconds=7)
def acknowledged_then_silence(scene: Scene) -> None:
    """202, and nothing happens any more: the order stays open."""
    scene.script(channel())
    scene.cancel(scene.open())


@scenario(30, "an event that is there before its answer", "channel.decides")
def event_before_the_answer(scene: Scene) -> None:
    """The channel tells of the cancel, and only then comes 202."""
    scene.script(channel(ChannelEvent("CANCELED"), ChannelEvent("FILLED", 1, 0.3), before_answer=True))
    scene.cancel(scene.open(2))


@scenario(31, "events that are late, and that come twice", ACKNOWLEDGED)
def events_out_of_order(scene: Scene) -> None:
    """Events come in another order than the batch's, one of them twice, and one tells what is no longer so."""
    second = ChannelEvent("CANCELED", 1)
    scene.script(channel(second, second, ChannelEvent("OPEN", 1, stale=True), ChannelEvent("FILLED", 0)))
    scene.cancel(scene.open(2))


@scenario(32, "an event about another account's order", ACKNOWLEDGED, seconds=7)
def event_of_another_account(scene: Scene) -> None:
    """A frame on the socket says that another account's order is cancelled; of the client's own nothing is told."""
    scene.foreign()
    scene.script(channel(ChannelEvent("CANCELED", other=True)))
    scene.cancel(scene.open())


@scenario(33, "a socket that drops", ACKNOWLEDGED, seconds=2)
def socket_drops(scene: Scene) -> None:
    """After 202 the socket drops, and what happens meanwhile only the next snapshot tells."""
    scene.script(channel(ChannelEvent("drop"), ChannelEvent("CANCELED", 0, 0.0), ChannelEvent("FILLED", 1, 0.0)))
    scene.cancel(scene.open(2))


@scenario(34, "an answer with 200 whose rows come in another order", "outcomes.names-the-order outcomes.typed-errors")
def final_rows(scene: Scene) -> None:
    """200 with a CANCELED, a FILLED and a REJECTED row, in another order than the request's."""
    scene.arrange("definitive answers", on=True)
    scene.script(Step("change", change="rows in another order").for_good())
    scene.cancel([*scene.open(), *scene.filled(), *scene.unknown()])


@scenario(35, "batches with a row that failed", "outcomes.unknown-codes outcomes.typed-errors", calls=2, seconds=8)
def failed_row(scene: Scene) -> None:
    """202 with an ERROR row, whose order stays open; then 200 with one, whose order is filled."""
    scene.script(channel(ChannelEvent("CANCELED", 1), change="first row failed"))
    scene.cancel(scene.open(2))
    scene.arrange("definitive answers", on=True)
    scene.script(Step("change", change="first row failed").for_good())
    scene.cancel([*scene.filled(), *scene.open()])


@scenario(36, "one id to be chosen of two", f"{REQUEST} request.every-id")
def both_ids_at_hand(scene: Scene) -> None:
    """The user knows both ids of an order: one of them is to be signed and sent."""
    scene.cancel(scene.open(2, client_ids=True), by="both")


@scenario(37, "orders named by client id", f"{REQUEST} channel.decides", needs=("client_ids",))
def by_client_id(scene: Scene) -> None:
    """Orders by the ids that the client gave them."""
    scene.cancel(scene.open(2, client_ids=True), by="clientId")


@scenario(38, "orders of two markets in another subaccount", f"{SIGNED} {ACKNOWLEDGED}")
def two_markets(scene: Scene) -> None:
    """Orders of two markets, in the account's subaccount 3."""
    scene.cancel(scene.open(2, account_index=3))


@scenario(
    39, "a try that the venue did not hand on", "signing.fresh-each-try retry.bounded outcomes.typed-errors", seconds=2
)
def not_handed_on(scene: Scene) -> None:
    """502 with the error type Transmission, which is safe to send again; then the venue's own answer."""
    scene.script(answer(502, {"error": "could not reach the engine", "errorType": "Transmission"}))
    scene.cancel(scene.open(2))


@scenario(
    40,
    "the client to send again after 31 s, by which time an old timestamp is dead",
    "retry.obeys-retry-after signing.fresh-each-try retry.bounded",
    seconds=33,
)
def rate_limited_beyond_the_window(scene: Scene) -> None:
    """429 with Retry-After: 31, which is more than the 30 s that a timestamp is good for."""
    refusal = {"error": "rate limited", "reason": "ip", "retryAfterMs": 31000}
    scene.script(answer(429, refusal, (("Retry-After", "31"),)))
    scene.cancel(scene.open())
