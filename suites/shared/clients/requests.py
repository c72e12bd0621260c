"""Rules over what arrives: ids, lengths, headers and secrets."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule
from venue_conformance.reference.stage import Arrival
from venue_conformance.wire.secret_finder import SecretFinder


@rule("limits.one-to-hundred")
def one_to_hundred(recording: Recording) -> Iterator[Finding]:
    """Each batch has one to a hundred elements; a call that sent none must have refused it, or had nothing to send."""
    for arrival in recording.batches:
        count = recording.wire.count_of(arrival.body)
        if count is None:
            continue
        if 1 <= count <= 100:
            yield Kept()
        else:
            yield Broken("1 to 100 orders in a batch", f"{count}", (arrival.number,))
    for call in recording.calls:
        if not call.arrivals and (call.report.error == "limit" or not call.order_ids):
            yield Kept()


@rule("request.no-other-id")
def no_other_id(recording: Recording) -> Iterator[Finding]:
    """No id arrives that was not asked for by then, letter case aside; calls may share a batch."""
    for call in recording.calls:
        for arrival in call.arrivals:
            begun = [each for each in recording.calls if each.began <= arrival.began]
            asked = {order.lower() for each in begun for order in each.order_ids}
            strange = [order for order in recording.named_in(arrival) if order.lower() not in asked]
            if strange:
                told = f"{', '.join(strange[:3])}, which the user did not name"
                yield Broken("only orders that were asked for", told, (arrival.number,))
            else:
                yield Kept()


@rule("request.ids-verbatim")
def ids_verbatim(recording: Recording) -> Iterator[Finding]:
    """Ids that were asked for arrive byte for byte."""
    for call in recording.calls:
        by_case = {order.lower(): order for order in call.order_ids}
        given = set(call.order_ids)
        for arrival in call.arrivals:
            known = [order for order in recording.named_in(arrival) if order.lower() in by_case]
            altered = next((order for order in known if order not in given), None)
            if altered is not None:
                yield Broken(by_case[altered.lower()], altered, (arrival.number,))
            elif known:
                yield Kept()


@rule("request.every-id")
def every_id(recording: Recording) -> Iterator[Finding]:
    """An id that never arrives is told of: by an error of the call, or by a row."""
    for call in recording.calls:
        sent = {order.lower() for arrival in call.arrivals for order in recording.named_in(arrival)}
        unsent = [order for order in call.order_ids if order.lower() not in sent]
        silent = [order for order in unsent if not call.report.names(order)]
        if silent and call.report.error is None:
            yield Broken(
                f"{len(call.order_ids)} orders sent, or their absence told",
                f"{len(silent)} never arrived, without a word: {', '.join(silent[:3])}",
                tuple(arrival.number for arrival in call.arrivals),
            )
        elif call.order_ids:
            yield Kept()


@rule("headers.content-type")
def content_type(recording: Recording) -> Iterator[Finding]:
    """The body is declared as JSON."""
    for arrival in recording.batches:
        values = arrival.header_values("Content-Type")
        if [value.partition(";")[0].strip().lower() for value in values] == ["application/json"]:
            yield Kept()
        else:
            yield Broken("Content-Type: application/json", ", ".join(values) or "none", (arrival.number,))


@rule("secrets.stay-home")
def secrets_stay_home(recording: Recording) -> Iterator[Finding]:
    """No arrival holds a secret, in whatever way it is written, and nothing arrives at the other host."""
    secrets = [value for name, value in recording.credentials.items() if "secret" in name or "private" in name]
    for arrival in recording.arrivals:
        if where := place_of(secrets, arrival):
            yield Broken("no secret on the wire", f"the secret in {where}", (arrival.number,))
        elif arrival.elsewhere:
            yield Broken("nothing at another host", f"{arrival.method} {arrival.path} there", (arrival.number,))
        else:
            yield Kept()


def place_of(secrets: Collection[str], arrival: Arrival, at_home: str = "") -> str | None:
    """Where in an arrival one of some secrets stands whole: plain, in base64, in hex, in other letters.

    ``at_home`` is the header in which it belongs.
    """
    finder, shortest = SecretFinder(), min(map(len, secrets), default=0)
    finder.add(secrets)
    headers = [(f"the header {name}", value) for name, value in arrival.headers if name.lower() != at_home.lower()]
    texts = [
        (place, text.encode("utf-8", "surrogateescape"))
        for place, text in (("path or query", arrival.target), *headers)
    ]
    for place, text in (*texts, ("the body", arrival.body)):
        if any(end - begin >= shortest for begin, end in finder.spans(text)):
            return place
    return None
