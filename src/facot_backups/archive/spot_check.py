"""Documents chosen at random while a backup is written, and read back from its files.

Each collection keeps a reservoir of its own, so that one that fails takes nothing from the others; at
the end the reservoirs are joined, each weighed by its documents, which gives every document of the
backup the same chance.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import NamedTuple

from facot_backups import atomic
from facot_backups.archive.collection_file import parse_document_line
from facot_backups.model import Document, DocumentPath

_random = random.SystemRandom()
_BELOW_ONE = math.nextafter(1.0, 0.0)


class Place(NamedTuple):
    """Where a document's own line begins in its collection's file: `offset` in bytes."""

    path: DocumentPath
    offset: int


class Sampler:
    """A reservoir that skips (Li's Algorithm L, "Reservoir-Sampling Algorithms of Time Complexity
    O(n(1+log(N/n)))", 1994): a document that is not taken costs one subtraction of the caller's.

    The caller lowers `wait` by one for each document and calls `take` when it reaches 0.
    """

    __slots__ = ("_size", "_threshold", "places", "wait")

    def __init__(self, size: int) -> None:
        self.places: list[Place] = []
        self.wait = 1
        self._size = size
        self._threshold = 1.0

    def take(self, place: Place) -> None:
        """Keep `place`, in the stead of another if there are `size` already; say how long to wait."""
        if len(self.places) < self._size:
            self.places.append(place)
        else:
            self.places[_random.randrange(self._size)] = place
        self.wait = 1
        if len(self.places) == self._size:
            factor = math.exp(math.log(_positive()) / self._size)
            self._threshold = min(self._threshold * factor, _BELOW_ONE)
            self.wait += math.floor(math.log(_positive()) / math.log1p(-self._threshold))


def _positive() -> float:
    """A random number in (0, 1]: 0 has no logarithm."""
    return 1.0 - _random.random()


def pick(strata: Mapping[str, tuple[int, list[Place]]], count: int) -> dict[str, list[Place]]:
    """Draw `count` places (all, if there are fewer) from reservoirs, as if from all documents together.

    `strata`: for each collection, how many documents it has and its reservoir, which holds at least
    `count` of them, or all. Each draw chooses a collection by the documents that it has left.
    """
    left = {collection: total for collection, (total, _) in strata.items()}
    pools = {collection: _random.sample(places, len(places)) for collection, (_, places) in strata.items()}
    chosen: dict[str, list[Place]] = {}
    for _ in range(min(count, sum(left.values()))):
        collection = _random.choices(list(left), weights=list(left.values()))[0]
        left[collection] -= 1
        chosen.setdefault(collection, []).append(pools[collection].pop())
    return chosen


def read_places(file: Path, places: Iterable[Place]) -> list[Document]:
    """The documents that stand at `places` of a finished file.

    Raises OSError, and FormatError where the file does not hold there the document that was written.
    """
    with open(atomic.open_regular(file), "rb") as stream:  # noqa: PTH123 (a descriptor)
        documents = []
        for place in places:
            stream.seek(place.offset)
            documents.append(parse_document_line(stream.readline(), place.path, file.name))
        return documents
