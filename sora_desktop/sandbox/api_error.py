"""Error answers of the API."""

from __future__ import annotations

_STATUS_OF_CODE = {1001: 401, 1002: 401, 1003: 401, 1004: 401, 2001: 429, 2002: 429, 2003: 429, 3001: 402}


class ApiError(Exception):
    """An error answer: the API's code, its HTTP status, a message, and extra fields of the body."""

    def __init__(self, code: int, message: str, **extra: object) -> None:
        super().__init__(message)
        self.code = code
        self.status = _STATUS_OF_CODE.get(code, code if 300 <= code < 600 else 200)
        self.extra = extra
