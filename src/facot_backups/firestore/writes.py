"""Writes as Firestore takes them: in batches, each with its condition."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from facot_backups.firestore.names import name_of
from facot_backups.model import Write
from facot_backups.protocol import BatchWriteRequest, Message

# Documented: one call takes 500 writes, and 10 MiB; the emulator's calls take 4 MiB.
BATCH_WRITES = 500
BATCH_BYTES = 3_900_000
# What a write adds to its document: tags, lengths, its condition; and a delete to its path.
_OVERHEAD, _DELETE_OVERHEAD = 64, 256


def batches(writes: Iterable[Write]) -> Iterator[list[Write]]:
    """The writes cut into batches of at most BATCH_WRITES and BATCH_BYTES; a larger one goes alone."""
    batch: list[Write] = []
    filled = 0
    for write in writes:
        length = _length(write)
        if batch and (len(batch) >= BATCH_WRITES or filled + length > BATCH_BYTES):
            yield batch
            batch, filled = [], 0
        batch.append(write)
        filled += length
    if batch:
        yield batch


def _length(write: Write) -> int:
    """About how many bytes a write takes in its request."""
    if write.document is not None:
        return _OVERHEAD + len(write.document)
    return _DELETE_OVERHEAD + sum(len(segment.encode()) for segment in write.path)


def empty_batch(root: str) -> Message:
    """A BatchWriteRequest without writes for the database of `root`."""
    return BatchWriteRequest(database=root.removesuffix("/documents"))


def batch_request(root: str, writes: Sequence[Write]) -> Message:
    """The BatchWriteRequest of a batch, each write with its condition."""
    request = empty_batch(root)
    for write in writes:
        message = request.writes.add()
        if write.action == "delete":
            message.delete = name_of(write.path, root)
        else:
            assert write.document is not None
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
