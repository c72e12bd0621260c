# ruff: noqa: E501 - a table reads best with a row a line
"""Mistakes in a target file and in what it names: each is told in one line, before anything is sent."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.certificates import authority
from tests.mistakes import CREDENTIALS, Commands, Mistake, commands, ids, is_reported_in_one_line

_ARCUS = CREDENTIALS["arcus"]
_KEY = 'public_key = "pk_1"\n'
_FILE = r"^error: target\.toml: "


def _of(category: str, *mistakes: Mistake) -> list[Mistake]:
    return [Mistake(**{**vars(each), "name": f"{category}: {each.name}"}) for each in mistakes]


def _limits(line: str, says: str) -> Mistake:
    key = line.partition(" ")[0]
    return Mistake(line, rf"{_FILE}\[limits\] {key}: {says}", more=f"[limits]\n{line}")


def _inventory(name: str, content: str | bytes, says: str) -> Mistake:
    listed = '[states]\ninventory = "orders.json"'
    return Mistake(name, rf"orders\.json: {says}", more=listed, files={"orders.json": content})


def _order(**values: object) -> str:
    return json.dumps({"orders": [{"orderId": "a", "owner": "caller", "status": "open", **values}]})


CREDENTIAL_MISTAKES = _of(
    "credentials",
    Mistake(
        "a letter beyond ASCII in a secret",
        rf"{_FILE}\[credentials\] secret_key: must be ASCII",
        credentials=f'{_KEY}secret_key = "sk_tést_of_the_test"',
    ),
    Mistake(
        "a letter beyond ASCII in a name",
        rf"{_FILE}\[credentials\] public_key: must be ASCII",
        credentials='public_key = "pk_ł"\nsecret_key = "sk_of_the_test"',
    ),
    Mistake(
        "an API key with an emoji",
        rf"{_FILE}\[credentials\] api_key: must be ASCII",
        venue="predictstreet",
        credentials=CREDENTIALS["predictstreet"].replace("key.of", "key.🔑of"),
    ),
    Mistake(
        "digits of another alphabet",
        rf"{_FILE}\[credentials\] wallet: must be ASCII",
        venue="predictstreet",
        credentials=CREDENTIALS["predictstreet"].replace("0xcd", "0x\u0663\u0663"),
    ),
    Mistake(
        "a letter that nobody sees",
        rf"{_FILE}\[credentials\] secret_key: must not begin or end with blanks nor contain",
        credentials=f'{_KEY}secret_key = "sk_of\u200b_the_test"',
    ),
    Mistake(
        "a line end behind a secret",
        rf"{_FILE}\[credentials\] secret_key: must not begin or end with blanks",
        credentials=f'{_KEY}secret_key = "sk_of_the_test\\n"',
    ),
    Mistake(
        "a private key that is too short",
        rf"{_FILE}\[credentials\]: private_key must be an Ed25519 seed of 64 hexadecimal digits",
        venue="arcus",
        credentials=_ARCUS.replace("11" * 32, "11" * 31),
    ),
    Mistake(
        "an address that is none",
        rf"{_FILE}\[credentials\]: address must be 40 hexadecimal digits",
        venue="arcus",
        credentials=_ARCUS.replace("abab", "abag", 1),
    ),
    Mistake(
        "a kind of partner that there is not",
        rf"{_FILE}\[credentials\] partner_kind: must be one of multi_wallet, single_wallet, is \"both\"",
        venue="predictstreet",
        credentials=CREDENTIALS["predictstreet"].replace("single_wallet", "both"),
    ),
    Mistake(
        "a secret that is a number",
        r"secret_key: must be text in quotes, is a number",
        credentials=f"{_KEY}secret_key = 1",
    ),
    Mistake("a secret that is missing", r"\[credentials\] secret_key: missing; required are", credentials=_KEY),
    Mistake(
        "disposable as text",
        rf"{_FILE}\[\[accounts\]\] number 1: disposable: must be true or false without quotes, is text",
        more='[[accounts]]\npublic_key = "pk_2"\nsecret_key = "s"\ndisposable = "true"',
    ),
    Mistake(
        "one account twice",
        r'number 1: public_key: "pk_1" is the account of \[credentials\] already',
        more='[[accounts]]\npublic_key = "pk_1"\nsecret_key = "s"',
    ),
)

ADDRESS_MISTAKES = _of(
    "addresses",
    *(
        Mistake(base_url, rf"{_FILE}base_url: {says}", base_url=base_url)
        for base_url, says in (
            ("http://127.0.0.1:99999", r"is not a URL: Port out of range"),
            ("http://127.0.0.1:0", r"must have a port between 1 and 65535"),
            ("http://127.0.0.1:port", r"is not a URL: "),
            ("127.0.0.1:9001", r"must be an http or https URL"),
            ("http://999.0.0.1", r"is not a URL: Invalid IPv4 address"),
            ("http://[::1", r"is not a URL: "),
            ("http://a..test", r"has an invalid host name"),
            (f"http://{'a' * 64}.test", r"has an invalid host name"),
            ("http://127.0.0.1/a/../b", r"has an invalid path"),
            ("http://127.0.0.1:9/?x=1", r"must be scheme, .*, without query"),
        )
    ),
    Mistake(
        "a port of ws_url out of range",
        rf"{_FILE}\[credentials\]: ws_url is not a URL: Port out of range",
        venue="arcus",
        credentials=f'{_ARCUS}ws_url = "wss://127.0.0.1:70000/v1/ws"',
    ),
    Mistake(
        "a ws_url of HTTP",
        rf"{_FILE}\[credentials\]: ws_url must be a ws or wss URL",
        venue="arcus",
        credentials=f'{_ARCUS}ws_url = "https://127.0.0.1/v1/ws"',
    ),
    Mistake(
        "a port of states out of range",
        rf"{_FILE}\[states\] url: is not a URL: Port out of range",
        more='[states]\nurl = "http://127.0.0.1:70000/_states"',
    ),
    Mistake(
        "a host of states that is none",
        rf"{_FILE}\[states\] url: has an invalid host name",
        more='[states]\nurl = "http://.test/_states"',
    ),
    Mistake(
        "a proxy of another kind",
        rf"{_FILE}\[proxy\] url: must be an http or https URL",
        more='[proxy]\nurl = "socks5://127.0.0.1:1080"',
    ),
    Mistake(
        "a proxy with half of who asks",
        rf"{_FILE}\[proxy\] url: must carry both a user name and a password, or neither",
        more='[proxy]\nurl = "http://me@127.0.0.1:3128"',
    ),
)

TYPE_MISTAKES = _of(
    "TOML",
    Mistake(
        "a key that there is not", rf'{_FILE}base_uri: unknown key; did you mean "base_url"', head='base_uri = "x"'
    ),
    Mistake(
        "a venue that there is not",
        rf'{_FILE}venue: "binance" is an unknown venue',
        file='venue = "binance"\nbase_url="http://h"\nenvironment="t"\n[credentials]\n',
    ),
    Mistake("sign_prefix as text", rf"{_FILE}sign_prefix: must be true or false", head='sign_prefix = "no"'),
    Mistake("limits as a list", rf"{_FILE}limits: must be a table \(\[limits\]\), is a list", head="limits = [1]"),
    Mistake("states as text", rf"{_FILE}states: must be a table", head='states = "http://h/_states"'),
    Mistake("a header that is a number", rf"{_FILE}\[headers\] X-A: must be text in quotes", more="[headers]\nX-A = 1"),
    Mistake(
        "states of two kinds",
        r"exactly one of url, command and inventory, has url and comm",
        more='[states]\nurl = "http://h"\ncommand = ["a"]',
    ),
    _limits('timeout_seconds = "10"', r"must be a number above 0 and at most 3600, is text"),
    _limits("timeout_seconds = 1e12", r"must be a number above 0 and at most 3600, is 1000000000000"),
    _limits("settle_seconds = 86400", r"must be a number of at least 0 and at most 3600, is 86400"),
    _limits("requests_per_second = 0", r"must be a number of at least 0\.01, is 0"),
    _limits("requests_per_second = 1e-300", r"must be a number of at least 0\.01, is 1e-300"),
    _limits("max_requests = 1.5", r"must be a whole number of at least 1, is 1\.5"),
    _limits("retries = 3", r"unknown key; known are"),
    Mistake("a quote too few", rf"{_FILE}is not TOML: .*line 1", file='venue = "bayse\n'),
    Mistake("a key twice", rf"{_FILE}is not TOML: .*overwrite", file='venue = "bayse"\nvenue = "bayse"\n'),
    Mistake("no UTF-8", rf"{_FILE}is not UTF-8 text \(byte 9\)", file=b'venue = "\xff"'),
    Mistake("no bottom", rf"{_FILE}is nested too deeply", file="a = " + "[" * 5000),
)

VARIABLE_MISTAKES = _of(
    "environment",
    *(
        Mistake(
            name,
            rf"{_FILE}\[credentials\] secret_key: {says}",
            credentials=f'{_KEY}secret_key = "{text}"',
            variables=variables,
        )
        for name, text, variables, says in (
            ("not set", "${NOT_SET}", {}, r"the environment variable NOT_SET is not set"),
            ("set to nothing", "${KEY}", {"KEY": ""}, r"must not be empty \(\$\{KEY\} is empty\)"),
            ("set to blanks", "${KEY}", {"KEY": "  "}, r"must not be empty"),
            ("no name", "${A-B}", {}, r'"\$\{" must be followed by the name'),
            ("not closed", "${KEY", {"KEY": "x"}, r'"\$\{" must be followed by the name'),
            ("a line end", "${KEY}", {"KEY": "sk_of_the_test\n"}, r"must not begin or end with blanks"),
            ("beyond ASCII", "${KEY}", {"KEY": "sk_ö_of_the_test"}, r"must be ASCII"),
            ("no UTF-8", "${KEY}", {"KEY": "sk_\udcff"}, r"must be UTF-8 text"),
        )
    ),
    Mistake(
        "an address with a line end",
        rf"{_FILE}base_url: must not contain blanks or control characters",
        base_url="${URL}",
        variables={"URL": "http://127.0.0.1:9\r\n"},
    ),
    Mistake(
        "production with a letter that nobody sees",
        r'target\.toml: this is production: its environment is called "production"\. A run cancels orders',
        file=f'venue = "bayse"\nbase_url = "http://127.0.0.1:9"\nenvironment = "${{STAGE}}"\n[credentials]\n{CREDENTIALS["bayse"]}',
        variables={"STAGE": "pro\u00adduction"},
    ),
    Mistake(
        "an environment that is no text",
        rf"{_FILE}environment: must be UTF-8 text",
        file=f'venue = "bayse"\nbase_url = "http://127.0.0.1:9"\nenvironment = "${{STAGE}}"\n[credentials]\n{CREDENTIALS["bayse"]}',
        variables={"STAGE": "caf\udce9"},
    ),
)

INVENTORY_MISTAKES = _of(
    "inventory",
    Mistake(
        "not there",
        r"orders\.json: the inventory cannot be read: No such file",
        more='[states]\ninventory = "orders.json"',
    ),
    Mistake(
        "a folder", r"reports: the inventory cannot be read: Is a directory", more='[states]\ninventory = "reports"'
    ),
    _inventory("no JSON", "orders:\n", r"the inventory is not JSON: "),
    _inventory("no UTF-8", b'{"orders": ["\xff"]}', r"the inventory is not UTF-8 text \(byte 13\)"),
    _inventory("a list", "[]", r'the inventory must be \{"orders": \[\.\.\.\]\}'),
    _inventory("an order that is text", '{"orders": ["a"]}', r"orders\[0\]: must be an object, is text"),
    _inventory("an order without an id", _order(orderId=""), r"orders\[0\] orderId: must be text that is not empty"),
    _inventory(
        "an id that is half a letter",
        '{"orders": [{"orderId": "\\ud800", "owner": "caller", "status": "open"}]}',
        r"the inventory contains half a character",
    ),
    _inventory(
        "a status that there is not",
        _order(status="opne"),
        r'orders\[0\] status: "opne" is an unknown status; did you mean "open"',
    ),
    _inventory("a number as market", _order(marketId=1.5), r"orders\[0\]: marketId must be a whole number or text"),
    _inventory(
        "nine hundred levels",
        '{"orders": [{"a": ' + "[" * 900 + "]" * 900 + "}]}",
        r"the inventory is nested too deeply",
    ),
    _inventory("no bottom", "[" * 100_000, r"the inventory is "),
)

TLS_MISTAKES = [
    ("a ca_file that is not there", 'ca_file = "none.pem"', r"\[tls\] ca_file: there is no file .*none\.pem"),
    ("a ca_file that is a folder", 'ca_file = "reports"', r"\[tls\] ca_file: there is no file .*reports"),
    (
        "a ca_file without a certificate",
        'ca_file = "junk.pem"',
        r"\[tls\] ca_file: .*junk\.pem holds no usable certificate",
    ),
    ("a ca_file that is empty", 'ca_file = "empty.pem"', r"\[tls\] ca_file: .*empty\.pem holds no usable certificate"),
    ("a certificate that is none", 'client_cert = "junk.pem"', r"\[tls\] client_cert: .*junk\.pem cannot be used"),
    ("a certificate without its key", 'client_cert = "CLIENT"', r"\[tls\] client_cert: .* cannot be used"),
    ("a key alone", 'client_key = "junk.pem"', r"\[tls\] client_cert: missing; a client_key can be used only with its"),
    (
        "the key of another",
        'client_cert = "CLIENT"\nclient_key = "OTHER"',
        r"\[tls\] client_cert: .* cannot be used: .*MISMATCH",
    ),
    (
        "a key that there is not",
        'client_cert = "CLIENT"\nclient_key = "none.key"',
        r"\[tls\] client_key: there is no file",
    ),
    ("a key that is no text", 'client_cert = "CLIENT"\nclient_key = 1', r"\[tls\] client_key: must be text in quotes"),
]

MISTAKES = [*CREDENTIAL_MISTAKES, *ADDRESS_MISTAKES, *TYPE_MISTAKES, *VARIABLE_MISTAKES, *INVENTORY_MISTAKES]


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Commands]:
    with commands(tmp_path_factory.mktemp("home")) as running:
        yield running


@pytest.mark.parametrize("mistake", MISTAKES, ids=ids(MISTAKES))
def test_a_mistake_in_a_target_file(command: Commands, tmp_path: Path, mistake: Mistake) -> None:
    mistake.make(tmp_path)
    ended = command.run(tmp_path, *mistake.arguments, variables=mistake.variables)
    is_reported_in_one_line(ended, mistake, tmp_path)
    looked = command.run(tmp_path, "check", "target.toml", variables=mistake.variables)
    assert (looked.status, looked.errors) == (2, ended.errors)
    if importlib.util.find_spec("locust") is not None:
        pressed = command.run(tmp_path, "load", "--target", "target.toml", variables=mistake.variables)
        assert (pressed.status, pressed.errors) == (2, ended.errors)


@pytest.mark.parametrize("base_url", ["https://127.0.0.1:9", "http://127.0.0.1:9"])
@pytest.mark.parametrize(("name", "tls", "says"), TLS_MISTAKES, ids=[name for name, _, _ in TLS_MISTAKES])
def test_a_mistake_in_tls(command: Commands, tmp_path: Path, name: str, tls: str, says: str, base_url: str) -> None:
    """Told whatever base_url is: ws_url and states may need the files."""
    certificate, _ = authority().pair("client")
    _, other = authority().pair("server")
    tls = tls.replace("CLIENT", str(certificate)).replace("OTHER", str(other))
    mistake = Mistake(
        name,
        rf"^error: .*{says}",
        base_url=base_url,
        more=f"[tls]\n{tls}",
        files={"junk.pem": "junk", "empty.pem": ""},
    )
    mistake.make(tmp_path)
    is_reported_in_one_line(command.run(tmp_path, *mistake.arguments), mistake, tmp_path)
