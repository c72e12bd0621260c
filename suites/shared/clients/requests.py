"""Rules over what arrives: ids, lengths, headers and secrets."""

from __future__ import annotations

from collections.abc import Iterator

from venue_conformance.clients.recording import Recording
from venue_conformance.clients.scenario import Broken, Finding, Kept, rule


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
    """No arrival holds a secret, and nothing arrives at the other host."""
    secrets = [value for name, value in recording.credentials.items() if "secret" in name or "private" in name]
    for arrival in recording.arrivals:
        text = "\n".join([arrival.target, *(value for _, value in arrival.headers)])
        if any(secret in text or secret.encode() in arrival.body for secret in secrets):
            yield Broken("no secret on the wire", f"the secret in {arrival.method} {arrival.path}", (arrival.number,))
        elif arrival.elsewhere:
            yield Broken("nothing at another host", f"{arrival.method} {arrival.path} there", (arrival.number,))
        else:
            yield Kept()
