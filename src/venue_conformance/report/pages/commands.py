"""Commands that a reader can copy."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any

from venue_conformance.report.text import cut, printable

#: What curl writes by itself, or what would only be wrong.
_OWN = frozenset({"content-length", "host", "connection", "accept-encoding", "transfer-encoding"})
_LONGEST = 4096


def curl(exchange: Mapping[str, Any]) -> str | None:
    """The request as a ``curl`` command, signatures masked; None where its headers and body are not kept.

    It shows what was sent, and is to be signed anew; a body that is long or unprintable is not repeated exactly.
    """
    headers = exchange["request_headers"]
    if headers is None or not exchange["url"].startswith(("http://", "https://")):
        return None
    parts = ["curl", "-i", "-X", shlex.quote(printable(exchange["method"])), shlex.quote(printable(exchange["url"]))]
    for name, value in headers.items():
        if name.lower() not in _OWN:
            parts += ["-H", shlex.quote(printable(f"{name}: {value}"))]
    if exchange["request_body"]:
        parts += ["--data-binary", shlex.quote(printable(cut(exchange["request_body"], _LONGEST)))]
    return " ".join(parts)
