"""Root collections that somebody named and that a database does not have. Pure: no I/O."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from facot_backups.model import Scope

# How many of the existing ones a text names.
_SHOWN = 8


@dataclass(frozen=True, slots=True)
class UnknownCollection:
    """A root collection that a scope names and that does not exist, or has no documents, which is the same.

    `excluded`: it was to be left out. `existing`: those that do exist, in order; `likely`: the one of them
    that was probably meant, None if none is similar. `str(unknown)` explains it to the user.
    """

    name: str
    excluded: bool
    existing: tuple[str, ...]

    @property
    def likely(self) -> str | None:
        """The existing one whose name is the most similar."""
        by_key = {name.casefold(): name for name in reversed(self.existing)}
        found = get_close_matches(self.name.casefold(), by_key, n=1)
        return by_key[found[0]] if found else None

    def __str__(self) -> str:
        asked = "que se quiere dejar fuera" if self.excluded else "que se quiere guardar"
        guess = f" ¿Quería decir «{self.likely}»?" if self.likely is not None else ""
        return f"La colección «{self.name}», {asked}, no existe.{guess} {_those_of(self.existing)}"


def find_unknown(scope: Scope, existing: Iterable[str]) -> tuple[UnknownCollection, ...]:
    """The collections that `scope` names and that are not among the `existing` ones of a database."""
    there = tuple(sorted(existing))
    known = frozenset(there)
    return tuple(UnknownCollection(name, out, there) for name, out in named(scope) if name not in known)


def named(scope: Scope) -> list[tuple[str, bool]]:
    """The root collections that `scope` names, each with whether it is to be left out."""
    wanted = [name for name in scope.collections or () if name not in scope.exclude]
    return [*((name, False) for name in wanted), *((name, True) for name in scope.exclude)]


def _those_of(existing: Sequence[str]) -> str:
    if not existing:
        return "No se conoce ninguna que exista."
    more = f" y {len(existing) - _SHOWN:,} más" if len(existing) > _SHOWN else ""
    return f"Las que hay: {', '.join(existing[:_SHOWN])}{more}."
