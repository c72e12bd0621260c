"""Puts this run's names in place of recorded ones: order ids, account names, idempotency keys, and what was masked."""

from __future__ import annotations

import json
import re
import secrets
import string
from collections.abc import Callable, Collection, Mapping
from random import Random, SystemRandom
from typing import Any

from venue_conformance.client.outgoing import WORDS, is_long
from venue_conformance.target.ledger import DECIMAL_LENGTH, ID_LENGTH, UUID_SHAPE, Ledger, random_uuid
from venue_conformance.wire.redaction import MASK

#: Shorter names ("1", "17") are replaced only where they are the whole of a value, never inside a longer text.
_SHORTEST_INSIDE = 8
_UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
_LITERAL_OR_REST = re.compile(r'"(?:[^"\\]|\\.)*"|[^"]+|"', re.DOTALL)


class Names:
    """What each recorded name is called now.

    An id that no provider state handed out can only be one that named no order, so it becomes another such id of the
    same shape: a report, be it made up, never names an order that this run may not touch. ``words`` are what stands in
    requests without naming anything.
    """

    def __init__(self, ledger: Ledger, words: Collection[str] = ()) -> None:
        self._ledger, self._words = ledger, frozenset(words)
        self._now: dict[str, str] = {}
        self._learnt: dict[str, str] = {}
        self._pattern = re.compile(_UUID, re.IGNORECASE)
        self._keys = str.maketrans(_another_alphabet())

    def learn(self, recorded: object, now: object) -> None:
        """What was called ``recorded`` is called ``now``; anything but texts is left alone."""
        if not (isinstance(recorded, str) and isinstance(now, str)) or MASK in recorded:
            return
        self._now[recorded.casefold()] = now
        self._learnt[recorded.casefold()] = recorded
        inside = sorted((name for name in self._now if len(name) >= _SHORTEST_INSIDE), key=len, reverse=True)
        either = "|".join([*map(re.escape, inside), _UUID])
        self._pattern = re.compile(rf"(?<![0-9A-Za-z])(?:{either})(?![0-9A-Za-z])", re.IGNORECASE)

    def text(self, text: str) -> str:
        """A text with this run's names."""
        return self._renamed(text, lambda between: between)

    def named(self, text: str) -> str:
        """A text that may name orders with this run's names, and with those of no order for all others."""
        return self._renamed(text, lambda between: WORDS.sub(lambda match: self._known(match.group()), between))

    def _renamed(self, text: str, between: Callable[[str], str]) -> str:
        """The text with this run's names, and with what ``between`` makes of each part between them."""
        if text.casefold() in self._now:
            return self._as_spelled(text)
        parts, at = [], 0
        for match in self._pattern.finditer(text):
            parts += [between(text[at : match.start()]), self._as_spelled(match.group())]
            at = match.end()
        return "".join((*parts, between(text[at:])))

    def value(self, value: Any) -> Any:
        """A JSON value with this run's names; the names of its members stay."""
        if isinstance(value, str):
            return self.named(value)
        if isinstance(value, Mapping):
            return {name: self.value(item) for name, item in value.items()}
        return [self.value(item) for item in value] if isinstance(value, list) else value

    def path(self, path: str) -> str:
        """A path with this run's names."""
        return "/".join(self.named(segment) for segment in path.split("/"))

    def body(self, body: bytes) -> bytes:
        """A body with this run's names, and a random text for each that was masked.

        Nothing else changes: not its white space, not the order of its members, not that a text was written with
        escapes, not that it is no JSON at all.
        """
        text = body.decode("utf-8", errors="surrogateescape")
        replaced = _LITERAL_OR_REST.sub(lambda match: self._part(match.group()), text)
        return replaced.encode("utf-8", errors="surrogateescape")

    def key(self, key: str) -> str:
        """An idempotency key of the same length and kinds of characters; keys that were alike or differed still do."""
        return key.translate(self._keys)

    def _part(self, part: str) -> str:
        if not (part.startswith('"') and len(part) > 1):
            return self.named(part)
        try:
            meant = json.loads(part, strict=False)
        except ValueError:
            return self.named(part)
        now = self.named(meant).replace(MASK, secrets.token_hex(16))
        if now == meant:
            return part
        if part[1:-1] == meant:
            return f'"{now}"'
        return '"' + "".join(f"\\u{ord(character):04x}" for character in now) + '"'

    def _known(self, word: str) -> str:
        """The word, or in its place an id of no order, if it could be the id of one that this run was not given."""
        if word in self._words or not is_long(word) or self._ledger.knows(word):
            return word
        return self._as_spelled(word)

    def _as_spelled(self, recorded: str) -> str:
        name = recorded.casefold()
        if name not in self._now:
            [self._now[name]] = self._ledger.unknown(1, lambda random: like(recorded, random))
        now = self._now[name]
        return now if recorded == self._learnt.get(name, name) else _in_case_of(recorded, now)


def _in_case_of(pattern: str, name: str) -> str:
    """A name whose first letter is in the case of the pattern's first, and so on; the last one's holds for the rest."""
    cases = [letter.isupper() for letter in pattern if letter.isalpha()]
    spelled, seen = "", 0
    for character in name:
        if character.isalpha() and cases:
            character = character.upper() if cases[min(seen, len(cases) - 1)] else character.lower()
            seen += 1
        spelled += character
    return spelled


def like(text: str, random: Random) -> str:
    """A text of no order in the shape of another: a UUID, or a random letter for each letter, a digit for each digit.

    Hexadecimal digits stay such; what is too short for 64 random bits becomes longer.
    """
    if UUID_SHAPE.fullmatch(text):
        return random_uuid(random)
    letters = "abcdef" if all(character in string.hexdigits for character in text if character.isalnum()) else None
    made = "".join(_drawn(character, letters or string.ascii_lowercase, random) for character in text)
    needed = DECIMAL_LENGTH if made.isdecimal() else ID_LENGTH
    return made + "".join(random.choice(string.digits) for _ in range(needed - len(made)))


def _drawn(character: str, letters: str, random: Random) -> str:
    if character in string.digits:
        return random.choice(string.digits)
    if not character.isalnum():
        return character
    drawn = random.choice(letters)
    return drawn.upper() if character.isupper() else drawn


def _another_alphabet() -> dict[str, str]:
    """Another letter for each letter, upper case as lower case, and another digit for each digit."""
    letters, digits = (_moved(string.ascii_lowercase), _moved(string.digits))
    return {**letters, **{one.upper(): other.upper() for one, other in letters.items()}, **digits}


def _moved(characters: str) -> dict[str, str]:
    """Each character to its successor on a ring in random order, so that none stays what it is."""
    ring = SystemRandom().sample(characters, len(characters))
    return dict(zip(ring, [*ring[1:], ring[0]], strict=True))
