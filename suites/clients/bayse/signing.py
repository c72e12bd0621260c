"""Rules over how a Bayse request is made and signed."""

from __future__ import annotations

import json
from collections.abc import Iterator

from suites.shared.clients.retries import gap, went_on
from venue_conformance.clients.openapi import body_problem
from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule
from venue_conformance.reference.stage import Arrival
from venue_conformance.venues.bayse.recompute import Recomputed, public_key, recompute

OPERATION = ("/v1/pm/orders/batch", "delete")
#: After a pause of this length a new timestamp differs from the last, though both are whole seconds.
_LONG_SECONDS = 1.9


@rule("request.schema")
def schema(recording: Recording) -> Iterator[Finding]:
    """Method, path, the account's header and the body are as documented; lengths are another clause's."""
    for arrival in recording.batches:
        if problem := _problem(recording, arrival):
            yield Broken("a request as openapi.yaml describes it", problem, (arrival.number,))
        else:
            yield Kept()


@rule("signing.over-sent-bytes")
def over_sent_bytes(recording: Recording) -> Iterator[Finding]:
    """The digest is that of timestamp, method, path and the bytes that arrived, in whatever way it is written."""
    for arrival in _documented(recording):
        found = _recomputed(recording, arrival)
        if found.digest_fits:
            yield Kept()
        else:
            told = "no X-Signature" if found.signature is None else "another digest"
            yield Broken("the HMAC-SHA256 over timestamp.DELETE.path.hash of these bytes", told, (arrival.number,))


@rule("signing.timestamp-seconds")
def timestamp_seconds(recording: Recording) -> Iterator[Finding]:
    """X-Timestamp is ten digits."""
    for arrival in _documented(recording):
        found = _recomputed(recording, arrival)
        if found.seconds is not None:
            yield Kept()
        else:
            yield Broken("X-Timestamp in Unix seconds, ten digits", found.timestamp or "none", (arrival.number,))


@rule("signing.standard-base64")
def standard_base64(recording: Recording) -> Iterator[Finding]:
    """A signature, whatever it was made over, is written in base64 with padding."""
    for arrival in _documented(recording):
        found = _recomputed(recording, arrival)
        if found.signature is None:
            continue
        if found.encoding == "standard base64" and (found.fits or not found.digest_fits):
            yield Kept()
        else:
            # Standard base64 may also hold bits that belong to nothing.
            told = "something else" if found.encoding in ("none", "standard base64") else found.encoding
            yield Broken("44 characters of standard base64", told, (arrival.number,))


@rule("signing.fresh-each-try")
def fresh_each_try(recording: Recording) -> Iterator[Finding]:
    """A later try's timestamp is no older than the arrival of the try before; whole seconds allow for one.

    Where 429 made the client wait for two, it is another one than that of the try before.
    """
    for _, first, second in recording.again():
        seconds, before = _recomputed(recording, second).seconds, _recomputed(recording, first).seconds
        if seconds is None or first.left:  # of whoever hung up it is not known when the first should have arrived
            continue
        later = before is not None and went_on(first, second, seconds - before)
        kept = seconds == before and first.status == 429 and gap(first, second) >= _LONG_SECONDS
        if later or (seconds >= int(first.wall) - 1 and not kept):
            yield Kept()
        else:
            age = int(second.wall) - seconds
            yield Broken("a timestamp of this try", f"one that is {age} s old", (first.number, second.number))


def _documented(recording: Recording) -> Iterator[Arrival]:
    """The batches on the documented route: what goes elsewhere is signed for elsewhere."""
    return (each for each in recording.batches if recording.wire.is_documented(each.method, each.path))


def _recomputed(recording: Recording, arrival: Arrival) -> Recomputed:
    secret = recording.credentials["secret_key"]
    return recompute(arrival.method, arrival.target, arrival.headers, arrival.body, secret)


def _problem(recording: Recording, arrival: Arrival) -> str | None:
    if not recording.wire.is_documented(arrival.method, arrival.path):
        return f"{arrival.method} {arrival.path}"
    if "?" in arrival.target:
        return f"a query: {arrival.target}"
    if (sent := public_key(arrival.headers)) is None:
        return "X-Public-Key does not stand there once"
    if sent != recording.credentials["public_key"]:
        return "X-Public-Key is not the account's"
    try:
        document = json.loads(arrival.body.decode())
    except (ValueError, RecursionError):
        return "a body that is no JSON in UTF-8"
    return body_problem(recording.venue, *OPERATION, document)
