"""A recorded request as a command line of curl: what has to be signed afresh stands there as a shell variable."""

from __future__ import annotations

import re
import shlex

from venue_conformance.report.records import ExchangeRecord
from venue_conformance.report.text import one_line
from venue_conformance.wire.redaction import MASK

#: A command line that is longer is no longer one.
_LONGEST = 4096
_NO_NAME = re.compile(r"[^0-9A-Za-z]+")


def curl_of(request: ExchangeRecord) -> str:
    """The request for a shell; header values that are secret or age are variables, as in ``$X_SIGNATURE``."""
    parts = ["curl", "-i", "-X", shlex.quote(request.method), shlex.quote(one_line(request.url, _LONGEST))]
    for name, value in request.request_headers.items():
        if MASK in value or "timestamp" in name.lower():
            parts += ["-H", f'"{_quoted(name)}: ${variable(name)}"']
        else:
            parts += ["-H", shlex.quote(one_line(f"{name}: {value}", _LONGEST))]
    if request.request_body is not None:
        parts += ["--data-raw", shlex.quote(one_line(request.request_body, _LONGEST))]
    return " ".join(parts)


def variable(header: str) -> str:
    """The shell variable that stands for a header's value."""
    return _NO_NAME.sub("_", header).strip("_").upper() or "VALUE"


def _quoted(name: str) -> str:
    """A header's name as it may stand between double quotes."""
    return re.sub(r'["$`\\]', "", one_line(name, _LONGEST))
