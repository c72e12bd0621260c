"""What a run is asked for beside its flags: by the environment, and by a file in the working folder.

A flag comes before the environment, and that before the file. What is not known is an error, lest a slip of the pen
turn a strict run into a lax one. What must be said anew each time (to judge a production host, to accept breaches) has
no place here.
"""

from __future__ import annotations

import argparse
import difflib
import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from venue_conformance.contract.clauses import IMPORTANCES, LEVELS
from venue_conformance.errors import ClientFault
from venue_conformance.fuzz.profiles import REDIS_VARIABLE
from venue_conformance.plugin.options import DEFAULT_REPORT_DIR, PROFILES
from venue_conformance.report.text import did_you_mean, one_line

FILE = Path("venue-conformance.toml")
PREFIX = "VENUE_CONFORMANCE_"
_TABLE = "run"
#: What says what is judged: whoever says one of these says all of them.
_JUDGED = ("target", "venues", "embedded")
_FLAGS_ONLY = ("force_production", "baseline_update", "plan")
_YES, _NO = ("1", "true", "yes", "on"), ("0", "false", "no", "off", "")
#: So like a known variable an unknown one must be to be taken for a slip of the pen; others may be anybody's.
_ALIKE = 0.8

Reader = Callable[[Any], Any]


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value.strip():
        raise ValueError("a text is expected")
    return value


def _path(value: Any) -> Path:
    return Path(_text(value))


def _flag(value: Any) -> bool:
    word = value.lower() if isinstance(value, str) else value
    if isinstance(word, bool):
        return word
    if word not in (*_YES, *_NO):
        raise ValueError("true or false is expected")
    return word in _YES


def _number(kind: type[int] | type[float]) -> Reader:
    def read(value: Any) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError("a number is expected")
        if kind is int and isinstance(value, float):
            raise ValueError("a whole number is expected")
        try:
            return kind(value)
        except ValueError:
            raise ValueError(f"{'a whole' if kind is int else 'a'} number is expected") from None

    return read


def _one_of(choices: Iterable[str]) -> Reader:
    known = tuple(choices)

    def read(value: Any) -> str:
        if value not in known:
            raise ValueError(f"one of {', '.join(known)} is expected{did_you_mean(str(value), known)}")
        return str(value)

    return read


def _list_of(read: Reader) -> Reader:
    def read_all(value: Any) -> list[Any]:
        parts = [part for part in value.replace(",", " ").split() if part] if isinstance(value, str) else value
        if not isinstance(parts, list):
            raise ValueError("a list is expected")
        return [read(part) for part in parts]

    return read_all


#: What may be configured, by its key in the file; the variable is the key in capitals behind the prefix.
SETTINGS: dict[str, Reader] = {
    "target": _path,
    "venues": _list_of(_text),
    "embedded": _flag,
    "report_dir": _path,
    "profile": _one_of(PROFILES),
    "clause": _list_of(_text),
    "level": _list_of(_one_of(LEVELS)),
    "importance": _list_of(_one_of(IMPORTANCES)),
    "seed": _number(int),
    "max_minutes": _number(float),
    "allow_untested": _flag,
    "strict": _flag,
    "probe": _flag,
    "baseline": _path,
    "spec": _path,
    "shard": _text,
    "report": _list_of(_text),
    "keep_bodies": _flag,
    "sarif_location": _path,
}
#: What holds where nobody says anything.
_DEFAULTS: dict[str, Any] = {
    "venues": [],
    "embedded": False,
    "report_dir": DEFAULT_REPORT_DIR,
    "profile": "ci",
    "clause": [],
    "level": [],
    "importance": [],
    "allow_untested": False,
    "strict": False,
    "probe": True,
    "report": [],
    "keep_bodies": False,
}


def configure(
    options: argparse.Namespace, environment: Mapping[str, str] | None = None, file: Path = FILE
) -> list[str]:
    """Fill in what no flag has said; hands back what was taken from where, in words.

    Raises ClientFault for what is unknown, or not of the kind that is expected.
    """
    sources = [
        _from_environment(os.environ if environment is None else environment),
        (str(file), _from_file(file)),
    ]
    told: dict[str, list[str]] = {}
    settled = {key for key in SETTINGS if getattr(options, key, None) not in (None, [])}
    for name, values in sources:
        said = set(values) - settled
        if settled & set(_JUDGED):
            said -= set(_JUDGED)
        for key in said:
            setattr(options, key, values[key])
        settled |= said
        if said:
            told[name] = sorted(said)
    for key in SETTINGS:
        if getattr(options, key, None) is None:
            setattr(options, key, _DEFAULTS.get(key))
    return [f"{', '.join(keys)} from {name}" for name, keys in told.items()]


def _from_environment(environment: Mapping[str, str]) -> tuple[str, dict[str, Any]]:
    known = {f"{PREFIX}{key.upper()}": key for key in SETTINGS}
    refused = {f"{PREFIX}{key.upper()}" for key in _FLAGS_ONLY}
    found: dict[str, Any] = {}
    for name, value in environment.items():
        if not name.startswith(PREFIX) or name == REDIS_VARIABLE:
            continue
        if name in known:
            found[known[name]] = _read(known[name], value, name)
        elif name in refused:
            raise ClientFault(f"{name}: only the flag sets this, anew for each run")
        elif close := difflib.get_close_matches(name.removeprefix(PREFIX).lower(), SETTINGS, n=1, cutoff=_ALIKE):
            raise ClientFault(f"{one_line(name)}: unknown; did you mean {PREFIX}{close[0].upper()}?")
    return "the environment", found


def _from_file(file: Path) -> dict[str, Any]:
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ClientFault(f"{file}: {error.strerror or error}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ClientFault(f"{file}: this is no TOML: {error}") from error
    for key in document:
        if key != _TABLE:
            hint = f"; {key} belongs under [{_TABLE}]" if key in SETTINGS else did_you_mean(key, (_TABLE,))
            raise ClientFault(f"{file}: {one_line(key)}: unknown{hint}")
    table = document.get(_TABLE, {})
    if not isinstance(table, dict):
        raise ClientFault(f"{file}: settings are written under [{_TABLE}]")
    for key in table:
        if key in _FLAGS_ONLY:
            raise ClientFault(f"{file}, [{_TABLE}] {key}: only the flag sets this, anew for each run")
        if key not in SETTINGS:
            raise ClientFault(f"{file}, [{_TABLE}] {one_line(key)}: unknown{did_you_mean(key, SETTINGS)}")
    return {key: _read(key, value, f"{file}, [{_TABLE}] {key}") for key, value in table.items()}


def _read(key: str, value: Any, where: str) -> Any:
    try:
        return SETTINGS[key](value)
    except ValueError as error:
        raise ClientFault(f"{where}: {error}, not {one_line(repr(value), 80)}") from error
