"""What may stand in a target file as a URL."""

from __future__ import annotations

import re
from urllib.parse import urlsplit, urlunsplit

import httpx

# What no client rewrites on its way: a dot segment would be taken away, a letter beyond ASCII percent-encoded.
_PREFIX = re.compile(r"(?:/(?!\.\.?(?:/|$))(?:[A-Za-z0-9._~-]|%[0-9A-Fa-f]{2})+)*")


def base_of(text: str) -> str:
    """A base URL without its trailing slash: scheme, host, port, and the prefix under which a gateway has the venue.

    Raises ValueError with a sentence when it is no http or https URL with a host, has a query, fragment or user
    information, or a path that would not be sent as it is written.
    """
    _require_url(text)
    if "?" in text or "#" in text:
        raise ValueError("must be scheme, host, port and perhaps a gateway's prefix, without query or fragment")
    parts = urlsplit(text)
    if parts.path.endswith("//") or not _PREFIX.fullmatch(parts.path.removesuffix("/")):
        raise ValueError(
            'has an invalid path; a valid one is a prefix such as "/bayse/v2", of ASCII letters, digits and -._~%, '
            "without empty, . and .. parts"
        )
    return f"{parts.scheme}://{parts.netloc}{parts.path.removesuffix('/')}"


def proxy_of(text: str) -> str:
    """The URL of a proxy without the slash at its end; it may carry a user name and a password.

    Raises ValueError with a sentence when it is no http or https URL of a host, or has a path, query or fragment.
    """
    _require_url(text, with_user=True)
    parts = urlsplit(text)
    if parts.path not in ("", "/") or "?" in text or "#" in text:
        raise ValueError("must be scheme, host and port of the proxy only, without path, query or fragment")
    if "@" in parts.netloc and not (parts.username and parts.password):
        raise ValueError("must carry both a user name and a password, or neither")
    return f"{parts.scheme}://{parts.netloc}"


def endpoint_of(text: str) -> str:
    """A URL of one endpoint, which may have a path and a query. Raises ValueError like ``origin_of``."""
    _require_url(text)
    if "#" in text:
        raise ValueError("must not have a fragment")
    return text


def channel_endpoint_of(text: str) -> str:
    """A ws or wss URL, which may have a path and a query. Raises ValueError like ``base_of``."""
    _require_url(text, schemes=("ws", "wss"))
    if "#" in text:
        raise ValueError("must not have a fragment")
    return text


def prefix_of(url: str) -> str:
    """The path of a base URL, "" for none; also of a text that is no URL."""
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def without_query(url: str) -> str:
    """A URL as it may be shown: a query may carry a key."""
    return urlunsplit(urlsplit(url)._replace(query="", fragment=""))


def _is_host(name: str) -> bool:
    """Whether a resolver can be asked for it; one that cannot raises what is neither an OSError nor a time-out."""
    try:
        name.encode("idna")
    except UnicodeError:
        return False
    return True


def _require_url(text: str, *, schemes: tuple[str, str] = ("http", "https"), with_user: bool = False) -> None:
    # urlsplit drops tabs and line ends silently, so that what is checked would not be what is sent.
    if not text.isprintable() or " " in text:
        raise ValueError("must not contain blanks or control characters")
    try:
        parts = urlsplit(text)
        port = parts.port
        httpx.URL(text)
    except (ValueError, httpx.InvalidURL) as error:
        raise ValueError(f"is not a URL: {error}") from error
    if parts.scheme not in schemes or not parts.hostname:
        example = f"{schemes[0]}://127.0.0.1:9001"
        article = "an" if schemes[0] == "http" else "a"
        raise ValueError(f'must be {article} {" or ".join(schemes)} URL with a host, such as "{example}"')
    if not _is_host(parts.hostname):
        raise ValueError("has an invalid host name: its parts between dots must have 1 to 63 characters")
    if "@" in parts.netloc and not with_user:
        raise ValueError("must not carry a user name or password")
    if port == 0 or parts.netloc.endswith(":"):
        raise ValueError("must have a port between 1 and 65535, or none")
