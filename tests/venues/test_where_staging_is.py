"""Each embedded reference behind a real gateway: a prefix, a proxy, TLS that wants to know the client."""

from __future__ import annotations

import base64
import re
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from fixtures.arcus_channel import _channel
from tests.certificates import authority
from tests.gateways import Gateway, prefix_gateway, proxy
from tests.tiny_server import answer, tiny_server
from venue_conformance.client.caller import Caller, RetryBudget
from venue_conformance.client.orders import Orders
from venue_conformance.client.session import Session
from venue_conformance.errors import Unreachable
from venue_conformance.reference import load
from venue_conformance.reference.arcus.states import ArcusStates
from venue_conformance.reference.arcus.venue import ArcusVenue
from venue_conformance.reference.bayse.venue import BayseVenue
from venue_conformance.reference.http import Request, Response
from venue_conformance.reference.server import RunningServer, serve_in_thread
from venue_conformance.target.file import load_target
from venue_conformance.venues import venues
from venue_conformance.venues.arcus.channel import OrdersChannel, channel_url
from venue_conformance.venues.probe import probe
from venue_conformance.wire.recorder import Recorder

VENUES = ("predictstreet", "arcus", "bayse")


class KnowsNoGateway(ArcusStates):
    """Says nothing of where the orders channel is, since it does not know: it is beside base_url then."""

    async def handle(self, request: Request) -> Response:
        return await super().handle(replace(request, headers=()))


@pytest.fixture(scope="module", params=VENUES)
def reference(request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    venue = load(request.param).venue_class(seed=3)
    if isinstance(venue, ArcusVenue):
        venue.states = KnowsNoGateway(venue)
    with serve_in_thread(venue) as server:
        yield server


@pytest.fixture(autouse=True)
def a_proxy_that_nobody_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "ws_proxy", "wss_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1,.test")


@contextmanager
def session_at(
    folder: Path, reference: RunningServer, base_url: str, head: str = "", more: str = "", states: str | None = None
) -> Iterator[Session]:
    """A session with the reference's own target file, but for where it is."""
    text = reference.target_file.replace(f'base_url = "{reference.base_url}"', f'base_url = "{base_url}"\n{head}')
    text = re.sub(r"(?m)^ws_url.*\n", "", text)
    assert base_url in text
    text = re.sub(r'(\[states\]\nurl *= *)"[^"]*"', rf'\1"{states or reference.base_url}/_states"', text)
    file = folder / "target.toml"
    file.write_text(f"{text}\n{more}")
    venue = reference.venue.name
    with closing(Session(venues()[venue], load_target(file, {venue: venues()[venue].credentials}), seed=5)) as session:
        yield session


def cancelled_and_read(session: Session) -> tuple[int, list[str]]:
    """Cancel one of two orders of a new account: the answer's status, and both by the venue's own read."""
    recorder = Recorder()
    caller: Caller[Any] = session.venue.caller(session.main_account(recorder), session, recorder, RetryBudget())
    with closing(Orders(session, recorder, caller, lambda: caller)) as orders:
        first, second = orders.open(2)
        answer = caller.cancel_batch([first])
        ends = time.monotonic() + session.settle_seconds
        while caller.read_status(first) == "open" and time.monotonic() < ends:
            time.sleep(0.01)
        return answer.status, [caller.read_status(order) for order in (first, second)]


def heard(session: Session) -> bool:
    """Whether the orders channel tells of a cancel."""
    recorder = Recorder()
    caller: Caller[Any] = session.venue.caller(session.main_account(recorder), session, recorder, RetryBudget())
    with closing(Orders(session, recorder, caller, lambda: caller)) as orders:
        [order] = orders.open(1)
        url = channel_url(session.target.base_url, caller.account.credentials.get("ws_url"))
        with closing(_channel(session, url, caller.name)) as wire:
            wire.open()
            channel = OrdersChannel(wire, caller.account.name.lower(), 5)
            channel.subscribe([0])
            caller.cancel_batch([order])
            return channel.missing([order]) == []


def works(session: Session) -> None:
    found = probe(session)
    assert found.kind == "ok", found.text
    status, read = cancelled_and_read(session)
    assert status in (200, 202)
    assert read == ["cancelled", "open"]
    if session.venue.name == "arcus":
        assert heard(session)


def test_a_prefix_that_the_gateway_takes_away(reference: RunningServer, tmp_path: Path) -> None:
    with prefix_gateway(reference.base_url, "/gate/v2") as gateway:
        url = f"{gateway.url}/gate/v2"
        with session_at(tmp_path, reference, url + "/", states=url) as session:
            works(session)
        assert all(" /gate/v2/" in line for line in gateway.lines)
        assert len(gateway.lines) >= 6


def test_without_its_prefix_a_gateway_has_nothing(reference: RunningServer, tmp_path: Path) -> None:
    with (
        prefix_gateway(reference.base_url, "/gate") as gateway,
        session_at(tmp_path, reference, gateway.url) as session,
    ):
        text = probe(session).text
        assert "a valid request was answered 404; base_url may lack a gateway's prefix" in text
        assert f"{gateway.url}/" in text


class KnowsItsPrefix(BayseVenue):
    """Verifies signatures over the path by which its clients know it."""

    def payload(self, timestamp: str, request: Request) -> str:
        return super().payload(timestamp, replace(request, path=f"/gate{request.path}"))


def test_a_prefix_that_is_signed(tmp_path: Path) -> None:
    """Bayse alone signs its path. Whoever verifies the whole one refuses what is signed without the prefix."""
    with serve_in_thread(KnowsItsPrefix(seed=3)) as venue, prefix_gateway(venue.base_url, "/gate") as gateway:
        url = f"{gateway.url}/gate"
        with session_at(tmp_path, venue, url, "sign_prefix = true\n") as session:
            works(session)
        with session_at(tmp_path, venue, url, "sign_prefix = false\n") as session:
            assert probe(session).kind == "refused"


def test_a_proxy_that_alone_knows_the_names(reference: RunningServer, tmp_path: Path) -> None:
    names = dict.fromkeys(("venue.test", "states.test"), reference.base_url)
    with proxy(names, password=base64.b64encode(b"me:p@ss").decode()) as between:
        by = f'[proxy]\nurl = "{between.url.replace("//", "//me:p%40ss@")}"\n'
        with session_at(tmp_path, reference, "http://venue.test", more=by, states="http://states.test") as session:
            works(session)
        to_states = [line for line in between.lines if "states.test" in line]
        assert to_states
        assert {line.split("/_states")[0] for line in to_states} == {"POST http://states.test"}
        method, path = venues()[reference.venue.name].batch_route
        assert f"{method} http://venue.test{path}" in {line.partition("?")[0] for line in between.lines}
        if reference.venue.name == "arcus":
            assert "CONNECT venue.test:80" in between.lines


def test_states_on_this_machine_are_not_asked_through_the_proxy(reference: RunningServer, tmp_path: Path) -> None:
    with proxy({"venue.test": reference.base_url}) as between:
        by = f'[proxy]\nurl = "{between.url}"\n'
        with session_at(tmp_path, reference, "http://venue.test", more=by) as session:
            works(session)
        assert not any("_states" in line for line in between.lines)


def test_tls_that_wants_a_client_certificate(reference: RunningServer, tmp_path: Path) -> None:
    """For base_url, the channel and states.url alike; the prefix comes on top."""
    ca = authority()
    with prefix_gateway(reference.base_url, "/gate", tls=ca.serving(wants_client=True)) as gateway:
        url = f"{gateway.url}/gate"
        with session_at(tmp_path, reference, url, more=ca.tls_table(client=True), states=url) as session:
            works(session)
        assert set(gateway.clients) == {"client"}
        assert len(gateway.clients) == len(gateway.lines)
        with session_at(tmp_path, reference, url, more=ca.tls_table()) as session:
            found = probe(session)
        assert found.kind == "unreachable"
        assert "client_cert and client_key under [tls]" in found.text
        with session_at(tmp_path, reference, url) as session:
            found = probe(session)
        assert "name the authority's file as ca_file under [tls]" in found.text


def test_tls_through_a_proxy_that_speaks_tls_itself(reference: RunningServer, tmp_path: Path) -> None:
    """A tunnel in a tunnel: the proxy sees no path, no header and no client certificate."""
    ca = authority()
    with ExitStack() as stack:
        gateway = stack.enter_context(prefix_gateway(reference.base_url, "/gate", tls=ca.serving(wants_client=True)))
        between = stack.enter_context(proxy({"venue.test": gateway.url}, tls=ca.serving()))
        more = f'{ca.tls_table(client=True)}[proxy]\nurl = "{between.url}"\n'
        url = "https://venue.test:443/gate"
        session = stack.enter_context(session_at(tmp_path, reference, url, more=more, states=url))
        works(session)
        assert set(between.lines) == {"CONNECT venue.test:443"}
        assert between.clients == []
        assert set(gateway.clients) == {"client"}


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("not there", "refuses connections; start it, or correct url under [proxy]"),
        ("wants a password", "wants to know who asks (407); give user:password@ in its url"),
        ("wants a password in front of TLS", "answered 407 Proxy Authentication Required; give user:password@"),
        ("knows no such host", "answered 502 Bad Gateway; have it let this host and port through"),
        ("is not trusted", "its certificate is not trusted"),
    ],
)
def test_a_proxy_in_the_way_is_named(tmp_path: Path, broken: str, says: str) -> None:
    with ExitStack() as stack:
        plain = stack.enter_context(serve_in_thread(load("bayse").venue_class(seed=3)))
        tls = authority().serving() if broken == "is not trusted" else None
        password = "secret" if "password" in broken else None
        between: Gateway = stack.enter_context(proxy(password=password, tls=tls))
        at = "http://127.0.0.1:9" if broken == "not there" else between.url
        url = "http://venue.invalid" if broken == "wants a password" else "https://venue.invalid"
        session = stack.enter_context(session_at(tmp_path, plain, url, more=f'[proxy]\nurl = "{at}"\n'))
        found = probe(session)
    assert found.kind == "unreachable"
    assert says in found.text
    assert found.text.startswith(url)
    assert "\n" not in found.text


def test_a_channel_follows_no_redirect_through_a_proxy(tmp_path: Path) -> None:
    with ExitStack() as stack:
        plain = stack.enter_context(serve_in_thread(load("arcus").venue_class(seed=3)))
        redirects = stack.enter_context(tiny_server())
        elsewhere = stack.enter_context(tiny_server())
        redirects.always(answer(302, b"", ("Location", elsewhere.url.replace("http", "ws") + "/v1/ws")))
        between = stack.enter_context(proxy())
        more = f'[proxy]\nurl = "{between.url}"\n[headers]\nX-Gateway = "key"\n'
        session = stack.enter_context(session_at(tmp_path, plain, redirects.url, more=more))
        wire = stack.enter_context(closing(_channel(session, channel_url(redirects.url, None), "a")))
        with pytest.raises(Unreachable, match="302"):
            wire.open()
        assert elsewhere.received == []
        assert len(redirects.received) == 1
