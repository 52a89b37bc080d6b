"""A write, what may become of it, and writes as Firestore takes them: in batches, each with its condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, NamedTuple, TypeAlias

from facot_backups.protocol import BatchWriteRequest, Message

Kind: TypeAlias = Literal["done", "conflict", "failed", "pending", "unknown"]

# Documented: one call takes 500 writes, and 10 MiB; the emulator's calls take 4 MiB.
BATCH_WRITES = 500
BATCH_BYTES = 3_900_000
# What a write adds to its document: tags, lengths, its condition.
_OVERHEAD = 64


class Write(NamedTuple):
    """One write: `document`, a serialized protobuf Document with its name, or None to delete.

    `number` is the caller's own. `expected`: the update time (nanoseconds) that the document must have;
    None: it must not exist.
    """

    number: int
    name: str
    document: bytes | None
    expected: int | None


class Outcome(NamedTuple):
    """What became of a write.

    `done`: it took effect; `update_time` (nanoseconds) is what the document has now, 0 for a deleted one.
    `conflict`: the document was not as expected, and was left alone. `failed`: the server refuses it;
    `reason`, in Spanish, says why. `pending`: it did not take effect. `unknown`: the server cannot be asked.
    """

    number: int
    kind: Kind
    update_time: int = 0
    reason: str = ""


def batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """The writes cut into batches of at most BATCH_WRITES and BATCH_BYTES; a larger one goes alone."""
    batch: list[Write] = []
    filled = 0
    for write in writes:
        length = _OVERHEAD + len(write.document if write.document is not None else write.name.encode())
        if batch and (len(batch) >= BATCH_WRITES or filled + length > BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(write)
        filled += length
    if batch:
        yield batch


def empty_batch(root: str) -> Message:
    """A BatchWriteRequest without writes for the database of `root`."""
    return BatchWriteRequest(database=root.removesuffix("/documents"))


def batch_request(root: str, writes: Sequence[Write]) -> Message:
    """The BatchWriteRequest of a batch, each write with its condition."""
    request = empty_batch(root)
    for write in writes:
        message = request.writes.add()
        if write.document is None:
            message.delete = write.name
        else:
            message.update.ParseFromString(write.document)
        if write.expected is None:
            message.current_document.exists = False
        else:
            stamp = message.current_document.update_time
            stamp.seconds, stamp.nanos = divmod(write.expected, 1_000_000_000)
    return request


def nanoseconds(stamp: Message) -> int:
    """A protobuf Timestamp as nanoseconds since 1970."""
    return int(stamp.seconds) * 1_000_000_000 + int(stamp.nanos)
