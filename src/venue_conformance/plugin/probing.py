"""One valid request before the first check: a run that could say nothing ends at once, and says why."""

from __future__ import annotations

import pytest

from venue_conformance.client.session import Session
from venue_conformance.errors import ClientFault, ConformanceError, NotTested
from venue_conformance.plugin.masking import usage_error
from venue_conformance.plugin.output import tell
from venue_conformance.plugin.run import RUN, Run
from venue_conformance.plugin.serialization import exchange_record
from venue_conformance.report.records import ProbeRecord
from venue_conformance.report.text import fit_to_print
from venue_conformance.target.state_values import read_caller
from venue_conformance.venues.probe import Probe, probe
from venue_conformance.wire.recorder import Recorder

#: What can be judged all the same, or is judged by the checks.
_GOES_ON = frozenset({"ok", "other"})


class Probing:
    """The plugin's part before the first check; not there in worker processes."""

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Look at each target once; True, so that no check runs, where one of them cannot be judged.

        Raises UsageError (exit 2) where base_url is not the venue, or the target cannot be used.
        """
        run = session.config.stash[RUN]
        if not session.items and not session.config.pluginmanager.hasplugin("dsession"):
            return None  # nothing is going to be judged, here or by pytest-xdist's workers
        if not run.options.probe or session.config.getoption("collectonly") or session.testsfailed or run.is_over:
            return None
        try:
            ended = {_ends(run, venue, session.config) for venue in run.venues_to_probe}
        except ClientFault as fault:
            raise usage_error(fault) from fault
        return True if True in ended else None


def _ends(run: Run, venue: str, config: pytest.Config) -> bool:
    """Whether a venue's run ends with its probe."""
    session = run.sessions.of(venue)
    found = probe(session)
    if session.target.limits.requests_per_second is not None:
        # Who sends next may be another process, which knows nothing of this one's requests.
        session.pacer.wait(None)
    if found.kind == "redirect":
        raise pytest.UsageError(fit_to_print(found.text))
    if found.kind == "ok":
        session.health.accepted = True
    ended = found.kind not in _GOES_ON and not (found.kind == "refused" and _makes_callers(session))
    run.log.probe(venue, _record(run, venue, session, found, ended=ended), run.target_info(venue))
    if found.kind not in _GOES_ON and not ended:
        tell(config, found.text)
    return ended


def _record(run: Run, venue: str, session: Session, found: Probe, *, ended: bool) -> ProbeRecord:
    number = None
    if found.exchange is not None:
        exchange = exchange_record(1, found.exchange, session.redaction)
        number = run.log.add_exchange(venue, exchange, run.target_info(venue))
    return ProbeRecord(found.kind, found.text, ended, number)


def _makes_callers(session: Session) -> bool:
    """Whether the target makes accounts of its own, by which it can be judged though the file's is refused."""
    try:
        read_caller(session.setup(Recorder(), "caller", {}))
    except NotTested:
        return False
    except ConformanceError:
        return True  # the checks find out
    return True
