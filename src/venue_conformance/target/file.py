"""The target file: which deployment is judged, with whose credentials (target protocol, section 1).

Whatever is wrong with a file is reported at once, a line each, with the key, what would be right and the closest match.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from venue_conformance.errors import ClientFault
from venue_conformance.target.credentials import Credentials, CredentialShape, parse_credentials, read_credentials
from venue_conformance.target.model import Limits, StatesConfig, Target, Tls
from venue_conformance.target.problems import Problems, unknown
from venue_conformance.target.tables import Table, kind_of
from venue_conformance.target.urls import base_of, endpoint_of, proxy_of

__all__ = [
    "CredentialShape",
    "Credentials",
    "Limits",
    "StatesConfig",
    "Target",
    "Tls",
    "load_target",
    "parse_credentials",
]

_KEYS = ("venue", "base_url", "sign_prefix", "environment")
_TABLES = ("credentials", "accounts", "states", "limits", "tls", "proxy", "headers")
_SOURCES = ("url", "command", "inventory")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VISIBLE = re.compile(r"[\x20-\x7e]*")
_TOKEN = re.compile(r"[\x21-\x7e]+")
# Longer than that nobody waits for one answer, and some clocks and sockets cannot.
_HOUR = 3600
# One request in a hundred seconds.
_SLOWEST = 0.01
# The HTTP client computes these from each request; a fixed value would break every one of them.
_FRAMING = frozenset({"content-length", "transfer-encoding"})
_ADDRESS = re.compile(r"0[xX][0-9a-fA-F]{40}")


def load_target(path: Path, shapes: Mapping[str, CredentialShape], environ: Mapping[str, str] = os.environ) -> Target:
    """Read and check a target file.

    ``shapes`` has the credentials of every known venue by its name. ``${NAME}`` in any text but ``[states] command``
    (whose process has the environment anyway) is replaced from ``environ``. Relative paths start at the file's folder.
    Raises ClientFault with a line for everything that is wrong.
    """
    document = _parse(path)
    problems = Problems(str(path))
    top = Table("", document, problems, environ, path.absolute().parent)
    top.only((*_KEYS, *_TABLES))

    shape = _read_shape(top, shapes)
    base_url = _checked_url(top, "base_url", top.required_text("base_url", 'such as "http://127.0.0.1:9001"'), base_of)
    sign_prefix = top.flag("sign_prefix") or False
    environment = top.required_text("environment", 'free text for the report, such as "staging"')
    credentials, accounts = _read_accounts(top, shape, problems)
    states = _read_states(top.table("states")) if top.has_table("states") else None
    limits = _read_limits(top.table("limits"))
    tls = _read_tls(top.table("tls"))
    proxy = _read_proxy(top.table("proxy")) if top.has_table("proxy") else None
    headers = _read_headers(top.table("headers"), shape)

    problems.raise_if_any()
    assert base_url is not None, "a file without a problem has a base_url"
    assert environment is not None, "a file without a problem has an environment"
    assert credentials is not None, "a file without a problem has credentials"
    return Target(
        venue=str(top.text("venue")),
        base_url=base_url,
        environment=environment,
        credentials=credentials,
        accounts=accounts,
        states=states,
        limits=limits,
        tls=tls,
        headers=headers,
        path=path.absolute(),
        sign_prefix=sign_prefix,
        proxy=proxy,
    )


def _parse(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        beside = [file.stem for file in path.parent.glob("*.toml")] if isinstance(error, FileNotFoundError) else []
        # Without what all of them end with, by which every short name would be like every other.
        close = difflib.get_close_matches(path.stem, beside, n=1)
        hint = f"; did you mean {path.with_name(close[0] + '.toml')}?" if close else ""
        raise ClientFault(f"{path}: the target file cannot be read: {error.strerror}{hint}") from error
    except UnicodeDecodeError as error:
        raise ClientFault(f"{path}: is not UTF-8 text (byte {error.start})") from error
    except tomllib.TOMLDecodeError as error:
        raise ClientFault(f"{path}: is not TOML: {error}") from error
    except RecursionError as error:
        raise ClientFault(f"{path}: is nested too deeply") from error


def _read_shape(top: Table, shapes: Mapping[str, CredentialShape]) -> CredentialShape | None:
    venue = top.required_text("venue", f"one of {', '.join(sorted(shapes))}")
    if venue is not None and venue not in shapes:
        top.wrong("venue", f'"{venue}" is an {unknown("venue", venue, shapes)}')
    return None if venue is None else shapes.get(venue)


def _checked_url(table: Table, key: str, text: str | None, check: Callable[[str], str]) -> str | None:
    if text is None:
        return None
    try:
        return check(text)
    except ValueError as error:
        table.wrong(key, str(error))
        return None


def _read_accounts(
    top: Table, shape: CredentialShape | None, problems: Problems
) -> tuple[Credentials | None, tuple[Credentials, ...]]:
    """The credentials and the further accounts; of an unknown venue none, since nobody knows their keys."""
    if "credentials" not in top.values:
        needed = f"; it needs {', '.join(sorted(shape.required))}" if shape else ""
        top.wrong("[credentials]", f"missing{needed}")
    tables = {"[credentials]": top.table("credentials")} if "credentials" in top.values else {}
    further = top.values.get("accounts", [])
    if not isinstance(further, list) or not all(isinstance(entry, dict) for entry in further):
        top.wrong("accounts", "must be tables, each headed [[accounts]] in double brackets")
        further = []
    for number, entry in enumerate(further, start=1):
        where = f"[[accounts]] number {number}:"
        tables[where] = top.at(where, entry)
    if shape is None:
        return None, ()

    read = {where: _read_account(table, where, shape, problems) for where, table in tables.items()}
    _refuse_repeated_names(read, shape, problems)
    main = read.pop("[credentials]", None)
    return main, tuple(account for account in read.values() if account is not None)


def _read_account(table: Table, where: str, shape: CredentialShape, problems: Problems) -> Credentials | None:
    values: dict[str, object] = {}
    wrong: list[str] = []
    for key, value in table.values.items():
        known = key in shape.required | shape.optional
        text = table.text(key) if known else None
        if known and text is None:
            wrong.append(key)
        else:
            values[key] = text if known else value
    return read_credentials(values, shape, where, problems, wrong)


def _refuse_repeated_names(read: Mapping[str, Credentials | None], shape: CredentialShape, problems: Problems) -> None:
    first: dict[str, str] = {}
    for where, account in read.items():
        if account is None:
            continue
        # Ethereum writes one address in several cases (EIP-55); any other name means what it says.
        name = account.name.lower() if _ADDRESS.fullmatch(account.name) else account.name
        if name in first:
            problems.add(
                f"{where} {shape.account_name}",
                f'"{account.name}" is the account of {first[name].rstrip(":")} already; the accounts must be different',
            )
        first.setdefault(name, where)


def _read_states(table: Table) -> StatesConfig | None:
    table.only((*_SOURCES, "token"))
    given = [key for key in _SOURCES if key in table.values]
    if len(given) != 1:
        found = " and ".join(given) if given else "none of them"
        table.wrong("", f"must have exactly one of url, command and inventory, has {found}")
    url = _checked_url(table, "url", table.text("url"), endpoint_of)
    command = _read_command(table)
    inventory = table.path("inventory")
    token = table.text("token")
    if token is not None and not _TOKEN.fullmatch(token):
        table.wrong("token", "must be visible ASCII characters without blanks")
    if "token" in table.values and given and "url" not in given:
        table.wrong("token", f"is sent to url only; {given[0]} needs none")
    if sum(source is not None for source in (url, command, inventory)) != 1:
        return None  # the reason has been noted
    return StatesConfig(url, command, inventory, token)


def _read_command(table: Table) -> tuple[str, ...] | None:
    value = table.values.get("command")
    if value is None:
        return None
    if not isinstance(value, list) or not value or not all(isinstance(part, str) for part in value) or not value[0]:
        shown = "an empty list" if value == [] else kind_of(value)
        table.wrong("command", f'must be a list of texts, such as ["./provision.sh"], is {shown}')
        return None
    if any("\0" in part for part in value):
        table.wrong("command", "must not contain NUL characters")
        return None
    return tuple(value)


def _read_limits(table: Table) -> Limits:
    table.only(("requests_per_second", "timeout_seconds", "settle_seconds", "max_orders", "max_requests"))
    usual = Limits()
    timeout = table.number("timeout_seconds", most=_HOUR)
    settle = table.number("settle_seconds", zero_allowed=True, most=_HOUR)
    return Limits(
        requests_per_second=table.number("requests_per_second", least=_SLOWEST),
        timeout_seconds=usual.timeout_seconds if timeout is None else timeout,
        settle_seconds=usual.settle_seconds if settle is None else settle,
        max_orders=table.whole("max_orders"),
        max_requests=table.whole("max_requests"),
    )


def _read_tls(table: Table) -> Tls:
    keys = ("ca_file", "client_cert", "client_key")
    table.only(keys)
    files = {key: table.path(key) for key in keys}
    for key, file in files.items():
        if file is not None and not file.is_file():
            table.wrong(key, f"there is no file {file}")
    if "client_key" in table.values and "client_cert" not in table.values:
        table.wrong("client_cert", "missing; a client_key can be used only with its certificate")
    return Tls(**files)


def _read_proxy(table: Table) -> str | None:
    table.only(("url",))
    return _checked_url(table, "url", table.required_text("url", 'such as "http://proxy.example:3128"'), proxy_of)


def _read_headers(table: Table, shape: CredentialShape | None) -> Mapping[str, str]:
    headers: dict[str, str] = {}
    set_by_checks = _lower(shape.headers) if shape else set()
    for name in table.values:
        value = table.text(name)
        if not _HEADER_NAME.fullmatch(name):
            table.wrong(name, "is not a valid HTTP header name")
        elif name.lower() in _FRAMING:
            table.wrong(name, "is computed for each request and cannot be fixed")
        elif name.lower() in set_by_checks:
            table.wrong(name, "is set or omitted by the checks themselves")
        elif name.lower() in _lower(headers):
            table.wrong(name, "is given twice; upper and lower case make no difference")
        elif value is not None and (not _VISIBLE.fullmatch(value) or value != value.strip()):
            table.wrong(name, "must be ASCII text without control characters and without blanks at its ends")
        elif value is not None:
            headers[name] = value
    return MappingProxyType(headers)


def _lower(names: Iterable[str]) -> set[str]:
    return {name.lower() for name in names}
