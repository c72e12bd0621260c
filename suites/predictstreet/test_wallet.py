"""The wallet for which a request acts (batch-cancel page, headers; pattern)."""

from __future__ import annotations

import random
import secrets
from collections.abc import Callable

import pytest

from fixtures.predictstreet import required_first
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, Presupposed
from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, NOT_FOUND
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import LOWER, UPPER, WALLET_HEADER, Identity
from venue_conformance.venues.predictstreet.oracle import TERMINAL

NO_WALLET = Identity(omit=frozenset({WALLET_HEADER}))
REQUIRED, INVALID = "api_key_user_wallet_required", "api_key_user_wallet_invalid"
UnrelatedAccount = Callable[[PredictStreetCaller], PredictStreetCaller]

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
def test_missing_wallet_is_rejected_with_401(multi_wallet: PredictStreetCaller, orders: Orders) -> None:
    """A multi_wallet request without a wallet is rejected with 401 and its own error code."""
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=NO_WALLET)

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert REQUIRED in answer.text, "other-code"


@pytest.mark.clause("predictstreet.wallet.not-remembered")
def test_wallet_must_be_declared_in_every_request(multi_wallet: PredictStreetCaller, orders: Orders) -> None:
    """The wallet of one request does not apply to the next, which is rejected."""
    first = multi_wallet.cancel_batch(orders.unknown(1))
    if not first.succeeded:
        raise Presupposed("request.example", f"a request that declares its wallet was answered {first!r}")

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=NO_WALLET)

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.wallet.pattern")
@malformed
def test_malformed_wallet_is_rejected(
    multi_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """A wallet that is not 0x and 40 hexadecimal digits is rejected."""
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
def test_malformed_wallet_has_its_error_code(multi_wallet: PredictStreetCaller, orders: Orders, name: str) -> None:
    """A malformed wallet is rejected with 401 and its own error code, unless it is accepted as valid."""
    spelled = MALFORMED[name](multi_wallet.wallet)
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(wallet=spelled))

    if answer.succeeded:
        raise Presupposed("wallet.pattern", f"a malformed wallet ({name}) was not refused: {answer!r}")
    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"
    assert INVALID in answer.text, "other-code"


WRONG_WALLETS = {"no wallet": None, **MALFORMED}
WRONG_NAMES = list(WRONG_WALLETS)


@pytest.mark.clause("predictstreet.authentication.refused-cancels-nothing")
@pytest.mark.deepens
@pytest.mark.parametrize("names", [WRONG_NAMES[start : start + 4] for start in range(0, 11, 4)], ids=", ".join)
def test_request_rejected_for_its_wallet_cancels_nothing(
    multi_wallet: PredictStreetCaller, orders: Orders, names: list[str]
) -> None:
    """A request rejected for its wallet, whatever is invalid about it, leaves its order open."""
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
def test_wallet_is_case_insensitive(
    multi_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """A wallet is the same wallet in upper and in lower case."""
    [order] = orders.make(1, owner=multi_wallet)

    spelled = Identity(wallet=spell(multi_wallet.wallet))
    answer = multi_wallet.cancel_batch([order], identity=spelled, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.smoke
def test_declared_wallet_determines_the_orders(
    multi_wallet: PredictStreetCaller, orders: Orders, unrelated_account: UnrelatedAccount
) -> None:
    """With one key, each declared wallet reaches its own orders, and the other's do not exist for it."""
    other = unrelated_account(multi_wallet)
    mine, theirs = orders.make(2, owner=multi_wallet), orders.make(2, owner=other)

    for_other = multi_wallet.acting_for(other.wallet).cancel_batch([mine[0], theirs[0]])
    if for_other.status == 403 and "file" in (other.account.origin, multi_wallet.account.origin):
        raise NotTested("the key may not act for the other account's wallet, which need not be its partner's", "caller")
    for_own = multi_wallet.cancel_batch([mine[1], theirs[1]])

    reported = [for_other.outcomes([mine[0].order_id, theirs[0].order_id])]
    reported += [for_own.outcomes([mine[1].order_id, theirs[1].order_id])]
    assert reported == [["not_found", "cancelled"], ["cancelled", "not_found"]], "other-wallet-decides"
    assert orders.poll_until([mine[1], theirs[0]]) == {
        mine[1].order_id: "cancelled",
        theirs[0].order_id: "cancelled",
    }, "not-cancelled"
    assert orders.statuses([mine[0], theirs[1]]) == {mine[0].order_id: "open", theirs[1].order_id: "open"}, (
        "other-order-touched"
    )


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.parametrize("status", TERMINAL)
@pytest.mark.deepens
def test_terminal_order_of_undeclared_wallet_does_not_exist(
    multi_wallet: PredictStreetCaller, orders: Orders, unrelated_account: UnrelatedAccount, status: str
) -> None:
    """A multi_wallet key learns nothing of a wallet it does not declare, not even that its orders ended."""
    [theirs] = orders.make(1, status, owner=unrelated_account(multi_wallet))

    answer = multi_wallet.cancel_batch([theirs])

    assert answer.outcome(theirs.order_id) == NOT_FOUND, "other-outcome"


@pytest.mark.clause("predictstreet.wallet.decides")
@pytest.mark.deepens
def test_order_cancelled_by_another_key_of_the_wallet_is_terminal(
    multi_wallet: PredictStreetCaller, orders: Orders, unrelated_account: UnrelatedAccount
) -> None:
    """A key that declares a wallet reaches all of its orders, including those cancelled with another key."""
    other = unrelated_account(multi_wallet)
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
def test_wallet_header_name_is_case_insensitive(multi_wallet: PredictStreetCaller, orders: Orders, names: str) -> None:
    """X-User-Wallet is recognised in whatever letter case its name is written (RFC 9110, 5.1)."""
    [order] = orders.make(1, owner=multi_wallet)

    answer = multi_wallet.cancel_batch([order], identity=Identity(names=names), right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"


@pytest.mark.clause("predictstreet.wallet.ignored")
@pytest.mark.smoke
def test_unrelated_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders
) -> None:
    """A single_wallet key reaches its own wallet's orders when the request declares another wallet."""
    [order] = orders.make(1, owner=single_wallet)

    identity = Identity(wallet=f"0x{secrets.token_hex(20)}")
    answer = single_wallet.cancel_batch([order], identity=identity, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"


@pytest.mark.clause("predictstreet.wallet.ignored")
@pytest.mark.deepens
def test_another_accounts_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders, unrelated_account: UnrelatedAccount
) -> None:
    """A single_wallet key reaches its own wallet's orders, whichever wallet the request declares."""
    other = unrelated_account(single_wallet)
    [mine, control], [theirs] = orders.make(2, owner=single_wallet), orders.make(1, owner=other)

    answer = single_wallet.cancel_batch([mine, theirs, control], identity=Identity(wallet=other.wallet))

    assert answer.outcomes([mine.order_id, theirs.order_id]) == ["cancelled", "not_found"], "other-outcome"
    assert orders.after(control, [theirs]) == {theirs.order_id: "open"}, "foreign-order-touched"


@pytest.mark.clause("predictstreet.wallet.ignored-malformed")
@pytest.mark.parametrize("spell", required_first(MALFORMED, "39 digits", smoke="39 digits"))
def test_malformed_wallet_is_ignored_for_a_single_wallet_key(
    single_wallet: PredictStreetCaller, orders: Orders, spell: Callable[[str], str]
) -> None:
    """A single_wallet key is served whatever X-User-Wallet contains."""
    [order] = orders.make(1, owner=single_wallet)

    spelled = Identity(wallet=spell(single_wallet.wallet))
    answer = single_wallet.cancel_batch([order], identity=spelled, right=True)

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"


@pytest.mark.clause("predictstreet.wallet.empty")
def test_empty_wallet(multi_wallet: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]) -> None:
    """Does an empty X-User-Wallet count as missing or as malformed?"""
    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(wallet=""))

    observe(f"{answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.access.no-gate")
@pytest.mark.deepens
def test_unused_wallet_may_cancel(
    multi_wallet: PredictStreetCaller, orders: Orders, unrelated_account: UnrelatedAccount
) -> None:
    """A wallet that has placed no order and made no deposit is served; it has nothing to cancel."""
    served = multi_wallet.cancel_batch(orders.make(1, owner=multi_wallet))
    if not served.succeeded:
        raise Presupposed("lifecycle.open-cancelled", f"a wallet's batch of one open order was answered {served!r}")
    other = unrelated_account(multi_wallet)
    if other.account.origin == "file":
        raise NotTested("no wallet is known to be unused", "caller")

    answer = multi_wallet.acting_for(other.wallet).cancel_batch(orders.unknown(1))

    assert answer.succeeded, "not-accepted"


@pytest.mark.clause("predictstreet.access.unseen-wallet")
def test_wallet_that_the_venue_does_not_know(
    multi_wallet: PredictStreetCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """May a multi_wallet key act for a wallet that the venue does not know?"""
    unseen = Identity(wallet=f"0x{secrets.token_hex(20)}")

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=unseen)

    observe(f"{answer.status}, code {answer.error_code}")


@pytest.mark.clause("predictstreet.access.no-gate")
@pytest.mark.smoke
def test_new_account_may_cancel(newcomer: PredictStreetCaller, orders: Orders) -> None:
    """An account that has only placed an order may cancel it."""
    [order] = orders.make(1, owner=newcomer)

    answer = newcomer.cancel_batch([order])

    assert answer.outcome(order.order_id) == "cancelled", "not-reported-cancelled"
