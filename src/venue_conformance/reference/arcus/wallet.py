"""Registering a key: proof that the owner of a wallet wants it (https://docs.arcus.xyz/api-reference/authentication).

The wallet signs a typed message (EIP-712), or, in the older way, a text (EIP-191). Who signed is recovered with
eth-account, which is installed with `venue-conformance[wallet]` and looked for only when a key is registered.
"""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any, NamedTuple

from ..http import Request, Response
from .base import Refusal, normal_address
from .elements import MAX_ACCOUNT_INDEX
from .orders import Account, ApiKey
from .placing import Placing

CHAIN_ID = 46630
"""The chain of the venue's test network."""
ALL_ACCOUNT_INDEXES = 255
_DAY_MS = 24 * 3600 * 1000
_EARLIEST_DAYS, _LATEST_DAYS, _DEFAULT_DAYS = 1, 180, 14
_MAX_NAME, _MAX_NONCE = 64, 128
_RECOVERY_NUMBERS = (0, 1, 27, 28)
_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_HEX_NUMBER = re.compile(r"0[xX][0-9a-fA-F]{1,64}", re.ASCII)


class Registration(NamedTuple):
    """What a wallet agrees to. `valid_until` is milliseconds since 1970, 0 where the caller left it out."""

    address: str
    public_key: str
    name: str
    valid_until: int
    nonce: str | None
    account_index: int | None
    signature: tuple[int, int, int]
    """v, r and s."""

    def typed_message(self) -> dict[str, Any]:
        """The EIP-712 document. Members that were left out are not part of its type either."""
        members = [
            ("apiWalletName", "string", self.name),
            ("apiWalletPublicKey", "string", self.public_key),
            ("validUntil", "uint256", self.valid_until),
            ("nonce", "string", self.nonce),
            ("accountIndex", "uint8", self.account_index),
        ]
        given = [member for member in members if member[2] is not None]
        domain = [("name", "string"), ("version", "string"), ("chainId", "uint256")]
        return {
            "domain": {"name": "Arcus API Key", "version": "1", "chainId": CHAIN_ID},
            "primaryType": "CreateApiKey",
            "types": {
                "EIP712Domain": [{"name": name, "type": kind} for name, kind in domain],
                "CreateApiKey": [{"name": name, "type": kind} for name, kind, _ in given],
            },
            "message": {name: value for name, _, value in given},
        }

    def plain_message(self) -> str:
        """The text of the older way."""
        return (
            f'{{"apiWalletName":"{self.name}","apiWalletPublicKey":"{self.public_key}",'
            f'"validUntil":{self.valid_until:d}}}'
        )


class KeyRegistration(Placing):
    """Takes new keys."""

    async def create_api_key(self, request: Request) -> Response:
        """`POST /v1/createApiKey`. Raises `Refusal`: 400 form, 401 not the wallet's, 409 taken, 501 no eth-account."""
        registration = self.read_registration(self.read_json(request.body))
        if registration.address not in self.signers_of(registration):
            raise Refusal(401, "signature is not the address's own")
        public_key = registration.public_key.lower()
        known = self.keys.get(public_key)
        if known is not None and known.address != registration.address:
            raise Refusal(409, "key belongs to another account")
        account = self.accounts.setdefault(registration.address, Account(registration.address))
        index = registration.account_index
        scope = None if index == ALL_ACCOUNT_INDEXES else index
        self.keys[public_key] = ApiKey(public_key, account.address, scope)
        valid_until = registration.valid_until or self.now_ms() + _DEFAULT_DAYS * _DAY_MS
        answer: dict[str, Any] = {"apiKey": public_key, "address": account.address}
        if index is not None:
            answer["accountIndex"] = index
        return self.reply(202, {**answer, "createdAt": self.microseconds(), "validUntil": valid_until})

    def now_ms(self) -> int:
        """Milliseconds since 1970."""
        return self.clock.nanoseconds() // 1_000_000

    def signers_of(self, registration: Registration) -> set[str]:
        """Whose signature it is, read both ways; the older way knows no account index. Raises `Refusal` (501)."""
        try:
            accounts, messages = import_eth_account()
        except ImportError:
            raise Refusal(501, "registering a key needs eth-account: pip install 'venue-conformance[wallet]'") from None
        signable = [messages.encode_typed_data(full_message=registration.typed_message())]
        if not registration.account_index:
            signable.append(messages.encode_defunct(text=registration.plain_message()))
        signers: set[str] = set()
        for message in signable:
            try:
                signers.add(str(accounts.Account.recover_message(message, vrs=registration.signature)).lower())
            except Exception:  # noqa: S112 - eth-account has no one error for numbers that are no signature
                continue
        return signers

    def read_registration(self, body: Any) -> Registration:
        """What a body asks to register. Raises `Refusal` (400)."""
        if not isinstance(body, dict):
            raise self.malformed("the request body must be a JSON object")
        name, public_key, written = (self.text_in(body, key) or "" for key in ("apiWalletName", "publicKey", "address"))
        address, nonce = normal_address(written), self.text_in(body, "nonce")
        if address is None or not _KEY.fullmatch(public_key):
            raise self.malformed("invalid address or publicKey")
        if not (1 <= len(name) <= _MAX_NAME and name.isprintable() and len(nonce or "") <= _MAX_NONCE):
            raise self.malformed("invalid apiWalletName or nonce")
        if nonce is not None and not nonce.isprintable():
            raise self.malformed("invalid nonce")
        return Registration(
            address=address,
            public_key=public_key,
            name=name,
            valid_until=self.read_valid_until(body),
            nonce=nonce,
            account_index=self.read_scope(body),
            signature=self.read_wallet_signature(body),
        )

    def read_valid_until(self, body: dict[str, Any]) -> int:
        """Until when the key is to be valid, 0 where that is left out. Raises `Refusal` (400)."""
        if "validUntil" not in body:
            return 0
        now = self.now_ms()
        return self.integer_in(body, "validUntil", now + _EARLIEST_DAYS * _DAY_MS, now + _LATEST_DAYS * _DAY_MS)

    def read_scope(self, body: dict[str, Any]) -> int | None:
        """The account index that the key may act for, None where that is left out. Raises `Refusal` (400)."""
        if "accountIndex" not in body:
            return None
        index = self.integer_in(body, "accountIndex", 0, ALL_ACCOUNT_INDEXES)
        if MAX_ACCOUNT_INDEX < index < ALL_ACCOUNT_INDEXES:
            raise self.malformed(f"accountIndex must be 0 to {MAX_ACCOUNT_INDEX}, or {ALL_ACCOUNT_INDEXES} for all")
        return index

    def read_wallet_signature(self, body: dict[str, Any]) -> tuple[int, int, int]:
        """v, r and s of the wallet's signature. Raises `Refusal` (400)."""
        signature = body.get("signature")
        if not isinstance(signature, dict):
            raise self.malformed("signature must be an object")
        parts = [self.text_in(signature, name) or "" for name in "vrs"]
        if not all(_HEX_NUMBER.fullmatch(part) for part in parts):
            raise self.malformed("signature must have r, s and v, in hex with 0x")
        v, r, s = (int(part, 16) for part in parts)
        if v not in _RECOVERY_NUMBERS:  # eth-account takes larger ones too, for signatures of transactions
            raise self.malformed("v must be 0x1b or 0x1c")
        return v, r, s


def import_eth_account() -> tuple[Any, Any]:
    """The modules `eth_account` and `eth_account.messages`. Raises ImportError where it is not installed.

    One of its dependencies lifts the limit of recursion to 100,000 for the whole process, with which a deeply nested
    body overruns the stack of a server thread and kills the process; so the limit is put back.
    """
    limit = sys.getrecursionlimit()
    try:
        return importlib.import_module("eth_account"), importlib.import_module("eth_account.messages")
    finally:
        sys.setrecursionlimit(limit)
