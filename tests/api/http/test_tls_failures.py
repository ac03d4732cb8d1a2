"""Failures of TLS, each with its own sentence, against real servers with the certificates of `certificates/`."""

from __future__ import annotations

import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import httpx
import pytest
from api.scripted_server import CERTIFICATES, closed_port, good, serving

from sora_desktop.api.errors import AnswerLost, DownloadBroken, Unreachable
from sora_desktop.api.http.connections import Timeouts
from sora_desktop.api.http.tls_failures import client_refusal, tls_failure
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.request import VideoRequest

only_openssl = pytest.mark.skipif(
    sys.platform in ("win32", "darwin"), reason="these systems check certificates themselves"
)


@pytest.fixture
def trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """The authority of the tests is trusted."""
    monkeypatch.setenv("SSL_CERT_FILE", str(CERTIFICATES / "authority.pem"))


async def failures(base_url: str, folder: Path, connect: float = 20.0) -> list[str]:
    """What a create, a poll and a download say. None of them may have been sent."""
    service = SoraService(
        base_url, "key", transport=ServiceTransport(Timeouts(connect=connect, answer=20.0, create=20.0))
    )
    said = []
    try:
        for call in (
            service.create(VideoRequest("A cat plays"), None),
            service.balance(),
            service.download(f"{base_url}/v.mp4", folder / "part", lambda *_: None),
        ):
            with pytest.raises(Unreachable) as caught:
                await call
            said.append(str(caught.value))
    finally:
        await service.aclose()
    return said


@pytest.mark.parametrize(
    ("certificate", "expected"),
    [
        ("expired", "has expired"),
        ("future", "is not valid yet"),
        ("other_name", "was issued for another host name"),
    ],
)
@only_openssl
@pytest.mark.usefixtures("trusted")
async def test_a_trusted_certificate_that_does_not_fit_is_named(
    certificate: str, expected: str, tmp_path: Path
) -> None:
    with serving(good({}), certificate=certificate) as server:
        for text in await failures(server.url, tmp_path):
            assert text.startswith(f"The certificate of 127.0.0.1:{server.port} {expected}. Nothing was sent.")
        assert server.asked == []


@pytest.mark.parametrize(("certificate", "expected"), [("good", "is not trusted"), ("self_signed", "is self-signed")])
@only_openssl
async def test_an_unknown_issuer_is_named_with_what_helps(certificate: str, expected: str, tmp_path: Path) -> None:
    with serving(good({}), certificate=certificate) as server:
        for text in await failures(server.url, tmp_path):
            assert text.startswith(f"The certificate of 127.0.0.1:{server.port} {expected}")
            assert "Nothing was sent." in text and "SSL_CERT_FILE" in text
        assert server.asked == []


@only_openssl
@pytest.mark.usefixtures("trusted")
async def test_the_file_that_ssl_cert_file_names_is_trusted(tmp_path: Path) -> None:
    with serving(good({"credits": 5}), certificate="good") as server:
        service = SoraService(server.url, "key")
        assert (await service.balance()).amount == 5
        await service.aclose()


@contextmanager
def answering(reply: bytes) -> Iterator[int]:
    """The port of a server that answers the first bytes of each connection with `reply`."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection, suppress(OSError):
                    connection.recv(65536)
                    connection.sendall(reply)
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):  # a connection that is closed too early would be reset
                        pass

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize(
    ("reply", "expected"),
    [
        (b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n", "does not speak TLS (https)"),
        (b"220 mail.example ESMTP\r\n", "does not speak TLS (https)"),
        (bytes.fromhex("15030100020246"), "have no version of TLS in common"),
        (bytes.fromhex("15030300020228"), "TLS in common, or it demands a certificate of this computer"),
        (bytes.fromhex("15030300020250"), "could not be made (tlsv1 alert internal error)"),
        (b"", "could not be made"),
    ],
)
async def test_a_server_that_speaks_something_else_is_named(reply: bytes, expected: str, tmp_path: Path) -> None:
    with answering(reply) as port:
        for text in await failures(f"https://127.0.0.1:{port}/api/v1", tmp_path):
            assert expected in text and f"127.0.0.1:{port}" in text and "Nothing was sent." in text


@contextmanager
def speaking_tls(**settings: object) -> Iterator[int]:
    """The port of a server that makes secure connections with these settings of its context, and closes them."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATES / "good.pem")
    for name, value in settings.items():
        setattr(context, name, value)

    def serve(listener: socket.socket) -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                with suppress(OSError):
                    context.wrap_socket(connection.dup(), server_side=True, suppress_ragged_eofs=True)
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_WR)
                    while connection.recv(65536):  # a connection that is closed too early would be reset
                        pass

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve, args=(listener,), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()


@pytest.mark.parametrize("newest", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
@only_openssl
@pytest.mark.usefixtures("trusted")
async def test_a_server_that_demands_a_certificate_has_accepted_nothing(newest: ssl.TLSVersion, tmp_path: Path) -> None:
    with speaking_tls(maximum_version=newest, verify_mode=ssl.CERT_REQUIRED) as port:
        for text in await failures(f"https://127.0.0.1:{port}/api/v1", tmp_path):
            assert f"127.0.0.1:{port}" in text and "demands a certificate of this computer" in text


@pytest.mark.parametrize(
    ("reason", "is_refused"),
    [
        ("TLSV13_ALERT_CERTIFICATE_REQUIRED", True),
        ("SSLV3_ALERT_BAD_RECORD_MAC", False),
        ("TLSV1_ALERT_INTERNAL_ERROR", False),
        ("UNEXPECTED_EOF_WHILE_READING", False),
        ("", False),
    ],
)
def test_no_other_failure_of_tls_while_an_answer_is_awaited_says_that_nothing_was_accepted(
    reason: str, is_refused: bool
) -> None:
    """The request may be charged: it must not be sent again."""
    failure = ssl.SSLError(1, "the connection broke")
    failure.reason = reason
    lost = httpx.ReadError("")
    lost.__cause__ = failure
    assert bool(client_refusal(lost, httpx.URL("https://api.example.com/v1"), "base URL")) is is_refused
    assert client_refusal(httpx.ReadError(""), httpx.URL("https://api.example.com/v1"), "base URL") == ""


async def test_a_server_that_is_silent_during_the_handshake_cannot_be_reached(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/api/v1"
        for text in await failures(url, tmp_path, connect=0.3):
            assert "cannot be reached" in text and "complete" not in text


async def test_plain_http_to_a_server_of_tls_is_named(tmp_path: Path) -> None:
    with answering(bytes.fromhex("15030100020246")) as port:
        service = SoraService(f"http://127.0.0.1:{port}/api/v1", "key")
        with pytest.raises(Unreachable, match="may expect https"):
            await service.balance()
        with pytest.raises(AnswerLost, match="may expect https"):  # its bytes were sent: only a refusal may end it
            await service.create(VideoRequest("A cat plays"), None)
        with pytest.raises(DownloadBroken, match="may expect https"):
            await service.download(f"http://127.0.0.1:{port}/v.mp4", tmp_path / "part", lambda *_: None)
        await service.aclose()


async def test_a_host_that_does_not_answer_is_no_failure_of_tls(tmp_path: Path) -> None:
    for text in await failures(f"https://127.0.0.1:{closed_port()}/api/v1", tmp_path):
        assert "cannot be reached" in text and "ertificate" not in text


CANNOT_BE_READ = "which holds no certificates in the PEM format"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ((CERTIFICATES / "authority.pem").read_bytes(), ""),
        (None, "which does not exist"),
        (b"", CANNOT_BE_READ),
        (b"\xff\x00 rubbish", CANNOT_BE_READ),
        (ssl.PEM_cert_to_DER_cert((CERTIFICATES / "authority.pem").read_text()), CANNOT_BE_READ),
        (b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n", CANNOT_BE_READ),
    ],
)
def test_where_a_certificate_can_be_added_is_said(content: bytes | None, said: str, tmp_path: Path) -> None:
    file = tmp_path / "company.pem"
    if content is not None:
        file.write_bytes(content)
    environ = {"SSL_CERT_FILE": str(file)}
    expected = f" ({file}, {said}), or unset SSL_CERT_FILE, then" if said else f" ({file}), then"
    assert verification(19)("linux", environ).endswith(f"to the file that SSL_CERT_FILE names{expected} restart.")
    assert "SSL_CERT_FILE" not in verification(19)("win32", environ)


def test_a_certificate_can_be_added_without_a_variable_too() -> None:
    for environ in ({}, {"SSL_CERT_FILE": ""}):
        assert verification(19)("linux", environ).endswith(
            "to the certificates of this system, or name a file that holds it in SSL_CERT_FILE, then restart."
        )


@pytest.mark.parametrize(
    ("name", "shown"), [(".", "/., which is not a file"), ("a\nb\udcff\x1b[31m", "/ab[31m, which")]
)
def test_a_strange_name_of_the_file_of_certificates_is_shown_on_one_line(name: str, shown: str, tmp_path: Path) -> None:
    text = verification(19)("linux", {"SSL_CERT_FILE": f"{tmp_path}/{name}"})
    assert f"({tmp_path}{shown}" in text and text.isprintable()


def verification(code: int) -> Callable[..., str]:
    failure = ssl.SSLCertVerificationError("refused")
    failure.verify_code, failure.verify_message = code, "its chain ends early"
    error = httpx.ConnectError("refused")
    error.__cause__ = failure
    return partial(tls_failure, error, httpx.URL("https://api.example.com/v1"), "base URL")


@pytest.mark.parametrize("code", [66, 67, 68])
def test_a_weak_certificate_is_not_to_be_trusted(code: int) -> None:
    text = verification(code)("linux", {})
    assert "too weak" in text and "Its owner has to replace it" in text and "add its certificate" not in text


@pytest.mark.parametrize(
    ("platform", "code", "expected"),
    [
        ("win32", 0x800B0101, "has expired"),
        ("win32", 0x800B010F, "another host name"),
        ("win32", 0x80092010, "revoked"),
        ("win32", 0x800B0109, "is not trusted by this computer (its chain ends early)"),
        ("darwin", -67818, "has expired"),
        ("darwin", -67602, "another host name"),
        ("darwin", -67843, "is not trusted by this computer"),
    ],
)
def test_the_codes_of_windows_and_macos_are_understood(platform: str, code: int, expected: str) -> None:
    text = verification(code)(platform)
    assert expected in text and "SSL_CERT_FILE" not in text  # these systems do not read it
