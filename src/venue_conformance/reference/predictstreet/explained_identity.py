"""What is wrong with the key or the wallet of a refused request. Nothing is told that a key holds beside its id."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

from ..http import Request
from .orders import Account, PartnerKind
from .venue import PredictStreetVenue

KEY_PATTERN = re.compile(r"ps_(live|test)_([0-9a-f]{16})_([A-Za-z0-9_-]+)", re.ASCII)
_A_KEY = re.compile(r"ps_[a-z]+_[0-9a-fA-F]{16}_[A-Za-z0-9_-]{8,}", re.ASCII)
_WALLET = re.compile(r"0x[a-fA-F0-9]{40}", re.ASCII)
_FORM = "ps_live_, the key's id of 16 small hexadecimal digits, an underscore and the secret"
_WANTED = "X-Api-Key is to hold the key as it was issued"


def identity_mistakes(venue: PredictStreetVenue, request: Request) -> list[str]:
    """Why a request got 401."""
    values = request.header_values("x-api-key")
    if not values:
        return [_missing_key(request)]
    if len(values) > 1:
        return [f"X-Api-Key is sent {len(values)} times: send it once"]
    if not values[0]:
        return ["X-Api-Key is empty: is the variable set that the key comes from?"]
    given = KEY_PATTERN.fullmatch(values[0])
    if given is None:
        return [f"{_no_key(venue, values[0])}: {_WANTED}, {_FORM}"]
    if given[1] != "live":
        return ["the key is one of a sandbox (ps_test_): here keys begin with ps_live_"]
    account = venue.accounts.get(given[2])
    if account is None:
        return [f"no key has the id {given[2]}; the target file has a key, the state `caller` makes more"]
    if account.secret != given[3]:
        return [f"the id of the key is right, its secret is not: {_wrong_secret(venue, account, given[3])}"]
    if account.refused_as is not None:
        return [f"the key is right, and is no longer served ({account.refused_as}): ask for another"]
    return [_wallet(account, request)]


def _missing_key(request: Request) -> str:
    for name, value in request.headers:
        if _A_KEY.search(value):
            more = ", without Bearer before it" if value.lower().startswith("bearer") else ""
            return f"X-Api-Key is missing, and {name} holds the key: its header is called X-Api-Key{more}"
    if _A_KEY.search(unquote(request.query)):
        return "X-Api-Key is missing, and the query holds the key: only the WebSocket takes it there"
    if _A_KEY.search(request.body.decode("latin-1")):
        return "X-Api-Key is missing, and the body holds the key: it belongs into the header, and nowhere else"
    if request.header("authorization"):
        return "X-Api-Key is missing: Authorization is not looked at, and neither a token nor a login is wanted"
    if request.header("x-user-wallet"):
        return "X-Api-Key is missing: X-User-Wallet says for whom a request acts, and not from whom it comes"
    return f"X-Api-Key is missing: {_WANTED}, with each request"


def _no_key(venue: PredictStreetVenue, given: str) -> str:
    """What stands there in place of a key."""
    if given.lower().startswith("bearer "):
        return "X-Api-Key has Bearer before the key"
    if given[0] in "\"'" or given[-1] in "\"'":
        return "X-Api-Key has quotation marks around the key"
    if given.startswith("<") or "api-key" in given.lower():
        return "X-Api-Key still holds the placeholder of the documentation's example"
    if KEY_PATTERN.fullmatch(unquote(given)):
        return "X-Api-Key is escaped as for an address (%5F)"
    if any(KEY_PATTERN.fullmatch(text) for text in _decoded(given)):
        return "X-Api-Key holds the key in base64"
    if _WALLET.fullmatch(given):
        return "X-Api-Key holds a wallet"
    if given.startswith(("{", "$")):
        return "X-Api-Key holds the name of a variable, not its value"
    for account in venue.accounts.values():
        if given == account.secret:
            return "X-Api-Key holds the secret alone, without ps_live_ and the key's id"
        if given == account.key_id:
            return "X-Api-Key holds the key's id alone, without ps_live_ and the secret"
        if given == f"{account.key_id}_{account.secret}":
            return "X-Api-Key lacks the ps_live_ at its beginning"
        if given != account.api_key and given.lower() == account.api_key.lower():
            return "X-Api-Key is in another letter case"
        if account.api_key.startswith(given) and len(given) > len("ps_live_"):
            return f"X-Api-Key ends after {len(given)} of the key's {len(account.api_key)} characters"
        parts = ("ps_live", account.key_id, account.secret)
        if given in {sign.join(parts) for sign in (":", ".", "-", "/", "")}:
            return "X-Api-Key has other signs than underscores between the parts of the key"
    return "X-Api-Key holds no key"


def _decoded(given: str) -> Iterator[str]:
    try:
        yield base64.b64decode(given + "=" * (-len(given) % 4), altchars=b"-_").decode("latin-1")
    except (ValueError, binascii.Error):
        return


def _wrong_secret(venue: PredictStreetVenue, account: Account, given: str) -> str:
    right = account.secret
    if any(other.secret == given for other in venue.accounts.values()):
        return "it is that of another key"
    if right.startswith(f"{given}_"):
        return "it is cut at an underscore, of which a secret may have some: only the first three divide a key"
    if right.startswith(given):
        return f"it ends after {len(given)} of {len(right)} characters"
    if given.startswith(right):
        return f"it has {len(given) - len(right)} characters too many at its end"
    if right.lower() == given.lower():
        return "it is in another letter case"
    if right.replace("-", "").replace("_", "") == given.replace("-", "").replace("_", ""):
        return "hyphens or underscores of it are missing, or are others"
    if hashlib.sha256(right.encode()).hexdigest() == given:
        return "it is the hash of the secret: the secret itself is sent here, and nothing is signed"
    if len(given) == len(right):
        return "it has the right length, and other characters"
    return f"it has {len(given)} characters where {len(right)} are right"


def _wallet(account: Account, request: Request) -> str:
    """The key is right: then it is the wallet."""
    if account.partner_kind is not PartnerKind.MULTI_WALLET:
        return "the key is right, and no wallet is associated with it: ask its issuer"
    values = request.header_values("x-user-wallet")
    under = "the key is right, and a multi_wallet key"
    if not values:
        return (
            f"{under}: X-User-Wallet is missing{_wallet_elsewhere(request)}; it goes with every request, each retry too"
        )
    if len(values) > 1:
        return f"{under}: X-User-Wallet is sent {len(values)} times; one request acts for one wallet"
    if not values[0]:
        return f"{under}: X-User-Wallet is empty; is the wallet of this call handed on?"
    return f"{under}: X-User-Wallet {_malformed(values[0])}; 0x and 40 hexadecimal digits are wanted"


def _wallet_elsewhere(request: Request) -> str:
    for name, value in request.headers:
        if _WALLET.fullmatch(value):
            return f", and {name} holds a wallet"
    if _WALLET.search(request.query):
        return ", and the query holds a wallet"
    try:
        document: Any = json.loads(request.body)
        named = [name for name, value in document.items() if isinstance(value, str) and _WALLET.fullmatch(value)]
    except (ValueError, AttributeError, RecursionError):
        named = []
    return f", and {named[0]} of the body holds a wallet" if named else ""


def _malformed(given: str) -> str:
    shown = f"{given[:60]!r}"
    if re.fullmatch(r"[a-fA-F0-9]{40}", given):
        return f"{shown} lacks its 0x"
    if re.fullmatch(r"0X[a-fA-F0-9]{40}", given):
        return f"{shown} begins with 0X, with a capital X"
    if re.fullmatch(r"0x[a-fA-F0-9]*", given):
        return f"{shown} has {len(given) - 2} digits"
    if given[0] in "\"'" or given[-1] in "\"'":
        return f"{shown} has quotation marks around it"
    if "," in given or " " in given:
        return f"{shown} names more than one wallet: a request acts for one"
    if ":" in given and _WALLET.fullmatch(given.rpartition(":")[2]):
        return f"{shown} has a chain before its address"
    if given.lower().endswith(".eth"):
        return f"{shown} is a name: the address that it stands for is wanted"
    if re.fullmatch(r"0x.{40}", given):
        return f"{shown} has a character that is no hexadecimal digit"
    return f"{shown} is no address"
