"""Error responses (public introduction page)."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import strategies as st

from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.fuzz.explore import Explore
from venue_conformance.target.ledger import Ledger
from venue_conformance.venues.bayse.caller import BayseCaller


@pytest.mark.clause("bayse.errors.envelope")
@pytest.mark.parametrize(
    ("kind", "clause"),
    [
        ("no order id", "limits.empty-refused"),
        pytest.param("a used key, another body", "idempotency.changed-body", marks=pytest.mark.deepens),
    ],
)
@pytest.mark.disposable
def test_rejection_has_the_common_envelope(caller: BayseCaller, orders: Orders, kind: str, clause: str) -> None:
    """A rejected request is answered with an object that has error, message and its own statusCode."""
    if kind == "no order id":
        answer = caller.cancel_batch([])
    else:
        key = caller.new_idempotency_key()
        caller.cancel_batch(orders.unknown(1), idempotency_key=key).require_processed()
        answer = caller.cancel_batch(orders.unknown(1), idempotency_key=key, retry=True)
    if not answer.refused:
        raise Presupposed(clause, f"a request with {kind} was answered {answer!r}")

    if not answer.has_envelope:
        raise Violation(
            f"{answer.status} with error, message and its statusCode, for {kind}", repr(answer), kind="other-envelope"
        )


@pytest.mark.clause("bayse.errors.trace-id")
def test_trace_id_is_returned(caller: BayseCaller, orders: Orders) -> None:
    """The client's x-trace-id is returned in the response headers."""
    trace = f"trace-{secrets.token_hex(8)}"

    answer = caller.send(json.dumps({"orderIds": orders.unknown(1)}).encode(), headers=(("x-trace-id", trace),))

    assert answer.header("x-trace-id") == trace, "trace-id-differs"


#: JSON that names nobody's order: whatever stands for an id is no text.
json_values = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False, allow_infinity=False) | st.integers(min_value=2**64),
    lambda inner: st.lists(inner, max_size=5) | st.dictionaries(st.text(max_size=8), inner, max_size=5),
    max_leaves=20,
)
bodies = st.one_of(
    json_values,
    st.fixed_dictionaries({"orderIds": json_values}),
    st.fixed_dictionaries({"orderIds": st.lists(json_values, max_size=110)}),
).map(json.dumps)

#: Each with what names no order.
ODD_BODIES: dict[str, Callable[[Ledger], str]] = {
    "deep": lambda _: '{"orderIds": ' + "[" * 5000 + "]" * 5000 + "}",
    "long text": lambda ledger: json.dumps({"orderIds": ["x" * 500_000 + ledger.salt()]}),
    "many fields": lambda _: json.dumps({f"field{number}": number for number in range(20_000)}),
    "huge number": lambda ledger: '{"orderIds": [1' + "0" * 5000 + str(ledger.number(20)) + "]}",
    "lone surrogate": lambda _: '{"orderIds": ["\\ud800"]}',
    "null character": lambda _: '{"orderIds": ["\\u0000"]}',
    "key twice": lambda _: '{"orderIds": [], "orderIds": [null]}',
}


@pytest.mark.clause("bayse.robustness.no-server-error")
@pytest.mark.parametrize("body", ODD_BODIES.values(), ids=ODD_BODIES.keys())
@pytest.mark.disposable
def test_unusual_body_causes_no_server_error(
    caller: BayseCaller, orders: Orders, body: Callable[[Ledger], str]
) -> None:
    """JSON at the limits of what parsers accept is not answered with 5xx."""
    caller.cancel_batch(orders.unknown(1)).require_processed()

    answer = caller.send(body(caller.session.ledger).encode())

    assert answer.status < 500, "server-error"


@pytest.mark.clause("bayse.robustness.no-server-error")
@pytest.mark.disposable
def test_any_json_body_causes_no_server_error(caller: BayseCaller, orders: Orders, explore: Explore) -> None:
    """No generated JSON body is answered with 5xx."""
    caller.cancel_batch(orders.unknown(1)).require_processed()

    def is_answered(body: str) -> None:
        answer: Any = caller.send(body.encode())
        assert answer.status < 500, "server-error"

    explore(is_answered, examples=25, body=bodies)
