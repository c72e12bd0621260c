"""The checks that Schemathesis brings along, and which of them are fair to these venues."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class BuiltIn:
    """A check of Schemathesis: its name, whether it is used, and how, or why not."""

    name: str
    used: bool
    why: str


BUILT_IN = (
    BuiltIn("not_a_server_error", True, "Whatever request the clause against server errors speaks of gets no 5xx."),
    BuiltIn(
        "status_code_conformance",
        True,
        "The documents list an answer for any refusal, so it is a success of another number that fails it; where the "
        "pages give no number, every 2xx is one.",
    ),
    BuiltIn(
        "response_schema_conformance",
        True,
        "Answers to valid requests, and every refusal, have the documented form. An answer to an invalid body that is "
        "processed all the same is not judged: what it echoes is documented nowhere.",
    ),
    BuiltIn(
        "negative_data_rejection",
        True,
        "Asked only about bodies that a clause wants refused. Most of what a schema forbids (an id that is no UUID, a "
        "further member) may as well be answered row by row.",
    ),
    BuiltIn(
        "positive_data_acceptance",
        True,
        "Asked only about batches that a clause wants accepted: no undocumented members, and no repeated ids where "
        "these are left open.",
    ),
    BuiltIn(
        "content_type_conformance", False, "No clause promises a media type; a body that is no JSON fails its schema."
    ),
    BuiltIn(
        "response_headers_conformance",
        False,
        "The documented headers stand on 429 answers, which nobody is judged by unless asked for, and on replays, "
        "which have clauses of their own.",
    ),
    BuiltIn(
        "missing_required_header",
        False,
        "The only required headers are those of the signature; leaving them out belongs to the family of wrong "
        "signatures, where each has its clause.",
    ),
    BuiltIn(
        "unsupported_method",
        False,
        "A target need not tell other methods apart, and some are other operations: POST on the batch path may place "
        "orders. No request is ever sent with another method.",
    ),
    BuiltIn("allow_header_conformance", False, "No request is ever sent with another method, so there is no 405."),
    BuiltIn(
        "ignored_auth",
        False,
        "It sends a request again without credentials, past the caller that paces and records; invalid signatures are "
        "a family of their own.",
    ),
    BuiltIn(
        "object_level_authorization",
        False,
        "It needs two users known to the tool; foreign orders are named in batches and have clauses of their own.",
    ),
    BuiltIn("use_after_free", False, "A cancelled order stays readable, and is answered in its row, not with 404."),
    BuiltIn("ensure_resource_availability", False, "One operation makes no resource; and effects may take time."),
    BuiltIn("max_response_time", False, "Latency is promised by one page only, and measured there against a control."),
)

USED = frozenset(check.name for check in BUILT_IN if check.used)
