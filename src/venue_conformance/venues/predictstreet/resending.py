"""A recorded request, identified anew: by the key of today, and tampered with as it was."""

from __future__ import annotations

import secrets
from collections.abc import Sequence

from venue_conformance.client.session import CallerAccount
from venue_conformance.venues.predictstreet.keys import KEY_HEADER, WALLET_HEADER, Identity, key_parts
from venue_conformance.wire.exchange import Request
from venue_conformance.wire.redaction import MASK

_IDENTIFYING = frozenset({KEY_HEADER.lower(), WALLET_HEADER.lower()})


def identity_again(request: Request, account: CallerAccount, lenders: Sequence[CallerAccount]) -> Identity:
    """How a recorded request identified itself, with values for today.

    What another account had lent is lent by the first of ``lenders``. A secret that was masked becomes one that nobody
    has, as long as the own one. Whether X-User-Wallet is right is a matter of the account, not of the record.
    """
    tampered = dict(request.signing)
    own = key_parts(account.credentials["api_key"])
    lent = tampered.get("lent", ())
    lender = key_parts(lenders[0].credentials["api_key"]) if lenders else None
    if "key_id" in lent:
        tampered["key_id"] = lender.id if lender else secrets.token_hex(len(own.id))[: len(own.id)]
    if "secret" in lent or MASK in str(tampered.get("secret", "")):
        by_nobody = secrets.token_urlsafe(len(own.secret))[: len(own.secret)]
        tampered["secret"] = lender.secret if lender and "secret" in lent else by_nobody
    if MASK in str(tampered.get("key", "")):
        tampered["key"] = tampered["key"].replace(MASK, secrets.token_hex(16))
    if all(name.lower() != KEY_HEADER.lower() for name, _ in request.headers):
        tampered["omit"] = {*tampered.get("omit", ()), KEY_HEADER}
    return Identity.from_tampered(tampered)


def other_headers(request: Request) -> tuple[tuple[str, str], ...]:
    """The headers of a recorded request that identify nobody and can be read."""
    return tuple(
        (name, value) for name, value in request.headers if name.lower() not in _IDENTIFYING and MASK not in value
    )
