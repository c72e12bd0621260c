"""One look at a target before a run: whether it is there, is the venue, and takes the credentials of its file."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import urljoin

from venue_conformance.client.caller import Caller, RetryBudget
from venue_conformance.client.session import CallerAccount, Session, clock_difference
from venue_conformance.errors import EnvironmentFault, Unreachable
from venue_conformance.target.urls import without_query
from venue_conformance.wire.diagnosis import connection_trouble, name_trouble
from venue_conformance.wire.exchange import Answer, Exchange
from venue_conformance.wire.faults import is_html
from venue_conformance.wire.recorder import Recorder

#: A proxy that breaks one connection in twenty must not end a run before it has begun.
_MOST_TRIES = 5
#: A Date header is in whole seconds, and some servers make one a second.
_CLOCKS_AGREE_SECONDS = 2.5
_SHORTEST_SECONDS = 0.05

Kind = Literal["ok", "refused", "redirect", "unreachable", "states-wrong", "other"]


@dataclass(frozen=True)
class Probe:
    """What came of one valid request, and of one question to the provider states.

    ``refused`` means 401 or 403, ``other`` an answer that keeps no run from being tried. ``text`` is one sentence for
    the user, fit to be printed; ``exchange`` is the last one with the target, None where its name was not found.
    """

    kind: Kind
    text: str
    exchange: Exchange | None = None


def probe(session: Session) -> Probe:
    """Send a valid batch with one random id, under the target file's credentials, and ask the states for one order.

    Cancels nothing, and takes no longer than the target file's ``timeout_seconds``.
    """
    seconds = session.target.limits.timeout_seconds
    with ThreadPoolExecutor(max_workers=1) as pool:
        asking = pool.submit(session.states.trouble, session.ledger.unknown()[0], seconds)
        found = _contact(session, seconds)
        trouble = asking.result()
    if trouble is not None and found.kind not in ("unreachable", "redirect"):
        found = Probe("states-wrong", trouble, found.exchange)
    return Probe(found.kind, session.redaction.text(found.text), found.exchange)


def _contact(session: Session, seconds: float) -> Probe:
    url, ends = session.target.base_url, time.monotonic() + seconds
    # A proxy looks names up itself, and may know some that this machine does not.
    if session.proxy is None and (trouble := name_trouble(url, seconds)):
        return Probe("unreachable", trouble)
    recorder = Recorder()
    caller: Caller[Any] = session.venue.caller(
        CallerAccount(session.target.credentials, "file"), session, recorder, RetryBudget()
    )
    for _ in range(_MOST_TRIES):
        left = ends - time.monotonic()
        with session.transport.within(max(left, _SHORTEST_SECONDS)):
            if not _broken(caller, session) or ends <= time.monotonic():
                break
    if not recorder.exchanges:
        return Probe("unreachable", f"{url}: nothing more is asked of it after several faults in a row")
    exchange = recorder.exchanges[-1]
    if exchange.fault is not None:
        return Probe("unreachable", connection_trouble(url, exchange.fault, seconds, session.proxy), exchange)
    return _probe_of(session, exchange)


def _broken(caller: Caller[Any], session: Session) -> bool:
    """Send the request; whether its connection broke, so that it may be tried again."""
    ids = session.ledger.unknown(1, session.unknown_id)
    try:
        # Provoked, so that every answer comes as it is and nothing is waited for.
        caller.cancel_batch(ids, limit_asked=True)  # type: ignore[call-arg]
    except Unreachable as error:
        return error.fault == "reset"
    except EnvironmentFault:
        return False
    return False


def _probe_of(session: Session, exchange: Exchange) -> Probe:
    answer, url = Answer(exchange), session.target.base_url
    status = answer.status
    if 300 <= status < 400:
        try:
            to = without_query(urljoin(exchange.url, answer.header("Location") or ""))
        except ValueError:
            to = "what is no URL"
        return Probe(
            "redirect", f"{url}: answered {status} and points to {to}; base_url is to be the venue itself", exchange
        )
    if status == 407 and session.proxy is not None:
        text = f"{url}: the proxy {session.proxy} wants to know who asks (407); give user:password@ in its url"
        return Probe("unreachable", text, exchange)
    if status in (401, 403):
        file = session.target.path or "the target file"
        return Probe("refused", f"the credentials in {file} were refused ({status}){_clocks(exchange)}", exchange)
    if status == 400 and url.startswith("http:") and "https" in answer.text.lower():
        return Probe("unreachable", f"{url}: this port speaks TLS, not plain HTTP; write https://", exchange)
    if status >= 500:
        session.health.server_error(exchange)
    if answer.succeeded and session.venue.is_batch_answer(exchange.body):
        return Probe("ok", f"a valid request was accepted with {status}", exchange)
    if is_html(exchange):
        kind = " in HTML; base_url may not be the venue"
    elif status in (404, 405):
        kind = f"; base_url may lack a gateway's prefix, or have a wrong one: asked was {without_query(exchange.url)}"
    elif answer.succeeded:
        kind = ", and not with the rows of a batch; base_url may not be the venue"
    else:
        kind = ""
    return Probe("other", f"{url}: a valid request was answered {status}{kind}", exchange)


def _clocks(exchange: Exchange) -> str:
    difference = clock_difference(exchange)
    if difference is None or abs(difference) < _CLOCKS_AGREE_SECONDS:
        return ""
    direction = "ahead of" if difference > 0 else "behind"
    return f"; the target's clock is {abs(difference):.0f} s {direction} this machine's"
