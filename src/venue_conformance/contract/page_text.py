"""The text of a documentation page from a file: plain text and Markdown as they are, HTML without its marks."""

from __future__ import annotations

import re
from collections.abc import Iterator
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
_HTML, _MARKDOWN = (".html", ".htm", ".xhtml"), (".md", ".mdx", ".markdown")
#: How a page of HTML begins, whatever its file is called: after declarations and comments, such as that of a browser.
_BEGINS_HTML = re.compile(r"\s*(?:<\?xml.*?\?>\s*|<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL)
_FENCE = re.compile(r"^ {0,3}(?:```|~~~)")
#: A span of code, in which a backslash is one, or a mark that is escaped.
_ESCAPED = re.compile(r"(`+).*?\1|\\([!-/:-@\[-`{-~])")
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
        text = file.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ClientFault(f"{file}: cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ClientFault(f"{file}: text in UTF-8 is expected: {error.reason} at byte {error.start}") from error
    suffix = file.suffix.lower()
    if suffix in _MARKDOWN:
        return "\n".join(_unescaped(text))
    if suffix not in _HTML and not _BEGINS_HTML.match(text[:4000]):
        return text
    parser = _Text()
    parser.feed(text)
    parser.close()
    return "".join(parser.parts)


def _unescaped(text: str) -> Iterator[str]:
    """The lines of Markdown with marks that are escaped as they read, code left alone."""
    fenced = False
    for line in text.splitlines():
        begins = _FENCE.match(line) is not None
        fenced = fenced != begins
        yield line if fenced or begins else _ESCAPED.sub(lambda found: found[2] or found[0], line)
