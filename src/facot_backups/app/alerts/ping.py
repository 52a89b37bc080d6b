"""One ping to a healthchecks-style address, with the standard library alone, in a bounded time."""

from __future__ import annotations

import base64
import http.client
import io
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from typing import IO, Any, Literal, TypeAlias
from urllib.parse import quote, unquote, urlsplit, urlunsplit

from facot_backups.app.deadline import TooLate, Undelivered, within
from facot_backups.version import __version__

Signal: TypeAlias = Literal["start", "success", "fail", "log"]

# From the name of the server to its answer, redirections too.
SECONDS = 10.0
# Healthchecks keeps so much, and more helps nobody.
_MAX_BODY = 2000
# What a URL may hold as it is; the rest (ñ) is encoded, and what is encoded already stays.
_ALLOWED = "%/:=&?~+!$,;'@()*[]"
_MISLED = "el servidor redirige demasiadas veces, o a una dirección que no es web"


def ping(url: str, signal: Signal, body: str = "", seconds: float | None = None) -> None:
    """Send one signal: a POST with `body` to the address for it.

    Raises Undelivered, never later than `seconds` from now. Redirections are
    followed, but not from https to http. A proxy of the environment is used.
    """
    limit = SECONDS if seconds is None else seconds
    call = _Call(limit)
    try:
        within(limit, f"heartbeat {url}", lambda: call.run(address(url, signal), url, body))
    except TooLate:
        raise Undelivered(f"el servidor no terminó de responder en {limit:.0f} s") from None
    except Undelivered:
        raise
    except Exception as error:  # noqa: BLE001 - its text may hold the address; what it is says enough
        raise Undelivered(_reason(error), getattr(error, "code", None)) from None
    finally:
        call.cut()


def address(url: str, signal: Signal) -> str:
    """Where a signal goes: its name ends the path, before a query; success has none. Without a password."""
    parts = urlsplit(url)
    path = parts.path.rstrip("/") + ("" if signal == "success" else f"/{signal}")
    host = parts.netloc.rpartition("@")[2]
    with suppress(UnicodeError):
        host = host.encode("idna").decode() if not host.isascii() else host
    return urlunsplit((parts.scheme, host, quote(path or "/", _ALLOWED), quote(parts.query, _ALLOWED), ""))


class _Call:
    """One request. `cut` ends it from another thread, whatever it waits for on the network."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._sockets: list[socket.socket] = []

    def run(self, target: str, url: str, body: str) -> None:
        data = body[:_MAX_BODY].encode("utf-8", "replace")
        request = urllib.request.Request(target, data, method="POST")
        request.add_header("User-Agent", f"facot-backups/{__version__}")
        request.add_header("Content-Type", "text/plain; charset=utf-8")
        login, at, _ = urlsplit(url).netloc.rpartition("@")
        if at:  # not for another server, to which a redirection may lead
            token = base64.b64encode(unquote(login).encode()).decode()
            request.add_unredirected_header("Authorization", f"Basic {token}")
        # Only that it was answered counts; the body of the answer may drip.
        answer = self._opener().open(request, timeout=self._seconds)
        if answer is None:
            raise Undelivered(_MISLED)
        answer.close()

    def cut(self) -> None:
        """Close every connection of the call."""
        for connection in self._sockets:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            with suppress(OSError):
                connection.close()

    def connect(self, *arguments: Any, **options: Any) -> socket.socket:
        made = socket.create_connection(*arguments, **options)
        # A twin: TLS takes the descriptor of the other away, and this one reaches the same connection.
        self._sockets.append(made.dup())
        return made

    def _opener(self) -> urllib.request.OpenerDirector:
        opener = urllib.request.OpenerDirector()
        for handler in (
            urllib.request.ProxyHandler(),
            _Http(self.connect),
            _Https(self.connect),
            _Redirections(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
        ):
            opener.add_handler(handler)
        return opener


class _Http(urllib.request.HTTPHandler):
    def __init__(self, connect: Callable[..., socket.socket]) -> None:
        super().__init__()
        self._connect = connect

    def http_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._made, req)

    def _made(self, host: str, **options: Any) -> http.client.HTTPConnection:
        made = http.client.HTTPConnection(host, **options)
        made._create_connection = self._connect  # type: ignore[attr-defined]
        return made


class _Https(urllib.request.HTTPSHandler):
    def __init__(self, connect: Callable[..., socket.socket]) -> None:
        super().__init__()
        self._connect = connect

    def https_open(self, req: urllib.request.Request) -> Any:
        return self.do_open(self._made, req)

    def _made(self, host: str, **options: Any) -> http.client.HTTPSConnection:
        made = http.client.HTTPSConnection(host, context=ssl.create_default_context(), **options)
        made._create_connection = self._connect  # type: ignore[attr-defined]
        return made


class _Redirections(urllib.request.HTTPRedirectHandler):
    max_redirections = 5
    max_repeats = 2

    def http_error_302(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any
    ) -> Any:
        fp.close()  # unread: it may have no end, and Python would keep all of it in memory
        return super().http_error_302(req, io.BytesIO(), code, msg, headers)

    http_error_301 = http_error_303 = http_error_307 = http_error_308 = http_error_302

    def redirect_request(
        self, req: urllib.request.Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        scheme = urlsplit(newurl).scheme
        if scheme not in ("http", "https"):
            raise Undelivered(_MISLED)
        if req.type == "https" and scheme == "http":
            raise Undelivered("redirige a una dirección sin cifrar (http)")
        if code in (307, 308):  # the same request again
            return urllib.request.Request(newurl, req.data, dict(req.headers), method=req.get_method())
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _reason(error: Exception) -> str:
    if isinstance(error, urllib.error.HTTPError):
        error.close()
        redirected = 300 <= error.code < 400
        return _MISLED if redirected else f"el servidor respondió {error.code}"
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    known = next((text for kind, text in _REASONS.items() if isinstance(cause, kind)), "fallo inesperado")
    return known if type(cause) in _REASONS else f"{known} ({type(cause).__name__})"


# The first that fits counts.
_REASONS: dict[type, str] = {
    TimeoutError: "el servidor no respondió a tiempo",
    ConnectionRefusedError: "el servidor rechazó la conexión",
    UnicodeError: "no se encuentra el servidor (¿está bien escrito?)",  # no name of a host
    socket.gaierror: "no se encuentra el servidor (¿hay red?)",
    ssl.SSLError: "la conexión cifrada falló (¿certificado?)",
    OSError: "la conexión falló",
    http.client.HTTPException: "la conexión falló",
}
