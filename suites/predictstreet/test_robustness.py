"""Error responses to invalid requests (public error pages), and unusual bodies."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from fixtures.predictstreet import required_first
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed
from venue_conformance.fuzz.explore import Explore
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import KEY_HEADER, WALLET_HEADER, Identity

#: Ways to be refused for a key, each with the clause that refuses it.
REFUSALS = {
    "no key": ("key-required", Identity(omit=frozenset({KEY_HEADER}))),
    "malformed key": ("malformed-key-refused", Identity(key="not-a-key")),
    "wrong secret": ("wrong-secret-refused", Identity(secret="A" * 43)),
}


@pytest.mark.clause("predictstreet.robustness.error-code-field")
@pytest.mark.parametrize(
    "name", ["no key", *(pytest.param(each, marks=pytest.mark.deepens) for each in REFUSALS if each != "no key")]
)
def test_rejection_has_an_error_code(caller: PredictStreetCaller, orders: Orders, name: str) -> None:
    """A request rejected for its key has its error code in code or error.code."""
    rule, identity = REFUSALS[name]
    caller.require_accepted()

    answer = caller.cancel_batch(orders.unknown(1), identity=identity)

    if not answer.refused:
        raise Presupposed(f"authentication.{rule}", f"a request with a wrong key ({name}) was answered {answer!r}")
    assert isinstance(answer.error_code, str), "no-error-code"


@pytest.mark.clause("predictstreet.robustness.error-code-field")
@pytest.mark.deepens
def test_rejection_for_the_wallet_has_an_error_code(multi_wallet: PredictStreetCaller, orders: Orders) -> None:
    """A request rejected for its wallet has its error code in code or error.code."""
    multi_wallet.require_accepted()

    answer = multi_wallet.cancel_batch(orders.unknown(1), identity=Identity(omit=frozenset({WALLET_HEADER})))

    if not answer.refused:
        raise Presupposed("wallet.missing", f"a request of a multi_wallet key without wallet was answered {answer!r}")
    assert isinstance(answer.error_code, str), "no-error-code"


@pytest.mark.clause("predictstreet.robustness.error-envelope")
@pytest.mark.parametrize("kind", ["wrong key", "invalid body"])
@pytest.mark.disposable
def test_envelope_of_a_rejection(
    caller: PredictStreetCaller, orders: Orders, observe: Callable[[str], None], kind: str
) -> None:
    """Which of the two documented envelopes does the body of a rejection have?"""
    if kind == "wrong key":
        answer = caller.cancel_batch(orders.unknown(1), identity=Identity(key="not-a-key"))
    else:
        answer = caller.send(b"{}")

    observe(f"{kind}: {answer.envelope}")


def odd_bodies(order_id: str) -> dict[str, str]:
    """JSON bodies that are easily mistaken for something that cannot come."""
    return {
        "NUL character": json.dumps({"orderIds": [f"{order_id}\0"]}),
        "lone surrogate": '{"orderIds": ["\\ud800"]}',
        "long id": json.dumps({"orderIds": [order_id * 1000]}),
        "quote": json.dumps({"orderIds": [f"{order_id}'; --"]}),
        "field of every object": '{"orderIds": ["__proto__", "constructor", "toString"]}',
        "field twice": f'{{"orderIds": ["{order_id}"], "orderIds": ["{order_id}"]}}',
        "huge number": '{"orderIds": [1e999]}',
        "deep": '{"orderIds": ' + "[" * 5000 + "]" * 5000 + "}",
        "prototype": '{"__proto__": {"orderIds": []}, "orderIds": {"length": 1}}',
        "other letters": json.dumps({"orderIds": ["注文", "ı", "🂡"]}, ensure_ascii=False),
    }


@pytest.mark.clause("predictstreet.robustness.no-server-error")
@pytest.mark.parametrize("name", required_first({name: name for name in odd_bodies("")}, "NUL character"))
def test_unusual_body_causes_no_server_error(caller: PredictStreetCaller, orders: Orders, name: str) -> None:
    """A body that nobody would send is rejected or carried out, and is not answered with 5xx."""
    body = odd_bodies(orders.unknown(1)[0])[name]

    answer = caller.send(body.encode())

    assert answer.status < 500, "server-error"


# No number and no text could name an order by chance: numbers are too big, texts get an unknown id in front.
TEXTS = st.text(max_size=40)
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(min_value=2**64) | st.floats(allow_nan=False, allow_infinity=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@pytest.mark.clause("predictstreet.robustness.no-server-error")
def test_any_json_body_causes_no_server_error(
    rested: Callable[[int], PredictStreetCaller], orders: Orders, explore: Explore
) -> None:
    """No generated JSON in a body or in its orderIds is answered with 5xx."""

    def is_survived(value: Any, inside: bool) -> None:
        value = with_unknown_ids(value, orders)
        answer = rested(1).send(json.dumps({"orderIds": value} if inside else value).encode())
        assert answer.status < 500, "server-error"

    explore(is_survived, examples=10, value=JSON_VALUES, inside=st.booleans())


def with_unknown_ids(value: Any, orders: Orders) -> Any:
    """The value with an unknown id in front of each text."""
    if isinstance(value, str):
        return orders.unknown(1)[0] + value
    if isinstance(value, list):
        return [with_unknown_ids(item, orders) for item in value]
    if isinstance(value, dict):
        return {key: with_unknown_ids(item, orders) for key, item in value.items()}
    return value
