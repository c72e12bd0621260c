"""Generated requests to Arcus: how each element is signed, and which clause of the page speaks of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from venue_conformance.client.assessment import Assessment
from venue_conformance.client.caller import Caller, ids_of
from venue_conformance.client.fuzzing import (
    BatchOrder,
    Fault,
    OrderOrId,
    Payload,
    VenueFuzz,
    WrongSigning,
    slot_markers,
)
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.venues.arcus import oracle
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller, Signed
from venue_conformance.venues.arcus.elements import Element
from venue_conformance.venues.arcus.envelope import BATCH_METHOD, BATCH_PATH
from venue_conformance.venues.arcus.ids import require_shape
from venue_conformance.venues.arcus.wrong_signings import MOST_INDEX, MOST_MARKET, WrongRequest, wrong_signings
from venue_conformance.wire.exchange import Answer

#: Stand where the caller's own address and an element's valid signature belong.
OWN_ADDRESS, OWN_SIGNATURE = f"0x{'ab' * 20}", "ab" * 64
_WRONG_TYPE = "arcus.limits.field-wrong-type"
_NO_OBJECTS = "arcus.limits.wrong-type-refused"
#: What may be denied in a row of its own, since no refusal of the whole request is documented for it.
_IN_ROWS = frozenset({_WRONG_TYPE, _NO_OBJECTS, "arcus.target.neither-id"})
#: JSON types that a member of an element must not have. Null may count as left out, and 1.0 as a whole number.
_NO_TEXT, _NO_WHOLE = ("integer", "number", "boolean", "object", "array"), ("string", "boolean", "object", "array")
_WRONG_TYPES: Mapping[str, Sequence[str]] = {
    "orderId": _NO_TEXT,
    "clientId": _NO_TEXT,
    "signature": _NO_TEXT,
    "marketId": _NO_WHOLE,
    "accountIndex": _NO_WHOLE,
}
_IDS = ("cancels[].orderId", "cancels[].clientId")
#: Members of an element that the signer fills in.
_SIGNERS = frozenset({"address", "marketId", "accountIndex", "orderId", "clientId", "timestamp", "signature"})

#: Where an answer is wrong, by the member of it, the clause that says so.
_MEMBERS = {
    "address": "arcus.address.answers-lower-case",
    "accountIndex": "arcus.rows.market-and-account-echo",
    "marketId": "arcus.rows.market-and-account-echo",
    "marketDisplayName": "arcus.rows.documented-fields",
    "status": "arcus.rows.status-vocabulary",
    "updateTime": "arcus.rows.update-time",
    "remainingSize": "arcus.rows.sizes-when-final",
    "filledSize": "arcus.rows.sizes-when-final",
    "rejectionReason": "arcus.rows.rejection-reason",
    "responses": "arcus.rows.responses-array",
}


def unsigned_element(named: str, by: str = "orderId") -> dict[str, Any]:
    """An element as generators make it: what only the signer knows is filled in when it is sent."""
    return {
        "address": OWN_ADDRESS,
        "marketId": 1,
        "accountIndex": 0,
        "kind": by,
        by: named,
        "timestamp": 1,
        "signature": OWN_SIGNATURE,
    }


class ArcusFuzz(VenueFuzz):
    """Arcus, as generated requests see it."""

    venue: ClassVar[str] = "arcus"
    formats: ClassVar = {
        "eth-address": st.just(OWN_ADDRESS),
        "ed25519-signature": st.just(OWN_SIGNATURE),
        "arcus-order-id": slot_markers,
        "arcus-client-id": slot_markers,
    }
    signed: ClassVar = frozenset({"x-api-key", "x-timestamp", "x-signature", "address"})
    refusals: ClassVar = {
        "body": "arcus.limits.list-required",
        "type": "arcus.limits.list-required",
        "cancels.required": "arcus.limits.list-required",
        "cancels.type": _NO_OBJECTS,
        "cancels.minItems": "arcus.limits.empty-refused",
        "cancels.maxItems": "arcus.limits.over-hundred-refused",
        "cancels[].type": _NO_OBJECTS,
        **{f"{place}.falseSchema": "arcus.target.both-ids" for place in _IDS},
        **{f"{place}.required": "arcus.target.neither-id" for place in _IDS},
        **{
            f"cancels[].{member}.type={given}": _WRONG_TYPE for member, wrong in _WRONG_TYPES.items() for given in wrong
        },
    }
    exceptions: ClassVar = {
        "validUntil": "arcus.target.valid-until",
        "cancels[].kind.required": "arcus.target.kind-missing",
        "cancels[].kind.enum": "arcus.target.kind-disagrees",
        "cancels[].additionalProperties": "arcus.target.unknown-fields",
        **{
            f"cancels[].{member}.{bound}": "arcus.target.integers-out-of-range"
            for member in ("marketId", "accountIndex")
            for bound in ("minimum", "maximum")
        },
        "cancels[].clientId.pattern": "arcus.target.client-id-characters",
        "cancels[].clientId.maxLength": "arcus.target.client-id-characters",
        "cancels[].timestamp.type=string": "arcus.timestamp.element-as-text",
    }
    plain_members: ClassVar = frozenset(
        {"address", "marketId", "accountIndex", "kind", "timestamp", "validUntil", "signature"}
    )
    most_elements: ClassVar[int] = 3
    kinds: ClassVar = ("filled", "cancelled", "expired", "rejected", "foreign")
    #: No budget is documented, but there may be one; what an account is certain to have is a few full batches.
    burst: ClassVar[int | None] = 200
    authenticated: ClassVar[str] = "arcus.signature.single-cancel-bytes"

    def send(
        self, caller: Caller[Any], payload: Payload, *, tampering: WrongRequest | None = None, right: bool = False
    ) -> BatchAnswer:
        """Sign each element that can be signed, for every try anew.

        Raises NotTested when a valid batch is refused that names ids of no order in another shape than the target's.
        """
        assert isinstance(caller, ArcusCaller), "an Arcus check has Arcus callers"
        wrong = tampering or WrongRequest()
        headers = (("Content-Type", "application/json"), *payload.headers)
        method, path = payload.route or (BATCH_METHOD, BATCH_PATH)
        if payload.batch:
            pairs = zip(payload.batch, payload.body["cancels"], strict=True)
            elements = [wrong.of(_element_for(caller, named.order, generated)) for named, generated in pairs]
            answer = caller.send(
                lambda signed: _with_generated(payload.body, signed(elements)),
                envelope=wrong.envelope,
                right=right,
                headers=headers,
                method=method,
                path=path,
            )
            sample = caller.session.sample
            if right and sample and answer.refused and any(named.kind == "unknown" for named in payload.batch):
                require_shape(sample.order_id)
            return answer
        if not payload.is_json:
            return caller.send(payload.encoded, headers=headers, method=method, path=path)
        return caller.send(
            lambda signed: _signed_body(caller, payload, signed), headers=headers, method=method, path=path
        )

    def batch(self, orders: Sequence[OrderOrId]) -> Any:
        """Elements by order id."""
        return {"cancels": [unsigned_element(order_id) for order_id in ids_of(orders)]}

    def wrong_signings(self) -> SearchStrategy[WrongSigning]:
        """What stands around the elements, and each part of what an element signs, tampered with at random."""
        return wrong_signings()

    def refusal(self, payload: Payload) -> str | None:
        """By the document, element by element; some of what is wrong in one of several may be denied in its row."""
        by_element: dict[int | None, list[Fault]] = {}
        for fault in payload.faults:
            by_element.setdefault(fault.element, []).append(fault)
        found = [clause for faults in by_element.values() if (clause := self._of_one(faults)) is not None]
        around = self._of_one(by_element.get(None, []))
        if around is not None:
            return around
        if not found or len(payload.body["cancels"]) == 1:
            return next(iter(found), None)
        if "arcus.target.both-ids" in found:
            return "arcus.target.both-ids-any-position"
        # Among elements that are right, such a one may be denied in a row of its own, and the others carried out.
        return next((clause for clause in found if clause not in _IN_ROWS), None)

    def _of_one(self, faults: Sequence[Fault]) -> str | None:
        """The clause that wants one element refused. An id that is no text, or null, is not one id too many or few."""
        ids = {f"{fault.place}.{fault.keyword}={fault.given}" for fault in faults if fault.place in _IDS}
        odd = any(not (each.endswith((".falseSchema=string", ".required=object"))) for each in ids)
        clauses = [self.clause_of(fault) for fault in faults]
        if odd:
            clauses = [
                clause for clause in clauses if clause not in ("arcus.target.both-ids", "arcus.target.neither-id")
            ]
        return next((clause for clause in self.refusals.values() if clause in clauses), None)

    def harmless(self, payload: Payload) -> str | None:
        """Said of every refusal but those of bodies that name nothing."""
        clause = self.refusal(payload)
        return None if clause in ("arcus.limits.list-required", "arcus.limits.empty-refused") else clause

    def acceptance(self, payload: Payload) -> str | None:
        """Whether a batch is taken that names finished or foreign orders is a question of its own."""
        batch = payload.batch
        distinct = len({each.order_id for each in batch}) == len(batch)
        unknown = all(each.kind == "unknown" for each in batch)
        return "arcus.lifecycle.unknown-is-no-http-error" if distinct and unknown else None

    def success_status(self, batch: Sequence[BatchOrder]) -> str | None:  # noqa: ARG002 - whatever it names
        """202 or 200."""
        return "arcus.async.success-status"

    def schema_clause(self, answer: Answer, place: Sequence[str | int], rule: str) -> str | None:
        """By the member that is wrong; how refusals look is documented nowhere, and ids are judged row by row."""
        if not answer.succeeded:
            return None
        if place and place[0] == "rateLimit":
            return f"arcus.rate-limit.{'omitted' if rule == 'type' and len(place) == 1 else 'one-snapshot'}"
        named = [part for part in place if isinstance(part, str)]
        if not named:
            return _MEMBERS["responses"]
        if named == ["responses"] and rule in ("not", "required"):
            return None
        return _MEMBERS.get(named[-1])

    def server_error(self, payload: Payload) -> str | None:  # noqa: ARG002 - no body at all may lead to one
        """The clause speaks of any body."""
        return "arcus.robustness.no-server-error"

    def clauses_of_form(self, answer: Answer) -> frozenset[str]:
        """Of an answer that was taken, what its rows must have; the rest depends on what they say."""
        if not answer.succeeded:
            return frozenset()
        return frozenset({_MEMBERS["responses"], _MEMBERS["status"], _MEMBERS["marketId"], _MEMBERS["address"]})

    def judge(self, answer: Answer, batch: Sequence[BatchOrder], assess: Assessment) -> None:
        """Each element of distinct ones has its row; how repeats are told is not documented."""
        assert isinstance(answer, BatchAnswer), "what an Arcus caller gets"
        if len({each.order_id for each in batch}) == len(batch):
            asked = [
                oracle.AskedElement(
                    element, each.kind, each.order if isinstance(each.order, ProvisionedOrder) else None
                )
                for element, each in zip(answer.elements, batch, strict=True)
            ]
            oracle.judge_answer(answer, asked, assess)

    def named(self, body: Any) -> list[str]:
        """By whichever id an element has."""
        return [element.get("orderId") or element["clientId"] for element in body["cancels"]]

    def is_signable(self, payload: Payload) -> bool:
        """Every element that is there can be signed rightly, and says of its signer what is right."""
        cancels = payload.body.get("cancels") if isinstance(payload.body, dict) else None
        return not isinstance(cancels, list) or all(isinstance(each, dict) and _is_whole(each) for each in cancels)

    def tokens(self, payload: Payload) -> int:
        """One for each element, should there be a budget."""
        cancels = payload.body.get("cancels") if isinstance(payload.body, dict) else None
        return max(1, len(cancels)) if isinstance(cancels, list) else 1

    def refuses(self, payload: Payload, answer: Answer) -> bool:
        """An element that names nothing, is no object or has a member of a wrong type may be denied in its row."""
        assert isinstance(answer, BatchAnswer), "what an Arcus caller gets"
        in_row = answer.accepted and self.refusal(payload) in _IN_ROWS and answer.denies_all
        return answer.refused or in_row

    def stopped_by_signature(self, answer: Answer) -> bool:
        """Refused as a whole, whatever the number, or in each of its rows."""
        assert isinstance(answer, BatchAnswer), "what an Arcus caller gets"
        return answer.refused or (answer.succeeded and answer.denies_all)


def _element_for(caller: ArcusCaller, order: OrderOrId, generated: Mapping[str, Any]) -> Element:
    """The valid element for an order; one that does not exist may be named by either sort of id."""
    if isinstance(order, str) and "clientId" in generated:
        return caller.element(caller.unknown_client_ids(1)[0], "clientId")
    return caller.element(order)


def _with_generated(body: Mapping[str, Any], built: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """The generated body, its elements signed: ids, signatures and what they cover are the signer's, the rest stays."""
    cancels = []
    for element, right in zip(body["cancels"], built, strict=True):
        same_form = ("orderId" in element) is ("orderId" in right) and "kind" in right and "kind" in element
        kind = {"kind": element["kind"]} if same_form else {}
        others = {name: value for name, value in element.items() if name not in (*_SIGNERS, "kind")}
        cancels.append({**others, **right, **kind})
    return {**body, "cancels": cancels}


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most


def _is_whole(element: Mapping[str, Any]) -> bool:
    """Whether an element can be signed, and repeats what its signer would say."""
    ids = [element[name] for name in ("orderId", "clientId") if name in element]
    stamp = element.get("timestamp", 1)
    return (
        len(ids) == 1
        and isinstance(ids[0], str)
        and bool(ids[0])
        and _is_count(element.get("marketId"), MOST_MARKET)
        and _is_count(element.get("accountIndex"), MOST_INDEX)
        and _is_count(stamp, 2**63 - 1)
        and stamp > 0
        and element.get("address") == OWN_ADDRESS
        and element.get("signature") == OWN_SIGNATURE
    )


def _signed_body(caller: ArcusCaller, payload: Payload, signed: Signed) -> Any:
    """The body with each element signed that can be."""
    body = payload.body
    cancels = body.get("cancels") if isinstance(body, dict) else None
    if not isinstance(cancels, list):
        return body
    return {**body, "cancels": [_signed_element(caller, payload, each, signed) for each in cancels]}


def _signed_element(caller: ArcusCaller, payload: Payload, element: Any, signed: Signed) -> Any:
    if not isinstance(element, dict):
        return element
    filled = dict(element)
    if filled.get("address") == OWN_ADDRESS:
        filled["address"] = caller.address
    if not _is_whole(element):
        return filled
    named = payload.known.get(element.get("orderId", ""))
    sample = caller.session.sample if named is None or isinstance(named.order, str) else named.order
    # Of which market and account an unknown order is does not matter, but the caller must be allowed to name them.
    market, index = (sample.market_id, sample.account_index) if sample else (1, 0)
    [right] = signed(
        [
            Element(
                order_id=element.get("orderId"),
                client_id=element.get("clientId"),
                market_id=1 if market is None else market,
                account_index=index or 0,
            )
        ]
    )
    return {**filled, **{name: right[name] for name in right if name in filled and name != "kind"}}
