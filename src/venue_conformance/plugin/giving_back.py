"""The end of a run: what its target was brought into and nobody has undone is given back."""

from __future__ import annotations

from typing import Any

from venue_conformance.errors import ClientFault
from venue_conformance.plugin.run import Run
from venue_conformance.report.journal import JOURNAL, SETUP, read_journal
from venue_conformance.target.setups import Setups
from venue_conformance.wire.redaction import without_secrets

#: What giving back may take at the end of a run, in seconds, and of one that was stopped: CI runners soon kill those.
SECONDS, HURRIED_SECONDS = 60.0, 5.0


def give_back(run: Run, *, shared: bool) -> dict[str, list[dict[str, Any]]]:
    """Undo what is left at the target of the target file; what could not be given back, by venue.

    ``shared`` says that worker processes ran the checks: what they asked for stands in the journal. References of our
    own end with the run, and keep nothing.
    """
    target = run.sessions.target
    if target is None or run.folder is None:
        return {}
    seconds = HURRIED_SECONDS if run.interrupted else SECONDS
    try:
        session = run.sessions.of(target.venue)
        if shared:
            journal = read_journal(run.options.report_dir / JOURNAL, allow_unfinished=True)
            records = journal.others.get(SETUP, ())
            session.setups = Setups.from_records(records, session.setups.note)
    except ClientFault as fault:
        run.log.errors.append(without_secrets(f"what the run left open could not be undone: {fault}"))
        return {}
    return {target.venue: [session.redaction.value(each.to_dict()) for each in session.give_back(seconds).left]}
