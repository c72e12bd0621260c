"""Fingerprints of a documentation page, so that a changed sentence shows without the page's text being kept here."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator

#: Characters of a fingerprint: 48 bits tell the few hundred segments of a page apart.
FINGERPRINT_LENGTH = 12

_FENCE = re.compile(r"^\s*(```|~~~)")
_CODE = re.compile(r"""^\s*([{}\]]|\[(?![^\]]+\]\()|"|'|--|-H|-d|curl\b|[A-Z_]+=|\.\.\.)""")
_SENTENCE_END = re.compile(r"[.!?](?=\s+[\"'(]?[A-Z0-9])")
_ABBREVIATION = re.compile(r"\b(e\.g|i\.e|etc|vs|No)\.$")
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
#: Marks of HTML, and components as documentation generators have them. Anything else in angle brackets is a
#: placeholder, such as <keyId>, and says something.
_TAG = re.compile(
    r"</?(?:a|abbr|b|blockquote|br|code|dd|del|details|div|dl|dt|em|figure|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s"
    r"|samp|small|span|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|u|ul|var|wbr)(?:\s[^>]*)?/?>"
    r"|</[A-Z]\w*>|<[A-Z]\w*\s[^>]*>|<[A-Z]\w*/>|<([A-Z]\w*)>(?=.*</\1>)|^\s*<[A-Z]\w*>\s*$"
)
_LINE_MARK = re.compile(r"^\s*(#{1,6}|>|[-*+]|\d+\.)\s+")
# In pairs only, and around whole words: elsewhere stars and underscores can be part of a name or of a pattern.
_EMPHASIS = re.compile(r"""(?<![^\s("'/-])([*_]{1,3})(\S(?:[^`]*?\S)?)\1(?![^\s.,;:!?)"'/-])""")
_SPACES = re.compile(r"\s+")
#: What no reader sees: generators put it beside headings, editors at the beginning of a file.
_INVISIBLE = re.compile(r"[\u00ad\u200b\u200c\u200d\u2060\ufeff]")
_TYPOGRAPHY = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " "}
)


def segments(text: str) -> Iterator[str]:
    """The sentences of prose and the lines of code of a page, in its order, without the marks of Markdown.

    ``text`` is the page as plain text or Markdown. Blank lines count for nothing.
    """
    fenced = False
    for line in _INVISIBLE.sub("", text).splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced or _CODE.match(line):
            if code := _SPACES.sub(" ", line).strip():
                yield code
        else:
            yield from sentences(line)


def sentences(line: str) -> Iterator[str]:
    """The sentences of a line of prose, without the marks of Markdown."""
    yield from _sentences(_plain(line))


def fingerprint(segment: str) -> str:
    """The first 12 hex digits of a segment's SHA-256, spaces and typography levelled.

    Every other character counts: an underscore or a digit can be the promise.
    """
    levelled = _SPACES.sub(" ", segment.translate(_TYPOGRAPHY)).strip()
    return hashlib.sha256(levelled.encode()).hexdigest()[:FINGERPRINT_LENGTH]


def _plain(line: str) -> str:
    line = _TAG.sub(" ", _LINK.sub(r"\1", unicodedata.normalize("NFKC", line)))
    line = _EMPHASIS.sub(r"\2", _LINE_MARK.sub("", line)).replace("`", "")
    return _SPACES.sub(" ", line).strip()


def _sentences(text: str) -> Iterator[str]:
    begin = 0
    for end in _SENTENCE_END.finditer(text):
        sentence = text[begin : end.end()]
        if not _ABBREVIATION.search(sentence):
            yield sentence.strip()
            begin = end.end()
    if rest := text[begin:].strip():
        yield rest
