"""The status of requests that fail authentication, for every documented cause."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from fixtures.bayse import Require
from suites.bayse.test_authentication import UNAUTHENTICATED, WRONG, aged
from venue_conformance.client.orders import Orders
from venue_conformance.errors import Presupposed, Violation
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.signing import Signing

#: Signatures of the right form that are wrong. One of another form may be a malformed request instead.
WRONG_SIGNATURES = (
    "a signature altered",
    "another timestamp signed",
    "POST signed",
    "the path of all orders signed",
    "another body signed",
    "the body hash left empty",
    "the hash of nothing signed",
)

pytestmark = [pytest.mark.clause("bayse.authentication.status-401"), pytest.mark.deepens]


def answered_otherwise(
    caller: BayseCaller,
    ways: Mapping[str, Signing],
    batch: list[str],
    key: str | None = None,
    builds_on: str = "wrong-secret-refused",
) -> dict[str, str]:
    """Rejections other than 401 of requests signed in these ways. Raises Presupposed when none is rejected."""
    answers = {
        way: caller.cancel_batch(batch, signing=signing, idempotency_key=key, retry=key is not None)
        for way, signing in ways.items()
    }
    if not any(answer.refused for answer in answers.values()):
        what = f"none of these requests was refused: {', '.join(ways)}"
        raise Presupposed(f"authentication.{builds_on}", what)
    return {way: repr(answer) for way, answer in answers.items() if answer.refused and answer.status != 401}


def require_401(found: Mapping[str, str]) -> None:
    """Raise Violation where a request that fails authentication was answered otherwise."""
    if found:
        said = "; ".join(f"{way}: {reported}" for way, reported in found.items())
        raise Violation("a request that fails authentication to be answered with 401", said, kind="other-status")


def test_every_invalid_signature_is_rejected_with_401(caller: BayseCaller, orders: Orders) -> None:
    """Whatever is invalid about a signature, the request is rejected with 401."""
    batch = orders.unknown(1)
    caller.cancel_batch(batch).require_processed()

    found = answered_otherwise(caller, {way: WRONG[way][1]() for way in WRONG_SIGNATURES}, batch)

    require_401(found)


@pytest.mark.parametrize("age", [360, 7200])
def test_stale_timestamp_is_rejected_with_401(caller: BayseCaller, orders: Orders, age: int) -> None:
    """A request signed six minutes, or two hours, ago is rejected with 401."""
    caller.require_accepted()

    ways = {f"signed {age} s ago": aged(caller, orders, age)}
    found = answered_otherwise(caller, ways, orders.unknown(1), builds_on="stale-timestamp-refused")

    require_401(found)


def test_retry_that_fails_authentication_is_rejected_with_401(
    caller: BayseCaller, orders: Orders, require_replay: Require
) -> None:
    """A retry with a used idempotency key and the same body gets 401 if it fails authentication."""
    batch, key = orders.unknown(1), caller.new_idempotency_key()
    require_replay()
    caller.cancel_batch(batch, idempotency_key=key).require_processed()
    ways = {way: WRONG[way][1]() for way in (*UNAUTHENTICATED, "a signature altered")}

    found = answered_otherwise(caller, {**ways, "signed two hours ago": aged(caller, orders, 7200)}, batch, key)

    require_401(found)
