"""Probes of what is understood of a request: body, key, wallet, number of ids."""

from __future__ import annotations

import json

from .predictstreet_probes import NOBODYS, Asker, code, probes, refused, succeeded


@probes("request.example")
async def example(first: Asker) -> None:
    for kind in ("single_wallet", "multi_wallet"):
        caller = await first.caller(kind)
        orders = await caller.orders(1)
        assert (await caller.outcome(orders))[0] == orders
    escaped = "".join(f"\\u{ord(character):04x}" for character in NOBODYS)
    answer = await first.send(f'{{"orderIds": ["{escaped}"]}}'.encode())
    assert json.loads(answer.body)["notCancelled"] == {NOBODYS: "not_found"}


@probes("limits.list-required")
async def ids_required(first: Asker) -> None:
    for body in (b"", b"{}", f'["{NOBODYS}"]'.encode(), NOBODYS.encode()):
        assert refused(await (await first.caller()).send(body))


@probes("limits.wrong-type-refused")
async def types(first: Asker) -> None:
    for value in ("x", 1, True, {}, None, [NOBODYS, None], [NOBODYS, {}], [NOBODYS, [NOBODYS]]):
        caller = await first.caller()
        assert refused(await caller.send(json.dumps({"orderIds": value}).encode())), value


@probes("robustness.no-server-error")
async def no_server_error(first: Asker) -> None:
    for body in (b"null", b"[]", b"1", b'{"orderIds": ["\\u0000"]}', b'{"orderIds": ["\\ud800"]}', b"[" * 9999):
        assert (await (await first.caller()).send(body)).status < 500


@probes("access.no-gate")
async def no_gate(first: Asker) -> None:
    caller = await first.caller()
    assert succeeded(await caller.cancel([NOBODYS]))
    unchecked = Asker(first.venue, (await first.state("caller", kyc="none"))["credentials"])
    orders = await unchecked.orders(1)
    assert await unchecked.outcome(orders) == (orders, {})


@probes("authentication.key-required")
async def missing(first: Asker) -> None:
    assert refused(await first.cancel([NOBODYS], x_api_key=None))
    assert refused(await (await first.caller("multi_wallet")).cancel([NOBODYS], x_api_key=None))


@probes("authentication.malformed-key-refused")
async def bad_format(first: Asker) -> None:
    caller = await first.caller()
    for prefix in ("pk_live_", "ps_test_", "ps-live-", "xx_yyyy_"):
        assert refused(await caller.cancel([NOBODYS], x_api_key=caller.key.replace("ps_live_", prefix)))
    assert refused(await caller.cancel([NOBODYS], x_api_key=caller.key[:24]))
    for either in (caller, await first.caller("multi_wallet")):
        assert refused(await either.cancel([NOBODYS], x_api_key=either.key[:25]))


@probes("authentication.unknown-key-refused")
async def unknown_key(first: Asker) -> None:
    for caller in (first, await first.caller("multi_wallet")):
        assert refused(await caller.cancel([NOBODYS], x_api_key=f"ps_live_{'0' * 16}_{caller.key[25:]}"))


@probes("authentication.wrong-secret-refused")
async def wrong_secret(first: Asker) -> None:
    caller = await first.caller()
    start, secret = first.key[:25], first.key[25:]
    for wrong in (caller.key[25:], secret[:-1] + ("A" if secret[-1] != "A" else "B"), secret.swapcase(), "A" * 43):
        assert refused(await first.cancel([NOBODYS], x_api_key=start + wrong))
    other = await first.caller("multi_wallet")
    assert refused(await other.cancel([NOBODYS], x_api_key=other.key[:25] + "A" * 43))


@probes("authentication.refused-cancels-nothing")
async def refused_for_its_key_cancels_nothing(first: Asker) -> None:
    caller = await first.caller("multi_wallet")
    orders = await caller.orders(2)
    assert refused(await caller.cancel(orders, x_api_key=caller.key[:-5] + "AAAAA"))
    assert refused(await caller.cancel(orders, x_user_wallet=None))
    assert refused(await caller.cancel(orders, x_user_wallet="0x12"))
    assert await caller.statuses(orders) == ["open", "open"]


@probes("authentication.status-401")
async def status(first: Asker) -> None:
    for key in (None, "x", f"ps_live_{'0' * 16}_x", first.key + "x"):
        assert (await first.cancel([NOBODYS], x_api_key=key)).status == 401


@probes("authentication.code-missing")
async def code_missing(first: Asker) -> None:
    assert code(await first.cancel([NOBODYS], x_api_key=None)) == "auth_required"


@probes("authentication.code-bad-format")
async def code_bad_format(first: Asker) -> None:
    assert code(await first.cancel([NOBODYS], x_api_key="x")) == "api_key_bad_format"


@probes("authentication.code-unknown-key")
async def code_unknown_key(first: Asker) -> None:
    key = f"ps_live_{'0' * 16}_{first.key[25:]}"
    assert code(await first.cancel([NOBODYS], x_api_key=key)) == "api_key_unknown_key"


@probes("authentication.code-bad-secret")
async def code_bad_secret(first: Asker) -> None:
    assert code(await first.cancel([NOBODYS], x_api_key=first.key + "x")) == "api_key_bad_secret"


@probes("robustness.error-code-field")
async def error_code_field(first: Asker) -> None:
    assert isinstance(code(await first.cancel([NOBODYS], x_api_key=None)), str)


@probes("wallet.missing")
async def wallet_missing(first: Asker) -> None:
    caller = await first.caller("multi_wallet")
    answer = await caller.cancel([NOBODYS], x_user_wallet=None)
    assert answer.status == 401
    assert b"api_key_user_wallet_required" in answer.body


@probes("wallet.not-remembered")
async def wallet_not_remembered(first: Asker) -> None:
    caller = await first.caller("multi_wallet")
    assert succeeded(await caller.cancel([NOBODYS]))
    assert refused(await caller.cancel([NOBODYS], x_user_wallet=None))


@probes("wallet.pattern")
async def wallet_pattern(first: Asker) -> None:
    caller = await first.caller("multi_wallet")
    digits = caller.wallet[2:]
    for wrong in ("0X" + digits, digits, "0x" + digits[:-1], f"0x{digits}0", f"0x{digits[:-1]}g"):
        assert refused(await caller.cancel([NOBODYS], x_user_wallet=wrong)), wrong


@probes("wallet.malformed")
async def wallet_malformed(first: Asker) -> None:
    answer = await (await first.caller("multi_wallet")).cancel([NOBODYS], x_user_wallet="nonsense")
    assert answer.status == 401
    assert b"api_key_user_wallet_invalid" in answer.body


@probes("wallet.lower-cased")
async def wallet_lower_cased(first: Asker) -> None:
    caller = await first.caller("multi_wallet")
    digits = caller.wallet[2:]
    mixed = "".join(digit.upper() if place % 2 else digit for place, digit in enumerate(digits))
    for spelled in (digits, digits.upper(), mixed, mixed.swapcase()):
        orders = await caller.orders(1)
        assert (await caller.outcome(orders, x_user_wallet="0x" + spelled))[0] == orders


@probes("wallet.decides")
async def wallet_decides(first: Asker) -> None:
    caller, other = await first.caller("multi_wallet"), await first.caller("multi_wallet")
    own, others = await caller.orders(1), await other.orders(2)
    assert (await caller.outcome(others[:1], x_user_wallet=other.wallet))[0] == others[:1]
    assert await caller.outcome([*own, others[1]]) == (own, {others[1]: "not_found"})
    assert await other.outcome(others[:1]) == ([], {others[0]: "already_terminal"})
    ended = await other.orders(1, "filled")
    assert await caller.outcome(ended) == ([], {ended[0]: "not_found"})


@probes("wallet.ignored")
async def wallet_ignored(first: Asker) -> None:
    caller, other = await first.caller(), await first.caller()
    own, others = await caller.orders(1), await other.orders(1)
    assert await caller.outcome([*own, *others], x_user_wallet=other.wallet) == (own, {others[0]: "not_found"})


@probes("wallet.ignored-malformed")
async def wallet_ignored_malformed(first: Asker) -> None:
    caller = await first.caller()
    assert succeeded(await caller.cancel([NOBODYS], x_user_wallet="nonsense"))


@probes("limits.one-accepted")
async def one_accepted(first: Asker) -> None:
    assert succeeded(await first.cancel([NOBODYS]))


@probes("limits.hundred-accepted")
async def hundred_accepted(first: Asker) -> None:
    caller = await first.caller()
    orders = await caller.orders(100)
    assert succeeded(await caller.cancel(orders))
    assert await caller.poll_until(orders, "cancelled")


@probes("limits.empty-refused")
async def zero_refused(first: Asker) -> None:
    assert refused(await first.cancel([]))


@probes("limits.over-hundred-refused")
async def hundred_one_refused(first: Asker) -> None:
    caller = await first.caller()
    assert refused(await caller.cancel(await caller.orders(101)))


@probes("limits.repeat-counts")
async def repeat_counts(first: Asker) -> None:
    caller = await first.caller()
    orders = await caller.orders(100)
    assert refused(await caller.cancel([*orders, orders[0]]))


@probes("limits.refused-cancels-nothing")
async def refused_for_its_ids_cancels_nothing(first: Asker) -> None:
    caller = await first.caller()
    orders = await caller.orders(101)
    assert refused(await caller.cancel(orders))
    assert refused(await caller.cancel([*orders[:3], None]))
    assert set(await caller.statuses(orders)) == {"open"}
