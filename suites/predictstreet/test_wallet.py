"""For whom a request acts (batch-cancel page, headers; pattern)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable

import pytest

from fixtures.predictstreet import required_first
from venue_conformance.errors import NeverExercised, NotTested, Presupposed
from venue_conformance.venues.orders import Orders
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, NOT_FOUND
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import LOWER, UPPER, WALLET_HEADER, Identity
from venue_conformance.venues.predictstreet.oracle import TERMINAL

NO_WALLET = Identity(omit=frozenset({WALLET_HEADER}))
REQUIRED, INVALID = "api_key_user_wallet_required", "api_key_user_wallet_invalid"
Bystander = Callable[[PredictStreetCaller], PredictStreetCaller]

#: Ways to spell a wallet wrongly.
MALFORMED: dict[str, Callable[[str], str]] = {
    "0X": lambda wallet: f"0X{wallet[2:]}",
    "no 0x": lambda wallet: wallet[2:],
    "39 digits": lambda wallet: wallet[:-1],
    "41 digits": lambda wallet: f"{wallet}0",
    "letter beyond f": lambda wallet: f"{wallet[:-1]}g",
    "letter beyond f at its start": lambda wallet: f"0xz{wallet[3:]}",
    "text behind it": lambda wallet: f"{wallet};admin",
    "text before it": lambda wallet: f"wallet {wallet}",
    "two wallets": lambda wallet: f"{wallet}, {wallet}",
    "no wallet at all": lambda _: "me",
}
malformed = pytest.mark.parametrize("spell", required_first(MALFORMED, "39 digits"))


@pytest.mark.clause("predictstreet.wallet.missing")
@pytest.mark.smoke
def test_a_wallet_must_be_declared(multi_wallet: PredictStreetCaller, orders: Orders) -> None:
    """A multi_wallet request that declares no wallet gets 401 and its own code."""
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=NO_WALLET)

    assert answer.status == 401, "other-status"
    assert REQUIRED in answer.text, "other-code"


@pytest.mark.clause("predictstreet.wallet.not-remembered")
def test_a_wallet_is_declared_anew_each_time(multi_wallet: PredictStreetCaller, orders: Orders) -> None:
    """The wallet of one request is not taken over for the next, which is refused."""
    first = multi_wallet.cancel_batch(orders.unknown(1))
    if not first.succeeded:
        raise Presupposed("request.example", f"a request that declares its wallet was answered {first!r}")

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=NO_WALLET)

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.wallet.pattern")
@malformed
def test_a_malformed_wallet_is_refused(
    multi_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """What is not 0x and 40 hexadecimal digits is no wallet."""
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(wallet=spell(multi_wallet.wallet)))

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.wallet.malformed")
@pytest.mark.parametrize(
    "name",
    [
        pytest.param("39 digits", marks=pytest.mark.smoke),
        *(pytest.param(each, marks=pytest.mark.deepens) for each in ("no 0x", "letter beyond f", "no wallet at all")),
    ],
)
def test_a_malformed_wallet_is_told_by_its_code(multi_wallet: PredictStreetCaller, orders: Orders, name: str) -> None:
    """A malformed wallet gets 401 and its own code, unless it is taken for a right one."""
    spelled = MALFORMED[name](multi_wallet.wallet)
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(wallet=spelled))

    if answer.succeeded:
        raise Presupposed("wallet.pattern", f"a malformed wallet ({name}) was not refused: {answer!r}")
    assert answer.status == 401, "other-status"
    assert INVALID in answer.text, "other-code"


WRONG_WALLETS = {"no wallet": None, **MALFORMED}
WRONG_NAMES = list(WRONG_WALLETS)


@pytest.mark.clause("predictstreet.authentication.refused-cancels-nothing")
@pytest.mark.deepens
@pytest.mark.parametrize("names", [WRONG_NAMES[start : start + 4] for start in range(0, 11, 4)], ids=", ".join)
def test_a_request_refused_for_its_wallet_cancels_nothing(
    multi_wallet: PredictStreetCaller, orders: Orders, names: list[str]
) -> None:
    """However the wallet is wrong, the order that the request names stays open."""
    *named, control = orders.make(len(names) + 1, owner=multi_wallet)
    refused = {}
    for order, name in zip(named, names, strict=True):
        spell = WRONG_WALLETS[name]
        identity = Identity(wallet=spell(multi_wallet.wallet)) if spell else NO_WALLET
        if multi_wallet.cancel_batch([order], identity=identity).refused:
            refused[order.order_id] = name

    if not refused:
        raise NeverExercised(f"none of these wallets was refused: {', '.join(names)}")
    multi_wallet.cancel_batch([control])

    read = orders.after(control, [order for order in named if order.order_id in refused])
    assert {name: read[order_id] for order_id, name in refused.items()} == dict.fromkeys(refused.values(), "open"), (
        "order-touched"
    )


def lower(wallet: str) -> str:
    """A wallet in lower case."""
    return wallet.lower()


def upper(wallet: str) -> str:
    """A wallet with capital digits; its 0x stays."""
    return f"0x{wallet[2:].upper()}"


def alternating(wallet: str) -> str:
    """A wallet in which every second digit is a capital one."""
    return "0x" + "".join(c.upper() if place % 2 else c.lower() for place, c in enumerate(wallet[2:]))


def any_mix(wallet: str) -> str:
    """A wallet in any mix of letter case."""
    mix = random.Random(wallet)
    return "0x" + "".join(mix.choice((c.upper(), c.lower())) for c in wallet[2:])


@pytest.mark.clause("predictstreet.wallet.lower-cased")
@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(alternating, marks=pytest.mark.smoke),
        *(pytest.param(each, marks=pytest.mark.deepens) for each in (lower, upper, any_mix)),
    ],
)
def test_any_letter_case_reaches_the_same_orders(
    multi_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """A wallet is the same wallet in capital and in small letters."""
    [order] = orders.make(1, owner=multi_wallet)

    spelled = Identity(wallet=spell(multi_wallet.wallet))
    answer = multi_wallet.cancel_batch([order], identity=spelled, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-told-cancelled"


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.smoke
def test_the_declared_wallet_decides(multi_wallet: PredictStreetCaller, orders: Orders, bystander: Bystander) -> None:
    """Under one key each declared wallet reaches its own orders, and the other one's do not exist for it."""
    other = bystander(multi_wallet)
    mine, theirs = orders.make(2, owner=multi_wallet), orders.make(2, owner=other)

    for_other = multi_wallet.acting_for(other.wallet).cancel_batch([mine[0], theirs[0]])
    if for_other.status == 403 and "file" in (other.account.origin, multi_wallet.account.origin):
        raise NotTested("the key may not act for the other account's wallet, which need not be its partner's", "caller")
    for_own = multi_wallet.cancel_batch([mine[1], theirs[1]])

    told = [for_other.outcomes([mine[0].order_id, theirs[0].order_id])]
    told += [for_own.outcomes([mine[1].order_id, theirs[1].order_id])]
    assert told == [["not_found", "cancelled"], ["cancelled", "not_found"]], "other-wallet-decides"
    assert orders.settle([mine[1], theirs[0]]) == {mine[1].order_id: "cancelled", theirs[0].order_id: "cancelled"}, (
        "not-cancelled"
    )
    assert orders.statuses([mine[0], theirs[1]]) == {mine[0].order_id: "open", theirs[1].order_id: "open"}, (
        "other-order-touched"
    )


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.deepens
def test_a_finished_order_of_another_wallet_does_not_exist(
    multi_wallet: PredictStreetCaller, orders: Orders, bystander: Bystander, status: str
) -> None:
    """A key that acts for many wallets learns nothing of one that it does not declare, not even that orders ended."""
    [theirs] = orders.make(1, status, owner=bystander(multi_wallet))

    answer = multi_wallet.cancel_batch([theirs])

    assert answer.outcome(theirs.order_id) == NOT_FOUND, "other-outcome"


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.deepens
def test_what_another_key_of_the_wallet_cancelled_is_terminal(
    multi_wallet: PredictStreetCaller, orders: Orders, bystander: Bystander
) -> None:
    """A key that declares a wallet reaches all of its orders, those that were cancelled under another key as well."""
    other = bystander(multi_wallet)
    batch = orders.make(2, owner=other)
    first = other.cancel_batch(batch)
    if not all(first.cancelled(order.order_id) for order in batch):
        raise Presupposed("lifecycle.open-cancelled", f"another key's batch of two open orders was answered {first!r}")

    answer = multi_wallet.acting_for(other.wallet).cancel_batch(batch)

    if answer.status == 403 and "file" in (other.account.origin, multi_wallet.account.origin):
        raise NotTested("the key may not act for the other account's wallet, which need not be its partner's", "caller")
    assert answer.outcomes([order.order_id for order in batch]) == [ALREADY_TERMINAL] * 2, "other-outcome"


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.parametrize("names", [LOWER, UPPER])
@pytest.mark.deepens
def test_a_wallet_is_declared_in_any_letter_case_of_the_headers_name(
    multi_wallet: PredictStreetCaller, orders: Orders, names: str
) -> None:
    """X-User-Wallet is the same header whatever letters its name is written in (RFC 9110, 5.1)."""
    [order] = orders.make(1, owner=multi_wallet)

    answer = multi_wallet.cancel_batch([order], identity=Identity(names=names), right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-told-cancelled"


@pytest.mark.clause("predictstreet.wallet.ignored")
@pytest.mark.smoke
def test_any_other_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders
) -> None:
    """A single_wallet key reaches its own wallet's orders when the request declares another one."""
    [order] = orders.make(1, owner=single_wallet)

    identity = Identity(wallet=f"0x{secrets.token_hex(20)}")
    answer = single_wallet.cancel_batch([order], identity=identity, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-told-cancelled"


@pytest.mark.clause("predictstreet.wallet.ignored")
@pytest.mark.deepens
def test_another_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders, bystander: Bystander
) -> None:
    """A single_wallet key reaches its own wallet's orders, whichever wallet the request declares."""
    other = bystander(single_wallet)
    [mine, control], [theirs] = orders.make(2, owner=single_wallet), orders.make(1, owner=other)

    answer = single_wallet.cancel_batch([mine, theirs, control], identity=Identity(wallet=other.wallet))

    assert answer.outcomes([mine.order_id, theirs.order_id]) == ["cancelled", "not_found"], "other-outcome"
    assert orders.after(control, [theirs]) == {theirs.order_id: "open"}, "foreign-order-touched"


@pytest.mark.clause("predictstreet.wallet.ignored-malformed")
@pytest.mark.parametrize("spell", required_first(MALFORMED, "39 digits", smoke="39 digits"))
def test_a_malformed_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """A single_wallet key is served whatever stands in X-User-Wallet."""
    [order] = orders.make(1, owner=single_wallet)

    spelled = Identity(wallet=spell(single_wallet.wallet))
    answer = single_wallet.cancel_batch([order], identity=spelled, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-told-cancelled"


@pytest.mark.clause("predictstreet.wallet.empty")
def test_an_empty_wallet(multi_wallet: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does an empty X-User-Wallet count as missing or as malformed?"""
    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(wallet=""))

    observe(f"{answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.access.no-gate")
@pytest.mark.deepens
def test_a_wallet_that_has_done_nothing_may_cancel(
    multi_wallet: PredictStreetCaller, orders: Orders, bystander: Bystander
) -> None:
    """A wallet that neither placed an order nor deposited anything is served; it just has nothing to cancel."""
    served = multi_wallet.cancel_batch(orders.make(1, owner=multi_wallet))
    if not served.succeeded:
        raise Presupposed("lifecycle.open-cancelled", f"a wallet's batch of one open order was answered {served!r}")
    other = bystander(multi_wallet)
    if other.account.origin == "file":
        raise NotTested("no wallet is known to have done nothing", "caller")

    answer = multi_wallet.acting_for(other.wallet).cancel_batch(orders.unknown(1))

    assert answer.succeeded, "not-accepted"


@pytest.mark.clause("predictstreet.access.unseen-wallet")
def test_a_wallet_that_the_venue_has_never_seen(
    multi_wallet: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """May a multi_wallet key act for a wallet that was never made known to the venue?"""
    unseen = Identity(wallet=f"0x{secrets.token_hex(20)}")

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=unseen)

    observe(f"{answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.access.no-gate")
@pytest.mark.smoke
def test_a_new_account_may_cancel(rested: Callable[[int], PredictStreetCaller], orders: Orders) -> None:
    """An account that has done nothing but place an order may cancel it."""
    newcomer = rested(1)
    if newcomer.account.origin == "file":
        raise NotTested("no account is known to be new", "caller")
    [order] = orders.make(1, owner=newcomer)

    answer = newcomer.cancel_batch([order])

    assert answer.outcome(order.order_id) == "cancelled", "not-told-cancelled"
