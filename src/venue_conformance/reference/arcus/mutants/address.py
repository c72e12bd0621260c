"""Faults in the address in the query, and about addresses in answers."""

from __future__ import annotations

import re
from dataclasses import replace

from ...http import Request
from ..base import Refusal
from ..cancels import Batch, Caller, Element
from ..orders import Account, ApiKey
from ..payload import CancelPayload
from ..venue import ArcusVenue
from ..verify import query_values


class TakesAMissingAddressFromTheKey(ArcusVenue):
    """Without an address in the query, acts for the key's own."""

    caught_by = "arcus.address.missing"

    def written_address(self, request: Request, key: ApiKey) -> str:
        return key.address if not query_values(request, "address") else super().written_address(request, key)


class IgnoresAnInvalidAddress(ArcusVenue):
    """Acts for the key's own address when the one in the query is no hex."""

    caught_by = "arcus.address.invalid-hex"

    def written_address(self, request: Request, key: ApiKey) -> str:
        written = super().written_address(request, key)
        return key.address if _is_no_hex(written) else written


class ForbidsAnInvalidAddress(ArcusVenue):
    """Answers an address that is no hex with 403, as any that is not the key's."""

    caught_by = "arcus.address.invalid-hex"

    def read_address(self, text: str) -> str:
        if _is_no_hex(text):
            raise Refusal(403, "address does not belong to the API key")
        return super().read_address(text)


class FindsTheAddressInALongerOne(ArcusVenue):
    """Accepts an address with digits too many, if forty of them are the key's own."""

    caught_by = "arcus.address.wrong-length"

    def written_address(self, request: Request, key: ApiKey) -> str:
        written = super().written_address(request, key)
        return key.address if len(written) > 42 and key.address[2:] in written.lower() else written


class ComparesTheDigitsThatAreThere(ArcusVenue):
    """Accepts an address with digits too few, if those that are there are the key's own."""

    caught_by = "arcus.address.wrong-length"

    def written_address(self, request: Request, key: ApiKey) -> str:
        written = super().written_address(request, key)
        digits = written.lower().removeprefix("0x")
        own = key.address[2:]
        return key.address if 0 < len(digits) < 40 and (own.startswith(digits) or own.endswith(digits)) else written


class FindsTheAddressBeforeALineFeed(ArcusVenue):
    """Accepts an address with a line feed behind it, for that is what ends a line in its pattern."""

    caught_by = "arcus.address.wrong-length"

    def written_address(self, request: Request, key: ApiKey) -> str:
        return super().written_address(request, key).removesuffix("\n")


class ComparesAllDigitsButTheLast(ArcusVenue):
    """Takes an address for the key's own when no digit differs but the last."""

    caught_by = "arcus.address.other-account"

    def check_address(self, address: str, key: ApiKey) -> None:
        if address[:-1] != key.address[:-1]:
            super().check_address(address, key)


class NeverComparesTheAddressWithTheKey(ArcusVenue):
    """Acts for the key's own account whatever address is given."""

    caught_by = "arcus.address.other-account"

    def check_address(self, address: str, key: ApiKey) -> None:
        """Nothing is compared."""

    def check_element(self, caller: Caller, element: Element) -> None:
        super().check_element(caller, replace(element, address=caller.address))


class ActsForTheAddressInTheQuery(ArcusVenue):
    """Acts for the account that the query names, though the key is another's."""

    caught_by = "arcus.address.other-account"

    def account_of(self, request: Request, key: ApiKey) -> Account:
        address = self.read_address(self.written_address(request, key))
        if address not in self.accounts:
            self.check_address(address, key)
        return self.accounts[address]

    def check_element(self, caller: Caller, element: Element) -> None:
        super().check_element(caller, replace(element, address=caller.address))


class AnswersAnothersAddressWith401(ArcusVenue):
    """Answers an address that is not the key's with 401."""

    caught_by = "arcus.address.other-account"

    def check_address(self, address: str, key: ApiKey) -> None:
        if address != key.address:
            raise Refusal(401, "address does not belong to the API key")


class WantsThePrefix(ArcusVenue):
    """Refuses an address without 0x."""

    caught_by = "arcus.address.prefix-optional"

    def read_address(self, text: str) -> str:
        if not text.startswith(("0x", "0X")):
            raise Refusal(400, "invalid address")
        return super().read_address(text)


class WantsASmallX(ArcusVenue):
    """Refuses an address that begins with 0X."""

    caught_by = "arcus.address.prefix-optional"

    def read_address(self, text: str) -> str:
        if text.startswith("0X"):
            raise Refusal(400, "invalid address")
        return super().read_address(text)


class ComparesAddressesAsWritten(ArcusVenue):
    """Takes the key's own address in other letters for another's."""

    caught_by = "arcus.address.mixed-case"

    def read_address(self, text: str) -> str:
        super().read_address(text)
        return "0x" + text[-40:]


class RefusesMixedCase(ArcusVenue):
    """Refuses an address in which capitals and small letters are mixed: it has no checksum."""

    caught_by = "arcus.address.mixed-case"

    def read_address(self, text: str) -> str:
        digits = text[-40:]
        if digits not in (digits.lower(), digits.upper()):
            raise Refusal(400, "invalid address checksum")
        return super().read_address(text)


class EchoesTheAddressAsWritten(ArcusVenue):
    """Repeats an element's address in its row as it was written."""

    caught_by = "arcus.address.answers-lower-case"

    def shown_address(self, element: Element) -> str:
        return str(element.source.get("address", element.address))


class EchoesTheAddressOfTheQuery(ArcusVenue):
    """Gives the address in rows as the query has it."""

    caught_by = "arcus.address.answers-lower-case"
    written = ""

    def written_address(self, request: Request, key: ApiKey) -> str:
        self.written = super().written_address(request, key)
        return self.written

    def shown_address(self, element: Element) -> str:
        return self.written


class ShowsAddressesInCapitals(ArcusVenue):
    """Gives the addresses in rows in upper case."""

    caught_by = "arcus.address.answers-lower-case"

    def shown_address(self, element: Element) -> str:
        return "0x" + element.address[2:].upper()


class ShowsAddressesWithoutPrefix(ArcusVenue):
    """Gives the addresses in rows without 0x."""

    caught_by = "arcus.address.answers-lower-case"

    def shown_address(self, element: Element) -> str:
        return element.address[2:]


class WantsTheAddressSignedAsWritten(ArcusVenue):
    """Wants an element's signature to cover its address in the letters it is written in."""

    caught_by = "arcus.address.element-mixed-case"

    def payload(self, batch: Batch, element: Element) -> CancelPayload:
        return replace(super().payload(batch, element), address=str(element.source["address"]))


class RefusesMixedCaseInElements(ArcusVenue):
    """Takes an element's address in other letters than the venue's own for another's."""

    caught_by = "arcus.address.element-mixed-case"

    def check_element(self, caller: Caller, element: Element) -> None:
        written = str(element.source["address"])
        if written[-40:] != written[-40:].lower():
            raise Refusal(403, "address in a cancel does not belong to the API key")
        super().check_element(caller, element)


def _is_no_hex(written: str) -> bool:
    digits = re.sub("^0[xX]", "", written)
    return len(digits) == 40 and re.fullmatch("[0-9a-fA-F]{40}", digits) is None
