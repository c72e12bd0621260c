"""Probes about who is calling: key, timestamp, address."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from .arcus_client import Signer
from .arcus_harness import NOW, Harness
from .arcus_probes import Probe, carried_out, promise, refused_and_open


def _key_refused(status: int | None, *spellings: Callable[[str], str | None]) -> Probe:
    async def probe(harness: Harness) -> None:
        for spell in spellings:
            me = await harness.caller()
            orders, timestamp = await me.orders(), me.next_timestamp()
            elements = [me.element(order, timestamp, timestamp=timestamp) for order in orders]
            answer = await me.post(elements, timestamp, X_API_Key=spell(me.signer.public_key))
            await refused_and_open(me, orders, answer, status)

    return probe


_MALFORMED = (lambda key: key[:-1], lambda key: key + "0", lambda key: "z" * 64, lambda key: "0x" + key)

promise("arcus.authentication.key-required")(_key_refused(None, lambda key: None))
promise("arcus.authentication.malformed-key-refused")(_key_refused(None, *_MALFORMED))


@promise("arcus.authentication.unknown-key-refused")
async def unregistered(harness: Harness) -> None:
    me = await harness.caller()
    stranger = Signer("42" * 32, me.address)
    orders, timestamp = await me.orders(), me.next_timestamp()
    for signer in (me.signer, stranger):
        elements = [signer.element(order, timestamp) for order in orders]
        answer = await me.post(elements, timestamp, X_API_Key=stranger.public_key)
        await refused_and_open(me, orders, answer)


def _time_refused(status: int | None, *times: str | int | None) -> Probe:
    """Times are X-Timestamp values, or nanoseconds from now."""

    async def probe(harness: Harness) -> None:
        for moment, count in itertools.product(times, (1, 3)):
            me = await harness.caller()
            orders, timestamp = await me.orders(count), me.next_timestamp()
            sent: str | int | None = moment if not isinstance(moment, int) else timestamp + moment
            signed = int(sent) if isinstance(sent, int) or (sent or "").isdecimal() else timestamp
            for own in ({}, {"timestamp": timestamp}):
                elements = [me.element(order, signed, **own) for order in orders]
                await refused_and_open(me, orders, await me.post(elements, sent), status)

    return probe


_S = 10**9
promise("arcus.timestamp.missing")(_time_refused(None, None))
promise("arcus.timestamp.seconds")(_time_refused(401, str(NOW // _S)))
promise("arcus.timestamp.milliseconds")(_time_refused(401, str(NOW // 10**6)))
promise("arcus.timestamp.not-a-number")(_time_refused(None, "now", "", "1.8e18", "0x18fae27693b40000"))
promise("arcus.timestamp.too-old")(_time_refused(401, -45 * _S, -600 * _S))
promise("arcus.timestamp.too-far-ahead")(_time_refused(401, 45 * _S, 600 * _S))


@promise("arcus.timestamp.within-window")
async def within_window(harness: Harness) -> None:
    for seconds in (-20, 20):
        me = await harness.caller()
        orders, timestamp = await me.orders(), me.next_timestamp() + seconds * _S
        await carried_out(me, orders, await me.post([me.element(order, timestamp) for order in orders], timestamp))


@promise("arcus.timestamp.exact-nanoseconds")
async def exact(harness: Harness) -> None:
    me = await harness.caller()
    for extra in (1, 3, 255):
        orders = await me.orders()
        timestamp = me.next_timestamp() // 1024 * 1024 + 1024 + extra
        await carried_out(me, orders, await me.post([me.element(order, timestamp) for order in orders], timestamp))


@promise("arcus.timestamp.element-repeats-header")
async def element_repeats_header(harness: Harness) -> None:
    me = await harness.caller()
    orders, timestamp = await me.orders(), me.next_timestamp()
    elements = [me.element(order, timestamp, timestamp=timestamp) for order in orders]
    await carried_out(me, orders, await me.post(elements, timestamp))


@promise("arcus.timestamp.element-omitted")
async def element_omitted(harness: Harness) -> None:
    me = await harness.caller()
    orders = await me.orders()
    await carried_out(me, orders, await me.cancel(orders))


@promise("arcus.timestamp.element-not-nanoseconds")
async def element_not_nanoseconds(harness: Harness) -> None:
    me = await harness.caller()
    for unit in (10**9, 10**6):
        orders, timestamp = await me.orders(), me.next_timestamp()
        elements = [me.element(order, timestamp, timestamp=timestamp // unit) for order in orders]
        await refused_and_open(me, orders, await me.post(elements, timestamp))


def _address_refused(status: int | None, *spellings: Callable[[str], str | None]) -> Probe:
    async def probe(harness: Harness) -> None:
        other = await harness.caller()
        for spell in spellings:
            me = await harness.caller()
            written = spell(me.address)
            if written == "other":
                written = other.address
            for element_address in (me.address, written or me.address):
                orders, timestamp = await me.orders(), me.next_timestamp()
                signed = Signer(me.signer.private_key, element_address)
                elements = [signed.element(order, timestamp) for order in orders]
                await refused_and_open(me, orders, await me.post(elements, timestamp, written), status)
                if element_address != me.address and status != 403:
                    break

    return probe


def _only_query(status: int | None, *spellings: Callable[[str], str | None]) -> Probe:
    async def probe(harness: Harness) -> None:
        for spell in spellings:
            me = await harness.caller()
            orders, timestamp = await me.orders(), me.next_timestamp()
            elements = [me.element(order, timestamp) for order in orders]
            await refused_and_open(me, orders, await me.post(elements, timestamp, spell(me.address)), status)

    return probe


promise("arcus.address.missing")(_only_query(None, lambda own: None))
promise("arcus.address.invalid-hex")(_only_query(400, lambda own: own[:-1] + "g", lambda own: "0xz" + own[3:]))
promise("arcus.address.wrong-length")(
    _only_query(
        None,
        lambda own: own + "0",
        lambda own: "0x0" + own[2:],
        lambda own: own[:-1],
        lambda own: own[3:],
        lambda own: own + "\n",
    )
)
promise("arcus.address.other-account")(
    _address_refused(
        403,
        lambda own: "other",
        lambda own: "0x" + "ab" * 20,
        lambda own: own[:-1] + ("0" if own[-1] != "0" else "1"),
    )
)


def _address_taken(*spellings: Callable[[str], str]) -> Probe:
    async def probe(harness: Harness) -> None:
        for spell in spellings:
            me = await harness.caller()
            orders, timestamp = await me.orders(), me.next_timestamp()
            elements = [me.element(order, timestamp) for order in orders]
            await carried_out(me, orders, await me.post(elements, timestamp, spell(me.address)))

    return probe


def _mixed(text: str) -> str:
    return "0x" + "".join(letter.upper() if index % 2 else letter for index, letter in enumerate(text[2:]))


promise("arcus.address.prefix-optional")(_address_taken(str, lambda own: own[2:], lambda own: "0X" + own[2:]))
promise("arcus.address.mixed-case")(_address_taken(lambda own: "0x" + own[2:].upper(), _mixed))


@promise("arcus.address.answers-lower-case")
async def answers_lower_case(harness: Harness) -> None:
    for spell in (str, _mixed, lambda own: own[2:]):
        me = await harness.caller()
        orders, timestamp = await me.orders(), me.next_timestamp()
        elements = [me.element(order, timestamp, address=_mixed(me.address)) for order in orders]
        for batch in (elements, [me.element(order, timestamp + 1) for order in orders]):
            answer = await me.post(batch, timestamp + (batch is not elements), spell(me.address))
            if answer.accepted:  # an element in mixed case is judged elsewhere
                assert all(row.get("address") in (None, me.address) for row in answer.rows)


@promise("arcus.address.element-mixed-case")
async def element_mixed_case(harness: Harness) -> None:
    me = await harness.caller()
    orders, timestamp = await me.orders(), me.next_timestamp()
    elements = [me.element(order, timestamp, address=_mixed(me.address)) for order in orders]
    await carried_out(me, orders, await me.post(elements, timestamp))
