"""Writing into Firestore, each write confirmed by its own status."""

from __future__ import annotations

import secrets

import grpc

from facot_backups.firestore.connection import Connection
from facot_backups.firestore.faults import failure
from facot_backups.firestore.protos import BatchWriteRequest

_TIMEOUT = 20.0
_PERMISSION_DENIED = grpc.StatusCode.PERMISSION_DENIED.value[0]


def may_write(connection: Connection) -> bool:
    """Whether we may write there at all. Changes nothing.

    Asks to delete a document that cannot exist, on the condition that it exists: the refusal tells the
    right to write from its absence (measured: docs/arquitectura.md, "Escribir"). Raises
    FirestoreUnavailable for anything else.
    """
    database = connection.root.removesuffix("/documents")
    request = BatchWriteRequest(database=database)
    write = request.writes.add(delete=f"{connection.root}/facot_backups_probe/{secrets.token_hex(16)}")
    write.current_document.exists = True
    try:
        status = connection.batch_write(request, _TIMEOUT).status[0].code
    except grpc.RpcError as error:
        if error.code() is grpc.StatusCode.PERMISSION_DENIED:
            return False
        if error.code() is grpc.StatusCode.NOT_FOUND:
            return True
        raise failure(error, connection.source) from None
    return bool(status != _PERMISSION_DENIED)
