"""What a target file says, read and checked."""

from __future__ import annotations

import base64
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from urllib.parse import parse_qsl, unquote, urlsplit

from venue_conformance.target.credentials import MASK, Credentials
from venue_conformance.target.hosts import address_of
from venue_conformance.target.urls import prefix_of
from venue_conformance.wire.proxy import Proxy

_CARRY_A_SCHEME = frozenset({"authorization", "proxy-authorization"})
#: What a query says in fewer characters (``v=1``) is no key.
_SHORTEST_KEY = 6


@dataclass(frozen=True)
class Limits:
    """How hard the target may be asked, and how long it may take.

    ``requests_per_second`` is a ceiling for everything sent to base_url, all accounts together; None is no ceiling.
    ``timeout_seconds`` is for one exchange, ``settle_seconds`` how long an effect may take to become visible. A run
    that would need more than ``max_orders`` or ``max_requests`` ends with what it has; None is no bound.
    """

    requests_per_second: float | None = None
    timeout_seconds: float = 10.0
    settle_seconds: float = 5.0
    max_orders: int | None = None
    max_requests: int | None = None


@dataclass(frozen=True)
class Tls:
    """Files for https: who is trusted instead of the public authorities, and who we are. All exist."""

    ca_file: Path | None = None
    client_cert: Path | None = None
    client_key: Path | None = None


@dataclass(frozen=True)
class StatesConfig:
    """Where provider states come from: exactly one of ``url``, ``command`` and ``inventory`` is given.

    ``token`` goes to ``url`` as a bearer token and nowhere else.
    """

    url: str | None = None
    command: tuple[str, ...] | None = None
    inventory: Path | None = None
    token: str | None = None

    def __post_init__(self) -> None:
        if sum(source is not None for source in (self.url, self.command, self.inventory)) != 1:
            raise ValueError("exactly one of url, command and inventory must be given")

    def __repr__(self) -> str:
        return _shown(self, token=None if self.token is None else MASK)


@dataclass(frozen=True)
class Target:
    """One deployment of one venue.

    ``base_url`` has no trailing slash; its path is the prefix under which a gateway has the venue, and is part of the
    path that is signed only with ``sign_prefix``. ``proxy`` is the URL of the proxy for everything sent.
    ``headers`` go to base_url and ws_url only; ``path`` is the file that it was read from, None for a target made in
    memory. The repr shows no secret.
    """

    venue: str
    base_url: str
    environment: str
    credentials: Credentials
    accounts: tuple[Credentials, ...] = ()
    states: StatesConfig | None = None
    limits: Limits = Limits()
    tls: Tls = Tls()
    headers: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    path: Path | None = None
    sign_prefix: bool = False
    proxy: str | None = None

    def signed_path(self, path: str) -> str:
        """The path of a request as it is signed: as the venue knows it, behind the gateway's prefix if that is so."""
        return f"{prefix_of(self.base_url)}{path}" if self.sign_prefix else path

    def headers_for(self, url: str) -> Mapping[str, str]:
        """The [headers] that go to a URL: all of them to base_url and to a ws_url of the file, elsewhere none.

        Elsewhere is where a provider state says that the channel is.
        """
        own = (self.base_url, *(account.get("ws_url", "") for account in (self.credentials, *self.accounts)))
        return self.headers if address_of(url) in {address_of(each) for each in own if each} else {}

    @property
    def secrets(self) -> frozenset[str]:
        """Every value that must be masked wherever it appears: credentials', the states token, [headers], [proxy].

        So must what the query of states.url says, which may be a key, and the password in a header of scheme Basic.
        """
        found = {secret for account in (self.credentials, *self.accounts) for secret in account.secrets}
        if self.states and self.states.token:
            found.add(self.states.token)
        if self.states and self.states.url:
            values = {value for _, value in parse_qsl(urlsplit(self.states.url).query)}
            found |= {value for value in values if len(value) >= _SHORTEST_KEY}
        for name, value in self.headers.items():
            found.add(value)
            # A venue may echo the key of "Bearer KEY" without its scheme.
            if name.lower() in _CARRY_A_SCHEME:
                scheme, _, key = value.partition(" ")
                found |= {key.strip(), *(_parts_of_basic(key) if scheme.lower() == "basic" else ())}
        if self.proxy and (password := urlsplit(self.proxy).password):
            # As it is written, and as it is sent.
            found |= {password, unquote(password)}
        return frozenset(found - {""})

    def __repr__(self) -> str:
        proxy = str(Proxy(self.proxy)) if self.proxy else None
        return _shown(self, headers=dict.fromkeys(self.headers, MASK), proxy=proxy)


def _parts_of_basic(key: str) -> tuple[str, ...]:
    """The user with the password, and the password, as the scheme Basic holds them in base64; none of anything else."""
    try:
        text = base64.b64decode(key, validate=True).decode("utf-8")
    except ValueError:
        return ()
    _, colon, password = text.partition(":")
    return (text, password) if colon else ()


def _shown(instance: Target | StatesConfig, **masked: object) -> str:
    """The usual repr of a dataclass, with some fields replaced."""
    pairs = ((f.name, masked.get(f.name, getattr(instance, f.name))) for f in dataclasses.fields(instance))
    return f"{type(instance).__name__}({', '.join(f'{name}={value!r}' for name, value in pairs)})"
