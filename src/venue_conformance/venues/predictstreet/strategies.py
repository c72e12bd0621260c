"""Generated requests to PredictStreet: how each is sent, and which clause of the page speaks of its answer."""

from __future__ import annotations

import secrets
import string
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller, ids_of
from venue_conformance.client.fuzzing import (
    NOTHING,
    BatchOrder,
    OrderOrId,
    Payload,
    VenueFuzz,
    WrongSigning,
    slot_markers,
)
from venue_conformance.client.orders import Orders
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.predictstreet import oracle
from venue_conformance.venues.predictstreet.answer import SHAPE, BatchAnswer
from venue_conformance.venues.predictstreet.caller import PredictStreetCaller
from venue_conformance.venues.predictstreet.keys import BATCH_METHOD, BATCH_PATH, KEY_HEADER, RIGHT, Identity
from venue_conformance.wire.exchange import Answer


@dataclass(frozen=True)
class WrongKey:
    """How a key is tampered with: as ``identity`` says, or under an id never issued."""

    identity: Identity = RIGHT
    unissued: bool = False

    def of(self, caller: PredictStreetCaller) -> Identity:
        """The identity that a caller is to send."""
        if not self.unissued:
            return self.identity
        return Identity(key_id=secrets.token_hex(len(caller.key_id))[: len(caller.key_id)])


_BASE64URL = string.ascii_letters + string.digits + "-_"
_WORD = st.text(string.ascii_letters + string.digits, min_size=1, max_size=20)


def _tampered(rule: str, tamperings: SearchStrategy[WrongKey]) -> SearchStrategy[WrongSigning]:
    clause, untouched = f"predictstreet.authentication.{rule}", "predictstreet.authentication.refused-cancels-nothing"
    return tamperings.map(lambda tampering: WrongSigning(clause, tampering, untouched))


class PredictStreetFuzz(VenueFuzz):
    """PredictStreet, as generated requests see it. What it calls a signature is its key."""

    venue: ClassVar[str] = "predictstreet"
    formats: ClassVar = {"uuid": slot_markers}
    signed: ClassVar = frozenset({"x-api-key", "x-user-wallet"})
    refusals: ClassVar = {
        "body": "predictstreet.limits.list-required",
        "type": "predictstreet.limits.list-required",
        "orderIds.required": "predictstreet.limits.list-required",
        "orderIds.type": "predictstreet.limits.wrong-type-refused",
        **dict.fromkeys(
            (f"orderIds[].type={kind}" for kind in ("null", "object", "array")),
            "predictstreet.limits.wrong-type-refused",
        ),
        "orderIds.minItems": "predictstreet.limits.empty-refused",
        "orderIds.maxItems": "predictstreet.limits.over-hundred-refused",
    }
    exceptions: ClassVar = {
        "orderIds[].type": "predictstreet.request.coerced-elements",
        "orderIds[].format": "predictstreet.request.non-uuid-ids",
        "orderIds[].pattern": "predictstreet.request.non-uuid-ids",
    }
    kinds: ClassVar = tuple(
        kind for kind in oracle.CLAUSES if kind not in ("unknown", "own open", "own partially_filled")
    )
    live: ClassVar[str] = "own open"
    burst: ClassVar[int | None] = 5
    authenticated: ClassVar[str] = "predictstreet.request.example"

    def send(
        self, caller: Caller[Any], payload: Payload, *, tampering: WrongKey | None = None, right: bool = False
    ) -> BatchAnswer:
        """Send the body as it stands."""
        assert isinstance(caller, PredictStreetCaller), "a PredictStreet check has PredictStreet callers"
        return caller.send(
            payload.encoded,
            identity=tampering.of(caller) if tampering else RIGHT,
            right=right,
            headers=payload.headers,
            route=payload.route or (BATCH_METHOD, BATCH_PATH),
        )

    def batch(self, orders: Sequence[OrderOrId]) -> Any:
        """Ids alone."""
        return {"orderIds": ids_of(orders)}

    def wrong_signings(self) -> SearchStrategy[WrongSigning]:
        """Every part of a key, tampered with at random, and no key at all."""
        shapes = st.sampled_from(["{id}_{secret}", "{prefix}_{id}", "{prefix}_{id}_", "{prefix}_{secret}"])
        secret = st.text(_BASE64URL, min_size=40, max_size=44)
        return st.one_of(
            _tampered("key-required", st.just(WrongKey(Identity(omit=frozenset({KEY_HEADER}))))),
            _tampered("malformed-key-refused", (shapes | _WORD).map(lambda key: WrongKey(Identity(key=key)))),
            _tampered(
                "malformed-key-refused", _WORD.map(lambda word: WrongKey(Identity(key=f"sk_{word}_{{id}}_{{secret}}")))
            ),
            _tampered("unknown-key-refused", st.just(WrongKey(unissued=True))),
            _tampered("wrong-secret-refused", secret.map(lambda other: WrongKey(Identity(secret=other)))),
            _tampered("wrong-secret-refused", st.integers(0, 39).map(lambda place: WrongKey(Identity(altered=place)))),
        )

    def refusal(self, payload: Payload) -> str | None:
        """By the document; too many entries have a clause of their own where there are repeats among them.

        Whether a number or a boolean is taken for its text is left open.
        """
        clause = super().refusal(payload)
        if clause != "predictstreet.limits.over-hundred-refused":
            return clause
        given = payload.body["orderIds"]
        if not all(isinstance(each, str) for each in given):
            return None
        repeats = len(set(given)) <= self.most_ids(payload)
        return "predictstreet.limits.repeat-counts" if repeats else clause

    def harmless(self, payload: Payload) -> str | None:
        """Said of every refusal for number, absence or type of ids."""
        return None if self.refusal(payload) is None else "predictstreet.limits.refused-cancels-nothing"

    def acceptance(self, payload: Payload) -> str | None:
        """One and a hundred have clauses of their own, and so have repeats."""
        batch = payload.batch
        if len({each.order_id for each in batch}) < len(batch):
            return "predictstreet.duplicates.any-spread"
        any_live = any(each.kind == self.live for each in batch)
        return {1: "predictstreet.limits.one-accepted", 100: "predictstreet.limits.hundred-accepted"}.get(
            len(batch), f"predictstreet.{'request.example' if any_live else 'outcomes.none-cancelled'}"
        )

    def schema_clause(
        self,
        answer: Answer,
        place: Sequence[str | int],  # noqa: ARG002 - the rule says enough
        rule: str,
    ) -> str | None:
        """Of an answer that was carried out; how refusals look is not documented."""
        if not answer.succeeded:
            return None
        if rule == "enum":
            return "predictstreet.outcomes.reasons"
        if rule == "uniqueItems":
            return "predictstreet.outcomes.once"
        if rule in ("maxItems", "maxProperties"):
            return "predictstreet.outcomes.every-id"
        return "predictstreet.response.shape"

    def server_error(self, payload: Payload) -> str | None:
        """The clause speaks of JSON bodies."""
        return "predictstreet.robustness.no-server-error" if payload.is_json else None

    def clauses_of_form(self, answer: Answer) -> frozenset[str]:
        """Of an answer that was carried out."""
        return frozenset({SHAPE} if answer.succeeded else ())

    def judge(self, answer: Answer, batch: Sequence[BatchOrder], assess: Assessment) -> None:
        """By what each id names."""
        assert isinstance(answer, BatchAnswer), "what a PredictStreet caller gets"
        oracle.judge([oracle.BatchId(each.order_id, each.kind) for each in batch], answer, assess)

    def provision_kind(self, kind: str, orders: Orders, count: int) -> list[ProvisionedOrder]:
        """Whose an order is, and what it is."""
        whose, _, status = kind.partition(" ")
        return orders.make(count, status) if whose == "own" else orders.foreign(count, status)

    def is_signable(self, payload: Payload) -> bool:
        """A key says who sends a request whatever its body."""
        return payload.body is not NOTHING
