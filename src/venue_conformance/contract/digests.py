"""What a certificate is bound to: the pages as they were read, the files that judge, and this package."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import rfc8785

from venue_conformance.contract.resources import resources_root, root_of
from venue_conformance.contract.sources import load_pages
from venue_conformance.contract.yaml_text import read_yaml


def page_digests(venue: str) -> dict[str, str]:
    """The contract pages of a venue by id, each with the SHA-256 of what this suite knows of it.

    That is its title, its address and every sentence of it in order, as ``sources.yaml`` has them; which clauses a
    sentence leads to, and on which day the page was read, is no part of the page.
    """
    folder = root_of(venue) / "specs" / venue
    sentences: dict[str, list[dict[str, str]]] = {}
    for source in read_yaml(folder / "sources.yaml"):
        page = str(source["locator"]).partition("/")[0]
        sentences.setdefault(page, []).append({name: str(source[name]) for name in source if name != "clauses"})
    pages = load_pages(folder / "pages.yaml")
    return {
        page: hashlib.sha256(
            rfc8785.dumps({"id": page, "title": pages[page].title, "url": pages[page].url, "sentences": known})
        ).hexdigest()
        for page, known in sentences.items()
    }


def files_digest(files: Iterable[Path], root: Path) -> str:
    """The SHA-256 of some files: of each its path below ``root``, its length and its bytes."""
    digest = hashlib.sha256()
    for file in files:
        data = file.read_bytes()
        digest.update(f"{file.relative_to(root).as_posix()}\0{len(data)}\0".encode() + data)
    return digest.hexdigest()


def clauses_digest(venue: str) -> str:
    """The SHA-256 of what a venue itself is judged by: its specs and its suite."""
    root = root_of(venue)
    digests = [
        files_digest([file for file in sorted((top / folder).rglob("*")) if file.suffix in (".py", ".yaml")], top)
        for top, folder in ((root, f"specs/{venue}"), (root, f"suites/{venue}"), (resources_root(), "suites/shared"))
    ]
    return hashlib.sha256("".join(digests).encode()).hexdigest()


def package_digest() -> str:
    """The SHA-256 of the Python files of this package."""
    package = Path(__file__).resolve().parents[1]
    return files_digest(sorted(file for file in package.rglob("*.py") if "_kit" not in file.parts), package)
