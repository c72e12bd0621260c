"""Whose orders they are (batch-cancel page, query parameter address)."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace

import pytest

from fixtures.arcus_orders import Forms
from venue_conformance.client.orders import Orders
from venue_conformance.errors import NeverExercised, Presupposed
from venue_conformance.venues.arcus.answer import BatchAnswer
from venue_conformance.venues.arcus.caller import ArcusCaller
from venue_conformance.venues.arcus.envelope import ADDRESS, Envelope
from venue_conformance.venues.arcus.sentinels import Sentinels

Spell = Callable[[str], str]
deepens, smoke = pytest.mark.deepens, pytest.mark.smoke

#: Ways to write an address of forty digits, by what is peculiar to each.
PREFIXES: dict[str, Spell] = {"0x": lambda digits: f"0x{digits}", "0X": lambda digits: f"0X{digits}", "none": str}
CASES: dict[str, Spell] = {
    "upper case": lambda digits: f"0x{digits.upper()}",
    "mixed case": lambda digits: f"0x{_mixed(digits)}",
    "upper case, no prefix": lambda digits: digits.upper(),
}
WRONG_LENGTHS: dict[str, Spell] = {
    "a digit short": lambda digits: f"0x{digits[:-1]}",
    "a digit more": lambda digits: f"0x{digits}0",
    "two digits more": lambda digits: f"0x{digits}00",
    "without its first digit": lambda digits: f"0x{digits[1:]}",
    "a line feed more": lambda digits: f"0x{digits}\n",
    "no digit at all": lambda _: "",
}
#: Digits of an address that nobody has, of the caller's own and random ones.
NOBODYS: dict[str, Callable[[str, str], str]] = {
    "nobody's": lambda _, fresh: fresh,
    "nobody's, like its own but for the last digit": lambda own, _: own[:-1] + _another(own[-1]),
    "nobody's, like its own but for the first digit": lambda own, _: _another(own[0]) + own[1:],
}


def _another(digit: str) -> str:
    return f"{int(digit, 16) ^ 1:x}"


def _mixed(digits: str) -> str:
    return "".join(digit.upper() if place % 2 else digit for place, digit in enumerate(digits))


def given_addresses(answer: BatchAnswer) -> list[object]:
    """Every address that an answer gives; null is none. Raises NeverExercised where it gives none."""
    given = [value["address"] for value in (answer.processed, *answer.rows) if value.get("address") is not None]
    if not given:
        raise NeverExercised("the answer gives no address")
    return given


def digits_of(caller: ArcusCaller) -> str:
    """The forty digits of the caller's address."""
    return caller.address[2:]


@pytest.mark.clause("arcus.address.missing")
def test_request_without_address_is_rejected(caller: ArcusCaller, sentinels: Sentinels) -> None:
    """A request without the address query parameter is rejected and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(omit=frozenset({ADDRESS})))

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.missing-status")
def test_status_of_request_without_address(
    caller: ArcusCaller, sentinels: Sentinels, observe: Callable[[str], None]
) -> None:
    """Which status rejects a request without the address query parameter?"""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(omit=frozenset({ADDRESS})))

    observe(f"no address in the query: {answer.status}")


@pytest.mark.clause("arcus.address.invalid-hex")
@pytest.mark.parametrize("place", [pytest.param(0, marks=deepens), 20, pytest.param(39, marks=deepens)])
def test_address_with_non_hex_character_is_rejected_with_400(
    caller: ArcusCaller, sentinels: Sentinels, place: int
) -> None:
    """An address of the correct length with a non-hexadecimal character is rejected with 400 and cancels nothing."""
    digits = digits_of(caller)
    wrong = f"0x{digits[:place]}g{digits[place + 1 :]}"

    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(address=wrong))

    assert answer.refused, "not-refused"
    assert answer.status == 400, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.wrong-length")
@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(spell, id=name, marks=deepens if name == "no digit at all" else ())
        for name, spell in WRONG_LENGTHS.items()
    ],
)
def test_address_of_wrong_length_is_rejected(caller: ArcusCaller, sentinels: Sentinels, spell: Spell) -> None:
    """An address of more or fewer than 40 digits, or with a line feed after them, is rejected and cancels nothing."""
    answer = caller.cancel_batch(sentinels.place(), envelope=Envelope(address=spell(digits_of(caller))))

    assert answer.refused, "not-refused"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.other-account")
@pytest.mark.parametrize("whose", [pytest.param("somebody's", marks=deepens), *NOBODYS])
def test_address_of_other_account_is_rejected_with_403(
    request: pytest.FixtureRequest, caller: ArcusCaller, sentinels: Sentinels, whose: str
) -> None:
    """An address that is not the key's own is rejected with 403, in the query only or in the elements as well."""
    if whose == "somebody's":
        address: str = request.getfixturevalue("stranger").address
    else:
        address = f"0x{NOBODYS[whose](digits_of(caller), secrets.token_hex(20))}"
    first, second = (caller.element(order) for order in sentinels.place(2))
    everywhere = second.but(signed={"ad": address}, members={"address": address})

    in_query = caller.cancel_batch([first], envelope=Envelope(address=address))
    # Where query and element disagree, a venue may look at that first.
    answers = (
        [in_query]
        if in_query.status == 403
        else [in_query, caller.cancel_batch([everywhere], envelope=Envelope(address=address))]
    )

    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert answers[-1].status == 403, "other-status"
    assert sentinels.touched() == {}, "order-touched"


@pytest.mark.clause("arcus.address.other-account")
@deepens
def test_address_of_other_account_does_not_cancel_its_orders(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders
) -> None:
    """A request for another account's address does not cancel that account's orders."""
    [foreign] = orders.make(1, "open", owner=stranger)
    [control] = orders.open(1)
    element = caller.element(foreign).but(signed={"ad": stranger.address}, members={"address": stranger.address})
    answers = [
        caller.cancel_batch([each], envelope=Envelope(address=stranger.address))
        for each in (caller.element(foreign), element)
    ]

    caller.cancel_batch([control])

    read = orders.after(control, [foreign])
    assert not any(answer.succeeded for answer in answers), "not-refused"
    assert read == {foreign.order_id: "open"}, "foreign-order-touched"


@pytest.mark.clause("arcus.address.prefix-optional")
@pytest.mark.parametrize(
    "spell",
    [pytest.param(PREFIXES[name], id=name, marks=() if name == "0x" else smoke) for name in PREFIXES],
)
def test_address_prefix_is_optional(caller: ArcusCaller, orders: Orders, spell: Spell) -> None:
    """The key's own address is accepted in the query with 0x, with 0X and without a prefix."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(address=spell(digits_of(caller))))

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.address.mixed-case")
@pytest.mark.parametrize(
    "spell",
    [pytest.param(CASES[name], id=name, marks=smoke if name == "mixed case" else deepens) for name in CASES],
)
def test_address_is_case_insensitive(caller: ArcusCaller, orders: Orders, spell: Spell) -> None:
    """The key's own address is recognized in the query in upper case and in mixed case."""
    [order] = orders.open(1)

    answer = caller.cancel_batch([order], envelope=Envelope(address=spell(digits_of(caller))))

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.address.element-mixed-case")
def test_element_address_may_be_in_mixed_case(caller: ArcusCaller, orders: Orders) -> None:
    """An element may spell its address in mixed case while its signature covers the lower-case form."""
    [order] = orders.open(1)
    element = caller.element(order).but(members={"address": f"0x{_mixed(digits_of(caller))}"})

    answer = caller.cancel_batch([element])

    assert answer.accepted, "not-accepted"
    assert orders.poll_until([order]) == {order.order_id: "cancelled"}, "not-cancelled"


@pytest.mark.clause("arcus.address.answers-lower-case")
@pytest.mark.parametrize(
    "spell",
    [
        pytest.param(PREFIXES["0X"], id="0X", marks=deepens),
        *(pytest.param(CASES[name], id=name, marks=smoke if name == "mixed case" else deepens) for name in CASES),
    ],
)
def test_response_spells_query_address_in_lower_case(
    caller: ArcusCaller, orders: Orders, forms: Forms, spell: Spell
) -> None:
    """However the query spells the address, the response spells it as 0x and the same digits in lower case."""
    # Definitive rows may be written elsewhere than others; one spelling shows it.
    for _ in forms(caller) if spell is CASES["mixed case"] else ["as it comes"]:
        answer = caller.cancel_batch(orders.open(1), envelope=Envelope(address=spell(digits_of(caller))))

        if not answer.accepted:
            raise Presupposed("arcus.address.mixed-case", f"an address in other letters was answered {answer!r}")
        assert [address for address in given_addresses(answer) if address != caller.address] == [], "other-case"


@pytest.mark.clause("arcus.address.answers-lower-case")
@deepens
def test_response_spells_element_address_in_lower_case(caller: ArcusCaller, orders: Orders, forms: Forms) -> None:
    """However an element spells its address, the response spells it as 0x and the same digits in lower case.

    The row of an element whose signature is invalid does so, too, if there is one.
    """
    members = {"address": f"0x{_mixed(digits_of(caller))}"}
    for _ in forms(caller):
        first, second, wrong = (caller.element(order).but(members=members) for order in orders.open(3))
        answer = caller.cancel_batch([first])
        beside = caller.cancel_batch([second, wrong.but(private_key=secrets.token_hex(32))])

        # Whether an element may write it so is a question of its own.
        answer.require_accepted("an element with its address in mixed case")
        given = given_addresses(answer) + (given_addresses(beside) if beside.accepted else [])
        assert [each for each in given if each != caller.address] == [], "other-case"


@pytest.mark.clause("arcus.address.element-prefix")
@pytest.mark.parametrize("prefix", ["0X", "none"])
def test_prefix_of_element_address(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None], prefix: str
) -> None:
    """May an element's own address have the prefix 0X or no prefix?"""
    [order] = orders.open(1)

    answer = caller.cancel_batch([caller.element(order).but(members={"address": PREFIXES[prefix](digits_of(caller))})])

    observe(f"prefix {prefix}: {answer.status}")


@pytest.mark.clause("arcus.address.element-differs")
@pytest.mark.parametrize("signed", ["as written", "as in the query"])
def test_element_address_differs_from_query(
    caller: ArcusCaller, stranger: ArcusCaller, orders: Orders, observe: Callable[[str], None], signed: str
) -> None:
    """How is an element handled that names an address other than the one in the query?"""
    [order] = orders.open(1)
    element = caller.element(order).but(members={"address": stranger.address})
    if signed == "as written":
        element = element.but(signed={"ad": stranger.address})

    answer = caller.cancel_batch([element])

    reported = answer.reported(element) if answer.accepted else None
    observe(f"signed {signed}: {answer.status}" + (f", row {reported}" if answer.accepted else ""))


@pytest.mark.clause("arcus.address.account-index-scope")
def test_key_acts_for_another_account_index(
    caller: ArcusCaller, orders: Orders, observe: Callable[[str], None]
) -> None:
    """May a key act for another account index of its address?"""
    first, second = orders.unknown(2)
    caller.cancel_batch([first]).require_accepted("a batch of an unknown order")
    element = caller.element(second)
    other = replace(element, account_index=(element.account_index + 1) % 10)

    answer = caller.cancel_batch([other])

    if answer.accepted and not answer.denies(other):
        means = (
            "as earlier documentation says, contrary to later documentation: clients may use one key for all of them"
        )
    else:
        means = "contrary to earlier documentation, as later documentation says: clients need a key for each of them"
    observe(f"an element of another account index than the orders': {answer.status}, {means}")
