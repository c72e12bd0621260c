"""The ways in which somebody who was told a secret writes it down: as it is, in hex, in base64.

Escapes (JSON, URL, HTML) are not among them: they are undone before anything is looked for.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass

#: Letter case makes no difference, nor which two characters base64 was given for its last ones.
_FOLD = bytes.maketrans(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ-_", b"abcdefghijklmnopqrstuvwxyz+/")
_HEX = re.compile(r"(?:0[xX])?((?:[0-9A-Fa-f]{2}){16,})")


@dataclass(frozen=True)
class SecretForm:
    """One form of a secret, folded: the part of it that does not depend on what stands before and behind.

    ``shares_first`` and ``shares_last`` say that the character before it, or behind it, holds bits of the secret, too.
    """

    text: bytes
    shares_first: bool = False
    shares_last: bool = False


def folded(text: bytes) -> bytes:
    """A text in which forms are looked for: of the same length, in lower case, with base64's ``+/`` for ``-_``."""
    return text.translate(_FOLD)


def forms_of(secret: str) -> set[SecretForm]:
    """Every form of a secret; of one that is bytes in hex, those of its bytes, too."""
    raw = secret.encode("utf-8", "surrogatepass")
    written = {secret, secret.lower(), secret.upper(), secret.replace(" ", "+")}
    forms = {SecretForm(folded(each.encode("utf-8", "surrogatepass"))) for each in written}
    forms |= {SecretForm(raw.hex().encode()), *_in_base64(raw)}
    if number := _HEX.fullmatch(secret):
        forms |= {SecretForm(number[1].lower().encode()), *_in_base64(bytes.fromhex(number[1]))}
    return forms


def _in_base64(raw: bytes) -> Iterator[SecretForm]:
    """The forms in base64, by how many bytes stand before the secret (in ``user:secret``, say), counted in threes."""
    for before in range(3):
        bits = 8 * (before + len(raw))
        encoded = base64.b64encode(bytes(before) + raw)
        # Six bits to a character: the first that is the secret's alone, and the first that is not.
        begin, end = -(-8 * before // 6), bits // 6
        yield SecretForm(folded(encoded[begin:end]), shares_first=before > 0, shares_last=bits % 6 > 0)
