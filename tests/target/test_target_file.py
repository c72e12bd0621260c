from __future__ import annotations

from pathlib import Path

import pytest

from venue_conformance.errors import ClientFault
from venue_conformance.target.file import Limits, StatesConfig, Target, Tls, load_target, parse_credentials

from .conftest import BETA, CREDENTIALS, ENVIRON, GAMMA, HEAD, SHAPES, Load, only_line


def test_a_small_file_has_the_documented_defaults(load: Load, tmp_path: Path) -> None:
    target = load()
    assert (target.venue, target.environment) == ("alpha", "staging")
    assert target.base_url == "http://127.0.0.1:9001"
    assert dict(target.credentials) == {"public_key": "pk_test_1", "secret_key": "s3cret-one"}
    assert target.credentials.name == "pk_test_1"
    assert (target.accounts, target.states, dict(target.headers)) == ((), None, {})
    assert target.limits == Limits(None, 10, 5, None, None)
    assert (target.sign_prefix, target.proxy, target.credentials.disposable) == (False, None, False)
    assert target.tls == Tls(None, None, None)
    assert target.path == tmp_path / "alpha.toml"


def test_a_full_file_is_read(load: Load, tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("")
    target = load(
        """
        [[accounts]]
        public_key = "pk_test_2"
        secret_key = "${OTHER_SECRET}"
        [states]
        url = "https://states.test/_states?x=1"
        token = "${TOKEN}"
        [limits]
        requests_per_second = 50
        timeout_seconds = 2.5
        settle_seconds = 0
        [tls]
        ca_file = "ca.pem"
        [headers]
        X-Gateway = "key ${TOKEN}"
        Authorization = "Basic YWJj"
        """
    )
    assert [account.name for account in target.accounts] == ["pk_test_2"]
    assert target.states == StatesConfig(url="https://states.test/_states?x=1", token="t0ken")
    assert target.limits == Limits(50, 2.5, 0)
    assert target.tls.ca_file == tmp_path / "ca.pem"
    assert dict(target.headers) == {"X-Gateway": "key t0ken", "Authorization": "Basic YWJj"}
    assert target.secrets == {"s3cret-one", "s3cret-two", "t0ken", "key t0ken", "Basic YWJj", "YWJj"}


def test_where_staging_really_is(load: Load) -> None:
    target = load(
        """
        [[accounts]]
        public_key = "pk_test_2"
        secret_key = "${OTHER_SECRET}"
        disposable = true
        [limits]
        max_orders = 5000
        max_requests = 20000
        [proxy]
        url = "http://me:p%40ss@proxy.test:3128/"
        """,
        head=HEAD.replace(":9001/", ":9001/gate/") + "sign_prefix = true\n",
    )
    assert (target.base_url, target.sign_prefix) == ("http://127.0.0.1:9001/gate", True)
    assert (target.limits.max_orders, target.limits.max_requests) == (5000, 20000)
    assert [account.disposable for account in (target.credentials, *target.accounts)] == [False, True]
    assert dict(target.accounts[0]) == {"public_key": "pk_test_2", "secret_key": "s3cret-two"}
    assert target.proxy == "http://me:p%40ss@proxy.test:3128"
    assert {"p%40ss", "p@ss"} < target.secrets
    assert "p%40ss" not in repr(target)
    assert "proxy='http://proxy.test:3128'" in repr(target)


def test_no_repr_shows_a_secret(load: Load) -> None:
    target = load(
        '[[accounts]]\npublic_key="pk_2"\nsecret_key="${OTHER_SECRET}"\n'
        '[states]\nurl="http://h/s"\ntoken="${TOKEN}"\n[headers]\nX-Key="h3ader"'
    )
    for secret in target.secrets:
        assert secret not in repr(target)
    assert "pk_test_1" in repr(target)
    assert "'X-Key': '***'" in repr(target)
    assert repr(target.credentials) == "Credentials(public_key='pk_test_1', secret_key=***)"


def test_credentials_cannot_be_changed_and_can_be_keys(load: Load) -> None:
    one, other = load().credentials, load().credentials
    assert {one: 1}[other] == 1
    with pytest.raises(TypeError):
        one["public_key"] = "x"  # type: ignore[index]


def test_relative_paths_start_at_the_file(load: Load, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    target = load('[states]\ninventory = "orders.json"')
    assert target.states == StatesConfig(inventory=tmp_path / "orders.json")


def test_what_a_variable_holds_is_not_expanded_again(tmp_path: Path) -> None:
    path = tmp_path / "t.toml"
    path.write_text(HEAD + CREDENTIALS)
    target = load_target(path, SHAPES, {"ALPHA_SECRET": "a${B}"})
    assert target.credentials["secret_key"] == "a${B}"


def test_a_command_is_left_to_the_shell(load: Load) -> None:
    target = load('[states]\ncommand = ["sh", "-c", "echo ${NOT_SET}"]')
    assert target.states == StatesConfig(command=("sh", "-c", "echo ${NOT_SET}"))


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("http://h", "http://h"),
        ("HTTPS://h:8443/", "https://h:8443"),
        ("http://[::1]:9001", "http://[::1]:9001"),
        ("https://gate.test/bayse/v2", "https://gate.test/bayse/v2"),
        ("https://gate.test/a.b/%7Ec_-/", "https://gate.test/a.b/%7Ec_-"),
    ],
)
def test_base_urls(load: Load, given: str, kept: str) -> None:
    assert load(head=HEAD.replace("http://127.0.0.1:9001/", given)).base_url == kept


def test_names_that_differ_in_case_are_different_unless_they_are_addresses(load: Load) -> None:
    assert load('[[accounts]]\npublic_key="PK_test_1"\nsecret_key="x"').accounts[0].name == "PK_test_1"
    address = "0x" + "ab" * 20
    one = f'address="{address}"\nseed="01234567"\n'
    assert "already" in only_line(
        load, head=GAMMA, credentials=one, more="[[accounts]]\n" + one.replace("abab", "ABab")
    )


def test_choices_and_the_venues_own_check(load: Load) -> None:
    right = 'api_key="k3y"\npartner_kind="multi_wallet"\nwallet="0x1"\n'
    assert load(head=BETA, credentials=right).credentials.name == "0x1"
    line = only_line(load, head=BETA, credentials=right.replace("multi_", "mono_"))
    assert line.endswith('partner_kind: must be one of multi_wallet, single_wallet, is "mono_wallet"')
    line = only_line(load, head=GAMMA, credentials='address="a"\nseed="t00short"')
    assert line.endswith("[credentials]: seed *** must be 8 hexadecimal digits")


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "bom.toml"
    path.write_text(HEAD + CREDENTIALS, "utf-8-sig")
    assert load_target(path, SHAPES, ENVIRON).venue == "alpha"


def test_parse_credentials_names_all_that_is_wrong_and_no_secret() -> None:
    with pytest.raises(ClientFault) as caught:
        parse_credentials({"public_key": 3, "secret_kye": "hidden"}, SHAPES["alpha"], "the caller's")
    text = str(caught.value)
    assert text.startswith("the caller's public_key: must be text in quotes, is a number\n")
    assert 'secret_kye: unknown key; did you mean "secret_key"?' in text
    assert "hidden" not in text


def test_a_caller_may_be_disposable() -> None:
    values = {"public_key": "p", "secret_key": "s"}
    assert parse_credentials({**values, "disposable": True}, SHAPES["alpha"], "the caller's").disposable
    with pytest.raises(ClientFault, match="the caller's disposable: must be true or false"):
        parse_credentials({**values, "disposable": None}, SHAPES["alpha"], "the caller's")


def test_a_shape_whose_account_has_no_public_name_is_refused() -> None:
    with pytest.raises(ValueError, match="must be a required key"):
        type(SHAPES["alpha"])("other", frozenset({"public_key"}))


def test_a_target_in_memory_needs_little(load: Load) -> None:
    target = Target("alpha", "http://h", "embedded", load().credentials)
    assert target.secrets == {"s3cret-one"}
    assert target.path is None
