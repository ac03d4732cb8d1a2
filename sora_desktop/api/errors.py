"""Errors of a service. Every message can be shown to the user."""

from __future__ import annotations

from sora_desktop.domain.ledger import Exchange


class ServiceError(Exception):
    """A call to a service failed."""

    def __init__(self, message: str, *, code: str = "", exchange: Exchange | None = None) -> None:
        super().__init__(message)
        self.code = code  # the service's own; empty if it gave none
        self.exchange = exchange  # the call and its raw answer; None if no call was made


class BadUrl(ServiceError):
    """The base URL cannot be used."""


class NotEncrypted(BadUrl):
    """The API key would be sent to another machine without encryption, which the user has not allowed."""

    def __init__(self, message: str, *, host: str) -> None:
        super().__init__(message)
        self.host = host


class UnknownDialect(ServiceError):
    """The settings name a protocol that this version does not speak."""


class Unreachable(ServiceError):
    """The service did not receive the request, or an idempotent request was not answered. Safe to repeat."""


class AnswerLost(ServiceError):
    """The request was sent and its outcome is unknown. A create must not be repeated."""


class TooBusy(ServiceError):
    """The service asks for a pause."""

    def __init__(
        self,
        message: str,
        *,
        retry_after: float | None = None,
        code: str = "",
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message, code=code, exchange=exchange)
        self.retry_after = retry_after  # seconds


class NoSlot(ServiceError):
    """Too many tasks run at the same time."""


class DailyLimit(ServiceError):
    """No more requests are allowed today."""


class InsufficientBalance(ServiceError):
    """The balance is too low."""


class KeyRejected(ServiceError):
    """The API key is missing, wrong or revoked."""


class Refused(ServiceError):
    """The service refused the request and will refuse it again."""

    def __init__(
        self,
        message: str,
        *,
        by_policy: bool = False,
        code: str = "",
        exchange: Exchange | None = None,
    ) -> None:
        super().__init__(message, code=code, exchange=exchange)
        self.by_policy = by_policy


class NotFound(Refused):
    """The service does not know the task."""


class BadAnswer(ServiceError):
    """The answer does not show whether the request was carried out. A create turns it into AnswerLost."""


class Gone(ServiceError):
    """The link to a file has expired."""


class DownloadBroken(ServiceError):
    """The file was not received completely."""


class DownloadStopped(DownloadBroken):
    """The download was stopped by its caller."""
