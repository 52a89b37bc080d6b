"""The calls of Firestore's gRPC service over databases in memory: from request to answer."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

import grpc

from facot_backups import protocol
from facot_backups.clock import Clock
from facot_backups.emulator import encode, names, query, reads, wire, writes
from facot_backups.emulator.database import Database
from facot_backups.emulator.names import Name
from facot_backups.emulator.refusals import Refusal, invalid


@dataclass(slots=True)
class Switches:
    """What the server refuses, each with the status code that it answers, None to do it."""

    refuse_kindless: grpc.StatusCode | None = None
    refuse_count: grpc.StatusCode | None = None


@dataclass(slots=True)
class Transaction:
    """An open transaction: it reads at `instant`; a commit is refused when what it read changed since."""

    database: Database
    instant: int
    read_only: bool
    paths: set[str] = field(default_factory=set)
    closed: bool = False


class Service:
    """All databases of a server, made when they are first named, and the calls on them."""

    def __init__(self, clock: Clock, horizon: timedelta, switches: Switches) -> None:
        self._clock = clock
        self._horizon = horizon
        self._switches = switches
        self._databases: dict[str, Database] = {}
        self._transactions: dict[bytes, Transaction] = {}
        self._lock = threading.Lock()

    def database(self, root: str) -> Database:
        """The database `projects/P/databases/D`, empty at first."""
        names.parse_root(root)
        with self._lock:
            if root not in self._databases:
                self._databases[root] = Database(root, self._clock, self._horizon)
            return self._databases[root]

    # -- queries

    def run_query(self, request: protocol.Message) -> Iterator[bytes]:
        """RunQuery."""
        parent, database = self._parent(request.parent)
        asked = self._understand(parent, request.structured_query)
        instant, transaction, opened = self._moment(database, request)
        if opened:
            yield protocol.RunQueryResponse(transaction=opened).SerializeToString()
        for message in reads.run_query(database, asked, instant):
            if transaction:
                transaction.paths.update(_paths_in(message))
            yield message

    def run_aggregation_query(self, request: protocol.Message) -> Iterator[protocol.Message]:
        """RunAggregationQuery."""
        if self._switches.refuse_count:
            raise Refusal(self._switches.refuse_count, "This server does not count.")
        parent, database = self._parent(request.parent)
        asked = self._understand(parent, request.structured_aggregation_query.structured_query)
        instant, _, _ = self._moment(database, request)
        counts = reads.counts(request.structured_aggregation_query.aggregations)
        yield reads.aggregate(database, asked, counts, instant)

    def batch_get_documents(self, request: protocol.Message) -> Iterator[protocol.Message]:
        """BatchGetDocuments."""
        database = self.database(request.database)
        instant, transaction, opened = self._moment(database, request)
        if opened:
            yield protocol.BatchGetDocumentsResponse(transaction=opened)
        if transaction:
            transaction.paths.update(names.parse_document(name).path for name in request.documents)
        yield from reads.batch_get(database, request, instant)

    # -- single documents and lists

    def get_document(self, request: protocol.Message) -> protocol.Message:
        """GetDocument."""
        _, database = self._document(request.name)
        instant, _, _ = self._moment(database, request)
        return reads.get_document(database, request.name, reads.mask_of(request), instant)

    def list_documents(self, request: protocol.Message) -> protocol.Message:
        """ListDocuments."""
        _, database = self._parent(request.parent)
        instant, _, _ = self._moment(database, request)
        return reads.list_documents(database, request, instant)

    def list_collection_ids(self, request: protocol.Message) -> protocol.Message:
        """ListCollectionIds."""
        _, database = self._parent(request.parent)
        instant = database.instant(_read_time(request))
        return reads.list_collection_ids(database, request, instant)

    # -- writes

    def commit(self, request: protocol.Message) -> protocol.Message:
        """Commit."""
        database = self.database(request.database)
        with database.lock:
            if request.transaction:
                self._close(request.transaction, committing=bool(request.writes))
            results, now = writes.commit(database, request.writes)
        response = protocol.CommitResponse(write_results=results)
        if request.writes:
            encode.set_time(response.commit_time, now)
        return response

    def batch_write(self, request: protocol.Message) -> protocol.Message:
        """BatchWrite."""
        database = self.database(request.database)
        response = protocol.BatchWriteResponse()
        for result, refusal in writes.batch(database, request.writes):
            response.write_results.append(result)
            status = response.status.add()
            if refusal:
                status.code, status.message = refusal.number, refusal.message
        return response

    def create_document(self, request: protocol.Message) -> protocol.Message:
        """CreateDocument; without an id the server makes one of 20 characters."""
        parent, database = self._parent(request.parent)
        names.check_collection_id(request.collection_id)
        if request.document.name:
            raise invalid("document.name must not be set")
        document_id = request.document_id or secrets.token_hex(10)
        path = "/".join([*filter(None, [parent.path]), request.collection_id, document_id])
        write = protocol.Write(update=request.document)
        write.update.name = wire.document_name(database.name, path)
        write.current_document.exists = False
        return self._write_one(database, write, request)

    def update_document(self, request: protocol.Message) -> protocol.Message:
        """UpdateDocument."""
        _, database = self._document(request.document.name)
        write = protocol.Write(update=request.document)
        if request.HasField("update_mask"):
            write.update_mask.CopyFrom(request.update_mask)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        return self._write_one(database, write, request)

    def delete_document(self, request: protocol.Message) -> protocol.Message:
        """DeleteDocument."""
        _, database = self._document(request.name)
        write = protocol.Write(delete=request.name)
        if request.HasField("current_document"):
            write.current_document.CopyFrom(request.current_document)
        writes.commit(database, [write])
        return wire.Empty()

    def _write_one(
        self, database: Database, write: protocol.Message, request: protocol.Message
    ) -> protocol.Message:
        with database.lock:
            writes.commit(database, [write])
            return reads.get_document(database, write.update.name, reads.mask_of(request), database.now())

    # -- transactions

    def begin_transaction(self, request: protocol.Message) -> protocol.Message:
        """BeginTransaction."""
        opened = self._open(self.database(request.database), request.options)
        return protocol.BeginTransactionResponse(transaction=opened)

    def rollback(self, request: protocol.Message) -> protocol.Message:
        """Rollback."""
        self._known(request.transaction).closed = True
        return wire.Empty()

    def _open(self, database: Database, options: protocol.Message) -> bytes:
        read_only = options.HasField("read_only")
        asked = options.read_only.read_time if options.read_only.HasField("read_time") else None
        instant = database.instant(encode.get_time(asked) if asked is not None else None)
        opened = secrets.token_bytes(16)
        with self._lock:
            self._transactions[opened] = Transaction(database, instant, read_only)
        return opened

    def _close(self, token: bytes, committing: bool) -> None:
        """End a transaction. Refuses to commit what rests on documents that have changed."""
        transaction = self._transaction(token)
        transaction.closed = True
        transaction.paths, read = set(), transaction.paths
        if not committing:
            return
        if transaction.read_only:
            raise invalid("Cannot modify entities in a read-only transaction")
        database = transaction.database
        if any(database.changed_since(path, transaction.instant) for path in read):
            raise Refusal(grpc.StatusCode.ABORTED, "A document that the transaction read has changed.")

    def _known(self, token: bytes) -> Transaction:
        if token not in self._transactions:
            raise invalid("Invalid transaction.")
        return self._transactions[token]

    def _transaction(self, token: bytes) -> Transaction:
        transaction = self._known(token)
        if transaction.closed:
            raise invalid("Transaction is invalid or closed.")
        return transaction

    # -- what the calls share

    def _parent(self, name: str) -> tuple[Name, Database]:
        parent = names.parse_parent(name)
        return parent, self.database(parent.root)

    def _document(self, name: str) -> tuple[Name, Database]:
        document = names.parse_document(name)
        return document, self.database(document.root)

    def _understand(self, parent: Name, structured: protocol.Message) -> query.Query:
        asked = query.understand(parent, structured)
        if asked.kindless and self._switches.refuse_kindless:
            raise Refusal(self._switches.refuse_kindless, "kind is required for all queries")
        return asked

    def _moment(self, database: Database, request: protocol.Message) -> tuple[int, Transaction | None, bytes]:
        """The instant to read at, the transaction of the read, and its token where it begins here."""
        kind = request.WhichOneof("consistency_selector")
        if kind == "transaction":
            transaction = self._transaction(request.transaction)
            return transaction.instant, transaction, b""
        if kind == "new_transaction":
            opened = self._open(database, request.new_transaction)
            transaction = self._transactions[opened]
            return transaction.instant, transaction, opened
        return database.instant(_read_time(request)), None, b""


def _read_time(request: protocol.Message) -> int | None:
    """The instant that a request names, in microseconds, None for the present one."""
    if not request.HasField("read_time"):
        return None
    if request.read_time.nanos % 1000:
        raise invalid("timestamp cannot have more than microseconds precision")
    instant = encode.get_time(request.read_time)
    if instant <= 0 or not 0 <= request.read_time.nanos < 1_000_000_000:
        raise invalid("Only timestamps past epoch are supported.")
    return instant


def _paths_in(message: bytes) -> list[str]:
    response = protocol.RunQueryResponse.FromString(message)
    return [names.parse_document(response.document.name).path] if response.HasField("document") else []


@dataclass(frozen=True, slots=True)
class Method:
    """An RPC: its name, the class of its requests, what answers it, whether the answer is a stream."""

    name: str
    request: protocol.Message
    answer: Callable[[protocol.Message], protocol.Message]
    stream: bool = False


def methods(service: Service) -> list[Method]:
    """Every RPC that the server answers."""
    return [
        Method("RunQuery", protocol.RunQueryRequest, service.run_query, stream=True),
        Method(
            "RunAggregationQuery", protocol.RunAggregationQueryRequest, service.run_aggregation_query, True
        ),
        Method("BatchGetDocuments", protocol.BatchGetDocumentsRequest, service.batch_get_documents, True),
        Method("GetDocument", protocol.GetDocumentRequest, service.get_document),
        Method("ListDocuments", protocol.ListDocumentsRequest, service.list_documents),
        Method("ListCollectionIds", protocol.ListCollectionIdsRequest, service.list_collection_ids),
        Method("Commit", protocol.CommitRequest, service.commit),
        Method("BatchWrite", protocol.BatchWriteRequest, service.batch_write),
        Method("CreateDocument", protocol.CreateDocumentRequest, service.create_document),
        Method("UpdateDocument", protocol.UpdateDocumentRequest, service.update_document),
        Method("DeleteDocument", protocol.DeleteDocumentRequest, service.delete_document),
        Method("BeginTransaction", protocol.BeginTransactionRequest, service.begin_transaction),
        Method("Rollback", protocol.RollbackRequest, service.rollback),
    ]
