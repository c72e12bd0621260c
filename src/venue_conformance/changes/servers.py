"""Which hosts a document names, and whether callers of one still find it in the newer version."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from venue_conformance.changes.change import Change
from venue_conformance.changes.reading import Document


def server_changes(old: Document, new: Document) -> Iterator[Change]:
    """Hosts that are gone. Nothing where the newer document leaves its host open, or names none."""
    now = _hosts(new)
    if not now or None in now:
        return
    for host in _hosts(old):
        if host is not None and host not in now:
            told = f"{host} is gone; the document has {', '.join(map(str, now))}"
            yield Change("breaking", "operation", "the servers", "/servers", told)


def _hosts(document: Document) -> list[str | None]:
    """Scheme and host of each server of a document, None for one that is open."""
    servers: Any = document.content.get("servers")
    listed = list(servers.values()) if isinstance(servers, dict) else servers if isinstance(servers, list) else []
    return [_host(each) for each in listed if isinstance(each, dict)]


def _host(server: dict[str, Any]) -> str | None:
    # AsyncAPI 3 has a host and a protocol, all others a URL.
    url = f"{server.get('protocol')}://{server['host']}" if "host" in server else str(server.get("url") or "")
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    if not parts.netloc or "{" in parts.netloc or "{" in url.partition("/")[0]:
        return None
    return f"{parts.scheme}://{parts.netloc}".lower()
