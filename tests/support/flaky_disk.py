"""A disk that does not let us read, or reads wrongly, for a while: faults by the name of a file."""

from __future__ import annotations

import itertools
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from unittest import mock


@dataclass
class FlakyDisk:
    """For files whose name is `name`: `error` is the errno of so many openings, `times`; None for all.

    With `error` 0 an opening succeeds, and one bit of what is read is wrong. `opened` counts the openings.
    """

    name: str
    error: int
    times: int | None = None
    opened: int = field(default=0, init=False)

    @contextmanager
    def fails(self) -> Iterator[FlakyDisk]:
        """Within the block the disk is so."""
        real = os.open

        def flaky(path: Any, *rest: Any, **options: Any) -> int:
            if Path(os.fspath(path)).name != self.name:
                return real(path, *rest, **options)
            self.opened += 1
            if self.times is not None and self.opened > self.times:
                return real(path, *rest, **options)
            if self.error:
                raise OSError(self.error, os.strerror(self.error), str(path))
            return _flipped(Path(path), real)

        with mock.patch.object(os, "open", flaky):
            yield self


_numbers = itertools.count()


def _flipped(path: Path, real: Any) -> int:
    """An open copy of a file with one bit flipped, in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / f"copy-{next(_numbers)}"
        copy.write_bytes(data)
        descriptor: int = real(copy, os.O_RDONLY)
    return descriptor
