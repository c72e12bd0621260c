"""The proxy that a target file names; none is ever taken from the environment."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import httpcore
import httpx


@dataclass(frozen=True)
class Proxy:
    """Where everything goes that is sent: ``url`` is http or https and may carry a user name and a password.

    ``verify`` is the TLS context for the way to an https proxy, which is not that for the target behind it.
    """

    url: str
    verify: ssl.SSLContext | None = None

    @property
    def for_httpcore(self) -> httpcore.Proxy:
        """The proxy as httpcore takes it, with its user name and password apart from its URL."""
        proxy = httpx.Proxy(self.url)
        return httpcore.Proxy(str(proxy.url), auth=proxy.raw_auth, ssl_context=self.verify)

    def __str__(self) -> str:
        """The URL as it may be shown."""
        parts = urlsplit(self.url)
        return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))

    def __repr__(self) -> str:
        return f"Proxy({str(self)!r})"
