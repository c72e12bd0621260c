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
_TAG = re.compile(r"</?[A-Za-z][^>]*>")
_LINE_MARK = re.compile(r"^\s*(#{1,6}|>|[-*+]|\d+\.)\s+")
# In pairs only, and not inside words: a lone underscore can be part of a name or of a pattern.
_EMPHASIS = re.compile(r"(?<![\w`])([*_]{1,3})(\S(?:[^`]*?\S)?)\1(?![\w`])")
_SPACES = re.compile(r"\s+")
_TYPOGRAPHY = str.maketrans(
    {"–": "-", "—": "-", "‑": "-", "−": "-", "’": "'", "‘": "'", "“": '"', "”": '"', "…": "...", "\u00a0": " "}
)


def segments(text: str) -> Iterator[str]:
    """The sentences of prose and the lines of code of a page, in its order, without the marks of Markdown.

    ``text`` is the page as plain text or Markdown. Blank lines count for nothing.
    """
    fenced = False
    for line in text.splitlines():
        if _FENCE.match(line):
            fenced = not fenced
        elif fenced or _CODE.match(line):
            if code := _SPACES.sub(" ", line).strip():
                yield code
        else:
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
