"""Rules over how an Arcus request is made and signed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from suites.shared.clients.requests import no_other_id as shared_no_other_id
from suites.shared.clients.retries import went_on
from venue_conformance.clients.openapi import body_problem
from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, Observed, rule
from venue_conformance.reference.stage import Arrival
from venue_conformance.venues.arcus import recompute as wire
from venue_conformance.venues.arcus.recompute import Covers, Recomputed, Signed
from venue_conformance.venues.arcus.signing import public_key

#: How long a timestamp is good for, and how far a client's idea of the time may be off.
_GOOD_SECONDS, _CLOCK_SECONDS = 30.0, 1.0
OPERATION = ("/v1/batchCancelOrders", "post")


@rule("request.schema")
def schema(recording: Recording) -> Iterator[Finding]:
    """Method, path, the account's header and the body are as documented; lengths and ids are other clauses'."""
    for arrival in recording.batches:
        if problem := _problem(recording, arrival):
            yield Broken("a request as openapi.yaml describes it", problem, (arrival.number,))
        else:
            yield Kept()


@rule("signing.each-element")
def each_element(recording: Recording) -> Iterator[Finding]:
    """Every signature is over the canonical payload of its element; time and ids in it are other clauses'."""
    yield from _signed(recording, ("something else",), "the signature of each element over its own canonical payload")


@rule("signing.ct-is-header")
def ct_is_header(recording: Recording) -> Iterator[Finding]:
    """No signature is over another time than X-Timestamp."""
    yield from _signed(recording, ("another ct",), "X-Timestamp signed as ct")


@rule("signing.omits-empty")
def omits_empty(recording: Recording) -> Iterator[Finding]:
    """No signature is over an id that is not there."""
    yield from _signed(recording, ("empty members", "both ids"), "one id in what is signed, and no trace of the other")


@rule("signing.fresh-each-try")
def fresh_each_try(recording: Recording) -> Iterator[Finding]:
    """A later try has another timestamp, no older than the arrival of the try before; a second allows for clocks.

    After 502, which says that nothing was handed on, the very same request may be sent again while its time is good.
    """
    for _, first, second in recording.again():
        written = wire.timestamp_of(second.headers)
        if written is None or not wire.is_nanoseconds(written):
            continue
        seconds = int(written) / 1e9
        age = second.wall - seconds
        same = written == wire.timestamp_of(first.headers) and (first.status != 502 or age > _GOOD_SECONDS)
        before = wire.number_of(wire.timestamp_of(first.headers))
        anew = first.left or (before is not None and went_on(first, second, seconds - float(before) / 1e9))
        if same or (seconds < first.wall - _CLOCK_SECONDS and first.status != 502 and not anew):
            told = f"that of the try before, {age:.1f} s old" if same else f"one that is {age:.1f} s old"
            yield Broken("a timestamp of this try", told, (first.number, second.number))
        else:
            yield Kept()


@rule("timestamp.nanoseconds")
def nanoseconds(recording: Recording) -> Iterator[Finding]:
    """X-Timestamp is nineteen digits."""
    for arrival in _documented(recording):
        written = wire.timestamp_of(arrival.headers)
        if written is not None and wire.is_nanoseconds(written):
            yield Kept()
        else:
            yield Broken("X-Timestamp in Unix nanoseconds, nineteen digits", written or "none", (arrival.number,))


@rule("timestamp.exact")
def exact(recording: Recording) -> Iterator[Finding]:
    """An element's own timestamp, where there is one, is the number in X-Timestamp."""
    for arrival in _documented(recording):
        written = wire.number_of(wire.timestamp_of(arrival.headers))
        told = [each["timestamp"] for each in _objects(arrival) if each.get("timestamp") is not None]
        if written is None or not told:
            continue
        if (other := next((each for each in told if wire.number_of(each) != written), None)) is None:
            yield Kept()
        else:
            yield Broken(f"timestamp {written}, as in X-Timestamp", str(other), (arrival.number,))


@rule("request.no-other-id")
def no_other_id(recording: Recording) -> Iterator[Finding]:
    """No order is named that was not asked for, nor one that was in another market or subaccount than was said."""
    yield from shared_no_other_id.judge(recording)
    places = {
        str(order[name]): order
        for call in recording.calls
        for order in call.orders
        for name in wire.IDS
        if name in order
    }
    for arrival in recording.batches:
        for element in _objects(arrival):
            asked = next((places[str(element[name])] for name in wire.IDS if str(element.get(name)) in places), {})
            for member in ("marketId", "accountIndex"):
                sent = wire.number_of(element.get(member))
                if member in asked and sent is not None and sent != asked[member]:
                    expected = f"{member} {asked[member]}, which the user named with the order"
                    yield Broken(expected, str(sent), (arrival.number,))


@rule("target.exactly-one")
def exactly_one(recording: Recording) -> Iterator[Finding]:
    """Each element has one of both ids, and it is not empty."""
    for arrival in _documented(recording):
        named = [{name: each[name] for name in wire.IDS if name in each} for each in _objects(arrival)]
        wrong = next((ids for ids in named if len(ids) != 1 or next(iter(ids.values())) in (None, "")), None)
        if wrong is not None:
            yield Broken("orderId or clientId in an element", json.dumps(wrong, default=str), (arrival.number,))
        elif named:
            yield Kept()


@rule("address.query")
def address_query(recording: Recording) -> Iterator[Finding]:
    """The query names the account's own address once, however it is written."""
    for arrival in _documented(recording):
        written = wire.addresses_in(arrival.target)
        if len(written) == 1 and wire.is_address_of(written[0], recording.credentials["address"]):
            yield Kept()
        else:
            told = "none" if not written else "another's, or none at all" if len(written) == 1 else "several"
            yield Broken("the account's address in the query, once", told, (arrival.number,))


@rule("headers.x-signature")
def x_signature(recording: Recording) -> Iterator[Finding]:
    """What X-Signature holds."""
    for arrival in _documented(recording):
        written = wire.signature_header(arrival.headers)
        signatures = [each.get("signature") for each in _objects(arrival)]
        if not written:
            yield Observed("no X-Signature: the page asks for none, later pages refuse every element without it")
        elif signatures and written == signatures[0]:
            yield Observed("X-Signature is the first element's signature, which serves every page")
        else:
            yield Observed("X-Signature is something else than the first element's signature; any value serves")


# -- what rules share ------------------------------------------------------------------------------------------------


def _signed(recording: Recording, wrong: tuple[Covers, ...], expected: str) -> Iterator[Finding]:
    """A breach for each batch with an element whose signature covers ``wrong``."""
    for arrival in _documented(recording):
        found = _recomputed(recording, arrival)
        if found is None or not found.elements:
            continue
        if (bad := next((each for each in found.elements if each.covers in wrong), None)) is None:
            yield Kept()
        else:
            yield Broken(expected, f"{bad.told}, in {_place(found, bad)}", (arrival.number,))


def _place(found: Recomputed, bad: Signed) -> str:
    number = next(number for number, each in enumerate(found.elements, 1) if each is bad)
    return f"element {number} of {len(found.elements)}"


def _documented(recording: Recording) -> Iterator[Arrival]:
    """The batches on the documented route: what goes elsewhere is signed for elsewhere."""
    return (each for each in recording.batches if recording.wire.is_documented(each.method, each.path))


def _objects(arrival: Arrival) -> list[Mapping[str, Any]]:
    return [each for each in wire.elements_of(arrival.body) or [] if isinstance(each, dict)]


def _recomputed(recording: Recording, arrival: Arrival) -> Recomputed | None:
    also = recording.aliases | {name: other for other, name in recording.aliases.items()}
    private_key = recording.credentials["private_key"]
    return wire.recompute(arrival.target, arrival.headers, arrival.body, private_key, also)


def _problem(recording: Recording, arrival: Arrival) -> str | None:
    if not recording.wire.is_documented(arrival.method, arrival.path):
        return f"{arrival.method} {arrival.path}"
    if (sent := wire.api_key(arrival.headers)) is None:
        return "X-API-Key does not stand there once"
    if sent.lower() != public_key(recording.credentials["private_key"]):
        return "X-API-Key is not the account's public key"
    try:
        document = json.loads(arrival.body.decode())
    except (ValueError, RecursionError):
        return "a body that is no JSON in UTF-8"
    for number, element in enumerate(_objects(arrival), 1):
        if absent := [name for name in ("marketId", "accountIndex", "signature") if name not in element]:
            return f"element {number} has no {' and no '.join(absent)}"
    return body_problem(recording.venue, *OPERATION, _without_open_questions(document))


def _without_open_questions(document: Any) -> Any:
    """The body without what no page decides, or another clause does: ``kind``, address and timestamp, both ids."""
    if not isinstance(document, dict) or not isinstance(document.get("cancels"), list):
        return document
    return document | {"cancels": [_plain(each) if isinstance(each, dict) else each for each in document["cancels"]]}


def _plain(element: dict[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in element.items() if name != "timestamp"}
    kind = "orderId" if kept.get("orderId") else "clientId"
    if kept.get(kind):
        kept.pop("clientId" if kind == "orderId" else "orderId", None)
    else:  # another clause's
        kept |= {kind: "none"}
    return {"kind": kind, "address": f"0x{'0' * 40}", **kept}
