"""Takes secrets, signatures and keys out of everything before it is written anywhere."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

MASK = "***"
#: Header names that carry a credential or a signature at one of the venues, or at any.
SENSITIVE_HEADERS = frozenset(
    {"authorization", "proxy-authorization", "cookie", "set-cookie", "x-api-key", "x-signature", "x-public-key"}
)
_SENSITIVE_FIELD = re.compile(
    r'("(?:signature|secret_?key|private_?key|api_?key|token)"\s*:\s*")(?:[^"\\]|\\.)*(")', re.IGNORECASE
)


class Redaction:
    """Masks a run's known secrets wherever they stand, and sensitive headers and fields whatever they hold.

    ``headers`` are further header names to be masked, those of the target file's ``[headers]``.
    """

    def __init__(self, secrets: Iterable[str] = (), headers: Iterable[str] = ()) -> None:
        self._headers = SENSITIVE_HEADERS | {name.lower() for name in headers}
        self._secrets: set[str] = set()
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Mask these too from now on. Texts under 6 characters are left: masking them would garble everything else."""
        for secret in secrets:
            if len(secret) >= 6:
                # As it is, and as it stands in JSON, where quotes, backslashes and other alphabets may be escaped.
                self._secrets |= {secret, json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}

    def text(self, text: str) -> str:
        """A text without secrets."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, MASK)
        return _SENSITIVE_FIELD.sub(rf"\g<1>{MASK}\g<2>", text)

    def headers(self, headers: Iterable[tuple[str, str]]) -> dict[str, str]:
        """Headers as a mapping without secrets; several of one name are joined with commas."""
        masked: dict[str, str] = {}
        for name, value in headers:
            shown = MASK if name.lower() in self._headers else self.text(value)
            masked[name] = f"{masked[name]}, {shown}" if name in masked else shown
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


def _is_secret_key(key: str) -> bool:
    return any(word in key.lower() for word in ("secret", "private_key", "api_key", "token"))
