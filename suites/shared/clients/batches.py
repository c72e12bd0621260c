"""Scenarios 1 to 11: batches of every kind before a venue that does as it should."""

from __future__ import annotations

from venue_conformance.clients.scenario import Scene, scenario

IDS = "request.no-other-id request.ids-verbatim request.every-id limits.one-to-hundred"
REQUEST = f"request.schema headers.content-type {IDS}"


@scenario(1, "one order to be cancelled", f"{REQUEST} outcomes.typed-errors secrets.stay-home", with_variants=True)
def one_open(scene: Scene) -> None:
    """One open order."""
    scene.cancel(scene.open())


@scenario(2, "five orders, three of which cannot be cancelled", f"{REQUEST} outcomes.typed-errors", with_variants=True)
def mixed(scene: Scene) -> None:
    """Two open orders, and between them an id of nobody, a filled order and another account's."""
    first, last = scene.open(2)
    scene.cancel([first, *scene.unknown(), *scene.filled(), *scene.foreign(), last])


@scenario(3, "two orders that cannot be cancelled", "outcomes.typed-errors")
def all_fail(scene: Scene) -> None:
    """Nothing of the batch can be cancelled."""
    scene.cancel([*scene.unknown(), *scene.foreign()])


@scenario(4, "the same two orders twice", "outcomes.typed-errors", calls=2, with_variants=True)
def same_orders_again(scene: Scene) -> None:
    """The same orders in a second call: nothing is left to be cancelled."""
    orders = scene.open(2)
    scene.cancel(orders)
    scene.cancel(orders)


@scenario(5, "an order that was filled a moment before", "request.no-other-id outcomes.typed-errors", calls=2)
def filled_between(scene: Scene) -> None:
    """An order is filled between two calls."""
    first, filled, third = scene.open(3)
    scene.cancel([first])
    scene.fill(filled)
    scene.cancel([filled, third])


@scenario(6, "a batch of one hundred", REQUEST)
def one_hundred(scene: Scene) -> None:
    """As many orders as one request may name."""
    scene.cancel(scene.open(100))


@scenario(7, "101 orders to be split or refused", "limits.one-to-hundred request.every-id")
def one_hundred_and_one(scene: Scene) -> None:
    """One order more than a request may name."""
    scene.cancel(scene.open(101))


@scenario(8, "250 orders to be split or refused", "limits.one-to-hundred request.every-id", seconds=2)
def two_hundred_and_fifty(scene: Scene) -> None:
    """Three requests' worth of orders."""
    scene.cancel(scene.open(250))


@scenario(9, "nothing to be sent for an empty list", "limits.one-to-hundred outcomes.typed-errors")
def empty_list(scene: Scene) -> None:
    """No order at all: nothing to be sent, or to be refused before."""
    scene.cancel([])


@scenario(10, "one id that is given twice", "request.no-other-id outcomes.typed-errors")
def one_id_twice(scene: Scene) -> None:
    """An order that the user names twice: the page does not say what becomes of the second."""
    first, second = scene.open(2)
    scene.cancel([first, second, first])


@scenario(11, "ids in capital letters", "request.ids-verbatim")
def ids_in_mixed_case(scene: Scene) -> None:
    """Ids in another letter case than the venue gave them out in."""
    first, second = scene.open(2)
    scene.cancel([first.upper(), second])
