"""The forms in which a report can be had, and who asked for which of them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.report.badge import render_badge
from venue_conformance.report.bodies import whole_exchanges
from venue_conformance.report.ctrf import render_ctrf
from venue_conformance.report.har import render_har
from venue_conformance.report.html import render_html
from venue_conformance.report.junit import render_junit
from venue_conformance.report.sarif import render_sarif
from venue_conformance.report.summary import render_summary
from venue_conformance.report.text import did_you_mean

REPORT = "conformance.json"
Document = Mapping[str, Any]


@dataclass(frozen=True)
class JsonPieces:
    """A report as JSON, of which each clause, check and exchange has a line; piece by piece, for it may be large."""

    document: Document

    def __iter__(self) -> Iterator[str]:
        before = "{\n"
        for key, value in self.document.items():
            yield f"{before}{json.dumps(key)}: "
            before = ",\n"
            if isinstance(value, list) and value:
                for place, each in enumerate(value):
                    yield ",\n" if place else "[\n"
                    yield json.dumps(each, separators=(",", ":"), allow_nan=False)
                yield "\n]"
            else:
                yield json.dumps(value, indent=1, allow_nan=False)
        yield "\n}\n"


@dataclass(frozen=True)
class ReportForm:
    """One form: the name of its file in a report folder, and how it is made."""

    file: str
    render: Callable[[Document], Iterable[str]]


FORMS: dict[str, ReportForm] = {
    "json": ReportForm(REPORT, JsonPieces),
    "html": ReportForm("report.html", render_html),
    "junit": ReportForm("junit.xml", render_junit),
    "sarif": ReportForm("report.sarif", render_sarif),
    "summary": ReportForm("summary.md", render_summary),
    "har": ReportForm("exchanges.har", render_har),
    "ctrf": ReportForm("ctrf.json", render_ctrf),
    "badge": ReportForm("badge.json", render_badge),
}
#: What is written without being asked for; the JSON comes last, because it stands for all of them.
USUAL = ("junit", "html", "sarif", "summary", "json")
#: Takes the name of the venue in the name of a file.
_VENUE = "{venue}"


@dataclass(frozen=True)
class Wanted:
    """A form that somebody asked for; ``file`` is where it goes, None for its own name in the report folder."""

    form: str
    file: str | None = None


def read_forms(texts: Iterable[str]) -> tuple[Wanted, ...]:
    """What ``--report FORM[=FILE]`` asks for. Raises ClientFault for a form that there is not."""
    wanted = []
    for text in texts:
        form, equals, file = text.partition("=")
        if form not in FORMS or (equals and not file):
            known = ", ".join(FORMS)
            wrong = "no file is named" if form in FORMS else f"the forms are {known}{did_you_mean(form, FORMS)}"
            raise ClientFault(f"--report {text}: {wrong}")
        wanted.append(Wanted(form, file or None))
    return tuple(dict.fromkeys(wanted))


def require_apart(wanted: Iterable[Wanted], venues: Sequence[str]) -> None:
    """Raise ClientFault where the reports of several venues would overwrite each other."""
    for each in wanted:
        if len(venues) > 1 and each.file is not None and _VENUE not in each.file:
            raise ClientFault(
                f"--report {each.form}={each.file}: several venues are judged: put {_VENUE} into the name"
            )


def own_files(wanted: Iterable[Wanted]) -> list[str]:
    """The names of the files that are written into the report folder because somebody asked for them."""
    return [FORMS[each.form].file for each in wanted if each.file is None and each.form not in USUAL]


def render_forms(directory: Path, document: Document, wanted: Iterable[Wanted] = ()) -> dict[Path, Iterable[str]]:
    """The usual forms and the wanted ones by the files that they go to, ``conformance.json`` last."""
    asked = [*wanted, *(Wanted(form) for form in USUAL)]
    files: dict[Path, Iterable[str]] = {}
    made: dict[str, Iterable[str]] = {}
    for each in asked:
        if each.form not in made:
            made[each.form] = _render(each.form, directory, document)
        venue = document["target"]["venue"]
        file = directory / FORMS[each.form].file if each.file is None else Path(each.file.replace(_VENUE, venue))
        files.pop(file, None)
        files[file] = made[each.form]
    return files


def _render(form: str, directory: Path, document: Document) -> Iterable[str]:
    if form != "har":
        return FORMS[form].render(document)
    try:  # A report that was merged, or whose journal is gone, tells what it has.
        return render_har(document, whole_exchanges(directory, document).values())
    except ClientFault:
        return render_har(document)
