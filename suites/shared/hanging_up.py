"""A client disconnects while the venue holds its request, reconnects, and asks for the outcome."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest

from fixtures.aside import Aside
from venue_conformance.errors import NeverExercised
from venue_conformance.target.state_values import ProvisionedOrder
from venue_conformance.wire.hang_up import WAYS, HangUp, How

#: How long the request is held, in seconds; which parts of that have passed when its client leaves, and comes back.
HOLD, LEAVES, COMES_BACK = 0.8, 0.4, 1.5
in_every_way = pytest.mark.parametrize("run_aside", [{"how": how} for how in WAYS], ids=WAYS, indirect=True)

#: Judges what a second cancel was answered, by how the client had left and by what the order had read as before it. The
#: last argument is what the order has come to read as.
Judge = Callable[[Aside, How, ProvisionedOrder, str, Any, str], None]


def hang_up_on(aside: Aside, how: How, send: Callable[[], Any]) -> None:
    """Send a request that is held, give up waiting for it, and come back when it should long have been carried out.

    Raises NeverExercised where it was answered before its client left.
    """
    aside.hold(HOLD)
    began = time.monotonic()
    answer = aside.caller.give_up_on(send, HangUp(LEAVES * HOLD, how))
    if answer is not None and time.monotonic() - began < LEAVES * HOLD:
        raise NeverExercised(f"a request that was to be held for {HOLD:g} s was answered at once: {answer!r}")
    time.sleep(max(0.0, began + COMES_BACK * HOLD - time.monotonic()))


def hung_up_and_cancelled_again(aside: Aside, judge: Judge, how: How) -> None:
    """Hang up on the cancel of an open order, read the order, and cancel it again."""
    [order] = aside.orders.open(1)
    hang_up_on(aside, how, lambda: aside.caller.cancel_batch([order]))
    before = aside.orders.status_of(order)
    second = aside.caller.cancel_batch([order])
    if not second.succeeded:
        raise NeverExercised(f"a second cancel, by a client that had disconnected ({how}), was answered {second!r}")
    judge(aside, how, order, before, second, aside.orders.poll_until([order])[order.order_id])
