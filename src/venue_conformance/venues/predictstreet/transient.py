"""Transient answers: an id reported as ``unknown``, which the page calls a transient failure that is safe to retry.

A client that gets one retries, and so do callers here. What is judged is the merged outcome of all tries. In a check
of what one id does to others the retry would hide what is looked for: there the whole batch is made anew.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace

from venue_conformance.venues.predictstreet.answer import ALREADY_TERMINAL, UNKNOWN, BatchAnswer

#: Seconds before each retry.
PAUSES = (0.2, 0.5, 1.0)

Sleep = Callable[[float], None]


def retried(first: BatchAnswer, send_again: Callable[[], BatchAnswer], sleep: Sleep = time.sleep) -> BatchAnswer:
    """The merged answer to a batch that is sent again, all its ids in the same order, while an id is ``unknown``.

    Up to three times; an id that stays so to the end is ``unknown`` in the merged answer. A retry that is not carried
    out is handed back as it is.
    """
    answers = [first]
    for pause in PAUSES:
        if not answers[-1].transient_ids:
            break
        sleep(pause)
        answers.append(send_again())
        if not answers[-1].succeeded:
            return answers[-1]
    return answers[0] if len(answers) == 1 else _merged(answers)


def _merged(answers: Sequence[BatchAnswer]) -> BatchAnswer:
    """The last answer, but what an earlier one reported as cancelled, and is terminal now, is cancelled in it."""
    last = answers[-1]
    body = dict(last.processed)
    lists = [answer.processed.get("cancelled") for answer in answers]
    reasons = body.get("notCancelled")
    if not isinstance(reasons, dict) or not all(isinstance(each, list) for each in lists):
        return last
    cancelled: list[object] = []
    for each in lists:
        before = list(cancelled)  # twice in one answer stays twice: that is for checks to judge
        cancelled += [order_id for order_id in each or () if order_id not in before]
    earlier = [order_id for each in lists[:-1] for order_id in each or ()]
    body["cancelled"] = cancelled
    body["notCancelled"] = {
        order_id: reason
        for order_id, reason in reasons.items()
        if not (order_id in earlier and reason == ALREADY_TERMINAL)
    }
    return BatchAnswer(replace(last.exchange, body=json.dumps(body).encode()))


def outcomes_by_place(
    attempt: Callable[[], tuple[Sequence[str], BatchAnswer]], asked: Collection[int] = (), sleep: Sleep = time.sleep
) -> list[str]:
    """What the id at each place of a batch comes to, ``unknown`` only where it does so in each of four tries.

    ``attempt`` sends the batch once, as it comes, with orders that no other try has named, and hands back its ids and
    the answer. The places ``asked`` are those where ``unknown`` is asked for, or of no interest.
    """
    found: dict[int, str] = {}
    for pause in (*PAUSES, None):
        ids, answer = attempt()
        for place, outcome in enumerate(answer.outcomes([*ids])):
            if found.get(place, UNKNOWN) == UNKNOWN:
                found[place] = outcome
        if pause is None or all(outcome != UNKNOWN for place, outcome in found.items() if place not in asked):
            break
        sleep(pause)
    return [found[place] for place in sorted(found)]
