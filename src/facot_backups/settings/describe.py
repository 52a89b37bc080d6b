"""Settings as a person reads them: `facot-backups config` and the panel."""

from __future__ import annotations

from datetime import time
from typing import NamedTuple

from facot_backups.settings.model import MASK, RULES, Settings


class Shown(NamedTuple):
    """A setting for a table; the value of a secret is never in it."""

    name: str
    value: str
    origin: str


def describe(settings: Settings) -> list[Shown]:
    """Every setting in the order of the documentation, with its value and where it came from, in Spanish."""
    return [Shown(name, _shown(settings, name), settings.origin(name)) for name in RULES]


def _shown(settings: Settings, name: str) -> str:
    value, rule = getattr(settings, name), RULES[name]
    if value is None or value == ():
        return rule.absent
    if rule.secret:
        return MASK
    if isinstance(value, time):
        return value.isoformat("minutes")
    return ", ".join(value) if isinstance(value, tuple) else str(value)
