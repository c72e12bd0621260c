"""Where promises are documented: the public pages of a venue, and the places on them that a clause cites."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, cast

import yaml

from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import SuiteFault

_KEYS = {"page", "section", "sentence", "note"}


@dataclass(frozen=True)
class Page:
    """A public page: its id within the venue, its title and address, and the day on which it was read."""

    id: str
    title: str
    url: str
    read: date


@dataclass(frozen=True)
class Source:
    """A place on a page, or only a note where no page says anything.

    ``sentences`` are numbered from 1 within the section, as in ``sources.yaml``.
    """

    page: Page | None
    section: str = ""
    sentences: tuple[int, ...] = ()
    note: str = ""

    def __str__(self) -> str:
        title = self.page.title if self.page else ""
        return ", ".join(part for part in (title, self.place) if part)

    @property
    def place(self) -> str:
        """Where on its page, or the note alone."""
        words = ", ".join(part for part in (self.section, _sentences(self.sentences)) if part)
        return f"{words} ({self.note})" if words and self.note else words or self.note


def in_words(sources: Iterable[Source]) -> str:
    """The places for a reader, a page's title only where it is another than that of the place before."""
    parts: list[str] = []
    page: Page | None = None
    for source in sources:
        parts.append(source.place if source.page is page and page and source.place else str(source))
        page = source.page
    return "; ".join(parts)


def _sentences(numbers: tuple[int, ...]) -> str:
    if not numbers:
        return ""
    if len(numbers) == 1:
        return f"sentence {numbers[0]}"
    if len(numbers) > 2 and numbers == tuple(range(numbers[0], numbers[-1] + 1)):
        return f"sentences {numbers[0]} to {numbers[-1]}"
    *others, last = map(str, numbers)
    return f"sentences {', '.join(others)} and {last}"


def load_pages(file: Path) -> Mapping[str, Page]:
    """Read a ``pages.yaml``: the pages by id. Raises SuiteFault, naming the file, for what is no list of pages."""
    try:
        pages = [Page(**entry) for entry in read_yaml(file)]
    except (OSError, ValueError, TypeError, yaml.YAMLError) as error:
        raise SuiteFault(f"{file}: {error}") from error
    for page in pages:
        if not page.url.startswith("https://"):
            raise SuiteFault(f"{file}: {page.id}: an https:// address is expected, not {page.url!r}")
    return {page.id: page for page in pages}


def read_sources(value: object, pages: Mapping[str, Page], where: str) -> tuple[Source, ...]:
    """The places that a clause cites: a mapping, or a list of them. Raises SuiteFault that names ``where``."""
    entries = value if isinstance(value, list) else [value]
    if not entries:
        raise SuiteFault(f"{where}: a source is expected")
    return tuple(_source(entry, pages, where) for entry in entries)


def _source(entry: object, pages: Mapping[str, Page], where: str) -> Source:
    if not isinstance(entry, dict) or not entry or not entry.keys() <= _KEYS:
        raise SuiteFault(f"{where}: a source is a mapping with page, section, sentence and note, not {entry!r}")
    fields = cast("dict[str, Any]", entry)
    page, sentence = fields.get("page"), fields.get("sentence", ())
    if page is not None and page not in pages:
        raise SuiteFault(f"{where}: pages.yaml has no page {page!r}; it has {', '.join(pages)}")
    sentences = tuple(sentence) if isinstance(sentence, list) else (sentence,) if sentence else ()
    if not all(isinstance(number, int) for number in sentences):
        raise SuiteFault(f"{where}: sentence is a number or a list of numbers, not {sentence!r}")
    return Source(pages[page] if page else None, fields.get("section", ""), sentences, fields.get("note", ""))
