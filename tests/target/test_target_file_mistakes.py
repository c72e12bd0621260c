"""Each mistake in a target file has a line of its own that names the key and what would be right."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.target.file import load_target

from .conftest import CREDENTIALS, ENVIRON, HEAD, SHAPES, Load, fault, only_line


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("ftp://h", "http or https"),
        ("h:9001", "http or https"),
        ("http://", "http or https URL with a host"),
        ("http://h//", "an invalid path"),
        ("http://h/a//b", "without empty"),
        ("http://h/a/../b", "without empty, . and .. parts"),
        ("http://h/.", "without empty, . and .. parts"),
        ("http://h/caf\u00e9", "ASCII letters"),
        ("http://h/%zz", "an invalid path"),
        ("http://h/v1;a", "an invalid path"),
        ("http://h?x=1", "without query"),
        ("http://h/?", "without query"),
        ("http://h#a", "fragment"),
        ("http://me:pw@h", "user name or password"),
        ("http://h:99999", "is not a URL"),
        ("http://h:0", "port"),
        ("http://h:", "port"),
        ("http://h /", "blanks"),
        ("http://h\\t", "control characters"),
        ("http://[::1", "is not a URL"),
        ("", "must not be empty"),
    ],
)
def test_what_is_no_base_url(load: Load, given: str, says: str) -> None:
    line = only_line(load, head=HEAD.replace("http://127.0.0.1:9001/", given))
    assert re.search(rf"alpha\.toml: base_url: .*{says}", line)


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ('"${NOT_SET}"', "the environment variable NOT_SET is not set"),
        ('"${EMPTY}"', "must not be empty (${EMPTY} is empty)"),
        ('"${A-B}"', '"${" must be followed by the name of an environment variable'),
        ('"${ALPHA"', '"${" must be followed by the name of an environment variable'),
        ("7", "must be text in quotes, is a number"),
        ("1979-05-27", "must be text in quotes, is a date"),
        (r'"abc\n"', "must not begin or end with blanks nor contain line ends"),
    ],
)
def test_wrong_credentials(load: Load, value: str, says: str) -> None:
    line = only_line(load, credentials=CREDENTIALS.replace('"${ALPHA_SECRET}"', value))
    assert f"alpha.toml: [credentials] secret_key: {says}" in line


def test_flags_are_no_texts(load: Load) -> None:
    right = "must be true or false without quotes, is"
    line = only_line(load, head=HEAD + 'sign_prefix = "true"\n')
    assert line.endswith(f"alpha.toml: sign_prefix: {right} text")
    line = only_line(load, credentials=CREDENTIALS + "disposable = 1\n")
    assert line.endswith(f"alpha.toml: [credentials] disposable: {right} a number")
    line = only_line(load, more='[[accounts]]\npublic_key="p"\nsecret_key="x"\ndisposable="no"')
    assert line.endswith(f"[[accounts]] number 1: disposable: {right} text")
    line = only_line(load, credentials=CREDENTIALS + "dispossable = true\n")
    assert line.endswith('dispossable: unknown key; did you mean "disposable"?')


def test_a_misspelt_key_has_a_closest_match_and_leaves_the_right_one_missing(load: Load) -> None:
    first, second = fault(load, credentials=CREDENTIALS.replace("secret_key", "secrit_key"))
    assert first.endswith('alpha.toml: [credentials] secrit_key: unknown key; did you mean "secret_key"?')
    assert second.endswith("[credentials] secret_key: missing; required are public_key, secret_key")


def test_missing_credentials_say_what_is_needed(load: Load) -> None:
    assert only_line(load, credentials="").endswith("[credentials]: missing; it needs public_key, secret_key")


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ("[limit]", 'limit: unknown key; did you mean "limits"?'),
        ("limits = 3", "[credentials] limits: unknown key"),
        ("[limits]\ntimeout = 3", '[limits] timeout: unknown key; did you mean "timeout_seconds"?'),
        (
            "[limits]\nretries = 3",
            "[limits] retries: unknown key; known are: max_orders, max_requests, ",
        ),
        (
            "[limits]\ntimeout_seconds = true",
            "[limits] timeout_seconds: must be a number above 0 and at most 3600, is true or false",
        ),
        ('[limits]\ntimeout_seconds = "3"', "must be a number above 0 and at most 3600, is text"),
        ("[limits]\ntimeout_seconds = 0", "must be a number above 0 and at most 3600, is 0"),
        ("[limits]\nrequests_per_second = -1.5", "must be a number of at least 0.01, is -1.5"),
        ("[limits]\nrequests_per_second = inf", "must be a number of at least 0.01, is inf"),
        ("[limits]\nrequests_per_second = nan", "must be a number of at least 0.01, is nan"),
        (f"[limits]\nrequests_per_second = 1{'0' * 400}", "must be a number of at least 0.01, is inf"),
        (
            "[limits]\nsettle_seconds = -1",
            "[limits] settle_seconds: must be a number of at least 0 and at most 3600, is -1",
        ),
        ("[limits]\nmax_orders = 0", "[limits] max_orders: must be a whole number of at least 1, is 0"),
        ("[limits]\nmax_orders = 2.5", "[limits] max_orders: must be a whole number of at least 1, is 2.5"),
        ("[limits]\nmax_requests = true", "[limits] max_requests: must be a whole number of at least 1, is true or f"),
        ('[limits]\nmax_requests = "9"', "[limits] max_requests: must be a whole number of at least 1, is text"),
        ("[proxy]", '[proxy] url: missing; give such as "http://proxy.example:3128"'),
        ('[proxy]\nurl="p:3128"', "[proxy] url: must be an http or https URL with a host"),
        ('[proxy]\nurl="socks5://p:1080"', "[proxy] url: must be an http or https URL with a host"),
        ('[proxy]\nurl="http://p:1/x"', "[proxy] url: must be scheme, host and port of the proxy only"),
        ('[proxy]\nurl="http://p:0"', "[proxy] url: must have a port between 1 and 65535"),
        ('[proxy]\nurl="http://p:1"\nno_proxy="a"', "[proxy] no_proxy: unknown key"),
        ("[states]", "[states]: must have exactly one of url, command and inventory, has none"),
        ('[states]\nurl="http://h"\ninventory="o.json"', "exactly one of url, command and inventory, has url and inv"),
        ('[states]\nurl="states"', "[states] url: must be an http or https URL"),
        ('[states]\nurl="http://a:b@h/"', "[states] url: must not carry a user name"),
        (
            '[states]\ncommand="./p.sh"',
            '[states] command: must be a list of texts, such as ["./provision.sh"], is text',
        ),
        ("[states]\ncommand=[]", "[states] command: must be a list of texts"),
        ("[states]\ncommand=[1]", "[states] command: must be a list of texts"),
        ('[states]\ncommand=["a"]\ntoken="x"', "[states] token: is sent to url only"),
        ('[states]\nurl="http://h/"\ntoken="a b"', "[states] token: must be visible ASCII"),
        ('[states]\nurl="http://h/"\ntokn="a"', '[states] tokn: unknown key; did you mean "token"?'),
        ('[tls]\nca_file="nowhere.pem"', "[tls] ca_file: there is no file"),
        ('[tls]\nclient_key="alpha.toml"', "[tls] client_cert: missing"),
        ('[headers]\n"X Y"="a"', "[headers] X Y: is not a valid HTTP header name"),
        ('[headers]\nX-A="a"\nx-a="b"', "[headers] x-a: is given twice"),
        ('[headers]\nX-A="a\\nb"', "[headers] X-A: must be ASCII text"),
        ('[headers]\nx-signed="a"', "[headers] x-signed: is set or omitted by the checks themselves"),
        ('[headers]\nContent-Length="3"', "[headers] Content-Length: is computed"),
        ("[headers]\nX-A=3", "[headers] X-A: must be text in quotes, is a number"),
        ("[accounts]\na=1", "accounts: must be tables, each headed [[accounts]]"),
        (
            '[[accounts]]\npublic_key="p"',
            "[[accounts]] number 1: secret_key: missing; required are public_key, secret_k",
        ),
        (
            '[[accounts]]\npublic_key="pk_test_1"\nsecret_key="x"',
            '[[accounts]] number 1: public_key: "pk_test_1" is the account of [credentials] already',
        ),
    ],
)
def test_one_mistake_is_one_line(load: Load, more: str, says: str) -> None:
    assert says in only_line(load, more=more)


def test_an_unknown_venue_has_a_closest_match(load: Load) -> None:
    line = only_line(load, head=HEAD.replace("alpha", "alhpa"))
    assert line.endswith('venue: "alhpa" is an unknown venue; did you mean "alpha"?')
    assert only_line(load, head=HEAD.replace("alpha", "zzz")).endswith("known are: alpha, beta, gamma")


def test_all_problems_are_told_at_once(load: Load) -> None:
    lines = fault(load, head='venu = "alpha"\n', more="[limits]\ntimeout_seconds=0\n[stats]\n[tls]\nca_file='no'")
    labels = [line.split(": ")[1] for line in lines]
    assert labels == ["venu", "stats", "venue", "base_url", "environment", "[limits] timeout_seconds", "[tls] ca_file"]


def test_a_syntax_error_has_its_line(load: Load) -> None:
    assert "alpha.toml: is not TOML: " in only_line(load, more="\nlimits = [")
    assert re.search(r"at line 2\b", only_line(load, head='\nvenue = alpha"\n'))


def test_a_bottomless_file_is_refused(load: Load) -> None:
    assert only_line(load, head="a=" + "[" * 100_000).endswith("is nested too deeply")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ClientFault, match=r"none\.toml: the target file cannot be read: No such file"):
        load_target(tmp_path / "none.toml", SHAPES, ENVIRON)
    with pytest.raises(ClientFault, match="cannot be read: Is a directory"):
        load_target(tmp_path, SHAPES, ENVIRON)
    (tmp_path / "staging.toml").write_text("")
    (tmp_path / "far.toml").write_text("")
    with pytest.raises(ClientFault, match=r"did you mean \S+/staging\.toml\?"):
        load_target(tmp_path / "stagin.toml", SHAPES, ENVIRON)
    with pytest.raises(ClientFault, match=r"No such file or directory$"):
        load_target(tmp_path / "nofile.toml", SHAPES, ENVIRON)
    (tmp_path / "latin.toml").write_bytes(b'venue = "\xe9"')
    with pytest.raises(ClientFault, match="is not UTF-8 text"):
        load_target(tmp_path / "latin.toml", SHAPES, ENVIRON)
