"""Headers and bodies that a report has left out, read again from the journal beside it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.report.journal import JOURNAL, Journal, read_journal
from venue_conformance.report.records import ExchangeRecord


def whole_exchanges(report: Path, document: Mapping[str, Any]) -> dict[int, ExchangeRecord]:
    """The exchanges of a report by number, as the journal of its run has them.

    ``report`` is the report's file, or its folder. Raises ClientFault where the journal of this run is not there.
    """
    found = {each.id: each for each in journal_of(report, document).exchanges}
    return {each["id"]: found.get(each["id"]) or ExchangeRecord.from_dict(each) for each in document["exchanges"]}


def whole_check(
    report: Path, document: Mapping[str, Any], check: Mapping[str, Any]
) -> tuple[Mapping[str, Any], dict[int, ExchangeRecord]]:
    """A check with all of its steps, and all exchanges, from the journal where the report has left something out.

    Raises ClientFault where it has, and the journal of this run is not there.
    """
    exchanges = {each["id"]: ExchangeRecord.from_dict(each) for each in document["exchanges"]}
    if all(exchanges[number].kept for number in check["exchanges"] if number in exchanges):
        return check, exchanges
    journal = journal_of(report, document)
    noted = next((each for each in reversed(journal.checks) if each.id == check["id"]), None)
    whole = check if noted is None else {**check, "steps": noted.to_dict()["steps"]}
    return whole, exchanges | {each.id: each for each in journal.exchanges}


def journal_of(report: Path, document: Mapping[str, Any]) -> Journal:
    """The journal of a report's run. Raises ClientFault where it is not beside the report."""
    folder = report if report.is_dir() else report.parent
    files = [folder / JOURNAL, folder / document["target"]["venue"] / JOURNAL]
    file = next((each for each in files if each.is_file()), None)
    advice = "a report keeps no bodies of a check that passed, unless the run was given --keep-bodies"
    if file is None:
        raise ClientFault(f"{files[0]}: there is no journal beside the report; {advice}")
    journal = read_journal(file, allow_unfinished=True)
    if journal.header.get("run", {}).get("id") != document["run"]["id"]:
        raise ClientFault(f"{file}: this is the journal of another run; {advice}")
    return journal
