"""When a request was made (batch-cancel page, X-Timestamp)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fixtures.arcus_clock import ReadClock, require_quick
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Apart, clocks_apart
from venue_conformance.errors import NeverExercised, Violation
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import TIME_HEADER, Envelope, Signed
from venue_conformance.venues.arcus.sentinels import Sentinels
from venue_conformance.wire.exchange import Exchange

deepens = pytest.mark.deepens

#: Which number elements sign. Of a time that is taken for nanoseconds after all only those over these are right; of one
#: that is taken for what it is, those over the whole nanoseconds that it spells.
SIGNED = ["nanoseconds", "whole", pytest.param("as sent", marks=deepens)]
#: The latter two spell the current time, which elements sign in nanoseconds.
NO_NUMBERS = {
    "word": Envelope(timestamp="yesterday"),
    "hexadecimal": Envelope(spelling="hexadecimal"),
    "date": Envelope(spelling="date"),
}
#: Seconds by which a time is off, and how many elements the batch has.
OFF = [(45, 3), pytest.param(45, 1, marks=deepens), pytest.param(600, 1, marks=deepens)]
#: So often is an edge of the window tried before it is found wrong: a clock may have been set meanwhile.
TRIES = 2
#: So far a time may be off, in seconds.
WINDOW = 30.0
MICROSECOND = 1_000


def apart(exchange: Exchange) -> Apart:
    """How far the target's clock may be from ours, as far as its answers tell."""
    return clocks_apart(exchange, WINDOW)


@pytest.mark.clause("arcus.timestamp.missing")
def test_missing_timestamp_is_rejected(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A request without X-Timestamp is rejected and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(omit=frozenset({TIME_HEADER})))

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.seconds")
@pytest.mark.parametrize("signed", SIGNED)
def test_timestamp_in_seconds_is_rejected(caller: ArcusCaller, sentinels: Sentinels, signed: Signed) -> None:
    """The current time in seconds is rejected with 401 and cancels nothing, whichever value the elements sign."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(unit="seconds", signed=signed))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.milliseconds")
@pytest.mark.parametrize("signed", SIGNED)
def test_timestamp_in_milliseconds_is_rejected(caller: ArcusCaller, sentinels: Sentinels, signed: Signed) -> None:
    """The current time in milliseconds is rejected with 401 and cancels nothing, whichever value the elements sign."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(unit="milliseconds", signed=signed))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.not-a-number")
@pytest.mark.parametrize(
    "written",
    [pytest.param(NO_NUMBERS[name], id=name, marks=() if name == "word" else deepens) for name in NO_NUMBERS],
)
def test_timestamp_that_is_not_a_number_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, written: Envelope
) -> None:
    """A word, or the current time in hexadecimal or as a date, is rejected as X-Timestamp and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=written)

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.trailing-text")
def test_timestamp_with_trailing_text(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """How is an X-Timestamp handled that starts like a valid one but ends in letters?"""
    answer = caller.cancel_batch(orders.unknown(1), envelope=Envelope(after="ns"))

    observe(f"X-Timestamp with ns behind the digits: {answer.status}")


@pytest.mark.clause("arcus.timestamp.too-old")
@pytest.mark.parametrize(("age", "count"), OFF)
def test_timestamp_too_old_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, age: int, count: int
) -> None:
    """An X-Timestamp 45 seconds or ten minutes in the past is rejected with 401 and cancels nothing."""
    clocks = apart(caller.cancel_batch(orders.unknown(1)).exchange)

    answer = caller.cancel_batch(sentinels.place(count), envelope=Envelope(age=age + clocks.behind))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.too-old")
@deepens
@pytest.mark.parametrize("signed", ["nanoseconds", "whole", "as sent"])
def test_timestamp_in_microseconds_is_rejected(caller: ArcusCaller, sentinels: Sentinels, signed: Signed) -> None:
    """The current time in microseconds, which as nanoseconds is long past, is rejected with 401 and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(unit="microseconds", signed=signed))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.too-far-ahead")
@pytest.mark.parametrize(("ahead", "count"), OFF)
def test_timestamp_too_far_ahead_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, orders: Orders, ahead: int, count: int
) -> None:
    """An X-Timestamp 45 seconds or ten minutes in the future is rejected with 401 and cancels nothing."""
    clocks = apart(caller.cancel_batch(orders.unknown(1)).exchange)

    answer = caller.cancel_batch(sentinels.place(count), envelope=Envelope(age=-ahead - clocks.ahead))

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.within-window")
@pytest.mark.last
def test_timestamp_ahead_within_window_is_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """An X-Timestamp 20 seconds ahead is accepted.

    Its key may then not send an earlier one, so this check runs last.
    """
    first, second = orders.open(2)
    clocks = apart(caller.cancel_batch([first]).exchange)

    answer = caller.cancel_batch([second], envelope=Envelope(age=-20 + clocks.behind))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("arcus.timestamp.within-window")
@deepens
def test_timestamp_behind_within_window_is_accepted(
    caller: ArcusCaller, orders: Orders, new_caller: Callable[[], ArcusCaller]
) -> None:
    """An X-Timestamp 20 seconds behind is accepted if the key has used no later one."""
    clocks = apart(caller.cancel_batch(orders.open(1)).exchange)
    other = new_caller()

    answer = other.cancel_batch(orders.make(1, "open", owner=other), envelope=Envelope(age=20 - clocks.ahead))

    assert answer.accepted, "not-accepted"


@pytest.mark.clause("arcus.timestamp.within-window")
@deepens
def test_timestamps_two_nanoseconds_apart_are_accepted(caller: ArcusCaller, orders: Orders) -> None:
    """A key may send an X-Timestamp that is two nanoseconds later than the one before."""
    first, second = orders.open(2)

    # A second ahead, so that the time that follows it is not the present.
    before = caller.cancel_batch([first], envelope=Envelope(age=-1))
    after = caller.cancel_batch([second])

    before.require_accepted("a batch of a second ahead")
    earlier, later = (int(dict(answer.exchange.request.headers)[TIME_HEADER]) for answer in (before, after))
    if later - earlier > MICROSECOND:
        raise NeverExercised(f"the two times were {later - earlier} ns apart")
    assert after.accepted, "not-accepted"


@pytest.mark.clause("arcus.timestamp.within-window")
@deepens
def test_two_keys_may_send_the_same_timestamp(caller: ArcusCaller, stranger: ArcusCaller, orders: Orders) -> None:
    """An X-Timestamp that another account's key has sent is accepted."""
    [theirs], [own] = orders.make(1, "open", owner=stranger), orders.open(1)
    before = caller.cancel_batch([own])
    before.require_accepted("a valid batch")
    stamp = int(dict(before.exchange.request.headers)[TIME_HEADER])

    element = stranger.element(theirs).but(signed={"ct": stamp}, members={"timestamp": stamp})
    after = stranger.cancel_batch([element], envelope=Envelope(timestamp=str(stamp)))

    assert after.accepted, "not-accepted"
    assert orders.poll_until([theirs]) == {theirs.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.timestamp.within-window")
@deepens
@pytest.mark.parametrize("age", [27, -27], ids=["behind", "ahead"])
def test_timestamp_just_within_window_is_accepted(
    caller: ArcusCaller, orders: Orders, new_caller: Callable[[], ArcusCaller], venue_clock: ReadClock, age: int
) -> None:
    """An X-Timestamp 27 seconds off the venue's own clock is accepted if the key has used no later one."""
    refused: list[str] = []
    for _ in range(TRIES):
        # The clock is read by another account: this key is to have used no other time.
        ahead, other = venue_clock(caller), new_caller()
        answer = other.cancel_batch(orders.make(1, "open", owner=other), envelope=Envelope(age=age - ahead))
        require_quick(answer.exchange)
        if answer.accepted:
            break
        refused.append(repr(answer))
        other.require_accepted()
    else:
        expected = f"a time {abs(age)} s {'ago' if age > 0 else 'ahead'} by the venue's clock to be accepted"
        raise Violation(expected, refused[-1], kind="not-accepted")


@pytest.mark.parametrize(
    "age",
    [
        pytest.param(33, id="behind", marks=pytest.mark.clause("arcus.timestamp.too-old")),
        pytest.param(-33, id="ahead", marks=pytest.mark.clause("arcus.timestamp.too-far-ahead")),
    ],
)
@deepens
def test_timestamp_just_outside_window_is_rejected(
    caller: ArcusCaller, sentinels: Sentinels, venue_clock: ReadClock, age: int
) -> None:
    """An X-Timestamp 33 seconds off the venue's own clock is rejected with 401 and cancels nothing."""
    answered: list[str] = []
    for _ in range(TRIES):
        answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(age=age - venue_clock(caller)))
        require_quick(answer.exchange)
        if answer.status == 401:
            break
        answered.append(repr(answer))
    else:
        expected = f"a time {abs(age)} s {'ago' if age > 0 else 'ahead'} by the venue's clock to be refused with 401"
        raise Violation(expected, answered[-1], kind="not-refused")
    if not answered:
        assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.exact-nanoseconds")
@pytest.mark.smoke
def test_timestamp_is_read_to_the_nanosecond(caller: ArcusCaller, orders: Orders) -> None:
    """An element, with its own timestamp or without one, is accepted although no double can represent X-Timestamp."""
    first, second = orders.open(2)

    alone = caller.cancel_batch([caller.element(first).but(timestamp="absent")])
    repeated = caller.cancel_batch([second])

    assert alone.accepted or repeated.accepted, "not-accepted"
    assert "cancelled" in orders.poll_until([first, second]).values(), "not-cancelled"


@pytest.mark.clause("arcus.timestamp.element-repeats-header")
@pytest.mark.smoke
def test_element_may_repeat_the_timestamp(caller: ArcusCaller, orders: Orders) -> None:
    """An element whose own timestamp repeats all 19 digits of X-Timestamp is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order])

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.timestamp.element-omitted")
def test_element_may_omit_the_timestamp(caller: ArcusCaller, orders: Orders) -> None:
    """An element without its own timestamp is carried out."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(timestamp="absent")])

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.timestamp.element-not-nanoseconds")
@pytest.mark.parametrize("unit", ["milliseconds", pytest.param("seconds", marks=deepens)])
def test_element_timestamp_in_other_units_is_rejected(caller: ArcusCaller, sentinels: Sentinels, unit: str) -> None:
    """An element whose own timestamp is in seconds or milliseconds is rejected, with the request or in its row."""
    [order] = sentinels.place()
    element = caller.element(order).but(timestamp=unit)

    answer = caller.cancel_batch([element])

    if not answer.leaves_open(element):
        raise Violation(
            f"an element whose own timestamp is in {unit} to be refused or denied", repr(answer), kind="not-refused"
        )
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.timestamp.element-disagrees")
def test_element_timestamp_differs_from_header(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """How is an element handled that is signed over X-Timestamp but states another timestamp of its own?"""
    [order] = orders.open(1)
    element = caller.element(order).but(members={"timestamp": caller.timestamps.next(caller.address)})

    answer = caller.cancel_batch([element])

    observe(f"own timestamp in nanoseconds, but another: {answer.status}")


@pytest.mark.clause("arcus.timestamp.element-as-text")
def test_element_timestamp_as_string(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """May an element's own timestamp be a JSON string?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(timestamp="text")])

    observe(f"own timestamp as text: {answer.status}")


@pytest.mark.clause("arcus.timestamp.refusal-status")
@pytest.mark.parametrize("kind", ["missing", "no number"])
def test_status_of_request_without_valid_timestamp(
    caller: ArcusCaller, sentinels: Sentinels, observe: Callable[[str], None], kind: str
) -> None:
    """Which status rejects a missing or non-numeric X-Timestamp?"""
    wrong = Envelope(omit=frozenset({TIME_HEADER})) if kind == "missing" else Envelope(timestamp="yesterday")

    answer = caller.cancel_batch(sentinels.place(), envelope=wrong)

    observe(f"X-Timestamp {kind}: {answer.status}")


@pytest.mark.clause("arcus.timestamp.replayed")
def test_identical_request_sent_twice(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Is an identical request accepted a second time?"""
    first = caller.cancel_batch(orders.open(1))

    again = caller.send_again(first)

    observe(f"the same bytes once more: {first.status}, then {again.status}")


@pytest.mark.clause("arcus.timestamp.going-back")
def test_earlier_timestamp_after_later_one(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """May a key send an earlier X-Timestamp after a later one?"""
    first, second = orders.open(2)
    caller.cancel_batch([first])

    answer = caller.cancel_batch([second], envelope=Envelope(age=5))

    observe(f"five seconds back: {answer.status}")
