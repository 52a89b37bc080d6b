"""Whether a database may be written to, without writing to it."""

from __future__ import annotations

import secrets

import grpc

from facot_backups.firestore.calls import Calls
from facot_backups.firestore.faults import code_of, failure
from facot_backups.firestore.retry import Patience
from facot_backups.firestore.statuses import PERMISSION_DENIED, transient
from facot_backups.firestore.writes import empty_batch

# Seconds for the call.
_TIMEOUT = 20.0


def may_write(connection: Calls, patience: Patience | None = None) -> bool:
    """Whether we may write there at all. Changes nothing.

    Asks to delete a document that cannot exist, on the condition that it exists: the refusal tells the
    right to write from its absence (measured: docs/architecture.md, "Writing"). What passes by itself is
    tried again as `patience` allows, without it not at all. Raises FirestoreUnavailable for anything else.
    """
    while True:
        try:
            return _probe(connection)
        except grpc.RpcError as error:
            if patience is None:
                raise failure(error, connection.source) from None
            patience.failed(error)


def _probe(connection: Calls) -> bool:
    request = empty_batch(connection.root)
    write = request.writes.add(delete=f"{connection.root}/facot_backups_probe/{secrets.token_hex(16)}")
    write.current_document.exists = True
    try:
        status = connection.batch_write(request, _TIMEOUT).status[0]
    except grpc.RpcError as error:
        code = code_of(error)
        if code in (grpc.StatusCode.PERMISSION_DENIED, grpc.StatusCode.NOT_FOUND):
            return code is grpc.StatusCode.NOT_FOUND
        raise
    if (fault := transient(status)) is not None:
        raise fault
    return bool(status.code != PERMISSION_DENIED)
