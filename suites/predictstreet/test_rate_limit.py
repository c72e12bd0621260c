"""Five requests a second for each wallet (page 000, description; public rate-limit page).

Neither window nor burst are documented, so no check counts on one: what is evenly paced at four a second fits into
every kind of limit of five a second, and forty at once fit into none that has a second's worth of burst or four.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest

from fixtures.predictstreet import control
from fixtures.predictstreet_load import RATE, Load, at_once, eight_spellings, paced, pressing, silence
from venue_conformance.errors import NotTested, Violation
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import Identity

MakeCaller = Callable[[], PredictStreetCaller]
Rested = Callable[[int], PredictStreetCaller]
AT_ONCE = 40
FEWER_AT_ONCE = 25
RULE = "predictstreet.rate-limit"
ANOTHER_LIMIT = "another limit than the wallet's own, to tell by X-RateLimit-Limit, stopped requests"
LIMIT_HEADERS = ("X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def ask(caller: PredictStreetCaller, orders: Orders, count: int = 1) -> BatchAnswer:
    """Send a batch that cancels nothing, whatever the budget is."""
    return caller.cancel_batch(orders.unknown(count), limit_asked=True)


@pytest.mark.clause(f"{RULE}.below-never-refused", f"{RULE}.counts-requests")
def test_four_requests_a_second_are_never_refused(rested: Rested, orders: Orders) -> None:
    """For six seconds a wallet sends four requests a second, every second one with a hundred ids; none is refused."""

    def mixed() -> Load:
        agent = rested(RATE)
        return paced(lambda number: ask(agent, orders, 100 if number % 2 else 1), 6)

    load = mixed()
    if not load.limited:
        return
    if load.by_another_limit:
        raise NotTested(ANOTHER_LIMIT)
    # Was it what others had sent before, the hundreds, or neither?
    silence(2)
    load = mixed()
    if not load.limited:
        raise NotTested("a wallet was refused at four requests a second once, but not a second time")
    silence(2)
    agent = rested(RATE)
    single = paced(lambda _: ask(agent, orders), 6)
    rule, shown = ("below-never-refused", single) if single.limited else ("counts-requests", load)
    if shown.by_another_limit:
        raise NotTested(ANOTHER_LIMIT)
    raise Violation("no request to be refused", f"{shown}, one with {shown.limited[0]!r}", f"{RULE}.{rule}")


@pytest.mark.clause(f"{RULE}.other-wallets", f"{RULE}.sustained", f"{RULE}.recovers")
def test_one_wallet_far_above_its_limit(new_caller: MakeCaller, rested: Rested, orders: Orders) -> None:
    """One wallet presses on for six seconds, another falls silent, and a third, evenly paced, is never refused."""
    noisy, silenced, other = new_caller(), new_caller(), rested(RATE)

    def press_on() -> tuple[Load, Load]:
        return at_once([partial(ask, noisy, orders)] * AT_ONCE), pressing(partial(ask, noisy, orders), 6)

    def fall_silent() -> BatchAnswer:
        at_once([partial(ask, silenced, orders)] * FEWER_AT_ONCE)
        silence(FEWER_AT_ONCE / RATE + 1)
        return ask(silenced, orders)

    with ThreadPoolExecutor(max_workers=3) as pool:
        pressed, silent = pool.submit(press_on), pool.submit(fall_silent)
        meanwhile = pool.submit(paced, lambda _: ask(other, orders), 6.0)
        (burst, after), served, load = pressed.result(), silent.result(), meanwhile.result()

    if load.limited and not load.by_another_limit and not refused_alone(rested(RATE), orders):
        raise Violation("no request of another wallet to be refused", str(load), f"{RULE}.other-wallets")
    if Load((served,)).limited and stays_refused(another_or(silenced, new_caller), silenced, rested(RATE), orders):
        silent_for = f"{FEWER_AT_ONCE / RATE + 1:g} s of silence after {FEWER_AT_ONCE} requests"
        raise Violation("the wallet to be served again", f"{served!r} after {silent_for}", f"{RULE}.recovers")
    if burst.limited:
        judge_sustained(burst, after)
    if load.limited or Load((served,)).limited:
        raise NotTested("another limit than the wallets' own stopped requests, or will not do so twice")
    if not burst.limited or not after.exceeds_the_rate:
        raise NotTested(f"the limit was not put to the test: {burst} at once, then {after}")


def judge_sustained(burst: Load, after: Load) -> None:
    """Whatever the burst and the window, what passes at once can pass twice, and five requests a second besides.

    Forty at once are more than any burst, so all that passes is also less than that and five requests a second.
    """
    afforded = RATE * (burst.seconds + after.seconds)
    for passed, most in (
        (len(after.passed), len(burst.passed) + afforded + 3),
        (len(burst.passed) + len(after.passed), AT_ONCE + afforded + 3),
    ):
        if passed > most:
            actual = f"{burst} at once, then {after}"
            raise Violation(f"at most {most:.0f} requests to pass, not {passed}", actual, f"{RULE}.sustained")


def refused_alone(caller: PredictStreetCaller, orders: Orders) -> bool:
    """Whether a wallet is refused at four requests a second even when nobody else sends any."""
    silence(2)
    return bool(paced(lambda _: ask(caller, orders), 6).limited)


def another_or(caller: PredictStreetCaller, new_caller: MakeCaller) -> PredictStreetCaller:
    """An account that nobody has used, or where none is left to spare this one."""
    with suppress(NotTested):
        return new_caller()
    return caller


def stays_refused(
    again: PredictStreetCaller, silenced: PredictStreetCaller, quiet: PredictStreetCaller, orders: Orders
) -> bool:
    """Whether a wallet is refused after a silence once more, just while one that sent nothing is served.

    Better it is another wallet than the one that was: what keeps that one out may end in the midst of this silence.
    Raises NotTested when the one that sent nothing is refused as well: the limit is not the wallet's.
    """
    at_once([partial(ask, again, orders)] * FEWER_AT_ONCE)
    # Refused requests may count, those of the first time as well.
    sent = FEWER_AT_ONCE if again is not silenced else 2 * FEWER_AT_ONCE + 1
    silence(sent / RATE + 1)
    before, refused, after = (Load((ask(caller, orders),)) for caller in (quiet, again, quiet))
    if before.limited or after.limited:
        raise NotTested("a wallet that had sent next to nothing was refused as well: by another limit than its own")
    return bool(refused.limited)


@pytest.mark.clause(f"{RULE}.other-wallets-same-key")
def test_the_wallets_of_one_key_have_a_budget_each(
    new_multi_wallet: MakeCaller, bystander: Callable[[PredictStreetCaller], PredictStreetCaller], orders: Orders
) -> None:
    """While one wallet of a key presses on, another wallet of the same key, evenly paced, is never refused."""
    noisy = new_multi_wallet()
    other, another = (noisy.acting_for(bystander(noisy).wallet) for _ in range(2))
    other.rest(RATE)
    control(ask(other, orders))

    def press_on() -> None:
        at_once([partial(ask, noisy, orders)] * FEWER_AT_ONCE)
        pressing(partial(ask, noisy, orders), 2.5)

    with ThreadPoolExecutor(max_workers=1) as pool:
        pressed = pool.submit(press_on)
        load = paced(lambda _: ask(other, orders), 3.0)
        pressed.result()

    if load.by_another_limit:
        raise NotTested(ANOTHER_LIMIT)
    if load.limited and refused_alone(another, orders):
        raise NotTested("a wallet is refused at four requests a second even when nobody else sends any")
    assert load.limited == []


@pytest.mark.clause(
    f"{RULE}.enforced",
    f"{RULE}.refused-cancels-nothing",
    f"{RULE}.status",
    f"{RULE}.retry-after",
    f"{RULE}.headers",
    f"{RULE}.burst",
    f"{RULE}.body",
)
def test_forty_requests_at_once(
    new_caller: MakeCaller, orders: Orders, note: Callable[[str, str], None], breach: Callable[[Violation], None]
) -> None:
    """Of forty requests at once some are refused, as documented, and those cancel nothing."""
    noisy = new_caller()
    *batch, witness = orders.make(AT_ONCE + 1, owner=noisy)

    load = at_once([partial(noisy.cancel_batch, [order], limit_asked=True) for order in batch])

    if not load.unserved:
        raise Violation("some of the requests to be refused", str(load), f"{RULE}.enforced")
    if any(answer.status != 429 for answer in load.unserved):
        # Nobody says how long to wait.
        silence(AT_ONCE / RATE + 1)
    noisy.cancel_batch([witness])
    # A 5xx does not say that the rate was the reason: a gateway may have given up on what was then carried out.
    refused = [order for order, answer in zip(batch, load.answers, strict=True) if answer.refused]
    changed = {order_id: status for order_id, status in orders.after(witness, refused).items() if status != "open"}
    if changed:
        actual = f"{len(changed)} of {len(refused)} are {sorted(set(changed.values()))}"
        raise Violation("orders of refused requests to stay open", actual, f"{RULE}.refused-cancels-nothing")
    note(f"{RULE}.burst", f"{len(load.passed)} of {AT_ONCE} at once")
    told = load.refused or refused_one_by_one(noisy, orders)
    for answer in told:
        note(f"{RULE}.body", f"{answer.envelope}, code {answer.error_code}")
        if answer.status != 429:
            breach(Violation("429 for a request that exceeds the rate", repr(answer), f"{RULE}.status"))
    for answer in told:
        given = answer.header("Retry-After")
        if not is_whole(given) or int(given or 0) < 1:
            wanted = "Retry-After of whole seconds, at least 1, on a 429"
            breach(Violation(wanted, str(given), f"{RULE}.retry-after"))
        wrong = {name: answer.header(name) for name in LIMIT_HEADERS if not is_whole(answer.header(name))}
        if wrong:
            wanted = "a whole number in each X-RateLimit header of a 429"
            breach(Violation(wanted, str(wrong), f"{RULE}.headers"))


def refused_one_by_one(caller: PredictStreetCaller, orders: Orders) -> list[BatchAnswer]:
    """What refuses a wallet above its limit that sends one request at a time, which is too much for no server.

    There a 5xx that comes once the budget is spent, and comes again and again, is the rate's. Raises NotTested when
    nothing is refused.
    """
    silence(2)
    load = pressing(partial(ask, caller, orders), 3, senders=1)
    spent = all(answer.succeeded for answer in load.answers[: RATE - 1])
    if load.refused or (spent and len(load.unserved) >= RATE):
        return load.refused or load.unserved
    raise NotTested(f"{AT_ONCE} requests at once were answered with 5xx alone, and fewer not refused at all")


def is_whole(value: str | None) -> bool:
    """Whether a header holds a whole number."""
    return value is not None and value.isascii() and value.isdecimal()


@pytest.mark.clause(f"{RULE}.enforced", f"{RULE}.one-bucket-per-spelling", f"{RULE}.one-bucket-over-keys")
def test_a_wallet_has_one_budget(new_multi_wallet: MakeCaller, orders: Orders) -> None:
    """Neither eight spellings of a wallet nor eight keys that name it get more through than one of each does."""
    plain, spelled, shared = new_multi_wallet(), new_multi_wallet(), new_multi_wallet()
    spellings = [spelled.acting_for(spelling) for spelling in eight_spellings(spelled.wallet)]
    keys = [new_multi_wallet().acting_for(shared.wallet) for _ in range(8)]

    single = at_once([partial(ask, plain, orders)] * AT_ONCE)
    if not single.unserved:
        raise Violation("some of the requests to be refused", str(single), f"{RULE}.enforced")
    if not single.limited:
        raise NotTested("the limit is told by another status than 429, which cannot be told from other refusals")
    for senders, rule in ((spellings, "one-bucket-per-spelling"), (keys, "one-bucket-over-keys")):
        load = at_once([partial(ask, sender, orders) for sender in senders * 5])
        if any(answer.status in (401, 403) for answer in load.answers):
            raise NotTested("not all of the keys may act for the one wallet", "caller")
        most = load.at_most(single)
        if len(load.passed) > most:
            actual = f"{load}, where {single} with one"
            raise Violation(f"at most {most} to pass with eight", actual, f"{RULE}.{rule}")


@pytest.mark.clause(f"{RULE}.declared-wallet-ignored")
def test_a_declared_wallet_brings_a_single_wallet_key_no_budget(new_single_wallet: MakeCaller, orders: Orders) -> None:
    """A single_wallet key that declares another wallet each time is held to its own wallet's limit."""
    identities = [Identity(wallet=f"0x{secrets.token_hex(20)}") for _ in range(AT_ONCE)]
    caller = new_single_wallet()

    load = at_once(
        [
            partial(caller.cancel_batch, orders.unknown(1), identity=identity, limit_asked=True)
            for identity in identities
        ]
    )

    if not load.limited:
        plain = new_single_wallet()
        if not at_once([partial(ask, plain, orders)] * AT_ONCE).limited:
            raise NotTested("no limit is held to at all")
    assert load.limited != []


@pytest.mark.clause(f"{RULE}.headers-elsewhere")
def test_rate_headers_of_a_success(caller: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Do answers other than 429 carry the X-RateLimit headers?"""
    answer = caller.cancel_batch(orders.unknown(1))

    observe(", ".join(name for name in LIMIT_HEADERS if answer.header(name) is not None) or "none")


@pytest.mark.clause(f"{RULE}.refused-count")
def test_refused_requests_and_the_budget(new_caller: MakeCaller, observe: Callable[[str], None]) -> None:
    """Do requests that are refused for their body spend the wallet's budget?"""
    caller = new_caller()
    body = json.dumps({"orderIds": []}).encode()

    load = at_once([partial(caller.send, body, limit_asked=True)] * FEWER_AT_ONCE)

    limited = sum(answer.status == 429 for answer in load.answers)
    observe(f"of {FEWER_AT_ONCE} with an invalid body, {limited} were refused for the rate")
