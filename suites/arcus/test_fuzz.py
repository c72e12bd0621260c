"""Generated requests: whatever is sent, the pages say what comes of it."""

from __future__ import annotations

from suites.shared.fuzz import GeneratedRequests
from venue_conformance.venues.arcus.oracle import ECHO, NO_END_STATE, ONE_ROW, SUCCESS, UNMATCHED
from venue_conformance.venues.arcus.strategies import ArcusFuzz

_BODIES = (
    "arcus.limits.list-required",
    "arcus.limits.wrong-type-refused",
    "arcus.limits.field-wrong-type",
    "arcus.limits.over-hundred-refused",
    "arcus.limits.empty-refused",
    "arcus.target.both-ids",
    "arcus.target.both-ids-any-position",
    "arcus.target.neither-id",
    "arcus.robustness.no-server-error",
)
_AROUND = (
    "arcus.authentication.key-required",
    "arcus.authentication.malformed-key-refused",
    "arcus.authentication.unknown-key-refused",
    "arcus.timestamp.missing",
    "arcus.timestamp.seconds",
    "arcus.timestamp.milliseconds",
    "arcus.timestamp.not-a-number",
    "arcus.timestamp.too-old",
    "arcus.timestamp.too-far-ahead",
    "arcus.address.missing",
    "arcus.address.invalid-hex",
    "arcus.address.wrong-length",
    "arcus.address.other-account",
)
_ELEMENTS = tuple(
    f"arcus.signature.{rule}"
    for rule in (
        "wrong-key",
        "missing",
        "other-timestamp",
        "other-operation",
        "truncated",
        "over-http-body",
        "other-market",
        "other-account-index",
    )
)
_ACCEPTED = ("arcus.signature.single-cancel-bytes", "arcus.lifecycle.unknown-is-no-http-error")


class TestGeneratedRequests(GeneratedRequests):
    venue_fuzz = ArcusFuzz
    clauses = {
        "test_invalid_bodies_are_rejected": (*_BODIES, *_ACCEPTED),
        "test_rejected_bodies_cancel_nothing": (*_BODIES, *_ACCEPTED),
        "test_invalid_signatures_are_rejected": (*_AROUND, *_ACCEPTED),
        "test_rejected_signatures_cancel_nothing": (*_AROUND, *_ELEMENTS),
        "test_valid_batches_are_answered_as_documented": (
            SUCCESS,
            ONE_ROW,
            UNMATCHED,
            *ECHO.values(),
            NO_END_STATE,
            *_ACCEPTED,
            "arcus.robustness.no-server-error",
            "arcus.address.answers-lower-case",
            "arcus.rows.responses-array",
            "arcus.rows.market-and-account-echo",
            "arcus.rows.documented-fields",
            "arcus.rows.status-vocabulary",
            "arcus.rows.update-time",
            "arcus.rows.sizes-when-final",
            "arcus.rows.rejection-reason",
            "arcus.rate-limit.one-snapshot",
            "arcus.rate-limit.omitted",
        ),
    }
