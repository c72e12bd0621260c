"""Where in a text a secret stands, in whatever way it is written there.

A target that says back what it was sent says it decoded, in base64, in hex, quoted for a URL, escaped for JSON or HTML,
in the letters of its choice; and whoever shortens a text leaves the beginning or the end of a secret.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from venue_conformance.wire.escapes import Places, unescaped
from venue_conformance.wire.secret_forms import SecretForm, folded, forms_of

#: Shorter texts are no secrets: they stand everywhere.
SHORTEST = 6
_BASE64 = re.compile(rb"[a-z0-9+/]")
#: What stands where a text was shortened, and how long at least one is whose end is not marked.
_CUT_MARKS, _SHORTEST_CUT = ("…".encode(), b"..."), 40
#: In how many ways a text is read: as it is, and with this or that escaping undone, and what that leaves, and so on.
_MOST_READINGS = 12

Span = tuple[int, int]


class SecretFinder:
    """Finds secrets in texts. May be asked and told by many threads at once.

    A run knows thousands of secrets, five forms each, and looks through everything that it writes. So a form is known
    by the few bytes at each of its first places, and a text is looked at in strides that miss none of them.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._short, self._long = _Grams(SHORTEST, SHORTEST), _Grams(16, 8)
        self._heads: dict[bytes, list[bytes]] = {}
        self._tails: dict[bytes, list[bytes]] = {}
        self._longest = 0

    def add(self, secrets: Iterable[str]) -> None:
        """Find these too from now on; what is too short to be told from other text is left out."""
        for secret in secrets:
            if len(secret) < SHORTEST or secret in self._secrets:
                continue
            self._secrets.add(secret)
            for form in forms_of(secret):
                (self._long if len(form.text) >= self._long.shortest else self._short).add(form)
                self._heads.setdefault(form.text[:SHORTEST], []).append(form.text)
                self._tails.setdefault(form.text[-SHORTEST:], []).append(form.text)
                self._longest = max(self._longest, len(form.text))

    def spans(self, text: bytes) -> list[Span]:
        """From where to where in a text (UTF-8) something secret stands, in order, apart from each other."""
        if len(text) < SHORTEST or not self._longest:
            return []
        found: list[Span] = []
        readings: list[tuple[bytes, tuple[Places, ...]]] = [(text, ())]
        for reading, undone in readings:
            here = _merged(self._spans(folded(reading)))
            for span in here:
                for places in reversed(undone):
                    span = places.span(*span)
                found.append(span)
            # What was found need not be found again in further readings.
            for plain, places in unescaped(_blanked(reading, here)):
                if len(readings) < _MOST_READINGS and all(plain != other for other, _ in readings):
                    readings.append((plain, (*undone, places)))
        return _merged(found)

    def _spans(self, text: bytes) -> Iterator[Span]:
        for grams in (self._long, self._short):
            for begin, form in grams.find(text):
                yield _with_edges(text, begin, form)
        if len(text) >= _SHORTEST_CUT:
            yield from self._before(text, len(text))
        for mark in _CUT_MARKS:
            cut = text.find(mark)
            while cut >= 0:
                yield from self._before(text, cut)
                cut += len(mark)
                yield from self._behind(text, cut)
                cut = text.find(mark, cut)

    def _before(self, text: bytes, cut: int) -> Iterator[Span]:
        """The beginning of a secret at the end of what was kept."""
        for begin in range(max(0, cut - self._longest), cut - SHORTEST + 1):
            forms = self._heads.get(text[begin : begin + SHORTEST])
            if forms is not None and any(form.startswith(text[begin:cut]) for form in forms):
                yield begin, cut
                return

    def _behind(self, text: bytes, cut: int) -> Iterator[Span]:
        """The end of a secret at the beginning of what was kept."""
        for end in range(min(len(text), cut + self._longest), cut + SHORTEST - 1, -1):
            forms = self._tails.get(text[end - SHORTEST : end])
            if forms is not None and any(form.endswith(text[cut:end]) for form in forms):
                yield cut, end
                return


class _Grams:
    """Forms of at least ``shortest`` bytes by the ``size`` bytes at each of their first places.

    There are as many places as a stride is long, so that a stride through a text meets one of them.
    """

    def __init__(self, shortest: int, size: int) -> None:
        self.shortest, self._size, self._stride = shortest, size, shortest - size + 1
        #: By place and length: thousands of secrets may begin alike, and are of few lengths.
        self._known: dict[bytes, dict[tuple[int, int], dict[bytes, SecretForm]]] = {}

    def add(self, form: SecretForm) -> None:
        for place in range(self._stride):
            same_start = self._known.setdefault(form.text[place : place + self._size], {})
            same_start.setdefault((place, len(form.text)), {})[form.text] = form

    def find(self, text: bytes) -> Iterator[tuple[int, SecretForm]]:
        known, size = self._known, self._size
        if not known:
            return
        for at in range(0, len(text) - size + 1, self._stride):
            found = known.get(text[at : at + size])
            if found is not None:
                for (place, length), forms in tuple(found.items()):
                    if at >= place and (form := forms.get(text[at - place : at - place + length])) is not None:
                        yield at - place, form


def _with_edges(text: bytes, begin: int, form: SecretForm) -> Span:
    """A form with the characters that hold bits of it and of its neighbours, and with its padding."""
    end = begin + len(form.text)
    if form.shares_first and begin and _BASE64.match(text, begin - 1):
        begin -= 1
    if form.shares_last:
        end += _BASE64.match(text, end) is not None
        while text.startswith(b"=", end):
            end += 1
    return begin, end


def _blanked(text: bytes, spans: Iterable[Span]) -> bytes:
    """A text in which nothing is left of some stretches but their length."""
    blanked = bytearray(text)
    for begin, end in spans:
        blanked[begin:end] = bytes(end - begin)
    return bytes(blanked) if spans else text


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged
