"""Makes text from a target fit to be stored and shown, whatever it holds."""

from __future__ import annotations

import difflib
import math
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

#: As much of one body or sentence as any report keeps or shows, in UTF-8 bytes.
LARGEST_TEXT = 64 * 1024
#: Values nested deeper than this come from a broken or hostile target; what lies below is left out.
_DEEPEST = 40
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
#: What a terminal, an XML parser or a reader could trip over: controls (newline and tab aside), lone surrogates,
#: noncharacters, and the invisible ones that reorder or hide the text around them.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
)

#: What GitHub, Azure Pipelines and TeamCity take for an order: colons where a line begins, the others anywhere.
_ORDER = re.compile(
    r"#(?=#(?:vso|teamcity)?\[)|(?:(?<=\n)|^)(?:[^\S\n]|\x1b\[[0-9;]*m)*:(?=:(?:set-env|set-output|save-state|add-path"
    r"|add-mask|add-matcher|remove-matcher|warning|error|notice|debug|group|endgroup|echo|stop-commands)\b)",
    re.IGNORECASE,
)


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can hold it everywhere: no lone surrogates, no NaN, no keys but texts, no bottomless nesting."""
    if isinstance(value, str):
        return value if value.isascii() else _LONE_SURROGATE.sub("\ufffd", value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if depth >= _DEEPEST and isinstance(value, Mapping | list | tuple | set | frozenset):
        return "…"
    if isinstance(value, Mapping):
        return {plain(str(key)): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item, depth + 1) for item in value]
    if isinstance(value, set | frozenset):
        return sorted((plain(item, depth + 1) for item in value), key=str)
    return plain(str(value))


def split_at(text: str, limit: int) -> tuple[str, int]:
    """The first ``limit`` UTF-8 bytes of a text, in whole characters, and how many bytes that leaves out."""
    if len(text) * 4 <= limit:
        return text, 0
    encoded = text.encode("utf-8", errors="surrogatepass")
    if len(encoded) <= limit:
        return text, 0
    end = limit
    while encoded[end] & 0xC0 == 0x80:
        end -= 1
    return encoded[:end].decode("utf-8", errors="surrogatepass"), len(encoded) - end


def cut(text: str, limit: int = LARGEST_TEXT) -> str:
    """A text of at most ``limit`` bytes, with a remark at its end when something was left out."""
    kept, left_out = split_at(text, limit)
    return f"{kept}… ({left_out} more bytes)" if left_out else kept


def printable(text: str) -> str:
    r"""A text in which what cannot be seen is spelled out (``\x1b``), so that it can neither act nor hide."""
    return _UNPRINTABLE.sub(_spelled, text.replace("\r\n", "\n"))


def inert(text: str) -> str:
    r"""A printable text in which no CI server that reads a log finds an order to itself: ``\x23#[error]``."""
    return _ORDER.sub(lambda match: f"{match[0][:-1]}\\x{ord(match[0][-1]):02x}", text)


def fit_to_print(text: str) -> str:
    """A text that may quote a target, as a terminal and a log can bear it: printable and inert, line by line."""
    return inert(printable(text))


def one_line(text: str, limit: int = 200) -> str:
    """A printable text on one line, cut to ``limit`` bytes."""
    kept, left_out = split_at(text, limit)
    shown = " ".join(printable(kept).split())
    return f"{shown}… ({left_out} more bytes)" if left_out else shown


def _spelled(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def counted(number: int, noun: str) -> str:
    """So many of something: ``1 check``, ``2 checks``."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def moment(at: str) -> str:
    """A time that is given in ISO 8601 as a reader takes it in, in UTC: ``2026-11-30 18:48:25``."""
    try:
        return f"{datetime.fromisoformat(at).astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    except (ValueError, OverflowError):
        return at


def period(begun: str, ended: str | None) -> str:
    """From when to when, given in ISO 8601, as a reader takes it in: ``2026-11-30 18:48:25 to 18:51:40 UTC``."""
    first = moment(begun)
    if ended is None:
        return f"{first} UTC, never finished"
    last = moment(ended)
    return f"{first} to {last.removeprefix(first[:11])} UTC"


def did_you_mean(given: str, known: Iterable[str]) -> str:
    """The closest known name, to be put behind a sentence; nothing where none is close."""
    close = difflib.get_close_matches(given, list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
