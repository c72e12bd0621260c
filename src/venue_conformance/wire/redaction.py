"""Takes secrets, signatures and keys out of everything before it is written anywhere."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from venue_conformance.wire.secret_finder import SHORTEST, SecretFinder

MASK = "***"
#: Every secret that this process was told, for what is written where nobody knows whose secrets it may hold: pytest's
#: own words, the line of an error that ends a command.
OF_THE_PROCESS = SecretFinder()
#: Header names that carry a credential or a signature at one of the venues, or at any.
SENSITIVE_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-signature", "x-public-key"}
)
_MASKED = MASK.encode()
#: As far as a value of JSON may stand from what is before and behind it.
_NEAR = 32
_NUMBER = frozenset(b"0123456789+-.eE")
_BEFORE_A_VALUE, _BEHIND_A_VALUE = (b":", b",", b"["), (b",", b"]", b"}")
_SENSITIVE_FIELD = re.compile(
    r'("(?:signature|secret_?key|private_?key|api_?key|token)"\s*:\s*")(?:[^"\\]|\\.)*(")', re.IGNORECASE
)


class Redaction:
    """Masks a run's known secrets wherever they stand and however they are written there.

    Sensitive headers and fields are masked whatever they hold. ``headers`` are further header names to be masked, those
    of the target file's ``[headers]``. ``common`` are words of which reports are made, in small letters: as secrets
    they would garble every line and stay legible by their place, so they are masked in such headers and fields alone.
    ``finder`` is where the secrets are kept, by default one of its own.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        headers: Iterable[str] = (),
        *,
        common: Collection[str] = (),
        finder: SecretFinder | None = None,
    ) -> None:
        self._headers = SENSITIVE_HEADERS | {name.lower() for name in headers}
        self._common = common
        self._finder = SecretFinder() if finder is None else finder
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these too from now on. Texts under 6 characters are left: masking them would garble everything else."""
        self._finder.add(secret for secret in secrets if secret.casefold() not in self._common)

    def text(self, text: str) -> str:
        """A text without secrets."""
        return _SENSITIVE_FIELD.sub(rf"\g<1>{MASK}\g<2>", _masked(text, self._finder))

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Headers as a mapping without secrets; several of one name are joined with commas."""
        masked: dict[str, str] = {}
        for name, value in headers:
            shown = MASK if name.lower() in self._headers else self.text(value)
            named = self.text(name)
            masked[named] = f"{masked[named]}, {shown}" if named in masked else shown
        return masked

    def value(self, value: Any) -> Any:
        """A JSON-like value without secrets."""
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, Mapping):
            return {
                self.value(key): MASK if _is_secret_key(str(key)) else self.value(item) for key, item in value.items()
            }
        if isinstance(value, list | tuple):
            return [self.value(item) for item in value]
        return value


def without_secrets(text: str) -> str:
    """A text without any secret that this process was told."""
    return _masked(text, OF_THE_PROCESS)


def _masked(text: str, finder: SecretFinder) -> str:
    if len(text) < SHORTEST:
        return text
    encoded = text.encode("utf-8", "surrogatepass")
    spans = finder.spans(encoded)
    if not spans:
        return text
    parts: list[bytes] = []
    last = 0
    for begin, end in spans:
        begin, end, mask = _as_json(encoded, begin, end)
        parts += (encoded[last:begin], mask)
        last = end
    return b"".join([*parts, encoded[last:]]).decode("utf-8", "surrogatepass")


def _as_json(text: bytes, begin: int, end: int) -> tuple[int, int, bytes]:
    """What is to be replaced, and by what: a number of JSON wholly, by a text, so that it stays JSON."""
    if not text[begin:end].isdigit():
        return begin, end, _MASKED
    while begin and text[begin - 1] in _NUMBER:
        begin -= 1
    while end < len(text) and text[end] in _NUMBER:
        end += 1
    before, behind = text[max(0, begin - _NEAR) : begin].rstrip(), text[end : end + _NEAR].lstrip()
    stands_alone = before[-1:] in _BEFORE_A_VALUE and behind[:1] in _BEHIND_A_VALUE
    return begin, end, b'"' + _MASKED + b'"' if stands_alone else _MASKED


def _is_secret_key(key: str) -> bool:
    return any(word in key.lower() for word in ("secret", "private_key", "api_key", "token"))
