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
    *("SSLV3_ALERT_HANDSHAKE_FAILURE", "NO_SHARED_CIPHER", "VERSION_TOO_LOW", "UNSUPPORTED_SSL_VERSION"),
)
_CERT_FILE = "SSL_CERT_FILE"
#: What h11 says of an answer that begins with a control character, as the alert of a TLS server to plain HTTP does.
_NO_TEXT = "illegal request line"


def tls_failure(
    error: BaseException, url: httpx.URL, platform: str = sys.platform, environ: Mapping[str, str] = os.environ
) -> str:
    """Why the secure connection for a request failed, for the user; empty if that is not what failed."""
    failure = _ssl_error_in(error)
    if failure is None:
        return ""
    host = url.netloc.decode("ascii", "replace").rpartition("@")[2]
    if isinstance(failure, ssl.SSLCertVerificationError):
        return _about_certificate(failure, host, _where_to_add(platform, environ))
    reason = failure.reason or ""
    if reason in _NO_TLS:
        return (
            f"What answers at {host} does not speak TLS (https). Nothing was sent. "
            "Check the host and the port of the base URL in Settings, and the proxy if there is one."
        )
    if reason in _NO_COMMON_VERSION:
        return (
            f"{host} and this program have no version of TLS in common. Nothing was sent. "
            "A proxy or an antivirus program that inspects connections may be too old; else ask the service."
        )
    detail = reason.replace("_", " ").lower() or str(failure)
    return (
        f"The secure connection to {host} could not be made ({detail}). Nothing was sent. "
        "Check the base URL in Settings, and the proxy or antivirus program if one inspects connections."
    )


def is_not_http(error: BaseException) -> bool:
    """True if a server has answered a request in plain HTTP with something else, such as an alert of TLS."""
    return isinstance(error, httpx.RemoteProtocolError) and str(error) == _NO_TEXT


def _about_certificate(failure: ssl.SSLCertVerificationError, host: str, where_to_add: str) -> str:
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
            "Check the base URL in Settings; in a guest network, sign in with a browser first."
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
    missing = "" if Path(file).is_file() else ", which does not exist"
    return f"the file that {_CERT_FILE} names ({file}{missing})"


def _ssl_error_in(error: BaseException) -> ssl.SSLError | None:
    """The error of TLS that caused an error of httpx."""
    found: BaseException | None = error
    while found is not None and not isinstance(found, ssl.SSLError):
        found = found.__cause__ or found.__context__
    return found
