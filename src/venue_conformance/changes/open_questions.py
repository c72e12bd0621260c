"""Which open questions a sentence may answer: those with which it shares words that few clauses have."""

from __future__ import annotations

import math
import re
from collections import Counter

from venue_conformance.contract.clauses import Catalogue, Clause

#: How many are named at most, and how rare what is shared has to be; a word of many clauses says little.
_MOST = 4
_LEAST = math.log(20)
#: So many letters tell a word from others, whatever its ending.
_STEM = 6


def may_be_answered_by(text: str, catalogue: Catalogue) -> list[str]:
    """The ids of the open clauses that a new sentence may be about, the likeliest first: a guess."""
    words = _stems(text)
    held_by = Counter(word for clause in catalogue.values() for word in _words_of(clause))

    def likeness(clause: Clause) -> float:
        return sum(math.log(len(catalogue) / held_by[word]) for word in words & _words_of(clause))

    open_ones = [(likeness(clause), clause.id) for clause in catalogue.values() if clause.level == "open"]
    return [name for weight, name in sorted(open_ones, key=lambda each: -each[0]) if weight >= _LEAST][:_MOST]


def _words_of(clause: Clause) -> set[str]:
    return _stems(clause.id.partition(".")[2]) | _stems(clause.promise)


def _stems(text: str) -> set[str]:
    # Names such as orderIds are words of their own, in small letters.
    words = re.findall(r"[a-z]{4,}|\d{3,}", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text).lower())
    return {word[:_STEM].rstrip("s") for word in words} - {"documented"[:_STEM], "whether"[:_STEM]}
