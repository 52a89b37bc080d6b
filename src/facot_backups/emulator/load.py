"""Write many documents into any server that listens on a loopback address without credentials.

For tests, bench and demo: the official emulator or our own server. A restore never comes here.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias

import grpc

from facot_backups import protocol
from facot_backups.emulator import wire

Fields: TypeAlias = Mapping[str, Any]  # field name -> plain protobuf Value

# The emulator refuses messages over 4 MiB; a batch stays clearly below.
_BATCH_BYTES = 3 * 2**20
_BATCH_WRITES = 500


def write_documents(
    host: str, documents: Iterable[tuple[str, Fields]], project: str, database: str = "(default)"
) -> int:
    """Write `documents` (relative path, fields) to the server at `host` ("127.0.0.1:port").

    Overwrites what is there. Returns how many were written. Raises RuntimeError when the server refuses
    one, grpc.RpcError when the call itself fails.
    """
    root = wire.database_name(project, database)
    writes = (_write(root, path, fields) for path, fields in documents)
    with grpc.insecure_channel(host) as channel:
        send = _batch_write(channel, root)
        return sum(send(batch) for batch in wire.batches(writes, _BATCH_BYTES, _BATCH_WRITES))


def delete_documents(host: str, paths: Iterable[str], project: str, database: str = "(default)") -> int:
    """Delete the documents at the relative `paths`; those below them stay. Otherwise as `write_documents`."""
    root = wire.database_name(project, database)
    writes = (protocol.Write(delete=wire.document_name(root, path)) for path in paths)
    with grpc.insecure_channel(host) as channel:
        send = _batch_write(channel, root)
        return sum(send(batch) for batch in wire.batches(writes, _BATCH_BYTES, _BATCH_WRITES))


def metadata(root: str) -> tuple[tuple[str, str], ...]:
    """The call metadata that an emulator wants, for the database named `root`."""
    return (("authorization", "Bearer owner"), ("google-cloud-resource-prefix", root))


def _write(root: str, path: str, fields: Fields) -> protocol.Message:
    return protocol.Write(update=protocol.Document(name=wire.document_name(root, path), fields=fields))


def _batch_write(channel: grpc.Channel, root: str) -> Any:
    call = channel.unary_unary(
        f"/{wire.SERVICE}/BatchWrite",
        request_serializer=protocol.BatchWriteRequest.SerializeToString,
        response_deserializer=protocol.BatchWriteResponse.FromString,
    )

    def send(batch: list[protocol.Message]) -> int:
        request = protocol.BatchWriteRequest(database=root, writes=batch)
        response = call(request, metadata=metadata(root), timeout=120)
        for write, status in zip(batch, response.status, strict=True):
            if status.code:
                name = write.update.name or write.delete
                raise RuntimeError(f"{name}: {status.code} {status.message}")
        return len(batch)

    return send
