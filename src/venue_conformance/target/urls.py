"""What may stand in a target file as a URL."""

from __future__ import annotations

from urllib.parse import urlsplit, urlunsplit

import httpx


def origin_of(text: str) -> str:
    """Scheme, host and port of a base URL, without the trailing slash that it may have.

    Raises ValueError with a sentence when it is no http or https URL with a host, or has a path, query, fragment or
    user information.
    """
    _require_http(text)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise ValueError("must be scheme, host and port only, without path, query or fragment")
    return f"{parts.scheme}://{parts.netloc}"


def endpoint_of(text: str) -> str:
    """A URL of one endpoint, which may have a path and a query. Raises ValueError like ``origin_of``."""
    _require_http(text)
    if "#" in text:
        raise ValueError("must not have a fragment")
    return text


def host_of(url: str) -> str | None:
    """The host of any URL in the one way of writing it that can be compared: lower case, no final dot, no port.

    None for what is no URL with a host.
    """
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return None
    return host.rstrip(".") if host else None


def address_of(url: str) -> tuple[str | None, int | None]:
    """The host (as ``host_of``) and the port that a URL leads to, the scheme's own port where it names none."""
    parts = urlsplit(url)
    return host_of(url), parts.port or (443 if parts.scheme in ("https", "wss") else 80)


def without_query(url: str) -> str:
    """A URL as it may be shown: a query may carry a key."""
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def _require_http(text: str) -> None:
    # urlsplit drops tabs and line ends silently, so that what is checked would not be what is sent.
    if not text.isprintable() or " " in text:
        raise ValueError("must not contain blanks or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        httpx.URL(text)
    except (ValueError, httpx.InvalidURL) as error:
        raise ValueError(f"is no URL: {error}") from error
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError('must be an http or https URL with a host, such as "http://127.0.0.1:9001"')
    if "@" in parts.netloc:
        raise ValueError("must not carry a user name or password")
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError("must have a port between 1 and 65535, or none")
