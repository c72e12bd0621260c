"""Faults in how keys, addresses, times and signatures are looked up."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ...http import Request
from ..base import Refusal, normal_address
from ..cancels import Batch, Caller, Element
from ..channel import Topic
from ..orders import Account, ApiKey
from ..venue import ArcusVenue
from ..verify import query_values


class FindsKeysByTheirFirstDigits(ArcusVenue):
    """Finds a registered key by the first 32 of its digits."""

    caught_by = "arcus.authentication.unknown-key-refused"

    def registered(self, public_key: str) -> ApiKey:
        found = (key for known, key in self.keys.items() if known[:32] == public_key[:32])
        return next(found, None) or super().registered(public_key)


class TakesTheKeyOfTheAddressForAnEmptyOne(ArcusVenue):
    """Takes the key of the address in the query when X-API-Key is there and empty."""

    caught_by = "arcus.authentication.malformed-key-refused"

    def key_of(self, request: Request) -> ApiKey:
        address = normal_address("".join(query_values(request, "address")))
        if request.header("x-api-key") == "" and address in self.accounts:
            return self.registered(self.accounts[address].public_key)
        return super().key_of(request)


class ReadsHexadecimalTimes(ArcusVenue):
    """Reads an X-Timestamp in hexadecimal digits, as parsers of integers of any size do."""

    caught_by = "arcus.timestamp.not-a-number"

    def nanoseconds_in(self, text: str) -> int:
        return int(text, 16) if text.startswith("0x") else super().nanoseconds_in(text)


class ReadsDates(ArcusVenue):
    """Reads an X-Timestamp that is a date, as parsers of times do."""

    caught_by = "arcus.timestamp.not-a-number"

    def nanoseconds_in(self, text: str) -> int:
        if "T" not in text:
            return super().nanoseconds_in(text)
        whole, _, fraction = text.removesuffix("Z").partition(".")
        return int(datetime.fromisoformat(f"{whole}+00:00").timestamp()) * 10**9 + int(fraction)


class KeepsUsedTimesInMicroseconds(ArcusVenue):
    """Takes a time for used that falls into the same microsecond as one that the key has used."""

    caught_by = "arcus.timestamp.within-window"

    def use_timestamp(self, caller: Caller) -> None:
        super().use_timestamp(replace(caller, timestamp=caller.timestamp // 1000 * 1000))


class KeepsUsedTimesOfAllKeys(ArcusVenue):
    """Takes a time for used that any key has used."""

    caught_by = "arcus.timestamp.within-window"

    def use_timestamp(self, caller: Caller) -> None:
        super().use_timestamp(replace(caller, key=replace(caller.key, public_key="")))


class TakesAnEmptyAddressFromTheKey(ArcusVenue):
    """Acts for the key's own address when the one in the query is empty."""

    caught_by = "arcus.address.wrong-length"

    def written_address(self, request: Request, key: ApiKey) -> str:
        return super().written_address(request, key) or key.address


class ActsForTheLastAddress(ArcusVenue):
    """Holds the first address of the query against the key, and acts for the last."""

    caught_by = "arcus.isolation.foreign-order-id"

    def account_of(self, request: Request, key: ApiKey) -> Account:
        values = query_values(request, "address")
        if len(values) > 1:
            self.check_address(self.read_address(values[0]), key)
            return self.accounts[self.read_address(values[-1])]
        return super().account_of(request, key)


class VerifiesUnderTheKeyOfAnElementsAddress(ArcusVenue):
    """Verifies an element by the key of the address that it gives, and finds its order among the caller's."""

    caught_by = "arcus.signature.wrong-key"

    def check_element(self, caller: Caller, element: Element) -> None:
        if element.address not in self.accounts:
            raise Refusal(403, "address in a cancel belongs to nobody")
        super().check_element(caller, replace(element, address=caller.address))

    def signature_fits(self, batch: Batch, element: Element, signature: str) -> bool:
        key = self.registered(self.accounts[element.address].public_key)
        return super().signature_fits(replace(batch, caller=replace(batch.caller, key=key)), element, signature)


class RemembersRightSignatures(ArcusVenue):
    """Keeps signatures that were right, and does not look again at what one of them stands beside."""

    caught_by = "arcus.signature.other-timestamp"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._right: set[str] = set()

    def verify(self, public_key: str, message: bytes, signature: str) -> bool:
        if signature in self._right or super().verify(public_key, message, signature):
            self._right.add(signature)
            return True
        return False


class KeepsAPoolPerSpelling(ArcusVenue):
    """Charges a pool of its own for each way in which the query writes the address."""

    caught_by = "arcus.rate-limit.per-subaccount"

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._written: dict[int, str] = {}

    def read_batch(self, request: Request, caller: Caller) -> Batch:
        self._written[caller.timestamp] = query_values(request, "address")[0]
        return super().read_batch(request, caller)

    def pool_owner(self, batch: Batch, account_index: int) -> Topic:
        return Topic(self._written.get(batch.caller.timestamp, batch.caller.address), account_index)
