"""Typed reading of one TOML table: a wrong value becomes a problem, ``${NAME}`` the environment's value."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from venue_conformance.target.json_text import is_whole
from venue_conformance.target.problems import Problems, unknown

_REFERENCE = re.compile(r"\$\{([^}]*)(\}?)")
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def expand(text: str, environ: Mapping[str, str]) -> str:
    """Put the environment's values in place of each ``${NAME}``.

    What a variable holds is taken as it is, so a value that itself contains ``${`` can be given through a variable.
    Raises ValueError with a sentence for a variable that is not set and for a reference that is none.
    """

    def value_of(reference: re.Match[str]) -> str:
        name = reference[1]
        if not reference[2] or not _VARIABLE.fullmatch(name):
            raise ValueError('"${" must be followed by the name of an environment variable and "}"')
        if name not in environ:
            raise ValueError(f"the environment variable {name} is not set")
        return environ[name]

    return _REFERENCE.sub(value_of, text)


def kind_of(value: object) -> str:
    """What a user would call the type of a TOML or JSON value."""
    names = {bool: "true or false", str: "text", int: "a number", float: "a number", dict: "a table", list: "a list"}
    return names.get(type(value), "nothing" if value is None else f"a {type(value).__name__}")


class Table:
    """One table of a target file. Readers return None for what is absent or wrong; wrong is noted in ``problems``."""

    def __init__(
        self, where: str, values: Mapping[str, object], problems: Problems, environ: Mapping[str, str], folder: Path
    ) -> None:
        self._where = where
        self.values = values
        self._problems = problems
        self._environ = environ
        self._folder = folder

    def wrong(self, key: str, text: str) -> None:
        """Note a problem with one key of this table."""
        self._problems.add(f"{self._where} {key}".strip(), text)

    def only(self, known: Iterable[str]) -> None:
        """Note each key that is not among ``known``."""
        names = tuple(known)
        for key in self.values:
            if key not in names:
                self.wrong(key, unknown("key", key, names))

    def text(self, key: str) -> str | None:
        """The text under ``key``, not empty, environment filled in."""
        value = self.values.get(key)
        if value is None:
            return None
        if not isinstance(value, str):
            self.wrong(key, f"must be text in quotes, is {kind_of(value)}")
            return None
        try:
            expanded = expand(value, self._environ)
        except ValueError as error:
            self.wrong(key, str(error))
            return None
        if not is_whole(expanded):
            self.wrong(key, "must be UTF-8 text")
            return None
        if not expanded.strip():
            origin = "" if expanded == value else f" ({value} is empty)"
            self.wrong(key, f"must not be empty{origin}")
            return None
        return expanded

    def required_text(self, key: str, example: str) -> str | None:
        """Like ``text``; absence is a problem too, explained by ``example``."""
        if key not in self.values:
            self.wrong(key, f"missing; give {example}")
        return self.text(key)

    def number(self, key: str, zero_allowed: bool = False, least: float = 0, most: float = math.inf) -> float | None:
        """The finite number under ``key``, above 0 (or at least 0, or ``least``) and at most ``most``."""
        value = self.values.get(key)
        if value is None:
            return None
        right = f"a number of at least {least:g}" if zero_allowed or least else "a number above 0"
        right += f" and at most {most:g}" if math.isfinite(most) else ""
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.wrong(key, f"must be {right}, is {kind_of(value)}")
            return None
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number) or not least <= number <= most or (number == 0 and not zero_allowed):
            self.wrong(key, f"must be {right}, is {value if abs(number) < 1e15 else number}")
            return None
        return number

    def whole(self, key: str) -> int | None:
        """The whole number of at least 1 under ``key``."""
        value = self.values.get(key)
        if value is None:
            return None
        right = "must be a whole number of at least 1"
        if isinstance(value, bool) or not isinstance(value, int):
            shown = value if isinstance(value, float) else kind_of(value)
            self.wrong(key, f"{right}, is {shown}")
            return None
        if value < 1:
            self.wrong(key, f"{right}, is {value}")
            return None
        return value

    def flag(self, key: str) -> bool | None:
        """The true or false under ``key``."""
        value = self.values.get(key)
        if value is None or isinstance(value, bool):
            return value
        self.wrong(key, f"must be true or false without quotes, is {kind_of(value)}")
        return None

    def path(self, key: str) -> Path | None:
        """The path under ``key``; a relative one starts at the target file's folder."""
        text = self.text(key)
        return None if text is None else self._folder / text

    def has_table(self, key: str) -> bool:
        """Whether there is a table under ``key``; anything else is a problem."""
        return key in self.values and self.table(key).values is self.values[key]

    def table(self, key: str) -> Table:
        """The table under ``key``; an absent one is empty, and so is anything else, which is a problem."""
        value = self.values.get(key, {})
        if not isinstance(value, dict):
            self.wrong(key, f"must be a table ([{key}]), is {kind_of(value)}")
            value = {}
        return self.at(f"[{key}]", value)

    def at(self, where: str, values: Mapping[str, object]) -> Table:
        """Another table of the same file."""
        return Table(where, values, self._problems, self._environ, self._folder)
