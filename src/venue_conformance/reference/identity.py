"""Ids and keys that a venue gives out: random in form, the same in every run of one seed."""

from __future__ import annotations

import random
import string
import uuid

_ALPHANUMERIC = string.ascii_lowercase + string.digits


class Identities:
    """A seeded source of ids and keys for one venue.

    The stream is derived from the seed and a purpose, never from the seed alone: a judge who draws "unknown" ids
    from the same seed must not meet ids that exist here.
    """

    def __init__(self, seed: int, purpose: str) -> None:
        self._random = random.Random(f"reference venue / {purpose} / {seed}")

    def uuid(self) -> str:
        """A version 4 UUID, lower case with hyphens."""
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def digits(self, count: int) -> str:
        """So many lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * count):0{count}x}"

    def key(self, prefix: str, length: int) -> str:
        """The prefix followed by so many lower-case letters and digits."""
        return prefix + "".join(self._random.choices(_ALPHANUMERIC, k=length))
