"""Authentication by key (batch-cancel page, authorizations; public error codes)."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Sequence

import pytest

from fixtures.predictstreet import OfKind
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed, Violation
from venue_conformance.venues.predictstreet.answer import BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import (
    CUT_SHORT,
    KEY_HEADER,
    MADE_LONGER,
    MULTI_WALLET,
    OTHER_CASE,
    SINGLE_WALLET,
    Identity,
)

Tampering = Callable[[PredictStreetCaller], Identity]


def other_prefix(caller: PredictStreetCaller) -> str:
    """The prefix of keys for another environment than the caller's, and never ps_live: that is the documented form."""
    return "ps_test" if caller.key_prefix == "ps_live" else "ps_prod"


def unissued_id(caller: PredictStreetCaller) -> str:
    """A key id of the same length that was never issued."""
    return secrets.token_hex(len(caller.key_id))[: len(caller.key_id)]


def other_secret(caller: PredictStreetCaller) -> str:
    """A secret of the same length that belongs to nobody."""
    return secrets.token_urlsafe(len(caller.secret))[: len(caller.secret)]


#: Ways to tamper with a key, each with the clause that refuses it.
WRONG: dict[str, tuple[str, Tampering]] = {
    "no key": ("key-required", lambda _: Identity(omit=frozenset({KEY_HEADER}))),
    "empty key": ("key-required", lambda _: Identity(key="")),
    "other text": ("malformed-key-refused", lambda _: Identity(key="not-a-key")),
    "other prefix": ("malformed-key-refused", lambda _: Identity(key="sk_prod_{id}_{secret}")),
    "prefix of another environment": (
        "malformed-key-refused",
        lambda caller: Identity(key=f"{other_prefix(caller)}_{{id}}_{{secret}}"),
    ),
    "no prefix": ("malformed-key-refused", lambda _: Identity(key="{id}_{secret}")),
    "no secret": ("malformed-key-refused", lambda _: Identity(key="{prefix}_{id}")),
    "empty secret": ("malformed-key-refused", lambda _: Identity(key="{prefix}_{id}_")),
    "no id": ("malformed-key-refused", lambda _: Identity(key="{prefix}_{secret}")),
    "other id": ("unknown-key-refused", lambda caller: Identity(key_id=unissued_id(caller))),
    "other id and secret": (
        "unknown-key-refused",
        lambda caller: Identity(key_id=unissued_id(caller), secret=other_secret(caller)),
    ),
    "other secret": ("wrong-secret-refused", lambda caller: Identity(secret=other_secret(caller))),
    "secret altered at its start": ("wrong-secret-refused", lambda _: Identity(altered=0)),
    "secret altered in its middle": ("wrong-secret-refused", lambda _: Identity(altered=20)),
    "secret altered near its end": ("wrong-secret-refused", lambda _: Identity(altered=-1)),
    "secret cut short": ("wrong-secret-refused", lambda _: Identity(altered=CUT_SHORT)),
    "secret made longer": ("wrong-secret-refused", lambda _: Identity(altered=MADE_LONGER)),
    "secret in other letter case": ("wrong-secret-refused", lambda _: Identity(altered=OTHER_CASE)),
}


NAMES = list(WRONG)
#: One for each clause is required, with what else a venue is known to get wrong; the others deepen.
REQUIRED = ("no key", "other prefix", "no secret", "other id and secret", "other secret", "secret altered near its end")
#: One way for each of the clauses: the two kinds of keys need not be looked up, or compared, at one place.
FOR_EITHER_KIND = ("no key", "no secret", "other id", "other secret")
either_kind = pytest.mark.parametrize("kind", [SINGLE_WALLET, MULTI_WALLET])


def wrong_keys(names: Iterable[str]) -> list[object]:
    """Each of these wrong keys as a parameter that carries its clause."""
    return [
        pytest.param(
            WRONG[name][1],
            id=name,
            marks=[
                pytest.mark.clause(f"predictstreet.authentication.{WRONG[name][0]}"),
                *(() if name in REQUIRED else (pytest.mark.deepens,)),
            ],
        )
        for name in names
    ]


@pytest.mark.parametrize("tampering", wrong_keys(NAMES))
def test_invalid_key_is_rejected(caller: PredictStreetCaller, orders: Orders, tampering: Tampering) -> None:
    """A request that is accepted with the valid key is rejected with an invalid one."""
    caller.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), identity=tampering(caller))

    assert answer.refused, "not-refused"


@pytest.mark.parametrize("tampering", wrong_keys(FOR_EITHER_KIND))
@pytest.mark.parametrize("kind", [SINGLE_WALLET, pytest.param(MULTI_WALLET, marks=pytest.mark.smoke)])
@pytest.mark.deepens
def test_invalid_key_of_either_kind_is_rejected(
    of_kind: OfKind, orders: Orders, kind: str, tampering: Tampering
) -> None:
    """An invalid key is rejected, be it for a single_wallet or a multi_wallet account."""
    caller = of_kind(kind)
    caller.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), identity=tampering(caller))

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.authentication.wrong-secret-refused")
@pytest.mark.deepens
def test_secret_of_another_key_is_rejected(
    caller: PredictStreetCaller, key_lender: PredictStreetCaller, orders: Orders
) -> None:
    """A secret that is valid for another key is invalid for this one."""
    caller.require_accepted()
    key_lender.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), identity=key_lender.lends_secret())

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.authentication.wrong-secret-refused")
@pytest.mark.deepens
def test_id_of_another_key_is_rejected(
    caller: PredictStreetCaller, key_lender: PredictStreetCaller, orders: Orders
) -> None:
    """A key's own secret is invalid with another key's id."""
    caller.require_accepted()
    key_lender.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), identity=key_lender.lends_id())

    assert answer.refused, "not-refused"


@pytest.mark.clause("predictstreet.authentication.refused-cancels-nothing")
@pytest.mark.parametrize(
    "names",
    [
        FOR_EITHER_KIND,
        *(pytest.param(NAMES[start : start + 4], marks=pytest.mark.deepens) for start in range(0, len(NAMES), 4)),
    ],
    ids=", ".join,
)
def test_request_rejected_for_its_key_cancels_nothing(
    caller: PredictStreetCaller, orders: Orders, names: Sequence[str]
) -> None:
    """A request rejected for its key, whatever is invalid about it, leaves its order open."""
    cancels_nothing(caller, orders, names)


@pytest.mark.clause("predictstreet.authentication.refused-cancels-nothing")
@either_kind
@pytest.mark.deepens
def test_request_rejected_for_key_of_either_kind_cancels_nothing(of_kind: OfKind, orders: Orders, kind: str) -> None:
    """A request rejected for a single_wallet or a multi_wallet key leaves its order open."""
    cancels_nothing(of_kind(kind), orders, FOR_EITHER_KIND)


def cancels_nothing(caller: PredictStreetCaller, orders: Orders, names: Iterable[str]) -> None:
    """Assert that what is refused for keys that are wrong in these ways leaves the caller's orders open."""
    tamperings = {name: WRONG[name][1](caller) for name in names}
    # A secret without letters has no other letter case.
    tamperings = {name: identity for name, identity in tamperings.items() if not caller.is_right_key(identity)}
    *named, control = orders.make(len(tamperings) + 1, owner=caller)
    refused = {
        order.order_id: name
        for order, (name, identity) in zip(named, tamperings.items(), strict=True)
        if caller.cancel_batch([order], identity=identity).refused
    }

    if not refused:
        raise NeverExercised(f"none of these keys was refused: {', '.join(tamperings)}")
    caller.cancel_batch([control])

    read = orders.after(control, [order for order in named if order.order_id in refused])
    assert {name: read[order_id] for order_id, name in refused.items()} == dict.fromkeys(refused.values(), "open"), (
        "order-touched"
    )


def refusal(caller: PredictStreetCaller, orders: Orders, name: str) -> BatchAnswer:
    """The refusal of a key that is wrong in this way. Raises Presupposed when it is not refused."""
    caller.require_accepted()
    rule, tampering = WRONG[name]
    answer = caller.cancel_batch(orders.unknown(1), identity=tampering(caller))
    if not answer.refused:
        raise Presupposed(f"authentication.{rule}", f"a request with a wrong key ({name}) was answered {answer!r}")
    return answer


@pytest.mark.clause("predictstreet.authentication.status-401")
@pytest.mark.parametrize("name", ["no key", "other text", "other id and secret", "other secret"])
def test_invalid_key_is_rejected_with_401(caller: PredictStreetCaller, orders: Orders, name: str) -> None:
    """A missing, malformed or unknown key, or a wrong secret, is rejected with 401."""
    answer = refusal(caller, orders, name)

    assert answer.refused, "not-refused"
    assert answer.status == 401, "other-status"


CODES = {
    "no key": ("code-missing", "auth_required"),
    "other text": ("code-bad-format", "api_key_bad_format"),
    "other id and secret": ("code-unknown-key", "api_key_unknown_key"),
    "other secret": ("code-bad-secret", "api_key_bad_secret"),
}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        pytest.param(name, code, id=name, marks=pytest.mark.clause(f"predictstreet.authentication.{rule}"))
        for name, (rule, code) in CODES.items()
    ],
)
def test_invalid_key_has_its_error_code(caller: PredictStreetCaller, orders: Orders, name: str, code: str) -> None:
    """The error code states what is invalid about the key."""
    answer = refusal(caller, orders, name)

    if answer.error_code != code:
        said = answer.error_code or "no code in code or error.code"
        raise Violation(f"the error code {code} in code or error.code", f"{said}: {answer!r}", kind="other-code")
