"""Scenarios 27 to 38: what only PredictStreet has."""

from __future__ import annotations

from venue_conformance.clients.scenario import Scene, scenario
from venue_conformance.reference.stage_steps import Step, answer

MULTI_WALLET = (("partner_kind", "multi_wallet"),)
#: Whoever can take a wallet with each call acts for multi_wallet partners.
FOR_MANY_WALLETS = ("multi_wallet", "wallets")
WALLETS = "wallet.every-request wallet.form wallet.of-this-call key.header"
WALLET_REQUIRED = {
    "code": "api_key_user_wallet_required",
    "message": "This API key requires X-User-Wallet",
    "details": {},
}


@scenario(
    27,
    "two calls under a multi_wallet key, the second of which fails at first",
    f"{WALLETS} outcomes.typed-errors",
    calls=2,
    seconds=2,
    caller=MULTI_WALLET,
    needs=FOR_MANY_WALLETS,
)
def multi_wallet(scene: Scene) -> None:
    """A multi_wallet key, two calls, and 500 to the first try of the second."""
    first, second = scene.open(2)
    scene.cancel([first])
    scene.script(answer(500, scene.refusal(500)))
    scene.cancel([second])


@scenario(
    28,
    "calls for two wallets by turns",
    f"{WALLETS} outcomes.not-found request.no-other-id",
    calls=4,
    seconds=3,
    caller=MULTI_WALLET,
    needs=("wallets",),
)
def two_wallets_by_turns(scene: Scene) -> None:
    """One multi_wallet key, two wallets by turns, 503 to a first try, and at last an order of the other wallet."""
    other = scene.another_wallet()
    first, third = scene.open(2)
    second, fourth = scene.open(2, other)
    scene.cancel([first])
    scene.cancel([second], other)
    scene.script(answer(503, scene.refusal(503)))
    scene.cancel([third])
    scene.cancel([fourth, *scene.filled()], other)


@scenario(
    29,
    "a refusal because no wallet was declared",
    "retry.not-after-refusal outcomes.typed-errors",
    breaks_page=True,
    no_rows=True,
    seconds=2,
    caller=MULTI_WALLET,
    needs=FOR_MANY_WALLETS,
)
def wallet_required(scene: Scene) -> None:
    """401 api_key_user_wallet_required to whatever is sent, as where a proxy drops the header."""
    scene.script(answer(401, WALLET_REQUIRED).for_good())
    scene.cancel(scene.open())


@scenario(30, "one order of three whose lock is at odds", "outcomes.lock-invariant outcomes.typed-errors")
def lock_at_odds(scene: Scene) -> None:
    """Three open orders, the second of which ends in lock_invariant."""
    first, second, third = scene.open(3)
    scene.arrange("cancel outcome", orderId=second, outcome="lock_invariant")
    scene.cancel([first, second, third])


@scenario(
    31,
    "one order of three that fails for a passing cause",
    "retry.unknown-alone retry.bounded outcomes.typed-errors",
    seconds=2,
)
def unknown_for_one(scene: Scene) -> None:
    """Three open orders, the second of which is answered unknown once, and can be cancelled then."""
    first, second, third = scene.open(3)
    scene.arrange("cancel outcome", orderId=second, outcome="unknown")
    scene.cancel([first, second, third])


@scenario(32, "four orders that are finished", "outcomes.terminal-is-done outcomes.typed-errors")
def terminal_only(scene: Scene) -> None:
    """Orders that were filled, cancelled, rejected and expired, and nothing else."""
    scene.cancel(
        [order for status in ("filled", "cancelled", "rejected", "expired") for order in scene.of_status(status)]
    )


@scenario(33, "two orders that are not there", "outcomes.not-found outcomes.typed-errors")
def not_found_only(scene: Scene) -> None:
    """An id of nobody and another wallet's open order, and nothing else."""
    scene.cancel([*scene.unknown(), *scene.foreign()])


@scenario(34, "an answer that lacks an order", "outcomes.typed-errors", breaks_page=True)
def in_neither_part(scene: Scene) -> None:
    """An order stands in neither part of the answer."""
    scene.script(Step("change", change="first id in neither part").for_good())
    scene.cancel([*scene.open(2), *scene.filled()])


@scenario(35, "an answer that has an order twice", "outcomes.typed-errors", breaks_page=True)
def in_both_parts(scene: Scene) -> None:
    """An order stands in both parts of the answer."""
    scene.script(Step("change", change="first id in both parts").for_good())
    scene.cancel([*scene.open(2), *scene.filled()])


@scenario(36, "a reason that is new", "outcomes.unknown-codes outcomes.typed-errors", breaks_page=True)
def new_reason(scene: Scene) -> None:
    """An order is not cancelled for a reason that the page does not list."""
    scene.script(Step("change", change="new reason").for_good())
    scene.cancel([*scene.open(), *scene.filled()])


@scenario(37, "a success with 201", "outcomes.success-status outcomes.typed-errors")
def created(scene: Scene) -> None:
    """201 with the documented body: no page gives the number of a success."""
    scene.script(Step("change", status=201, change="nothing").for_good())
    scene.cancel([*scene.open(2), *scene.filled()])


@scenario(
    38,
    "eight calls in a second on the budget that is documented",
    "pacing.five-a-second retry.obeys-retry-after",
    rate_limited=True,
    calls=8,
    seconds=5,
)
def eight_calls_in_a_second(scene: Scene) -> None:
    """Eight calls one after the other: the documented budget lets five a second through."""
    scene.in_a_row(*([order] for order in scene.open(8)))
