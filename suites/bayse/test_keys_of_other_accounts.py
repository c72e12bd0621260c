"""Requests that fail authentication do not affect an idempotency key (batch-cancel page, Idempotency-Key)."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from fixtures.bayse import Require
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import SIGNATURE_HEADER, Signing

CLAUSE = "bayse.authentication.keys-unaffected"
#: How somebody sends a request who knows the public key and not the secret.
STRANGERS: dict[str, Signing] = {
    "another secret": Signing(secret="sk_test_of_nobody_at_all"),
    "no signature": Signing(omit=frozenset({SIGNATURE_HEADER})),
    "an altered signature": Signing(flip=True),
}


def carried_out_after(
    caller: BayseCaller,
    batch: Sequence[ProvisionedOrder | str],
    before: Sequence[ProvisionedOrder | str],
    wrong: Signing,
) -> BatchAnswer:
    """The response to a valid batch whose key was just used by a request rejected for its signature.

    Raises Presupposed where that one was not refused, Violation where the valid one is not carried out.
    """
    key = caller.new_idempotency_key()
    refused = caller.cancel_batch(before, idempotency_key=key, signing=wrong)
    if not refused.refused:
        raise Presupposed("authentication.wrong-secret-refused", f"an invalid signature was answered {refused!r}")
    # Whatever was claimed for the wrong one may be given free a moment after its answer.
    answer = caller.cancel_batch(batch, idempotency_key=key, retry=True)
    if not answer.accepted or answer.replayed:
        said = "a valid request to be carried out under a key with which an invalidly signed one was refused before"
        raise Violation(
            said, f"it was answered {answer!r}{', as a replay' if answer.replayed else ''}", kind="key-not-free"
        )
    return answer


@pytest.mark.clause(CLAUSE)
@pytest.mark.parametrize("stranger_signs", [*STRANGERS])
@pytest.mark.parametrize("same_body", [True, False], ids=["same body", "other body"])
def test_request_that_fails_authentication_leaves_its_key_free(
    caller: BayseCaller, orders: Orders, require_replay: Require, stranger_signs: str, same_body: bool
) -> None:
    """A request that fails authentication neither uses up its key nor binds it to a body for the owner."""
    batch, other = orders.unknown(2), orders.unknown(1)
    require_replay()

    answer = carried_out_after(caller, batch, batch if same_body else other, STRANGERS[stranger_signs])

    assert answer.ids == batch, "other-answer"


@pytest.mark.clause(CLAUSE)
@pytest.mark.deepens
def test_order_is_cancelled_with_key_that_failed_authentication(
    caller: BayseCaller, orders: Orders, require_replay: Require, require_cancel: Require
) -> None:
    """The owner's order is cancelled with a key that a request with an invalid signature named before."""
    [order] = orders.open(1)
    require_replay()
    require_cancel()

    answer = carried_out_after(caller, [order], [order], STRANGERS["another secret"])

    assert answer.cancelled(order.order_id) is True, "reported-as-failed"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"
