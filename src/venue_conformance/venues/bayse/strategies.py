"""Generated requests to Bayse: how each is sent, and which clause of the page speaks of its answer."""

from __future__ import annotations

import json
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller, ids_of
from venue_conformance.client.fuzzing import (
    BatchOrder,
    OrderOrId,
    Payload,
    VenueFuzz,
    WrongSigning,
    slot_markers,
)
from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.bayse.answer import BatchAnswer
from venue_conformance.venues.bayse.caller import BayseCaller
from venue_conformance.venues.bayse.oracle import RULES, judge
from venue_conformance.venues.bayse.signing import (
    BATCH_METHOD,
    BATCH_PATH,
    KEY_HEADER,
    RIGHT,
    SIGNATURE_HEADER,
    TIME_HEADER,
    Signing,
)
from venue_conformance.wire.exchange import Answer

IDEMPOTENCY = "Idempotency-Key"
_KEY = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_VISIBLE = re.compile(r"[!-~]+", re.ASCII)
_VISIBLE_TEXT = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=60)
_HEX = st.text("0123456789abcdef", min_size=64, max_size=64)
_LETTERS = st.text(string.ascii_letters + string.digits, min_size=24, max_size=40)

#: Where an answer is wrong, by the member of it, the clause that says so.
_MEMBERS = {
    "engine": "bayse.rows.engine",
    "summary": "bayse.rows.summary",
    "orderId": "bayse.rows.echo-order-id",
    "success": "bayse.rows.success-flag",
    "error": "bayse.rows.error-on-failure",
    "results": "bayse.rows.one-per-order",
}


def _tampered(rule: str, **strategies: SearchStrategy[Any]) -> SearchStrategy[WrongSigning]:
    clause, untouched = f"bayse.authentication.{rule}", "bayse.authentication.refused-cancels-nothing"
    return st.builds(Signing, **strategies).map(lambda tampering: WrongSigning(clause, tampering, untouched))


class BayseFuzz(VenueFuzz):
    """Bayse, as generated requests see it."""

    venue: ClassVar[str] = "bayse"
    formats: ClassVar = {"uuid": slot_markers}
    refusals: ClassVar = {
        "body": "bayse.limits.list-required",
        "type": "bayse.limits.list-required",
        "orderIds.required": "bayse.limits.list-required",
        "orderIds.type": "bayse.limits.wrong-type-refused",
        "orderIds.minItems": "bayse.limits.empty-refused",
        "orderIds.maxItems": "bayse.limits.over-hundred-refused",
    }
    exceptions: ClassVar = {
        "orderIds[].type": "bayse.limits.malformed-id",
        "orderIds[].format": "bayse.limits.malformed-id",
        "orderIds[].pattern": "bayse.limits.malformed-id",
        "orderIds.maxItems, with repeats": "bayse.limits.repeats-over-the-limit",
    }
    kinds: ClassVar = tuple(kind for kind in RULES if kind not in ("open", "partially_filled", "unknown"))
    burst: ClassVar[int | None] = 100
    authenticated: ClassVar[str] = "bayse.authentication.signed-request-accepted"

    def send(
        self, caller: Caller[Any], payload: Payload, *, tampering: Signing | None = None, right: bool = False
    ) -> BatchAnswer:
        """Sign the very bytes of the body."""
        assert isinstance(caller, BayseCaller), "a Bayse check has Bayse callers"
        return caller.send(
            payload.encoded,
            signing=tampering or RIGHT,
            tokens=self.tokens(payload),
            right=right,
            headers=payload.headers,
            route=payload.route or (BATCH_METHOD, BATCH_PATH),
        )

    def batch(self, orders: Sequence[OrderOrId]) -> Any:
        """Ids alone."""
        return {"orderIds": ids_of(orders)}

    def wrong_signings(self) -> SearchStrategy[WrongSigning]:
        """Every part of a signature, tampered with at random, and every header left out."""
        other_body = st.dictionaries(_LETTERS, _LETTERS, min_size=1, max_size=3).map(lambda body: repr(body).encode())
        others = st.sampled_from(["GET", "POST", "PUT", "PATCH", "HEAD", "delete", "OPTIONS"])
        paths = st.builds("/v1/pm/{}".format, st.sampled_from(["orders", "orders/batch/", "order/batch"]) | _LETTERS)
        return st.one_of(
            _tampered("key-required", omit=st.just(frozenset({KEY_HEADER}))),
            _tampered("timestamp-required", omit=st.just(frozenset({TIME_HEADER}))),
            _tampered("signature-required", omit=st.just(frozenset({SIGNATURE_HEADER}))),
            _tampered("unknown-key-refused", public_key=_LETTERS.map("pk_test_{}".format)),
            _tampered("wrong-secret-refused", secret=_LETTERS.map("sk_test_{}".format)),
            _tampered("malformed-signature-refused", signature=_VISIBLE_TEXT),
            # The last characters alone are padding and spare bits, which a lenient reader may do without.
            _tampered("malformed-signature-refused", cut=st.integers(4, 43)),
            _tampered("malformed-signature-refused", flip=st.just(True)),
            _tampered("signature-covers-timestamp", signed_timestamp=st.integers(1, 2**31 - 1).map(str)),
            _tampered("signature-covers-method", signed_method=others),
            _tampered("signature-covers-path", signed_path=paths),
            _tampered("signature-covers-body", signed_body=other_body),
            _tampered("signature-covers-body", signed_hash=_HEX),
            _tampered("body-hash-required", signed_hash=st.just("")),
        )

    def refusal(self, payload: Payload) -> str | None:
        """By the document; how many of too many ids are different is asked here, for whether repeats count is open.

        What a key that is too long or has other characters leads to is not documented.
        """
        clause = super().refusal(payload)
        if clause == "bayse.limits.over-hundred-refused":
            given, most = payload.body["orderIds"], self.most_ids(payload)
            distinct = {each for each in given if isinstance(each, str)}
            return clause if len(distinct) > most else None
        return clause

    def harmless(self, payload: Payload) -> str | None:
        """Said of what is no array, and of too many ids."""
        clause = self.refusal(payload)
        return clause if clause in ("bayse.limits.wrong-type-refused", "bayse.limits.over-hundred-refused") else None

    def acceptance(self, payload: Payload) -> str | None:
        """One and a hundred have clauses of their own; what a repeated id leads to is not documented.

        What is refused with a key may be refused for the key, which has checks of its own.
        """
        batch = payload.batch
        if payload.header(IDEMPOTENCY) is not None or len({each.order_id for each in batch}) < len(batch):
            return None
        return {1: "bayse.limits.one-accepted", 100: "bayse.limits.hundred-accepted"}.get(
            len(batch), "bayse.independence.bad-id-affects-no-other"
        )

    def success_status(self, batch: Sequence[BatchOrder]) -> str | None:
        """Which status a batch has of which nothing could be cancelled is left open."""
        return "bayse.rows.status-200" if any(each.kind == self.live for each in batch) else None

    def schema_clause(
        self,
        answer: Answer,
        place: Sequence[str | int],
        rule: str,  # noqa: ARG002 - the member says enough
    ) -> str | None:
        """By the member that is wrong; a member that is missing is found by looking."""
        if not answer.succeeded:
            return "bayse.errors.envelope"
        named = [part for part in place if isinstance(part, str) and part in _MEMBERS]
        if named and named[-1] != "results":
            return _MEMBERS[named[-1]]
        body = _json(answer)
        if not named:
            members = ("engine", "results", "summary") if isinstance(body, dict) else ()
            return _MEMBERS[next((member for member in members if member not in body), "results")]
        return self._wrong_row(body, place)

    def _wrong_row(self, row: Any, place: Sequence[str | int]) -> str:
        """What is wrong with a row that is of neither kind."""
        for part in place:
            try:
                row = row[part]
            except (KeyError, IndexError, TypeError):
                row = None
        if not isinstance(row, dict):
            return _MEMBERS["results"]
        if not isinstance(row.get("orderId"), str):
            return _MEMBERS["orderId"]
        return _MEMBERS["error" if isinstance(row.get("success"), bool) else "success"]

    def server_error(self, payload: Payload) -> str | None:
        """The public pages speak of JSON bodies."""
        return "bayse.robustness.no-server-error" if payload.is_json else None

    def clauses_of_form(self, answer: Answer) -> frozenset[str]:
        """The members of an answer, or the form of a refusal."""
        return frozenset(_MEMBERS.values() if answer.succeeded else ("bayse.errors.envelope",))

    def judge(self, answer: Answer, batch: Sequence[BatchOrder], assess: Assessment) -> None:
        """Distinct orders are judged row by row; how repeats are told is not documented."""
        assert isinstance(answer, BatchAnswer), "what a Bayse caller gets"
        if len({each.order_id for each in batch}) == len(batch):
            judge(answer, [(each.order_id, each.kind) for each in batch], assess)

    def provision_kind(self, kind: str, orders: Orders, count: int) -> list[ProvisionedOrder]:
        """AMM orders come with their engine."""
        return (
            orders.make(count, "filled", engine="AMM") if kind == "amm" else super().provision_kind(kind, orders, count)
        )

    def complete(self, payload: Payload, salt: Callable[[], str]) -> Payload:
        """A permitted key is used once only, so each becomes one that was never used."""
        headers = tuple(
            (name, (value[: 255 - 32] + salt() + salt()) if name == IDEMPOTENCY and _KEY.fullmatch(value) else value)
            for name, value in payload.headers
            if name != IDEMPOTENCY or value == "" or _VISIBLE.fullmatch(value)
        )
        return replace(payload, headers=headers)

    def tokens(self, payload: Payload) -> int:
        """One for each id, and at least one."""
        given = payload.body.get("orderIds") if isinstance(payload.body, dict) else None
        return max(1, len(given)) if isinstance(given, list) else 1


def _json(answer: Answer) -> Any:
    try:
        return json.loads(answer.text)
    except (ValueError, RecursionError):
        return None
