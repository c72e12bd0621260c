"""How a PredictStreet request says who sends it, and every way to say it wrongly on purpose.

A key reads ``ps_live_<keyId>_<secret>`` and goes into X-Api-Key as it stands; nothing is signed (batch-cancel page). A
multi_wallet key declares in X-User-Wallet for whom it acts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, NamedTuple

BATCH_METHOD = "POST"
BATCH_PATH = "/api/orders/cancel-batch"

KEY_HEADER, WALLET_HEADER = "X-Api-Key", "X-User-Wallet"
SINGLE_WALLET, MULTI_WALLET = "single_wallet", "multi_wallet"

# The secret is base64url and may hold underscores itself, so a key is not split at every one of them.
_KEY = re.compile(r"(ps_[a-z]+)_([^_]+)_(.+)")
_WALLET = re.compile(r"0x[a-fA-F0-9]{40}")
_WHOLE_KEY = "{prefix}_{id}_{secret}"

#: Ways to write the names of headers.
LOWER, UPPER = "lower", "upper"

#: Ways to change a secret as a whole; a number says the place of the one character that is another.
CUT_SHORT, MADE_LONGER, OTHER_CASE = "cut short", "made longer", "other letter case"


class KeyParts(NamedTuple):
    """The three parts of a key."""

    prefix: str
    id: str
    secret: str


def key_parts(api_key: str) -> KeyParts:
    """Take a key apart. Raises ValueError for a text that is none."""
    found = _KEY.fullmatch(api_key)
    if found is None:
        raise ValueError("an API key looks like ps_live_<keyId>_<secret>")
    return KeyParts(*found.groups())


def secret_of(api_key: str) -> set[str]:
    """The part of a key that is secret, without the others; nothing of a text that is no key."""
    found = _KEY.fullmatch(api_key)
    return {found[3]} if found else set()


def is_wallet(text: str) -> bool:
    """Whether a text has the form of a wallet (batch-cancel page, pattern of X-User-Wallet)."""
    return _WALLET.fullmatch(text) is not None


def objection(credentials: Mapping[str, str]) -> str | None:
    """What is wrong with credentials that have the right keys, or None."""
    if _KEY.fullmatch(credentials["api_key"]) is None:
        return "api_key must look like ps_live_<keyId>_<secret>"
    if not is_wallet(credentials["wallet"]):
        return "wallet must be 0x and 40 hexadecimal digits"
    return None


@dataclass(frozen=True)
class Identity:
    """What is tampered with in how a request identifies itself; ``Identity()`` tampers with nothing.

    ``key`` is what X-Api-Key is made of: ``{prefix}``, ``{id}`` and ``{secret}`` stand for the parts of the caller's
    own key. ``key_id`` and ``secret`` take the place of the own ones; ``lent`` names those of the two that are right
    for another account. ``altered`` says how the own secret is changed, see ``altered_secret``. ``wallet`` is sent as
    X-User-Wallet instead of what is right. ``omit`` names headers to leave out. ``names`` says in which letter case the
    names of both headers are written.
    """

    key: str = _WHOLE_KEY
    key_id: str | None = None
    secret: str | None = None
    wallet: str | None = None
    omit: frozenset[str] = frozenset()
    altered: int | str | None = None
    lent: frozenset[str] = frozenset()
    names: str | None = None

    @property
    def tampered(self) -> dict[str, Any]:
        """The fields that differ from the right way, as JSON-like values."""
        changed = {field.name: getattr(self, field.name) for field in fields(self)}
        return {
            name: sorted(value) if isinstance(value, frozenset) else value
            for name, value in changed.items()
            if value != getattr(RIGHT, name)
        }

    @property
    def tampers_key(self) -> bool:
        """Whether the key is tampered with, and not the wallet or the names of headers alone."""
        return not self.tampered.keys() <= {"wallet", "omit", "names"}

    @classmethod
    def from_tampered(cls, tampered: Mapping[str, Any]) -> Identity:
        """The identity that ``tampered`` describes."""
        values = dict(tampered)
        for name in ("omit", "lent"):
            if name in values:
                values[name] = frozenset(values[name])
        return cls(**values)


RIGHT = Identity()


def altered_secret(secret: str, how: int | str) -> str:
    """A secret that is not this one, changed as ``altered`` of an identity says.

    One character that differs is never among the last two: of a secret that is decoded before it is compared, not all
    bits of its end count. It differs in more than its case.
    """
    if isinstance(how, int):
        at = how % max(1, len(secret) - 2)
        return f"{secret[:at]}{'b' if secret[at] in 'aA' else 'a'}{secret[at + 1 :]}"
    return {CUT_SHORT: secret[:-5], MADE_LONGER: f"{secret}AAAAAAAA", OTHER_CASE: secret.swapcase()}[how]


def declared_wallet(credentials: Mapping[str, str], how: Identity) -> str | None:
    """What goes into X-User-Wallet, None for nothing."""
    if WALLET_HEADER in how.omit:
        return None
    own = credentials["wallet"] if credentials["partner_kind"] == MULTI_WALLET else None
    return own if how.wallet is None else how.wallet


def sent_key(credentials: Mapping[str, str], how: Identity) -> str | None:
    """What goes into X-Api-Key, None for nothing."""
    if KEY_HEADER in how.omit:
        return None
    own = key_parts(credentials["api_key"])
    secret = own.secret if how.altered is None else altered_secret(own.secret, how.altered)
    return how.key.format(
        prefix=own.prefix,
        id=own.id if how.key_id is None else how.key_id,
        secret=secret if how.secret is None else how.secret,
    )


def identity_headers(credentials: Mapping[str, str], how: Identity = RIGHT) -> tuple[tuple[str, str], ...]:
    """The headers that say who sends a request."""
    key = sent_key(credentials, how)
    headers = [] if key is None else [(KEY_HEADER, key)]
    wallet = declared_wallet(credentials, how)
    headers += [] if wallet is None else [(WALLET_HEADER, wallet)]
    return tuple((_spelled(name, how.names), value) for name, value in headers)


def _spelled(name: str, how: str | None) -> str:
    return {None: name, LOWER: name.lower(), UPPER: name.upper()}[how]
