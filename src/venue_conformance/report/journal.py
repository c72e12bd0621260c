"""The journal of a run: one JSON object a line, from a header to a footer, written as things happen."""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.report.records import CheckRecord, ExchangeRecord, ObservationRecord, Record
from venue_conformance.report.text import plain

FORMAT = "venue-conformance journal 1"
JOURNAL = "journal.jsonl"
#: Where in a report folder the journals of a load test's workers lie, each in a folder of its own.
WORKER_FOLDERS = "worker-*"
#: The same for replays of its checks.
REPLAY_FOLDERS = "replay-*"
#: What a target was brought into. Another process may note it, and ``cleanup`` goes on after the run has ended; so it
#: is not counted by the footer, and may stand behind it.
SETUP = "setup"
#: How the line of an exchange begins.
_EXCHANGE = b'{"kind": "exchange"'
_RECORDS: dict[str, type[Record]] = {
    "exchange": ExchangeRecord,
    "check": CheckRecord,
    "observation": ObservationRecord,
}


@dataclass
class Journal:
    """What a journal holds. ``footer`` is None when the run never came to its end.

    ``others`` are the records of kinds that this module does not know, as plain mappings by kind.
    """

    header: dict[str, Any]
    footer: dict[str, Any] | None = None
    exchanges: list[ExchangeRecord] = field(default_factory=list)
    checks: list[CheckRecord] = field(default_factory=list)
    observations: list[ObservationRecord] = field(default_factory=list)
    others: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    @property
    def finished(self) -> bool:
        """Whether the run that wrote it came to its end."""
        return self.footer is not None


class JournalWriter:
    """Appends to a journal. Each record is handed to the operating system at once, so a kill loses none.

    A disk that is full, or a folder that is gone, stops the journal and not the run: whatever was written before stays
    readable, nothing follows, and ``failed`` says why.
    """

    def __init__(self, path: Path, header: Mapping[str, Any] | None) -> None:
        """Begin a new journal; without a ``header`` go on with one that is there."""
        self.path = path
        #: What went wrong, None while nothing has.
        self.failed: str | None = None
        self._file: int | None = None
        self._lock = threading.Lock()
        self._records = 0
        flags = os.O_WRONLY | os.O_APPEND | (0 if header is None else os.O_CREAT | os.O_TRUNC)
        try:
            if header is not None:
                path.parent.mkdir(parents=True, exist_ok=True)
            self._file = os.open(path, flags, 0o666)
        except OSError as error:
            self.failed = error.strerror or str(error)
        if header is not None:
            self._append({"kind": "header", "format": FORMAT, "header": plain(header)})

    def write(self, kind: str, record: Record | Mapping[str, Any]) -> None:
        """Append one record: ``exchange``, ``check``, ``observation`` or any other kind. Safe from many threads."""
        values = record.to_dict() if isinstance(record, Record) else plain(record)
        with self._lock:
            self._append({"kind": kind, "record": values})
            self._records += kind != SETUP

    def close(self, footer: Mapping[str, Any] | None = None) -> None:
        """Write the footer and close the file; without a footer the journal stays marked as unfinished."""
        with self._lock:
            if footer is not None:
                self._append({"kind": "footer", "records": self._records, "footer": plain(footer)})
            if self._file is not None:
                os.close(self._file)
                self._file = None

    def _append(self, line: Mapping[str, Any]) -> None:
        if self._file is None or self.failed is not None:
            return
        text = json.dumps(line, allow_nan=False).encode("ascii") + b"\n"
        written = 0
        try:
            while written < len(text):
                written += os.write(self._file, text[written:])
        except OSError as error:
            self.failed = error.strerror or str(error)
            self._take_back(written)

    def _take_back(self, size: int) -> None:
        """Cut off the beginning of a line that found no room."""
        assert self._file is not None, "something was written"
        with suppress(OSError):
            end = os.lseek(self._file, 0, os.SEEK_CUR)
            if size and os.fstat(self._file).st_size == end:
                os.ftruncate(self._file, end - size)


def read_journal(path: Path, *, allow_unfinished: bool = False) -> Journal:
    """Read a journal.

    Raises ClientFault, with file and line, when it has no header or no footer, when its footer counts other records
    than are there, or when a line is broken. With ``allow_unfinished`` a missing footer and a last line that was cut
    off by the end of the run are let pass.
    """
    try:
        lines = path.read_bytes().split(b"\n")
    except OSError as error:
        raise ClientFault(f"{path}: the journal cannot be read: {error.strerror or error}") from error
    torn = lines.pop()
    if torn and not allow_unfinished:
        raise ClientFault(f"{path}, line {len(lines) + 1}: the line is cut off, so the run did not come to its end")
    entries = [_entry(line, f"{path}, line {number}") for number, line in enumerate(lines, 1)]
    if not entries or entries[0].get("kind") != "header" or entries[0].get("format") != FORMAT:
        raise ClientFault(f"{path}: a journal without a header ({FORMAT!r}) is none of this version")
    journal = Journal(_mapping(entries[0].get("header"), f"{path}, line 1"))
    for number, entry in enumerate(entries[1:], 2):
        where = f"{path}, line {number}"
        if journal.footer is not None and entry.get("kind") != SETUP:
            raise ClientFault(f"{where}: something stands behind the footer")
        if entry.get("kind") == "footer":
            journal.footer = _mapping(entry.get("footer"), where)
            there = number - 2 - len(journal.others.get(SETUP, ()))
            if entry.get("records") != there:
                raise ClientFault(f"{where}: the footer counts {entry.get('records')} records, {there} are there")
        else:
            _add(journal, entry, where)
    if journal.footer is None and not allow_unfinished:
        raise ClientFault(f"{path}: a journal without a footer belongs to a run that did not come to its end")
    return journal


def find_exchanges(path: Path, numbers: Collection[int]) -> dict[int, ExchangeRecord]:
    """The exchanges with these numbers, by number; none of those that a journal has not, or not any more."""
    found: dict[int, ExchangeRecord] = {}
    with suppress(OSError, ClientFault), path.open("rb") as lines:
        for line in lines:
            if line.startswith(_EXCHANGE):
                values = _entry(line, str(path))["record"]
                if values["id"] in numbers:
                    found[values["id"]] = ExchangeRecord.from_dict(values)
    return found


def merge(journals: Iterable[Journal]) -> Journal:
    """The journals of one sharded run as one: exchanges get new numbers, header and footer are those of the first.

    It counts as finished only if all of them are. Raises ClientFault when there is none.
    """
    parts = list(journals)
    if not parts:
        raise ClientFault("there is no journal to be merged")
    whole = Journal(parts[0].header, parts[0].footer if all(part.finished for part in parts) else None)
    for part in parts:
        numbers = {each.id: len(whole.exchanges) + index for index, each in enumerate(part.exchanges, 1)}
        whole.exchanges += [replace(each, id=numbers[each.id]) for each in part.exchanges]
        whole.checks += [renumbered(check, numbers.get) for check in part.checks]
        whole.observations += part.observations
        for kind, records in part.others.items():
            whole.others.setdefault(kind, []).extend(records)
    return whole


def renumbered(check: CheckRecord, number_of: Callable[[int], int | None]) -> CheckRecord:
    """A check whose exchanges have other numbers; what has none any more is left out."""

    def steps_of(steps: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        moved = [{"exchange": number_of(step["exchange"])} if "exchange" in step else dict(step) for step in steps]
        return [step for step in moved if step.get("exchange", 0) is not None]

    def numbers_of(numbers: Iterable[int]) -> list[int]:
        return [moved for number in numbers if (moved := number_of(number)) is not None]

    return replace(
        check,
        exchanges=numbers_of(check.exchanges),
        server_errors=numbers_of(check.server_errors),
        steps=steps_of(check.steps),
        breaches=[{**breach, "steps": steps_of(breach["steps"])} for breach in check.breaches],
    )


def _entry(line: bytes, where: str) -> dict[str, Any]:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise ClientFault(f"{where}: the line is broken: {error}") from error
    return _mapping(entry, where)


def _mapping(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise ClientFault(f"{where}: the line is broken: an object is expected")
    return value


def _add(journal: Journal, entry: dict[str, Any], where: str) -> None:
    kind, values = entry.get("kind"), _mapping(entry.get("record"), where)
    if not isinstance(kind, str):
        raise ClientFault(f"{where}: the line is broken: it has no kind")
    try:
        record = _RECORDS[kind].from_dict(values) if kind in _RECORDS else values
    except (TypeError, ValueError) as error:
        raise ClientFault(f"{where}: the line is no {kind} record: {error}") from error
    match record:
        case ExchangeRecord():
            journal.exchanges.append(record)
        case CheckRecord():
            journal.checks.append(record)
        case ObservationRecord():
            journal.observations.append(record)
        case dict():
            journal.others.setdefault(kind, []).append(record)
