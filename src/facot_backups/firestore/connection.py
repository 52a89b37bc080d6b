"""The only place that builds a Google client or channel: from options to raw, plain-protobuf calls."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, TypeAlias
from urllib.parse import quote

from facot_backups.errors import FirestoreUnavailable, SettingError, UsageError
from facot_backups.firestore import credentials as credentials_of
from facot_backups.firestore.calls import Stream
from facot_backups.firestore.names import database_name, documents_root
from facot_backups.model import Source

if TYPE_CHECKING:
    import grpc

    from facot_backups.protocol import Message

DEFAULT_DATABASE = "(default)"
# What google-cloud-firestore uses for an emulator when nobody names a project.
EMULATOR_PROJECT = "google-cloud-firestore-emulator"
# Whom an emulator takes its caller for, unless it wants a token.
_OWNER = "owner"
_SERVICE = "/google.firestore.v1.Firestore/"
_OPTIONS: list[tuple[str, Any]] = [
    ("grpc.max_send_message_length", -1),
    ("grpc.max_receive_message_length", -1),
    # Each message would else pass from a gRPC thread to ours: measured, half of the whole speed.
    ("SingleThreadedUnaryStream", 1),
]
_KEEPALIVE: list[tuple[str, Any]] = [("grpc.keepalive_time_ms", 30_000)]
Metadata: TypeAlias = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ConnectionOptions:
    """How to reach Firestore. Precedence: `client`, an initialised firebase_admin app, `emulator_host`,
    `credentials`.

    `client` is a google.cloud.firestore client; project, database, credentials and emulator host are taken
    from it. `use_firebase_app` looks at the default app of a `firebase_admin` that the program has already
    imported; we never import it. `emulator_host` is "host:port", `emulator_token` what it wants to see with
    every call, if it does. `credentials` is the path of a service account's file, or "default" for Google's
    own search; `credentials_origin` says where that was read. `connect_timeout` is in seconds.
    """

    client: Any = None
    project: str | None = None
    database: str | None = None
    credentials: str | None = None
    credentials_origin: str | None = None
    emulator_host: str | None = None
    emulator_token: str | None = field(default=None, repr=False)
    use_firebase_app: bool = True
    connect_timeout: float = 10.0


@dataclass(frozen=True, slots=True)
class _Target:
    """Where to connect and as whom; `channel` is somebody else's, used as it is.

    `authorization` is what an emulator gets with every call; None for Firestore itself.
    """

    source: Source
    host: str
    credentials: Any = None
    channel: Any = None
    authorization: str | None = field(default=None, repr=False)


class Connection:
    """The raw calls of one Firestore database (see `Calls`), over a channel.

    `close` closes the channel if it is ours; then `closed` is true. A context manager. Threads may share it.
    `authorization` goes with every call as the header of that name.
    """

    def __init__(
        self,
        source: Source,
        channel: grpc.Channel,
        *,
        owned: bool,
        connect_timeout: float,
        authorization: str | None = None,
    ) -> None:
        from facot_backups import protocol

        self._source = source
        self._root = documents_root(source)
        self._channel = channel
        self._owned = owned
        self.closed = False
        self._connect_timeout = connect_timeout
        self._metadata = _metadata(source, authorization)
        self._run_query = self._stub("RunQuery", protocol.RunQueryRequest, protocol.RunQueryResponse)
        self._aggregate = self._stub(
            "RunAggregationQuery", protocol.RunAggregationQueryRequest, protocol.RunAggregationQueryResponse
        )
        self._batch_get = self._stub(
            "BatchGetDocuments", protocol.BatchGetDocumentsRequest, protocol.BatchGetDocumentsResponse
        )
        self._list_ids = self._stub(
            "ListCollectionIds",
            protocol.ListCollectionIdsRequest,
            protocol.ListCollectionIdsResponse,
            one=True,
        )
        self._list_documents = self._stub(
            "ListDocuments", protocol.ListDocumentsRequest, protocol.ListDocumentsResponse, one=True
        )
        self._batch_write = self._stub(
            "BatchWrite", protocol.BatchWriteRequest, protocol.BatchWriteResponse, one=True
        )

    def _stub(self, method: str, request: Any, response: Any, *, one: bool = False) -> Any:
        make = self._channel.unary_unary if one else self._channel.unary_stream
        return make(
            _SERVICE + method,
            request_serializer=request.SerializeToString,
            response_deserializer=response.FromString,
        )

    @property
    def source(self) -> Source:
        """The database at the other end."""
        return self._source

    @property
    def root(self) -> str:
        """`projects/P/databases/D/documents`, the parent of all root collections."""
        return self._root

    def run_query(self, request: Message, timeout: float) -> Stream:
        """Stream the answers of a RunQuery. See `Calls`."""
        stream: Stream = self._run_query(request, timeout=timeout, metadata=self._metadata)
        return stream

    def run_aggregation_query(self, request: Message, timeout: float) -> Stream:
        """Stream the answers of a RunAggregationQuery. See `Calls`."""
        stream: Stream = self._aggregate(request, timeout=timeout, metadata=self._metadata)
        return stream

    def batch_get_documents(self, request: Message, timeout: float) -> Stream:
        """Stream the answers of a BatchGetDocuments. See `Calls`."""
        stream: Stream = self._batch_get(request, timeout=timeout, metadata=self._metadata)
        return stream

    def list_collection_ids(self, request: Message, timeout: float) -> Message:
        """One page of ListCollectionIds. See `Calls`."""
        return self._list_ids(request, timeout=timeout, metadata=self._metadata)

    def list_documents(self, request: Message, timeout: float) -> Message:
        """One page of ListDocuments. See `Calls`."""
        return self._list_documents(request, timeout=timeout, metadata=self._metadata)

    def batch_write(self, request: Message, timeout: float) -> Message:
        """One BatchWrite: a status for each write, in order. See `Calls`."""
        return self._batch_write(request, timeout=timeout, metadata=self._metadata)

    def probe(self) -> datetime:
        """The server's present instant (aware, UTC), if it answers within `connect_timeout` seconds.

        Costs one read, of a document that does not exist. Raises FirestoreUnavailable that says what is
        wrong and what to do.
        """
        import grpc

        from facot_backups.firestore.faults import CallFailed, failure
        from facot_backups.firestore.requests import absent_document
        from facot_backups.firestore.spans import get_time

        try:
            answers = list(self.batch_get_documents(absent_document(self._root), self._connect_timeout))
        except grpc.RpcError as error:
            raise failure(error, self._source) from None
        if not answers:
            raise CallFailed(None, "no_answer", source=self._source)
        return get_time(answers[0].read_time)

    def close(self) -> None:
        """Close the channel if we opened it; again is harmless. Any thread may: then what uses it fails."""
        self.closed = True
        if self._owned:
            self._channel.close()

    def __enter__(self) -> Connection:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _metadata(source: Source, authorization: str | None) -> Metadata:
    database = database_name(source)
    routing = f"project_id={quote(source.project)}&database_id={quote(source.database)}"
    metadata = (("google-cloud-resource-prefix", database), ("x-goog-request-params", routing))
    return (*metadata, ("authorization", authorization)) if authorization else metadata


def connect(options: ConnectionOptions) -> Connection:
    """Open a connection as `options` say; nothing is sent yet (see `Connection.probe`).

    Raises SettingError for a setting or credentials file that cannot be, FirestoreUnavailable where
    credentials are missing, UsageError for a `client` that is none. Imports Google's libraries.
    """
    target = _target(options)
    channel = target.channel or _channel(target)
    return Connection(
        target.source,
        channel,
        owned=target.channel is None,
        connect_timeout=options.connect_timeout,
        authorization=target.authorization,
    )


def make_client(options: ConnectionOptions) -> Any:
    """Google's own client (google.cloud.firestore.Client) for where `options` lead, or the one they hold.

    Nothing is sent. Raises as `connect` does. Imports Google's libraries.
    """
    if options.client is not None:
        return options.client
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import firestore

    target = _target(options)
    anonymous: Any = AnonymousCredentials
    make: Any = firestore.Client  # neither has annotations
    credentials = anonymous() if target.source.emulator else target.credentials
    client = make(target.source.project, credentials, target.source.database)
    # The client itself knows an emulator from the environment alone, which is not ours to change.
    client._emulator_host = target.host if target.source.emulator else None
    if options.emulator_token is not None and target.authorization is not None:
        # Beside the client's own "Bearer owner", which cannot be changed.
        client._rpc_metadata.append(("authorization", target.authorization))
    return client


def _channel(target: _Target) -> grpc.Channel:
    import grpc
    from grpc.experimental import ChannelOptions

    single = ChannelOptions.SingleThreadedUnaryStream
    options = [(single if name == "SingleThreadedUnaryStream" else name, value) for name, value in _OPTIONS]
    if target.source.emulator:
        # A proxy of the environment would be asked even for the emulator of this machine.
        return grpc.insecure_channel(target.host, options=[*options, ("grpc.enable_http_proxy", 0)])
    from google.cloud.firestore_v1.services.firestore.transports.grpc import FirestoreGrpcTransport

    return FirestoreGrpcTransport.create_channel(
        target.host, credentials=target.credentials, options=[*options, *_KEEPALIVE]
    )


def _target(options: ConnectionOptions) -> _Target:
    if options.client is not None:
        return _of_client(options.client)
    if options.use_firebase_app and (app := firebase_app()) is not None:
        return _of_firebase_app(app, options)
    if options.emulator_host:
        return _of_emulator(options.emulator_host, options.project, options)
    credentials, project = credentials_of.find(options.credentials, options.credentials_origin)
    return _Target(_source(options.project or project, options.database), _host(), credentials)


def _host() -> str:
    from google.cloud.firestore_v1.services.firestore import FirestoreClient

    return str(FirestoreClient.DEFAULT_ENDPOINT)


def _source(project: str | None, database: str | None, *, emulator: bool = False) -> Source:
    if not project:
        raise SettingError(
            "GOOGLE_CLOUD_PROJECT",
            "sin valor",
            "no se sabe de qué proyecto leer",
            "el identificador del proyecto de Google Cloud",
        )
    return Source(project, database or DEFAULT_DATABASE, emulator)


def _of_emulator(host: str, project: str | None, options: ConnectionOptions) -> _Target:
    name, _, port = host.rpartition(":")
    if not name or "/" in name or not (port.isascii() and port.isdecimal() and 0 < int(port) < 65536):
        raise SettingError(
            "FIRESTORE_EMULATOR_HOST", "emulador", "no es una dirección", "host:puerto, como 127.0.0.1:8080"
        )
    source = _source(project or EMULATOR_PROJECT, options.database, emulator=True)
    return _Target(source, host, authorization=f"Bearer {options.emulator_token or _OWNER}")


def _of_client(client: Any) -> _Target:
    """What a given client knows. One that carries a transport of its own making keeps it."""
    from google.cloud.firestore_v1.base_client import BaseClient

    if not isinstance(client, BaseClient):
        raise UsageError("no_client", kind=type(client).__name__)
    emulator = client._emulator_host
    source = _source(client.project, client._database, emulator=bool(emulator))
    channel = _own_channel(client)
    return _Target(source, str(client._target), client._credentials, channel, _authorization(client))


def _authorization(client: Any) -> str | None:
    """What a client shows to its emulator: its own word, or a token that somebody added after it."""
    shown = [value for name, value in client._rpc_metadata if name == "authorization"]
    return str(shown[-1]) if shown else None


def _own_channel(client: Any) -> Any:
    """The channel that somebody put into the client, None for the one that the client makes by itself.

    The client's own helper keeps the transport that it makes in `_transport`; a transport set from outside
    is in the API object alone.
    """
    api = client._firestore_api_internal
    if api is None or getattr(client, "_transport", None) is api.transport:
        return None
    with suppress(AttributeError):
        return api.transport.grpc_channel
    raise UsageError("no_grpc", kind=api.transport.kind)


def firebase_app() -> Any:
    """The default app of a `firebase_admin` that the program itself imported, or None."""
    admin = sys.modules.get("firebase_admin")
    if admin is None:
        return None
    with suppress(ValueError):
        return admin.get_app()
    return None


def _of_firebase_app(app: Any, options: ConnectionOptions) -> _Target:
    """As firebase_admin's own Firestore client would connect: to the emulator of the environment, if any."""
    emulator = options.emulator_host or os.environ.get("FIRESTORE_EMULATOR_HOST")
    try:
        project = app.project_id or options.project
        if emulator:
            return _of_emulator(emulator, project, options)
        credentials = app.credential.get_credential()
    except (ValueError, OSError, _auth_error()) as error:
        raise FirestoreUnavailable("no_app_credentials", kind=type(error).__name__) from None
    return _Target(_source(project, options.database), _host(), credentials)


def _auth_error() -> type[Exception]:
    from google.auth.exceptions import GoogleAuthError

    return GoogleAuthError
