"""The text of a documentation page from a file: plain text and Markdown as they are, HTML without its marks."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path

from venue_conformance.errors import ClientFault

#: The largest page that is read, in bytes.
LARGEST = 5 * 2**20
#: Elements that begin and end a line of their own.
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "br",
        "button",
        "dd",
        "div",
        "dl",
        "dt",
        "figure",
        "footer",
        "header",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "li",
        "main",
        "nav",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "tbody",
        "td",
        "th",
        "thead",
        "tr",
        "ul",
    ]
)
#: Elements whose text nobody reads.
_UNSEEN = frozenset(("head", "script", "style", "template", "svg"))


class _Text(HTMLParser):
    """Collects the text of an HTML page, line by line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self._unseen: list[str] = []
        self._kept = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        """Begin an element."""
        if tag in _UNSEEN:
            self._unseen.append(tag)
        elif tag in _BLOCKS:
            self.parts.append("\n")
        self._kept += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        """End an element."""
        if self._unseen and self._unseen[-1] == tag:
            self._unseen.pop()
        elif tag in _BLOCKS:
            self.parts.append("\n")
        self._kept -= tag == "pre" and self._kept > 0

    def handle_data(self, data: str) -> None:
        """Take text; outside ``pre`` the lines of the source mean nothing."""
        if not self._unseen:
            self.parts.append(data if self._kept else " ".join(f"-{data}-".split())[1:-1])


def read_page(file: Path) -> str:
    """The text of a page. Raises ClientFault, naming the file, for one that cannot be read as text."""
    try:
        if file.stat().st_size > LARGEST:
            raise ClientFault(f"{file}: longer than {LARGEST} bytes; a single page of documentation is expected")
        text = file.read_text(encoding="utf-8")
    except OSError as error:
        raise ClientFault(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ClientFault(f"{file}: text in UTF-8 is expected: {error.reason} at byte {error.start}") from error
    beginning = text[:2000].lstrip().lower()
    if not beginning.startswith(("<!doctype html", "<html")):
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)
