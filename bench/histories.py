"""Times the history checker: 40,000 operations, told as a venue under load would tell them.

    python bench/histories.py [OPERATIONS]

Half of the history is calm (one request after another), half are bursts of up to 32 requests at one moment that share
orders, with fills among them. A second history is the same but for one answer, which nothing explains: the checker
has to find that one. Exit status 1 when it does not.
"""

from __future__ import annotations

import random
import sys
import time

from venue_conformance.client.races import CANCELS, FILLS, FILLS_NOT, ORDER, REFUSES
from venue_conformance.histories import Linearizable, NotLinearizable, Operation, check_linearizability


def history(count: int, chance: random.Random) -> list[Operation]:
    """So many operations that one serial order explains."""
    reported: list[Operation] = []
    now, orders = 0.0, 0
    while len(reported) < count:
        size = min(count - len(reported), 1 if len(reported) % 2 else chance.randint(2, 32))
        shared = [f"order{orders + number}" for number in range(max(3, size // 2))]
        orders += len(shared)
        ended: set[str] = set()
        for number in range(size):  # in the order in which they take effect, whatever their answers overtake
            start, end = now + chance.random() * 0.001, now + 0.002 + chance.random() * 0.01
            if size > 1 and chance.random() < 0.2:
                order = chance.choice(shared)
                reported.append(
                    Operation(f"fill{len(reported)}", start, end, {order: FILLS_NOT if order in ended else FILLS})
                )
                ended.add(order)
                continue
            batch = chance.sample(shared, 3)
            steps = {order: REFUSES if order in ended else CANCELS for order in batch}
            ended.update(batch)
            reported.append(Operation(f"batch{len(reported)}.{number}", start, end, steps))
        now += 0.02
    return reported


def main() -> int:
    """Time both histories, order by order and batch by batch."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40_000
    right = history(count, random.Random(0))
    place = next(number for number in range(count // 2, count) if CANCELS in right[number].steps.values())
    wrong_operation = right[place]
    wrong = [*right]
    wrong[place] = Operation(
        wrong_operation.name, wrong_operation.start, wrong_operation.end, dict.fromkeys(wrong_operation.steps, REFUSES)
    )
    as_expected = True
    for name, reported, expected in (("right", right, Linearizable), ("one wrong operation", wrong, NotLinearizable)):
        for whole in (False, True):
            began = time.process_time()
            found = check_linearizability(reported, ORDER, whole_batches=whole)
            seconds = time.process_time() - began
            how = "batch by batch" if whole else "order by order"
            print(f"{count} operations, {name}, {how}: {type(found).__name__} in {seconds:.2f} s of processor time")
            as_expected &= isinstance(found, expected)
    return int(not as_expected)


if __name__ == "__main__":
    sys.exit(main())
