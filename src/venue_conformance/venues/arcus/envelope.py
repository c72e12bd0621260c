"""What stands around the elements of a batch: headers and query, and every way to get them wrong on purpose."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

from venue_conformance.venues.arcus.signing import canonical_address, public_key
from venue_conformance.venues.arcus.timestamps import Timestamps

BATCH_METHOD = "POST"
BATCH_PATH = "/v1/batchCancelOrders"

KEY_HEADER, TIME_HEADER, SIGNATURE_HEADER, ADDRESS = "X-API-Key", "X-Timestamp", "X-Signature", "address"

#: What a header may hold, and httpx sends.
_VISIBLE = re.compile(r"[!-~]+")

Unit = Literal["nanoseconds", "microseconds", "milliseconds", "seconds"]
Signed = Literal["as sent", "nanoseconds", "whole"]
Names = Literal["as documented", "lower case", "upper case"]
_SPELT: Mapping[Names, Callable[[str], str]] = {"as documented": str, "lower case": str.lower, "upper case": str.upper}
Spelling = Literal["decimal", "hexadecimal", "date"]
NANOSECONDS: Mapping[Unit, int] = {"nanoseconds": 1, "microseconds": 10**3, "milliseconds": 10**6, "seconds": 10**9}


def _date(nanoseconds: int) -> str:
    """The moment as ISO 8601 has it, to the nanosecond."""
    seconds, rest = divmod(nanoseconds, 10**9)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest:09}Z"


_SPELLINGS: Mapping[Spelling, Callable[[int], str]] = {"decimal": str, "hexadecimal": hex, "date": _date}


@dataclass(frozen=True)
class Envelope:
    """How headers and query are tampered with; every default is the right way, and ``Envelope()`` changes nothing.

    ``age`` is seconds by which X-Timestamp lies in the past (negative: ahead), ``unit`` what it counts, ``timestamp``
    a literal in its place, ``spelling`` how the number is written, ``after`` text behind it. ``signed`` says whether
    elements sign the number that is sent, the nanoseconds that it was made from, or, ``whole``, just the nanoseconds
    that it spells. ``key`` is sent as X-API-Key, ``private_key`` signs the elements, ``address`` stands in the query,
    ``x_signature`` in X-Signature, each instead of the caller's own. ``names`` says in which letters headers are named.
    ``omit`` names headers to leave out, and ``address`` for the query.
    """

    age: float | None = None
    unit: Unit = "nanoseconds"
    signed: Signed = "as sent"
    timestamp: str | None = None
    spelling: Spelling = "decimal"
    after: str = ""
    key: str | None = None
    private_key: str | None = None
    address: str | None = None
    x_signature: str | None = None
    names: Names = "as documented"
    omit: frozenset[str] = frozenset()

    @property
    def tampered(self) -> dict[str, Any]:
        """The fields that differ from the right way, as JSON-like values; a key of somebody else's is not told."""
        changed: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        tampered = {name: value for name, value in changed.items() if value != getattr(RIGHT, name)}
        if "omit" in tampered:
            tampered["omit"] = sorted(tampered["omit"])
        if "private_key" in tampered:
            tampered["private_key"] = "another"
        return tampered

    @classmethod
    def from_tampered(cls, tampered: Mapping[str, Any], private_key: str) -> Envelope:
        """The envelope that ``tampered`` describes; ``private_key`` stands for another's key, if one signed."""
        values = {name: value for name, value in tampered.items() if name != "elements"}
        if "omit" in values:
            values["omit"] = frozenset(values["omit"])
        if "private_key" in values:
            values["private_key"] = private_key
            # A key pair that nobody has registered stays a pair.
            if "key" in values:
                values["key"] = public_key(private_key)
        return cls(**values)

    def stamp(self, account: str, timestamps: Timestamps, fits: Callable[[int], bool] | None = None) -> int:
        """The nanoseconds of a request that is about to be built; of a right one such as ``fits``."""
        return timestamps.next(account, fits) if self.age is None else timestamps.off(account, -self.age)

    def header_and_ct(self, stamp: int) -> tuple[str, int]:
        """What X-Timestamp says, and what elements sign as ``ct``."""
        if self.timestamp is not None:
            return self.timestamp, stamp
        written = stamp // NANOSECONDS[self.unit]
        signed = {"as sent": written, "nanoseconds": stamp, "whole": written * NANOSECONDS[self.unit]}
        return f"{_SPELLINGS[self.spelling](written)}{self.after}", signed[self.signed]

    def path(self, own_address: str, path: str = BATCH_PATH) -> str:
        """Path and query."""
        if ADDRESS in self.omit:
            return path
        address = canonical_address(own_address) if self.address is None else self.address
        return f"{path}{'&' if '?' in path else '?'}{ADDRESS}={quote(address, safe='')}"

    def headers(self, own_key: str, timestamp: str, first_signature: object) -> tuple[tuple[str, str], ...]:
        """The headers; X-Signature repeats the first element's signature, or says anything where there is none.

        The contract pages do not use it; other pages of the venue want it present, with whatever value.
        """
        pairs = (
            (KEY_HEADER, public_key(own_key) if self.key is None else self.key),
            (TIME_HEADER, timestamp),
            (SIGNATURE_HEADER, self.x_signature or _in_a_header(first_signature) or meaningless_signature()),
        )
        spell = _SPELT[self.names]
        return tuple((spell(name), value) for name, value in pairs if name not in self.omit)


RIGHT = Envelope()


def _in_a_header(signature: object) -> str | None:
    """What an element carries as its signature, where a header can carry it, too."""
    return signature if isinstance(signature, str) and _VISIBLE.fullmatch(signature) else None


def meaningless_signature() -> str:
    """128 hexadecimal characters that sign nothing."""
    return secrets.token_hex(64)
