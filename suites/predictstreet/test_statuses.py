"""Documented statuses, for every documented cause (the page, authorizations and headers)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest

from fixtures.predictstreet import OfKind
from suites.predictstreet.test_authentication import FOR_EITHER_KIND, WRONG
from suites.predictstreet.test_wallet import INVALID, MALFORMED, NO_WALLET
from suites.predictstreet.test_wallet import REQUIRED as MISSING
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import MULTI_WALLET, Identity

pytestmark = pytest.mark.deepens

#: Ways to be wrong by the clause that refuses them; each has a check of its own, so that none sends many requests.
RULES = ("key-required", "malformed-key-refused", "unknown-key-refused", "wrong-secret-refused")


def wrong_in(rule: str) -> list[str]:
    """The ways in which a key is wrong by this rule."""
    return [name for name, (broken, _) in WRONG.items() if broken == rule]


def answered_otherwise(caller: PredictStreetCaller, orders: Orders, names: Iterable[str]) -> dict[str, str]:
    """What keys that are wrong in these ways are refused with, where that is not 401. Raises Presupposed."""
    tamperings = {name: WRONG[name][1](caller) for name in names}
    # A secret without letters has no other letter case.
    wrong = {name: identity for name, identity in tamperings.items() if not caller.is_right_key(identity)}
    answers = {name: caller.cancel_batch(orders.unknown(1), identity=identity) for name, identity in wrong.items()}
    if not any(answer.refused for answer in answers.values()):
        what = f"none of these keys was refused: {', '.join(answers)}"
        raise Presupposed(f"authentication.{WRONG[next(iter(tamperings))][0]}", what)
    return {name: repr(answer) for name, answer in answers.items() if answer.refused and answer.status != 401}


def require_401(found: Mapping[str, str]) -> None:
    """Raise Violation where a wrong key was answered otherwise."""
    if found:
        said = "; ".join(f"{name}: {reported}" for name, reported in found.items())
        raise Violation("a missing, malformed, unknown or wrong key to be answered with 401", said, kind="other-status")


@pytest.mark.clause("predictstreet.authentication.status-401")
@pytest.mark.parametrize("rule", RULES)
def test_every_invalid_key_is_rejected_with_401(caller: PredictStreetCaller, orders: Orders, rule: str) -> None:
    """Every missing, malformed or unknown key, and every wrong secret, is rejected with 401."""
    caller.require_accepted()

    require_401(answered_otherwise(caller, orders, wrong_in(rule)))


@pytest.mark.clause("predictstreet.authentication.status-401")
def test_invalid_key_with_declared_wallet_is_rejected_with_401(of_kind: OfKind, orders: Orders) -> None:
    """An invalid key is rejected with 401 even if the request declares a wallet."""
    caller = of_kind(MULTI_WALLET)
    caller.require_accepted()

    require_401(answered_otherwise(caller, orders, FOR_EITHER_KIND))


@pytest.mark.clause("predictstreet.wallet.missing")
@pytest.mark.parametrize("named", ["an open order", "a hundred unknown ids"])
def test_missing_wallet_has_its_error_code_for_any_batch(
    multi_wallet: PredictStreetCaller, orders: Orders, named: str
) -> None:
    """A request without a wallet gets 401 and its code whatever it names, even after one that declared it."""
    multi_wallet.require_accepted()
    made = orders.make(1, owner=multi_wallet) if named == "an open order" else []
    multi_wallet.cancel_batch(orders.unknown(1))

    answer = multi_wallet.cancel_batch(made or orders.unknown(100), identity=NO_WALLET)

    _require_code(answer, MISSING, f"a request that declares no wallet and names {named}")


@pytest.mark.clause("predictstreet.wallet.malformed")
@pytest.mark.parametrize("names", [list(MALFORMED)[start : start + 4] for start in range(0, 10, 4)], ids=", ".join)
def test_every_malformed_wallet_has_its_error_code(
    multi_wallet: PredictStreetCaller, orders: Orders, names: list[str]
) -> None:
    """Every malformed wallet is rejected with 401 and its own error code, unless it is accepted as valid."""
    multi_wallet.require_accepted()
    answers = {}
    for name in names:
        identity = Identity(wallet=MALFORMED[name](multi_wallet.wallet))
        answers[name] = multi_wallet.cancel_batch(orders.unknown(1), identity=identity)

    if all(answer.succeeded for answer in answers.values()):
        raise Presupposed("wallet.pattern", f"none of these wallets was refused: {', '.join(names)}")
    for name, answer in answers.items():
        if not answer.succeeded:
            _require_code(answer, INVALID, f"a malformed wallet ({name})")


def _require_code(answer: BatchAnswer, code: str, what: str) -> None:
    if answer.status != 401 or code not in answer.text:
        raise Violation(f"{what} to be answered with 401 and {code}", repr(answer), kind="other-code")
