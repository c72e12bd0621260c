"""What strange requests and refusals answer (the venue's pages on single cancels)."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised
from venue_conformance.fuzz.explore import Explore
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import ADDRESS, KEY_HEADER, TIME_HEADER, Envelope

STRANGE: dict[str, bytes] = {
    "nothing": b"",
    "no UTF-8": b'{"cancels": "\xff\xfe"}',
    "deep nesting": b'{"cancels": ' + b"[" * 5000 + b"]" * 5000 + b"}",
    "a number too large": b'{"cancels": [{"marketId": 1e400}]}',
    "a number of a thousand digits": b'{"cancels": [{"timestamp": ' + b"9" * 1000 + b"}]}",
    "NaN": b'{"cancels": [NaN]}',
    "a lone surrogate": b'{"cancels": [{"clientId": "\\ud800"}]}',
    "NUL": b'{"cancels": [{"orderId": "\\u0000"}]}',
    "keys twice": b'{"cancels": [], "cancels": []}',
    "an empty element": b'{"cancels": [{}]}',
    "a hundred empty elements": json.dumps({"cancels": [{}] * 100}).encode(),
}

#: One that is no JSON, and one with an element that nothing can be read from.
FEWEST = ("no UTF-8", "an empty element")
deepens = pytest.mark.deepens

#: Values of any JSON type, small.
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
MEMBERS = (
    "address",
    "marketId",
    "accountIndex",
    "kind",
    "orderId",
    "clientId",
    "validUntil",
    "signature",
    "timestamp",
)


@pytest.mark.clause("arcus.robustness.no-server-error")
@pytest.mark.parametrize(
    "body",
    [pytest.param(body, id=name, marks=() if name in FEWEST else deepens) for name, body in STRANGE.items()],
)
@pytest.mark.disposable
def test_unusual_body_causes_no_server_error(caller: ArcusCaller, body: bytes) -> None:
    """An unusual body is not answered with a 5xx status."""
    answer = caller.send(body)

    assert answer.status < 500, "server-error"


@pytest.mark.clause("arcus.robustness.no-server-error")
@pytest.mark.disposable
def test_any_json_body_causes_no_server_error(caller: ArcusCaller, explore: Explore) -> None:
    """No generated JSON body is answered with a 5xx status."""

    def is_answered(body: Any) -> None:
        assert caller.send(lambda _: body).status < 500, "server-error"

    explore(is_answered, examples=15, body=ANYTHING | st.fixed_dictionaries({"cancels": ANYTHING}))


@pytest.mark.clause("arcus.robustness.no-server-error")
def test_any_member_value_causes_no_server_error(caller: ArcusCaller, orders: Orders, explore: Explore) -> None:
    """A valid element with one member replaced by any JSON value is not answered with a 5xx status."""

    def is_answered(name: str, value: Any) -> None:
        [unknown] = orders.unknown(1)
        if name in ("orderId", "clientId") and isinstance(value, str | int | float):
            # As it is, it might be the id of an order.
            value = f"{value}{unknown}" if isinstance(value, str) else caller.session.ledger.number()
        element = caller.element(unknown).but(members={name: value})
        assert caller.cancel_batch([element]).status < 500, "server-error"

    explore(is_answered, examples=30, name=st.sampled_from(MEMBERS), value=ANYTHING)


@pytest.mark.clause("arcus.robustness.no-server-error")
def test_any_client_id_causes_no_server_error(caller: ArcusCaller, explore: Explore) -> None:
    """A correctly signed element with any text as clientId is not answered with a 5xx status."""

    def is_answered(client_id: str) -> None:
        element = Element(client_id=f"{client_id}{caller.unknown_client_ids(1)[0]}")
        assert caller.send(lambda signed: {"cancels": signed([element])}).status < 500, "server-error"

    texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
    explore(is_answered, examples=15, client_id=texts)


REFUSED: dict[str, Envelope] = {
    "no key": Envelope(omit=frozenset({KEY_HEADER})),
    "no timestamp": Envelope(omit=frozenset({TIME_HEADER})),
    "milliseconds": Envelope(unit="milliseconds"),
    "no address": Envelope(omit=frozenset({ADDRESS})),
    "address no hex": Envelope(address="0x" + "z" * 40),
}


@pytest.mark.clause("arcus.robustness.error-body")
@pytest.mark.parametrize(
    "envelope", [pytest.param(REFUSED[name], id=name, marks=() if name == "no key" else deepens) for name in REFUSED]
)
def test_rejection_has_an_error_message(caller: ArcusCaller, orders: Orders, envelope: Envelope) -> None:
    """A rejection is a JSON object whose error member is a non-empty string."""
    answer = caller.cancel_batch(orders.unknown(1), envelope=envelope)

    if not answer.refused:
        raise NeverExercised(f"the request was not refused, but answered {answer!r}")
    error = answer.json_object.get("error")
    assert isinstance(error, str), "no-error-text"
    assert error.strip() != "", "no-error-text"


@pytest.mark.clause("arcus.robustness.error-body")
@pytest.mark.disposable
def test_rejection_of_invalid_body_has_an_error_message(caller: ArcusCaller) -> None:
    """The rejection of an invalid body is a JSON object whose error member is a non-empty string."""
    answer = caller.send(b'{"cancels": []}')

    if not answer.refused:
        raise NeverExercised(f"a batch of no cancels was not refused, but answered {answer!r}")
    error = answer.json_object.get("error")
    assert isinstance(error, str), "no-error-text"
    assert error.strip() != "", "no-error-text"


@pytest.mark.clause("arcus.robustness.content-type")
@pytest.mark.parametrize("content_type", ["text/plain", "application/octet-stream", None])
def test_body_with_other_content_type(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None], content_type: str | None
) -> None:
    """Is a valid JSON body with another Content-Type carried out?"""
    element = caller.element(orders.unknown(1)[0])
    headers = () if content_type is None else (("Content-Type", content_type),)

    answer = caller.send(lambda signed: {"cancels": signed([element])}, headers=headers)

    observe(f"Content-Type {content_type}: {answer.status}")


@pytest.mark.clause("arcus.robustness.other-method")
@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
def test_other_http_method(caller: ArcusCaller, orders: Orders, observe: Callable[[str], None], method: str) -> None:
    """How does the path answer an HTTP method other than POST?"""
    element = caller.element(orders.unknown(1)[0])

    answer = caller.send(lambda signed: {"cancels": signed([element])}, method=method)

    observe(f"{method}: {answer.status}")
