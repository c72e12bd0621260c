"""Two versions of a documentation page: which sentences changed, and which clauses rest on them.

Of the page as it was read when the clauses were written only fingerprints are known; an older version at hand shows
its words as well.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any, Literal

from venue_conformance.contract.pages import fingerprint, segments
from venue_conformance.errors import ClientFault

ChangeKind = Literal["changed", "removed", "added", "moved"]
#: A text of which a smaller share of sentences is known is another page.
_LEAST_KNOWN = 0.2


@dataclass(frozen=True)
class PageChange:
    """A place of a page that reads otherwise.

    ``locators`` are the sentences of ``sources.yaml`` that changed; of new text those beside it, which ``near`` says.
    ``old`` is known only where the older version is at hand. ``clauses`` rest on these sentences.
    """

    kind: ChangeKind
    near: bool
    locators: tuple[str, ...]
    old: str
    new: str
    clauses: tuple[str, ...]


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


def page_changes(
    sources: Sequence[Mapping[str, Any]], new: str, old: str | None = None
) -> tuple[KnownPage, list[PageChange]]:
    """The page that ``new`` is a version of, and where it differs from ``old``, or else from what is known of it.

    Raises ClientFault when a text is no version of a known page.
    """
    page = _page_of(sources, old if old is not None else new)
    clauses = {source["locator"]: source["clauses"] for source in sources}
    new_texts = list(segments(new))
    new_prints = [fingerprint(text) for text in new_texts]
    if old is None:
        old_texts, old_prints, locators = [""] * len(page.fingerprints), list(page.fingerprints), list(page.locators)
    else:
        old_texts = list(segments(old))
        old_prints = [fingerprint(text) for text in old_texts]
        locators = _placed(page, old_prints)
    changes = []
    for tag, begin, end, new_begin, new_end in _differences(old_prints, new_prints):
        found = _distinct(locators[begin:end])
        near = not found
        if near:
            found = _distinct(locators[max(0, begin - 1) : begin + 1])
        kind: ChangeKind = {"replace": "changed", "delete": "removed", "insert": "added"}[tag]  # type: ignore[assignment]
        if _is_elsewhere(tag, old_prints[begin:end], new_prints) or _is_elsewhere(
            tag, new_prints[new_begin:new_end], old_prints
        ):
            kind = "moved"
        resting = dict.fromkeys(clause for locator in found for clause in clauses[locator])
        changes.append(
            PageChange(
                kind,
                near,
                found,
                " ".join(filter(None, old_texts[begin:end])),
                " ".join(new_texts[new_begin:new_end]),
                tuple(resting),
            )
        )
    return page, changes


def _differences(old: Sequence[str], new: Sequence[str]) -> list[tuple[str, int, int, int, int]]:
    return [each for each in SequenceMatcher(None, old, new, autojunk=False).get_opcodes() if each[0] != "equal"]


def _is_elsewhere(tag: str, gone: Sequence[str], there: Sequence[str]) -> bool:
    """Whether what is gone from one place, or new at it, stands at another of the other version."""
    return tag in ("delete", "insert") and bool(gone) and all(each in there for each in gone)


def _page_of(sources: Sequence[Mapping[str, Any]], text: str) -> KnownPage:
    prints = {fingerprint(each) for each in segments(text)}
    pages = known_pages(sources)

    def share(page: KnownPage) -> float:
        distinct = set(page.fingerprints)
        return len(distinct & prints) / len(distinct)

    # A page in plain text is part of the rendered one: of two that are both known, the longer one is meant.
    best = max(pages, key=lambda page: (round(share(page), 1), len(page.fingerprints)))
    if share(best) < _LEAST_KNOWN:
        known = ", ".join(page.id for page in pages)
        raise ClientFault(f"the text is no version of a known page ({known}): {share(best):.0%} of it is known")
    return best


def _placed(page: KnownPage, prints: Sequence[str]) -> list[tuple[str, ...]]:
    """For each segment of an older version at hand the sentences it belongs to, as far as it is as it was read."""
    placed: list[tuple[str, ...]] = [()] * len(prints)
    for block in SequenceMatcher(None, page.fingerprints, prints, autojunk=False).get_matching_blocks():
        placed[block.b : block.b + block.size] = page.locators[block.a : block.a + block.size]
    return placed


def _distinct(locators: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(locator for each in locators for locator in each))
