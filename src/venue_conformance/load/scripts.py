"""How each venue is pressed: the ``SCRIPT`` of the module ``under_load`` in its folder."""

from __future__ import annotations

import importlib
import importlib.util

from venue_conformance.client.under_load import LoadScript
from venue_conformance.errors import ClientFault
from venue_conformance.plugin.runlog import spec_version
from venue_conformance.report.records import TargetInfo
from venue_conformance.target.model import StatesConfig, Target
from venue_conformance.venues import venues


def script_of(venue: str) -> LoadScript:
    """The script of a venue. Raises ClientFault for one that has none."""
    package = f"venue_conformance.venues.{venue}"
    if venue not in venues() or importlib.util.find_spec(f"{package}.under_load") is None:
        raise ClientFault(f"{venue}: there are no checks under load for this venue")
    script: LoadScript = importlib.import_module(f"{package}.under_load").SCRIPT
    return script


def target_info(target: Target) -> TargetInfo:
    """A target as reports tell of it."""
    kind = _kind(target.states)
    return TargetInfo(target.venue, target.base_url, target.environment, spec_version(target.venue), kind)


def _kind(states: StatesConfig | None) -> str:
    return next((kind for kind in ("url", "command", "inventory") if getattr(states, kind, None) is not None), "none")
