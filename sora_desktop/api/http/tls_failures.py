"""Says why a secure connection was not made, and what helps."""

from __future__ import annotations

import os
import ssl
import sys
from collections.abc import Mapping
from pathlib import Path

import httpx

#: What is wrong with a certificate, by the codes of OpenSSL, of Windows (CERT_E_…) and of macOS (errSec…).
_EXPIRED = (10, 0x800B0101, -67818)
_NOT_YET_VALID = (9, -67819)
_OTHER_NAME = (62, 64, 0x800B010F, -67602)
_SELF_SIGNED = (18,)
_WEAK = (66, 67, 68)
_REVOKED = (23, 0x80092010, 0x800B010C, -67820)
#: What OpenSSL reports if the other side speaks something else, or no common version.
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "HTTPS_PROXY_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNKNOWN_PROTOCOL")
_NO_COMMON_VERSION = (
    *("UNSUPPORTED_PROTOCOL", "TLSV1_ALERT_PROTOCOL_VERSION", "NO_PROTOCOLS_AVAILABLE", "WRONG_SSL_VERSION"),
    *("NO_SHARED_CIPHER", "VERSION_TOO_LOW", "UNSUPPORTED_SSL_VERSION"),
)
#: Of a server that found nothing in common, or that missed a certificate of the client.
_HANDSHAKE_FAILURE = "SSLV3_ALERT_HANDSHAKE_FAILURE"
#: In TLS 1.3 a server refuses a client without a certificate when the client has sent its request already.
_NO_CLIENT_CERTIFICATE = "TLSV13_ALERT_CERTIFICATE_REQUIRED"
_CERT_FILE = "SSL_CERT_FILE"
_WAITS = (ssl.SSLWantReadError, ssl.SSLWantWriteError)
#: What h11 says of an answer that begins with a control character, as the alert of a TLS server to plain HTTP does.
_NO_TEXT = "illegal request line"


def tls_failure(
    error: BaseException,
    url: httpx.URL,
    base_url: str,
    platform: str = sys.platform,
    environ: Mapping[str, str] = os.environ,
) -> str:
    """Why the secure connection for a request failed, for the user; empty if that is not what failed.

    `base_url`: what the message calls the URL that the user can correct.
    """
    failure = _ssl_error_in(error)
    if failure is None:
        return ""
    host = _host_of(url)
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _about_certificate(failure, host, base_url, _where_to_add(platform, environ))
    reason = _reason(failure)
    if reason in _NO_TLS:
        return (
            f"What answers at {host} does not speak TLS (https). Nothing was sent. "
            f"Check the host and the port of the {base_url}, and the proxy if there is one."
        )
    if reason in _NO_COMMON_VERSION or reason == _HANDSHAKE_FAILURE:
        or_else = ", or it demands a certificate of this computer" if reason == _HANDSHAKE_FAILURE else ""
        return (
            f"{host} and this program have no version of TLS in common{or_else}. Nothing was sent. "
            "A proxy or an antivirus program that inspects connections may be too old; else ask the service."
        )
    detail = reason.replace("_", " ").lower() or str(failure)
    return (
        f"The secure connection to {host} could not be made ({detail}). Nothing was sent. "
        f"Check the {base_url}, and the proxy or antivirus program if one inspects connections."
    )


def client_refusal(error: BaseException, url: httpx.URL, base_url: str) -> str:
    """Why the server has read no request, for the user, if it refuses clients without a certificate; else empty.

    The error comes after the handshake, and looks like a connection that is lost while an answer is awaited.
    """
    failure = _ssl_error_in(error)
    if failure is None or _reason(failure) != _NO_CLIENT_CERTIFICATE:
        return ""
    return (
        f"{_host_of(url)} demands a certificate of this computer, which this program cannot show. It has accepted "
        f"nothing. Check the {base_url}, or ask the service."
    )


def is_not_http(error: BaseException) -> bool:
    """True if a server has answered a request in plain HTTP with something else, such as an alert of TLS."""
    return isinstance(error, httpx.RemoteProtocolError) and str(error) == _NO_TEXT


def _host_of(url: httpx.URL) -> str:
    return url.netloc.decode("ascii", "replace").rpartition("@")[2]


def _about_certificate(failure: ssl.SSLCertVerificationError, host: str, base_url: str, where_to_add: str) -> str:
    code = failure.verify_code
    if code in _EXPIRED or code in _NOT_YET_VALID:
        state = "has expired" if code in _EXPIRED else "is not valid yet"
        return (
            f"The certificate of {host} {state}. Nothing was sent. "
            "Check the date and time of this computer; if they are right, the owner of the server has to renew it."
        )
    if code in _OTHER_NAME:
        return (
            f"The certificate of {host} was issued for another host name. Nothing was sent. "
            f"Check the {base_url}; in a guest network, sign in with a browser first."
        )
    if code in _REVOKED:
        return f"The certificate of {host} was revoked by its issuer. Nothing was sent. Ask the service."
    if code in _WEAK:
        return (
            f"The certificate of {host} is too weak ({failure.verify_message}). Nothing was sent. "
            "Its owner has to replace it: the service, or the proxy or antivirus program that inspects connections."
        )
    found = f"The certificate of {host} is self-signed" if code in _SELF_SIGNED else f"The certificate of {host}"
    trust = "and this computer does not trust it" if code in _SELF_SIGNED else "is not trusted by this computer"
    detail = "" if code in _SELF_SIGNED else f" ({failure.verify_message})"
    return (
        f"{found} {trust}{detail}. Nothing was sent. If a proxy or an antivirus program inspects connections, "
        f"add its certificate to {where_to_add}, then restart."
    )


def _where_to_add(platform: str, environ: Mapping[str, str]) -> str:
    """Where this computer keeps the certificates that it trusts. SSL_CERT_FILE is read by OpenSSL alone."""
    if platform in ("win32", "darwin"):
        return "the certificates of this system"
    file = environ.get(_CERT_FILE, "")
    if not file:
        return f"the certificates of this system, or name a file that holds it in {_CERT_FILE}"
    problem = _problem_with(file)
    detail, or_else = (f", which {problem}", f", or unset {_CERT_FILE}") if problem else ("", "")
    shown = "".join(c for c in file if c.isprintable())
    return f"the file that {_CERT_FILE} names ({shown}{detail}){or_else}"


def _problem_with(file: str) -> str:
    """Why OpenSSL finds no certificates in the file; empty if it finds some."""
    try:
        if not Path(file).is_file():
            return "is not a file" if Path(file).exists() else "does not exist"
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(file)
    except ssl.SSLError:
        return "holds no certificates in the PEM format"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return ""


def _reason(failure: ssl.SSLError) -> str:
    return getattr(failure, "reason", None) or ""  # only OpenSSL's own errors have one


def _ssl_error_in(error: BaseException) -> ssl.SSLError | None:
    """The error of TLS that caused an error of httpx."""
    found: BaseException | None = error
    # to wait for the other side is no failure of TLS
    while found is not None and (not isinstance(found, ssl.SSLError) or isinstance(found, _WAITS)):
        found = found.__cause__ or found.__context__
    return found
