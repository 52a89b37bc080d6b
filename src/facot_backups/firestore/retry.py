"""How long to insist: exponential backoff with jitter, and an end when nothing moves any more."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import grpc

from facot_backups.clock import Clock, iso_utc
from facot_backups.errors import SnapshotExpired
from facot_backups.events import Emit, Retried
from facot_backups.firestore.faults import (
    CallFailed,
    Decision,
    code_of,
    decide,
    details_of,
    failure,
    is_expired,
)
from facot_backups.model import Source

FIRST_WAIT = 1.0
GROWTH = 1.5
LONGEST_WAIT = 15.0
# Seconds after the first failure since the last progress.
GIVE_UP_AFTER = 60.0
MAX_CUTS = 3

_T = TypeVar("_T")


class Patience:
    """What one reading has met since it last made progress.

    `limit` is in seconds of `clock.monotonic`. `dice` gives numbers in [0, 1) for the jitter, which keeps
    many clients from coming back at the same moment.
    """

    def __init__(
        self,
        clock: Clock,
        emit: Emit,
        source: Source,
        *,
        limit: float = GIVE_UP_AFTER,
        dice: Callable[[], float] = random.random,
    ) -> None:
        self._clock = clock
        self._emit = emit
        self._source = source
        self._limit = limit
        self._dice = dice
        self.progressed()

    def progressed(self) -> None:
        """Something new arrived: whatever failed before no longer counts."""
        self._first_failure: float | None = None
        self._wait = FIRST_WAIT
        self._once_used = False
        self._cuts = 0

    def failed(self, error: grpc.RpcError) -> None:
        """Wait before the next try, or raise CallFailed when there should be none."""
        code, details = code_of(error), details_of(error)
        decision = decide(code, details)
        if decision is Decision.NEVER or (decision is Decision.ONCE and self._once_used):
            raise failure(error, self._source)
        self._once_used |= decision is Decision.ONCE
        now = self._clock.monotonic()
        if self._first_failure is None:
            self._first_failure = now
        wait = min(self._wait, LONGEST_WAIT) * (0.5 + self._dice() / 2)
        if now + wait - self._first_failure > self._limit:
            raise failure(error, self._source)
        self._wait *= GROWTH
        self._emit(Retried(f"{code.name}: {details[:200]}", wait))
        self._clock.sleep(wait)

    def cut(self, *, progressed: bool) -> None:
        """A stream ended in silence, after something new or without: go on at once.

        Raises CallFailed at the third time in a row without.
        """
        if progressed:
            self.progressed()
        else:
            self._cuts += 1
        if self._cuts >= MAX_CUTS:
            raise CallFailed(None, "stream_cut", source=self._source, cuts=MAX_CUTS)
        self._emit(Retried("la lectura terminó antes de tiempo", 0.0))


def check_expired(error: grpc.RpcError, read_time: datetime | None) -> None:
    """Raise SnapshotExpired if that is what `error` says of the instant that was asked for."""
    if is_expired(code_of(error), details_of(error)):
        raise SnapshotExpired(iso_utc(read_time) if read_time else "")


def insist(call: Callable[[], _T], patience: Patience, read_time: datetime | None = None) -> _T:
    """The result of `call`, a whole request at `read_time`, tried as often as `patience` allows.

    Raises CallFailed, or SnapshotExpired when the server no longer keeps that instant.
    """
    while True:
        try:
            result = call()
        except grpc.RpcError as error:
            check_expired(error, read_time)
            patience.failed(error)
        else:
            patience.progressed()
            return result
