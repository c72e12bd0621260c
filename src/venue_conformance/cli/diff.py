"""``venue-conformance diff``: what a changed document, or a changed page, means for callers, clauses and checks."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from venue_conformance.changes import page_rendering, rendering
from venue_conformance.changes.documents import DocumentComparison, compare_documents
from venue_conformance.changes.reading import read_document
from venue_conformance.contract.clauses import Catalogue, load_catalogue
from venue_conformance.contract.manifest import checks_by_clause
from venue_conformance.contract.page_changes import page_changes
from venue_conformance.contract.page_text import read_page
from venue_conformance.contract.resources import root_of, venue_names
from venue_conformance.contract.yaml_text import read_yaml
from venue_conformance.errors import ClientFault
from venue_conformance.report.files import write_files
from venue_conformance.report.text import did_you_mean, fit_to_print, plain

SAME, CHANGED = 0, 1
FORMS = ("text", "json", "markdown", "html")


def add_command(commands: Any) -> None:
    """Declare the command."""
    parser: argparse.ArgumentParser = commands.add_parser(
        "diff",
        description="Says what a changed OpenAPI or AsyncAPI document means for callers (breaking, compatible, or only "
        "documentation) and which clauses and checks it touches. Without --old it is held against what this suite has "
        "of the venue, and only what goes below that counts. With --page, the venue's documentation page is compared "
        "with the version that the clauses were written from, or with an older one at hand; a person has to review "
        "what changed. Exit status: 0 nothing that --fail-on names, of a page nothing at all; 1 something; 2 a file "
        "cannot be read, or is about something else. Nothing is fetched.",
    )
    parser.add_argument("venue", metavar="VENUE", help="whose document or page it is")
    parser.add_argument(
        "new",
        nargs="?",
        type=Path,
        metavar="NEW",
        help="the document: YAML, JSON, or Markdown with it in a fenced block",
    )
    parser.add_argument("--old", type=Path, metavar="FILE", help="the document as it was; default: what this suite has")
    parser.add_argument(
        "--page",
        nargs="+",
        type=Path,
        metavar="FILE",
        help="[OLD] NEW: a page as text, Markdown or HTML; OLD is otherwise what the clauses were written from",
    )
    parser.add_argument(
        "--fail-on",
        choices=("breaking", "clause", "any"),
        default="breaking",
        help="which changes of a document end with status 1: breaking ones; also those to a clause, unless only "
        "its words changed; or any; default: breaking",
    )
    parser.add_argument(
        "--format", choices=FORMS, default="text", help="form of the output; html for a page only; default: text"
    )
    parser.add_argument(
        "--report",
        action="append",
        type=_report,
        default=[],
        metavar="FORM=FILE",
        help="write it to a file as well, as json, markdown, text or html; may be repeated",
    )
    parser.set_defaults(execute=execute)
    _take_intermixed(parser)


def _take_intermixed(parser: argparse.ArgumentParser) -> None:
    """Let options stand between VENUE and NEW, which argparse alone does not where NEW may be left out."""
    as_usual = parser.parse_known_args

    def intermixed(args: Any = None, namespace: Any = None) -> Any:
        setattr(parser, "parse_known_args", as_usual)  # noqa: B010 - which intermixed parsing calls itself
        try:
            return parser.parse_known_intermixed_args(args, namespace)
        finally:
            setattr(parser, "parse_known_args", intermixed)  # noqa: B010

    setattr(parser, "parse_known_args", intermixed)  # noqa: B010


def execute(options: argparse.Namespace) -> int:
    """Compare and print. Raises ClientFault for an unknown venue, and for files that cannot be compared."""
    if options.venue not in venue_names():
        named = options.venue or "VENUE is empty"
        hint = did_you_mean(options.venue, venue_names())
        raise ClientFault(f"{named}: no such venue; the venues are {', '.join(venue_names())}{hint}")
    render, status = _page(options) if options.page is not None else _document(options)
    for form, file in options.report:
        write_files(file.parent, {file.name: render(form)})
    if text := render(options.format):
        sys.stdout.write(fit_to_print(text).rstrip("\n") + "\n")
    return status


def _report(text: str) -> tuple[str, Path]:
    form, equals, file = text.partition("=")
    if form not in FORMS or not equals or not file:
        raise argparse.ArgumentTypeError(f"{text!r} is no FORM=FILE with a form of {', '.join(FORMS)}")
    return form, Path(file)


Render = Callable[[str], str]


def _document(options: argparse.Namespace) -> tuple[Render, int]:
    if options.new is None:
        raise ClientFault("diff compares a document (NEW) or, with --page, a page; neither was given")
    if "html" in (options.format, *(form for form, _ in options.report)):
        raise ClientFault("html is for a page; a document is written as text, json or markdown")
    catalogue = load_catalogue(options.venue)
    new = read_document(options.new)
    comparison = compare_documents(catalogue, new, read_document(options.old) if options.old else None)
    checks = checks_by_clause(options.venue) if comparison.clauses else {}
    status = CHANGED if _fails(comparison, catalogue, options.fail_on) else SAME

    def render(form: str) -> str:
        if form == "json":
            return _json(rendering.as_document(comparison, checks, status))
        writer = rendering.render_markdown if form == "markdown" else rendering.render_text
        return writer(comparison, catalogue, checks)

    return render, status


def _fails(comparison: DocumentComparison, catalogue: Catalogue, fail_on: str) -> bool:
    effects = {"breaking": ("breaking",), "clause": ("breaking",), "any": ("breaking", "compatible", "documentation")}
    return any(
        each.change.effect in effects[fail_on]
        or (
            fail_on == "clause"
            and each.change.effect == "compatible"
            and any(catalogue[clause].level != "open" for clause in each.clauses)
        )
        for each in comparison.changes
    )


def _page(options: argparse.Namespace) -> tuple[Render, int]:
    if options.new is not None or options.old is not None:
        raise ClientFault("--page takes the older and the newer page itself; NEW and --old are for documents")
    if len(options.page) > 2:
        raise ClientFault(f"--page takes one file, or an older and a newer one, not {len(options.page)}")
    *older, newer = options.page
    sources = read_yaml(root_of(options.venue) / "specs" / options.venue / "sources.yaml")
    page, changes = page_changes(sources, read_page(newer), read_page(older[0]) if older else None)
    checks = checks_by_clause(options.venue) if changes else {}
    catalogue, status = load_catalogue(options.venue), CHANGED if changes else SAME

    def render(form: str) -> str:
        match form:
            case "json":
                return _json(page_rendering.as_document(options.venue, page.id, changes, checks, catalogue, status))
            case "markdown":
                return page_rendering.render_markdown(options.venue, page.id, changes, checks, catalogue)
            case "html":
                return page_rendering.render_html(options.venue, page.id, changes, checks, catalogue)
            case _:
                return page_rendering.render_text(page.id, changes, checks, catalogue)

    return render, status


def _json(document: dict[str, Any]) -> str:
    return json.dumps(plain(document), indent=1, allow_nan=False) + "\n"
