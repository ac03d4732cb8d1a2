"""What can go wrong with the service, in our words. Every message may be shown to a person as it stands."""

from __future__ import annotations


class ServiceError(Exception):
    """A call did not do what was asked."""

    def __init__(self, message: str, *, code: str = "", raw: str = "") -> None:
        super().__init__(message)
        self.code = code  # the service's own, where it gave one
        self.raw = raw  # its answer as text, the key removed


class BadUrl(ServiceError):
    """The base URL cannot be used."""


class Unreachable(ServiceError):
    """Nothing was accepted: no connection, or a harmless call went unanswered. Safe to repeat."""


class AnswerLost(ServiceError):
    """It was sent, and what became of it is unknown. A create must not be repeated."""


class TooBusy(ServiceError):
    """The service asks for patience."""

    def __init__(self, message: str, *, retry_after: float | None = None, code: str = "", raw: str = "") -> None:
        super().__init__(message, code=code, raw=raw)
        self.retry_after = retry_after  # seconds


class NoSlot(ServiceError):
    """Too many tasks run at once."""


class DailyLimit(ServiceError):
    """No more requests until midnight UTC."""


class OutOfCredits(ServiceError):
    """The balance does not suffice."""


class KeyRejected(ServiceError):
    """The API key is missing, wrong or revoked."""


class Refused(ServiceError):
    """The service said no, and will say no again."""

    def __init__(self, message: str, *, by_policy: bool = False, code: str = "", raw: str = "") -> None:
        super().__init__(message, code=code, raw=raw)
        self.by_policy = by_policy


class NotFound(Refused):
    """The service does not know the task."""


class BadAnswer(ServiceError):
    """The answer leaves open whether the call was carried out. After a create this becomes AnswerLost."""


class Gone(ServiceError):
    """The link to a file has expired."""


class DownloadBroken(ServiceError):
    """What came is not the whole file."""


class Stopped(DownloadBroken):
    """Whoever asked for the bytes no longer waits."""
