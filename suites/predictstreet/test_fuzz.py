"""Generated requests, judged by what is documented for them."""

from __future__ import annotations

from suites.shared.fuzz import GeneratedRequests
from venue_conformance.venues.predictstreet.oracle import BATCH_CLAUSES, CLAUSES
from venue_conformance.venues.predictstreet.strategies import PredictStreetFuzz

_BODIES = (
    "predictstreet.limits.list-required",
    "predictstreet.limits.wrong-type-refused",
    "predictstreet.limits.empty-refused",
    "predictstreet.limits.over-hundred-refused",
    "predictstreet.limits.repeat-counts",
    "predictstreet.robustness.no-server-error",
)
_KEYS = tuple(
    f"predictstreet.authentication.{rule}"
    for rule in ("key-required", "malformed-key-refused", "unknown-key-refused", "wrong-secret-refused")
)
_ACCEPTED = ("predictstreet.request.example", "predictstreet.limits.one-accepted")


class TestGeneratedRequests(GeneratedRequests):
    venue_fuzz = PredictStreetFuzz
    clauses = {
        "test_invalid_bodies_are_rejected": (*_BODIES, *_ACCEPTED),
        "test_rejected_bodies_cancel_nothing": (
            *_BODIES,
            "predictstreet.limits.refused-cancels-nothing",
            *_ACCEPTED,
        ),
        "test_invalid_signatures_are_rejected": (*_KEYS, *_ACCEPTED),
        "test_rejected_signatures_cancel_nothing": (*_KEYS, "predictstreet.authentication.refused-cancels-nothing"),
        "test_valid_batches_are_answered_as_documented": (
            *dict.fromkeys([*BATCH_CLAUSES, *CLAUSES.values()]),
            "predictstreet.robustness.no-server-error",
            "predictstreet.limits.one-accepted",
            "predictstreet.limits.hundred-accepted",
        ),
    }
