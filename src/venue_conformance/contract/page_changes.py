"""Two versions of a documentation page: which sentences changed, and which clauses rest on them.

Of the page as it was read when the clauses were written only fingerprints are known; an older version at hand shows
its words as well.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import Any, Literal

from venue_conformance.contract.pages import fingerprint, segments, sentences
from venue_conformance.errors import ClientFault

ChangeKind = Literal["changed", "removed", "added", "moved"]
#: A text of which a smaller share of sentences is known is another page.
_LEAST_KNOWN = 0.2
#: Over how many lines a paragraph is looked at, where a page is wrapped.
_MOST_LINES = 16


@dataclass(frozen=True)
class PageChange:
    """A place of a page that reads otherwise.

    ``locators`` are the sentences of ``sources.yaml`` that changed; of new text those beside it, which ``near`` says.
    ``old`` is known only where the older version is at hand. ``clauses`` rest on these sentences. What moved stands
    ``beside`` others now.
    """

    kind: ChangeKind
    near: bool
    locators: tuple[str, ...]
    old: str
    new: str
    clauses: tuple[str, ...]
    beside: tuple[str, ...] = ()


@dataclass(frozen=True)
class KnownPage:
    """A page as it was read: its id, and the fingerprint of each of its segments with the sentences it belongs to."""

    id: str
    fingerprints: tuple[str, ...]
    locators: tuple[tuple[str, ...], ...]


def known_pages(sources: Iterable[Mapping[str, Any]]) -> list[KnownPage]:
    """The pages of a ``sources.yaml``. An entry with the fingerprints of the one before lies in the same sentence."""
    by_page: dict[str, list[tuple[str, list[str]]]] = {}
    before: tuple[str, list[str]] = ("", [])
    for source in sources:
        page = str(source["locator"]).partition("/")[0]
        own = by_page.setdefault(page, [])
        if before == (page, source["fingerprints"]):
            for number in range(1, len(before[1]) + 1):
                own[-number][1].append(source["locator"])
        else:
            own += [(each, [source["locator"]]) for each in source["fingerprints"]]
        before = page, source["fingerprints"]
    return [
        KnownPage(page, tuple(each for each, _ in own), tuple(tuple(locators) for _, locators in own))
        for page, own in by_page.items()
    ]


@dataclass(frozen=True)
class _Version:
    """The segments of a version of a page: their texts, as far as known, their fingerprints and sentences."""

    texts: Sequence[str]
    prints: Sequence[str]
    locators: Sequence[tuple[str, ...]] = ()


#: From where to where in the older version, and in the newer one.
_Piece = tuple[int, int, int, int]


def page_changes(
    sources: Sequence[Mapping[str, Any]], new: str, old: str | None = None
) -> tuple[KnownPage, list[PageChange]]:
    """The page that ``new`` is a version of, and where it differs from ``old``, or else from what is known of it.

    Raises ClientFault when a text is no version of a known page, or none of the older one.
    """
    page = _page_of(sources, *((new, "page") if old is None else (old, "older page")))
    clauses = {source["locator"]: source["clauses"] for source in sources}
    before = _Version([""] * len(page.fingerprints), page.fingerprints, page.locators)
    if old is not None:
        before = _version(old, page.fingerprints)
        before = replace(before, locators=_placed(page, before.prints))
    after = _version(new, {*page.fingerprints, *before.prints})
    share = len({*before.prints} & {*after.prints}) / len({*before.prints})
    if old is not None and share < _LEAST_KNOWN:
        raise ClientFault(f"the newer page is no version of the older one: it has {share:.0%} of its sentences")
    found = []
    for tag, *block in _differences(before.prints, after.prints):
        for piece in _pieces(tag, before, after, *block):
            begin, end, new_begin, new_end = piece
            prints = (*before.prints[begin:end], *after.prints[new_begin:new_end])
            found.append((prints, _change(tag, before, after, piece, clauses)))
    return page, _moved_once(found)


def _version(text: str, known: Collection[str]) -> _Version:
    """A version at hand, its lines put together where they make sentences that are known: wrapping changes nothing."""
    left, whole = list(segments(text)), list[str]()
    while left:
        count, put = 1, left[:1]
        for more in range(2, 0 if fingerprint(left[0]) in known else min(len(left), _MOST_LINES) + 1):
            together = list(sentences(" ".join(left[:more])))
            if all(fingerprint(each) in known for each in together):
                count, put = more, together
                break
        whole += put
        del left[:count]
    return _Version(whole, [fingerprint(each) for each in whole])


def _pieces(
    tag: str, old: _Version, new: _Version, begin: int, end: int, new_begin: int, new_end: int
) -> Iterator[_Piece]:
    """What is one change: of as many sentences as there were each by itself, but what is of one place together."""
    if tag == "replace" and _together(old, begin, end) == _together(new, new_begin, new_end):
        return  # wrapped otherwise
    if end - begin != new_end - new_begin:
        yield begin, end, new_begin, new_end
        return
    first = begin
    for number in range(begin + 1, end + 1):
        if number == end or old.locators[number] != old.locators[first]:
            yield first, number, new_begin + first - begin, new_begin + number - begin
            first = number


def _together(version: _Version, begin: int, end: int) -> str:
    return fingerprint(" ".join(version.texts[begin:end]))


def _change(tag: str, old: _Version, new: _Version, piece: _Piece, clauses: Mapping[str, Sequence[str]]) -> PageChange:
    begin, end, new_begin, new_end = piece
    found = _distinct(old.locators[begin:end])
    near = not found
    if near:
        found = _distinct(old.locators[max(0, begin - 1) : begin + 1])
    kind: ChangeKind = {"replace": "changed", "delete": "removed", "insert": "added"}[tag]  # type: ignore[assignment]
    if _is_elsewhere(tag, old.prints[begin:end], new.prints) or _is_elsewhere(
        tag, new.prints[new_begin:new_end], old.prints
    ):
        kind = "moved"
    resting = dict.fromkeys(clause for locator in found for clause in clauses[locator])
    was, now = (" ".join(filter(None, each)) for each in (old.texts[begin:end], new.texts[new_begin:new_end]))
    return PageChange(kind, near, found, was, now, tuple(resting))


def _moved_once(found: Sequence[tuple[tuple[str, ...], PageChange]]) -> list[PageChange]:
    """The changes, where what moved as a whole is one: where it was, and what it stands beside now."""
    came = {prints: change for prints, change in found if change.kind == "moved" and change.new}
    changes, met = [], list[PageChange]()
    for prints, change in found:
        if change.kind == "moved" and not change.new and (there := came.pop(prints, None)):
            met.append(there)
            clauses = tuple(dict.fromkeys((*change.clauses, *there.clauses)))
            change = replace(change, new=there.new, beside=there.locators, clauses=clauses)
        changes.append(change)
    return [change for change in changes if not any(change is each for each in met)]


def _differences(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return [each for each in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if each[0] != "equal"]


def _is_elsewhere(tag: str, gone: Sequence[str], there: Sequence[str]) -> bool:
    """Whether what is gone from one place, or new at it, stands at another of the other version."""
    return tag in ("delete", "insert") and bool(gone) and all(each in there for each in gone)


def _page_of(sources: Sequence[Mapping[str, Any]], text: str, name: str) -> KnownPage:
    prints = {fingerprint(each) for each in segments(text)}
    pages = known_pages(sources)

    def share(page: KnownPage) -> float:
        distinct = set(page.fingerprints)
        return len(distinct & prints) / len(distinct)

    # A page in plain text is part of the rendered one: of two that are both known, the longer one is meant.
    best = max(pages, key=lambda page: (round(share(page), 1), len(page.fingerprints)))
    if share(best) < _LEAST_KNOWN:
        known = ", ".join(page.id for page in pages)
        raise ClientFault(
            f"the {name} is no version of a known page ({known}): it has {share(best):.0%} of what stands there; "
            "give the page as its site shows it, as text, Markdown or HTML"
        )
    return best


def _placed(page: KnownPage, prints: Sequence[str]) -> list[tuple[str, ...]]:
    """For each segment of an older version at hand the sentences it belongs to, as far as it is as it was read."""
    placed: list[tuple[str, ...]] = [()] * len(prints)
    for block in SequenceMatcher(None, page.fingerprints, prints, autojunk=False).get_matching_blocks():
        placed[block.b : block.b + block.size] = page.locators[block.a : block.a + block.size]
    return placed


def _distinct(locators: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(locator for each in locators for locator in each))
