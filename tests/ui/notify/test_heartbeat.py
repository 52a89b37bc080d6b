"""One ping: where it goes, what it bears, and how it ends when the server is bad."""

from __future__ import annotations

import base64
import socket
import threading
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from facot_backups.app.alerts.ping import address, ping
from facot_backups.app.deadline import TooLate, Undelivered, within
from tests.support.endpoints import Endpoint, closed_port, endpoint
from tests.ui.notify.conftest import SECRET, Ear


@pytest.mark.parametrize(
    ("url", "start", "success"),
    [
        ("https://hc-ping.com/u", "https://hc-ping.com/u/start", "https://hc-ping.com/u"),
        ("https://hc-ping.com/u/", "https://hc-ping.com/u/start", "https://hc-ping.com/u"),
        ("http://h:8/k/s?create=1&a=b", "http://h:8/k/s/start?create=1&a=b", "http://h:8/k/s?create=1&a=b"),
        ("http://h", "http://h/start", "http://h/"),
        ("http://u:p@h/x?y", "http://h/x/start?y", "http://h/x?y"),
        ("http://h/ñ%2F?a=ñ", "http://h/%C3%B1%2F/start?a=%C3%B1", "http://h/%C3%B1%2F?a=%C3%B1"),
        ("http://[::1]:9/x", "http://[::1]:9/x/start", "http://[::1]:9/x"),
        ("https://ñandú.do/x", "https://xn--and-6ma2c.do/x/start", "https://xn--and-6ma2c.do/x"),
    ],
)
def test_the_signal_ends_the_path(url: str, start: str, success: str) -> None:
    assert (address(url, "start"), address(url, "success")) == (start, success)


def test_what_arrives(server: Endpoint) -> None:
    ping(server.url("/a?rid=1").replace("://", "://us:p%40ss@"), "fail", "No hay red: ñ")
    [told] = server.told
    assert (told.path, told.body) == ("/a/fail?rid=1", "No hay red: ñ")
    assert told.headers["authorization"] == "Basic " + base64.b64encode(b"us:p@ss").decode()
    assert told.headers["user-agent"].startswith("facot-backups/")


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_redirections_are_followed_without_the_password(server: Endpoint, other: Endpoint, code: int) -> None:
    server.status, server.location = code, other.url("/new")
    ping(server.url("/old").replace("://", "://us:pa@"), "success", "hecho")
    [told] = other.told
    assert told.path == "/new"
    assert "authorization" not in told.headers
    assert told.body == ("hecho" if code in (307, 308) else "")


@pytest.mark.parametrize("code", [200, 302, 307, 500])
def test_an_answer_without_an_end_is_not_read(server: Endpoint, other: Endpoint, code: int) -> None:
    server.status, server.endless = code, True
    server.location = other.url("/new") if code < 400 else None
    if code == 500:
        with pytest.raises(Undelivered, match="500"):
            ping(server.url("/old"), "success")
    else:
        ping(server.url("/old"), "success")
    assert len(other.told) == (code in (302, 307))


@pytest.mark.parametrize("status", [400, 404, 429, 500, 503])
def test_a_refusal_names_its_status(server: Endpoint, status: int) -> None:
    server.status = status
    with pytest.raises(Undelivered, match=str(status)) as caught:
        ping(server.url(), "start")
    assert caught.value.status == status


@pytest.mark.parametrize(
    ("location", "words"),
    [("/", "demasiadas veces"), ("ftp://127.0.0.1/x", "no es web"), ("file:///etc/passwd", "no es web")],
)
def test_redirections_that_are_not_followed(server: Endpoint, location: str, words: str) -> None:
    server.status, server.location = 302, location
    with pytest.raises(Undelivered, match=words):
        ping(server.url(), "start")
    assert len(server.told) < 12


def test_from_https_to_http_is_refused() -> None:
    from urllib.request import Request

    from facot_backups.app.alerts.ping import _Redirections

    with pytest.raises(Undelivered, match="sin cifrar"):
        _Redirections().redirect_request(Request("https://h/x"), None, 301, "", {}, "http://h/x")  # type: ignore[arg-type]


def test_nobody_there() -> None:
    with pytest.raises(Undelivered, match="rechazó la conexión"):
        ping(f"http://127.0.0.1:{closed_port()}/{SECRET}", "start")
    with pytest.raises(Undelivered, match="no se encuentra"):
        ping(f"http://{'x' * 70}.invalid/{SECRET}", "start")


def test_a_server_that_hangs_is_given_up(server: Endpoint) -> None:
    server.slow = threading.Event()
    with pytest.raises(Undelivered):
        ping(server.url(), "start", seconds=0.2)
    server.slow.set()


def test_a_server_that_drips_is_given_up_and_let_go(server: Endpoint) -> None:
    """Its connection is closed, so that neither it nor a thread of ours hangs on; the next ping goes out."""
    server.drips = True
    for _ in range(3):
        server.left.clear()
        with pytest.raises(Undelivered, match="no terminó de responder"):
            ping(server.url(), "start", seconds=0.2)
        assert server.left.wait(10)
    server.drips = False
    ping(server.url(), "success", seconds=5)
    assert len(server.told) == 4


def test_what_hangs_for_good_holds_one_thread_alone() -> None:
    release, begun = threading.Event(), []

    def hang() -> bool:
        begun.append(1)
        return release.wait(30)

    for _ in range(3):
        with pytest.raises(TooLate):
            within(0.05, "a subject", hang)
    assert len(begun) == 1
    assert within(5, "another subject", lambda: 7) == 7
    release.set()
    with pytest.raises(ZeroDivisionError):
        within(5, "a subject", lambda: 1 // 0)


@pytest.mark.parametrize("how", ["refused", "closed", "loop", "drips"])
def test_no_failure_shows_the_address(server: Endpoint, ear: Ear, how: str) -> None:
    path = f"/{SECRET}?token={SECRET}"
    url = server.url(path).replace("://", f"://{SECRET}:{SECRET}@")
    server.status = 500 if how == "refused" else 302 if how == "loop" else 200
    server.location, server.drips = ("/" if how == "loop" else None), how == "drips"
    if how == "closed":
        url = f"http://{SECRET}@127.0.0.1:{closed_port()}{path}"
    with pytest.raises(Undelivered) as caught:
        ping(url, "start", seconds=0.3)
    assert caught.value.__cause__ is None and caught.value.__suppress_context__
    assert "s3cr3t0" not in f"{caught.value!r} {ear.text}"


# --- https --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody signed, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "cert.pem"
    form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + key.private_bytes(*form))
    return file


def test_https_with_a_certificate_that_is_trusted(certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint(certificate) as server:
        url = server.url("/u").replace("http:", "https:")
        with pytest.raises(Undelivered, match="certificado"):
            ping(url, "start")
        assert server.told == []
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        ping(url, "fail", "ñ")
        assert [(told.path, told.body) for told in server.told] == [("/u/fail", "ñ")]
        server.drips = True
        with pytest.raises(Undelivered, match="no terminó de responder"):
            ping(url, "start", seconds=0.3)
        assert server.left.wait(10)


def test_a_server_that_never_greets(monkeypatch: pytest.MonkeyPatch) -> None:
    """It takes the connection and says nothing to TLS: given up, and the connection closed."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        with pytest.raises(Undelivered):
            ping(f"https://127.0.0.1:{listening.getsockname()[1]}/u", "start", seconds=0.3)
        taken, _ = listening.accept()
        taken.settimeout(10)
        with taken:
            while taken.recv(4096):
                pass
