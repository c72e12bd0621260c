"""Faults in which idempotency keys are taken, and which of them are the same."""

from __future__ import annotations

import re

from ...http import Request, Response
from ..base import Refusal
from ..idempotency import CarryOut, IdempotencyRecord, Slot
from ..orders import Account
from ..venue import BayseVenue


class RequiresAKey(BayseVenue):
    """Refuses a batch without an Idempotency-Key."""

    caught_by = "bayse.idempotency.optional"

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        raise Refusal(400, "missing_idempotency_key", "Idempotency-Key is required")


class MakesKeysFromBodies(BayseVenue):
    """Without a key it takes the body for one, and replays when the same body comes again."""

    caught_by = "bayse.idempotency.optional"

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        slot = (account.public_key, self.fingerprint(request).hex())
        record = await self.find_record(slot)
        if record is not None and record.response is not None:
            return self.mark_replayed(record.response)
        return await self.carry_out_claimed(self.claim(slot, request), carry_out)


class RepeatsItselfInSilence(BayseVenue):
    """Without a key it gives the last answer again, unmarked, when the same body comes twice in a row."""

    caught_by = "bayse.idempotency.optional"
    _last: tuple[str, bytes, Response] | None = None

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        if self._last is not None and self._last[:2] == (account.public_key, request.body):
            return self._last[2]
        response = await carry_out()
        if response.status == 200:
            self._last = (account.public_key, request.body, response)
        return response


class RefusesTheSameBodyMeanwhile(BayseVenue):
    """Without a key it answers 409 to a body that one of the caller's requests in flight has too."""

    caught_by = "bayse.idempotency.optional"
    _under_way: frozenset[tuple[str, bytes]] = frozenset()

    async def carry_out_without_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        same = (account.public_key, request.body)
        if same in self._under_way:
            raise Refusal(409, "idempotency_conflict", "This request is still in progress")
        self._under_way |= {same}
        try:
            return await carry_out()
        finally:
            self._under_way -= {same}


class KeepsTheLast64Keys(BayseVenue):
    """Forgets the oldest key when a 65th is used."""

    caught_by = "bayse.idempotency.kept-for-24-hours"

    def claim(self, slot: Slot, request: Request) -> IdempotencyRecord:
        if len(self.records) >= 64:
            self.release(next(iter(self.records.values())))
        return super().claim(slot, request)


class RefusesShortKeys(BayseVenue):
    """Refuses keys of fewer than eight characters."""

    caught_by = "bayse.idempotency.shortest-key"

    def is_well_formed(self, key: str) -> bool:
        return len(key) >= 8 and super().is_well_formed(key)


class RefusesTheLongestKey(BayseVenue):
    """Refuses keys of 255 characters, one fewer than promised."""

    caught_by = "bayse.idempotency.longest-key"

    def is_well_formed(self, key: str) -> bool:
        return len(key) < 255 and super().is_well_formed(key)


class CountsSixtyFourCharacters(BayseVenue):
    """Compares the first 64 characters of a key only."""

    caught_by = "bayse.idempotency.longest-key"

    def normal_key(self, key: str) -> str:
        return key[:64]


class ForgetsTheLastOf255(BayseVenue):
    """Keeps keys in a column of 254 characters."""

    caught_by = "bayse.idempotency.longest-key"

    def normal_key(self, key: str) -> str:
        return key[:254]


class RefusesUnderscores(BayseVenue):
    """Refuses keys with an underscore."""

    caught_by = "bayse.idempotency.key-alphabet-accepted"

    def is_well_formed(self, key: str) -> bool:
        return "_" not in key and super().is_well_formed(key)


class RefusesCapitals(BayseVenue):
    """Refuses keys with a capital letter."""

    caught_by = "bayse.idempotency.key-alphabet-accepted"

    def is_well_formed(self, key: str) -> bool:
        return key == key.lower() and super().is_well_formed(key)


class MissesTheLastLetter(BayseVenue):
    """Refuses the letter z, having written the range of letters without its end."""

    caught_by = "bayse.idempotency.key-alphabet-accepted"

    def is_well_formed(self, key: str) -> bool:
        return "z" not in key and super().is_well_formed(key)


class TakesKeysOfAnyLength(BayseVenue):
    """Takes keys of more than 255 characters."""

    caught_by = "bayse.idempotency.key-too-long"

    def is_well_formed(self, key: str) -> bool:
        return super().is_well_formed(key[:255])


class CutsLongKeys(BayseVenue):
    """Cuts keys at 255 characters instead of refusing them."""

    caught_by = "bayse.idempotency.key-too-long"

    def is_well_formed(self, key: str) -> bool:
        return super().is_well_formed(key[:255])

    def normal_key(self, key: str) -> str:
        return key[:255]


class TakesAnyVisibleCharacter(BayseVenue):
    """Takes keys of any visible ASCII characters."""

    caught_by = "bayse.idempotency.key-alphabet-refused"

    def is_well_formed(self, key: str) -> bool:
        return re.fullmatch(r"[!-~]{1,255}", key) is not None


class TakesDots(BayseVenue):
    """Takes keys with a dot."""

    caught_by = "bayse.idempotency.key-alphabet-refused"

    def is_well_formed(self, key: str) -> bool:
        return super().is_well_formed(key.replace(".", "-"))


class ChecksTheEndsOfKeys(BayseVenue):
    """Looks at the first and the last character of a key only."""

    caught_by = "bayse.idempotency.key-alphabet-refused"

    def is_well_formed(self, key: str) -> bool:
        return 1 <= len(key) <= 255 and super().is_well_formed(key[0] + key[-1])


class WritesTheRangeOfLettersInOne(BayseVenue):
    """Takes the six signs between Z and a, having written the letters as one range from A to z."""

    caught_by = "bayse.idempotency.key-alphabet-refused"

    def is_well_formed(self, key: str) -> bool:
        return re.fullmatch(r"[A-z0-9_-]{1,255}", key, re.ASCII) is not None


class CancelsBeforeItLooksAtKeys(BayseVenue):
    """Refuses a request for its malformed key, and has carried it out."""

    caught_by = "bayse.idempotency.key-alphabet-refused"

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        try:
            self.idempotency_key(request)
        except Refusal:
            await carry_out()
            raise
        return await super().once_per_key(account, request, carry_out)


class IgnoresTheCaseOfKeys(BayseVenue):
    """Takes keys that differ in case for the same key."""

    caught_by = "bayse.idempotency.keys-are-exact"

    def normal_key(self, key: str) -> str:
        return key.lower()


class IgnoresTheLastCharacterOfKeys(BayseVenue):
    """Takes keys that differ in their last character for the same key."""

    caught_by = "bayse.idempotency.keys-are-exact"

    def normal_key(self, key: str) -> str:
        return key[:-1] if len(key) > 1 else key


class SharesKeysBetweenCallers(BayseVenue):
    """Remembers keys without remembering whose they are."""

    caught_by = "bayse.idempotency.callers-independent"

    def slot(self, account: Account, key: str) -> Slot:
        return ("", key)


class TakesOthersKeysForDone(BayseVenue):
    """Says success for every order that is named under a key that another caller has used, and cancels none of them."""

    caught_by = "bayse.idempotency.callers-independent"

    async def once_per_key(self, account: Account, request: Request, carry_out: CarryOut) -> Response:
        key = self.idempotency_key(request)
        if any(owner != account.public_key and used == key for owner, used in self.records):
            order_ids = self.read_order_ids(request)
            return self.reply(200, self.batch_answer(order_ids, [self.success_row(each) for each in order_ids]))
        return await super().once_per_key(account, request, carry_out)
