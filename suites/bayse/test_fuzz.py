"""Generated requests, judged by what is documented for them."""

from __future__ import annotations

from suites.shared.fuzz import GeneratedRequests
from venue_conformance.venues.bayse.oracle import CLAUSES
from venue_conformance.venues.bayse.strategies import BayseFuzz

_BODIES = (
    "bayse.limits.list-required",
    "bayse.limits.wrong-type-refused",
    "bayse.limits.empty-refused",
    "bayse.limits.over-hundred-refused",
)
_SIGNATURES = tuple(
    f"bayse.authentication.{rule}"
    for rule in (
        "key-required",
        "timestamp-required",
        "signature-required",
        "unknown-key-refused",
        "wrong-secret-refused",
        "malformed-signature-refused",
        "signature-covers-timestamp",
        "signature-covers-method",
        "signature-covers-path",
        "signature-covers-body",
        "body-hash-required",
    )
)
_ACCEPTED = ("bayse.authentication.signed-request-accepted", "bayse.limits.one-accepted")
_ALWAYS = ("bayse.robustness.no-server-error", "bayse.errors.envelope")


class TestGeneratedRequests(GeneratedRequests):
    venue_fuzz = BayseFuzz
    clauses = {
        "test_invalid_bodies_are_rejected": (
            *_BODIES,
            *_ALWAYS,
            *_ACCEPTED,
        ),
        "test_rejected_bodies_cancel_nothing": (*_BODIES, *_ALWAYS, *_ACCEPTED),
        "test_invalid_signatures_are_rejected": (*_SIGNATURES, *_ACCEPTED),
        "test_rejected_signatures_cancel_nothing": (*_SIGNATURES, "bayse.authentication.refused-cancels-nothing"),
        "test_valid_batches_are_answered_as_documented": (
            *CLAUSES,
            *_ALWAYS,
            *_ACCEPTED,
            "bayse.limits.hundred-accepted",
            "bayse.rows.status-200",
            "bayse.rows.engine",
            "bayse.rows.echo-order-id",
            "bayse.rows.error-on-failure",
        ),
    }
