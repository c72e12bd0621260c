"""A request counts towards the acting wallet's rate limit, whatever its key, spelling or connection."""

from __future__ import annotations

import math
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest

from fixtures.aside import Aside
from fixtures.predictstreet_budgets import (
    ANOTHER_LIMIT,
    AT_ONCE,
    Budget,
    Depth,
    Spend,
    eight_spellings,
    until_refused,
)
from fixtures.predictstreet_load import RATE, Load, Send, ask, at_once, one_by_one, paced, pressing, silence
from suites.shared.choices import CHOICES
from venue_conformance.client.caller import answered
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, NotTested, Presupposed, Violation
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import Identity

MakeCaller = Callable[[], PredictStreetCaller]
Rested = Callable[[int], PredictStreetCaller]
RULE = "predictstreet.rate-limit"
SECONDS = 3.0


def served_beside_a_noisy_wallet(aside: Aside) -> bool:
    """Whether an evenly paced wallet was never refused beside a noisy one, and whatever else the run does."""
    if aside.account.origin != "state":
        return False
    noisy, other = aside.new_caller(), aside.caller
    if not ask(other, aside.orders).succeeded or not at_once([partial(ask, noisy, aside.orders)] * AT_ONCE).limited:
        return False
    with suppress(NeverExercised):
        return not beside(partial(ask, noisy, aside.orders), partial(ask, other, aside.orders)).refused
    return False


@pytest.mark.clause(f"{RULE}.accounts-independent")
@pytest.mark.aside(procedure=served_beside_a_noisy_wallet)
def test_wallet_is_served_while_another_exceeds_its_limit(
    run_aside: Callable[[], bool],
    noisy: PredictStreetCaller,
    rested: Rested,
    orders: Orders,
    overspend: Spend,
    depth: Depth,
) -> None:
    """While one wallet keeps sending and is rejected, another wallet's evenly spaced requests are not."""
    if not run_aside():
        require_served_meanwhile(noisy, rested, orders, overspend, depth)


def require_served_meanwhile(
    noisy: PredictStreetCaller, rested: Rested, orders: Orders, overspend: Spend, depth: Depth
) -> None:
    """The same with nobody else beside the two wallets. Raises Violation."""
    other = rested(RATE)
    other.require_accepted()
    overspend(partial(ask, noisy, orders))

    load = beside(partial(ask, noisy, orders), partial(ask, other, orders))

    if load.refused:
        require_served_alone(rested(RATE), orders, load, depth)
        expected = "no request of a wallet to be refused while a wallet of another key exceeds its limit"
        raise Violation(expected, f"{load} at four a second; one got {load.refused[0]!r}", kind="refused-within-budget")


@pytest.mark.clause(f"{RULE}.other-wallets-same-key")
def test_wallets_of_one_key_have_separate_rate_limits(
    new_multi_wallet: MakeCaller,
    unrelated_account: Callable[[PredictStreetCaller], PredictStreetCaller],
    orders: Orders,
    overspend: Spend,
    depth: Depth,
) -> None:
    """While one wallet of a key is rejected, evenly spaced requests of another wallet of the key are not."""
    noisy = new_multi_wallet()
    other, another = (noisy.acting_for(unrelated_account(noisy).wallet) for _ in range(2))
    other.rest(RATE)
    accepted = answered(ask(other, orders))
    if not accepted.succeeded:
        raise NotTested(f"the key cannot act for another wallet: {accepted!r}", "caller")
    overspend(partial(ask, noisy, orders))

    load = beside(partial(ask, noisy, orders), partial(ask, other, orders))

    if load.refused:
        require_served_alone(another, orders, load, depth)
        expected = "no request for a wallet to be refused while another wallet of the same key exceeds its limit"
        raise Violation(expected, f"{load} at four a second; one got {load.refused[0]!r}", kind="refused-within-budget")


def beside(noisy: Send, other: Send) -> Load:
    """What an evenly paced wallet gets while a noisy one presses on. Raises NeverExercised if that is not refused."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        pressed = pool.submit(pressing, noisy, SECONDS, 2 * RATE)
        load = paced(other, SECONDS)
    if not pressed.result().limited:
        raise NeverExercised(f"the wallet that pressed on was not refused: {pressed.result()}")
    return load


def require_served_alone(caller: PredictStreetCaller, orders: Orders, load: Load, depth: Depth) -> None:
    """Raise NotTested unless a wallet at four requests a second is served when nobody else sends any."""
    if depth.stopped_by_another(load):
        raise NotTested(ANOTHER_LIMIT)
    silence(2)
    alone = paced(partial(ask, caller, orders), SECONDS)
    if alone.refused:
        raise Presupposed("rate-limit.below-never-refused", f"at four a second, with nobody beside it, {alone}")


@pytest.mark.clause(f"{RULE}.one-bucket-per-spelling")
def test_spellings_of_a_wallet_share_one_rate_limit(new_multi_wallet: MakeCaller, orders: Orders, one: Budget) -> None:
    """Eight spellings of a wallet get no more requests accepted than one of them."""
    plain, spelled = new_multi_wallet(), new_multi_wallet()
    spellings = [spelled.acting_for(spelling) for spelling in eight_spellings(spelled.wallet)]

    load = in_turns(spellings, orders, one.spent_by(plain))

    if refused := not_for_the_rate(load):
        raise Presupposed("wallet.lower-cased", f"a spelling of the wallet got {refused!r}")
    require_one_budget(one, plain, load, "eight spellings of a wallet")


@pytest.mark.clause(f"{RULE}.one-bucket-over-keys")
def test_keys_of_a_wallet_share_one_rate_limit(new_multi_wallet: MakeCaller, orders: Orders, one: Budget) -> None:
    """Eight keys that act for one wallet get no more requests accepted than one of them."""
    plain, shared = new_multi_wallet(), new_multi_wallet()
    keys = [new_multi_wallet().acting_for(shared.wallet) for _ in range(8)]

    load = in_turns(keys, orders, one.spent_by(plain))

    if refused := not_for_the_rate(load):
        raise NotTested(f"not all of the keys may act for the one wallet: {refused!r}", "caller")
    require_one_budget(one, plain, load, "eight keys that act for one wallet")


def in_turns(senders: list[PredictStreetCaller], orders: Orders, single: Load) -> Load:
    """Requests at once by these senders in turn, more than two budgets as deep as the one that was ``single`` spent."""
    each = math.ceil(over_two_budgets(single) / len(senders))
    return at_once([partial(ask, sender, orders) for sender in senders * each])


def over_two_budgets(single: Load) -> int:
    """How many requests are more than two budgets let through that are as deep as the one that was spent."""
    return math.ceil(max(single.sent, 2.2 * len(single.passed) + 13))


def not_for_the_rate(load: Load) -> BatchAnswer | None:
    """A refusal that is for who sends a request, or for its form, and not for the rate."""
    return next((answer for answer in load.refused if answer.status != 429), None)


def require_one_budget(one: Budget, plain: PredictStreetCaller, load: Load, senders: str) -> None:
    """Raise Violation when clearly more passed than one budget lets through, NeverExercised when that could not be.

    ``plain`` spends its budget beside that, if the run has not just seen another wallet do so.
    """
    if len(load.passed) > load.at_most(one.spent_by(plain)):
        one.spent_now_by(plain)
    require_at_most(one.spent_by(plain), load, senders)


def require_at_most(single: Load, load: Load, senders: str) -> None:
    """As ``require_one_budget``, where ``single`` is what spent one budget."""
    most = load.at_most(single)
    if load.sent <= most:
        raise NeverExercised(
            f"too few requests were sent to exceed one budget clearly: {load} by {senders}, where {single} by one"
        )
    if len(load.passed) > most:
        raise Violation(
            f"at most {most} requests by {senders} to be carried out",
            f"{load}, where {single} by one",
            kind="further-budget",
        )


@pytest.mark.clause(f"{RULE}.declared-wallet-ignored")
def test_declared_wallet_does_not_raise_a_single_wallet_rate_limit(
    new_single_wallet: MakeCaller, orders: Orders, one: Budget, depth: Depth
) -> None:
    """A single_wallet key that declares another wallet each time keeps its own wallet's rate limit."""
    plain, caller = new_single_wallet(), new_single_wallet()
    caller.require_accepted()
    one.spent_by(plain)

    def declare_another() -> BatchAnswer:
        identity = Identity(wallet=f"0x{secrets.token_hex(20)}")
        return caller.cancel_batch(orders.unknown(1), identity=identity, limit_asked=True)

    load = until_refused(declare_another, depth.requests)

    if not load.limited:
        one.spent_now_by(plain)
        expected = "a single_wallet key to be refused at its own wallet's limit, whatever wallets it declares"
        raise Violation(expected, f"no refusal: {load}, each of which declared another wallet", kind="further-budget")


@pytest.mark.clause(f"{RULE}.sustained")
@pytest.mark.deepens
@pytest.mark.parametrize("choice", [choice for choice in CHOICES if choice != "connection"])
def test_client_chosen_values_do_not_raise_a_wallets_rate_limit(
    new_caller: MakeCaller, orders: Orders, one: Budget, choice: str
) -> None:
    """A wallet whose requests each state another origin gets no more of them accepted."""
    plain, changing = new_caller(), new_caller().varying(CHOICES[choice])

    load = in_turns([changing], orders, one.spent_by(plain))

    require_no_refusal_for(choice, load)
    require_one_budget(one, plain, load, with_its_own(choice))


@pytest.mark.clause(f"{RULE}.sustained")
@pytest.mark.deepens
def test_new_connection_does_not_raise_a_wallets_rate_limit(new_caller: MakeCaller, orders: Orders) -> None:
    """A wallet that opens a connection for each request gets no more accepted than over a single one."""
    plain, changing = new_caller(), new_caller().varying(CHOICES["connection"])
    single = one_by_one(partial(ask, plain, orders), AT_ONCE)
    if not single.limited:
        raise NeverExercised(f"no request was refused for the rate over one connection: {single}")

    load = one_by_one(partial(ask, changing, orders), over_two_budgets(single))

    require_no_refusal_for("connection", load)
    require_at_most(single, load, with_its_own("connection"))


def require_no_refusal_for(choice: str, load: Load) -> None:
    """Raise NeverExercised where requests that say so much are refused for that."""
    if refused := not_for_the_rate(load):
        raise NeverExercised(f"a request with its own {choice} got {refused!r}")


def with_its_own(choice: str) -> str:
    """The wallet that sent each of its requests with another ``choice``, in words."""
    return f"one wallet, each with a {choice} of its own"
