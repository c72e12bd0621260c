"""Who is calling: X-API-Key, X-Timestamp and the address in the query (batch-cancel page)."""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import parse_qsl

from ..http import Request
from .base import Refusal, normal_address
from .cancels import Caller
from .engine import MatchingEngine
from .orders import Account, ApiKey

WINDOW_NS = 30_000 * 1_000_000
"""How far X-Timestamp may be from the venue's clock, to either side; exactly that far is still inside."""

_KEY = re.compile(r"[0-9a-fA-F]{64}", re.ASCII)
_DIGITS = re.compile(r"[1-9][0-9]{0,18}", re.ASCII)


class Authenticated(MatchingEngine):
    """Establishes the caller of a request; each step is a method of its own. Element signatures are judged later."""

    key_refusal: ClassVar[int] = 401
    address_missing_refusal: ClassVar[int] = 400

    def authenticate(self, request: Request) -> Caller:
        """The caller of a request. Raises `Refusal`: 401 key or timestamp, 400 address, 403 another's address."""
        key = self.key_of(request)
        timestamp = self.timestamp_of(request)
        account = self.account_of(request, key)
        return Caller(account, key, timestamp)

    # -- the key ---------------------------------------------------------------------------------------------------

    def key_of(self, request: Request) -> ApiKey:
        """The registered key of X-API-Key. Raises `Refusal` (401)."""
        return self.registered(self.written_key(request))

    def written_key(self, request: Request) -> str:
        """X-API-Key in lower case. Raises `Refusal` (401) unless it was sent once and is 64 hex digits."""
        values = request.header_values("x-api-key")
        if not values:
            raise Refusal(self.key_refusal, "missing API key")
        if len(values) > 1 or not _KEY.fullmatch(values[0]):
            raise Refusal(self.key_refusal, "invalid API key")
        return values[0].lower()

    def registered(self, public_key: str) -> ApiKey:
        """The key of these 64 digits. Raises `Refusal` (401) when nobody registered it."""
        key = self.keys.get(public_key)
        if key is None:
            raise Refusal(self.key_refusal, "invalid API key")
        return key

    # -- the time --------------------------------------------------------------------------------------------------

    def timestamp_of(self, request: Request) -> int:
        """X-Timestamp in nanoseconds. Raises `Refusal` (401) when it is missing, no number, or too far from now."""
        text = self.written_timestamp(request)
        nanoseconds = self.nanoseconds_in(text)
        self.check_window(nanoseconds)
        return nanoseconds

    def written_timestamp(self, request: Request) -> str:
        """X-Timestamp as it was sent. Raises `Refusal` (401) unless it was sent once."""
        values = request.header_values("x-timestamp")
        if len(values) != 1:
            raise Refusal(401, "missing X-Timestamp")
        return values[0]

    def nanoseconds_in(self, text: str) -> int:
        """The number that X-Timestamp spells. Raises `Refusal` (401) for anything but decimal digits."""
        if not _DIGITS.fullmatch(text):
            raise Refusal(401, "X-Timestamp must be Unix nanoseconds")
        return int(text)

    def check_window(self, nanoseconds: int) -> None:
        """Raises `Refusal` (401) for a time too far from the venue's; seconds and milliseconds lie in 1970."""
        if not self.is_current(nanoseconds):
            raise Refusal(401, "X-Timestamp is outside the allowed window")

    def is_current(self, nanoseconds: int) -> bool:
        """Whether a time is close enough to the venue's clock."""
        return abs(self.clock.nanoseconds() - nanoseconds) <= WINDOW_NS

    # -- the address -----------------------------------------------------------------------------------------------

    def account_of(self, request: Request, key: ApiKey) -> Account:
        """The account to act for. Raises `Refusal`: 400 no address or no hex, 403 another account's."""
        address = self.read_address(self.written_address(request, key))
        self.check_address(address, key)
        return self.accounts[key.address]

    def written_address(self, request: Request, key: ApiKey) -> str:
        """The query parameter as it was sent. Raises `Refusal` (400) unless there is exactly one."""
        values = query_values(request, "address")
        if len(values) != 1:
            raise Refusal(self.address_missing_refusal, "missing address")
        return values[0]

    def read_address(self, text: str) -> str:
        """The address as answers spell it. Raises `Refusal` (400) when it is none."""
        address = normal_address(text)
        if address is None:
            raise Refusal(400, "invalid address")
        return address

    def check_address(self, address: str, key: ApiKey) -> None:
        """Raises `Refusal` (403) when the address is not the key's own."""
        if address != key.address:
            raise Refusal(403, "address does not belong to the API key")


def query_values(request: Request, name: str) -> list[str]:
    """Every value of a query parameter, decoded, blank ones included."""
    return [value for key, value in parse_qsl(request.query, keep_blank_values=True) if key == name]
