"""Error codes of the Sora 2 Video API. Source: the service's page on errors."""

from __future__ import annotations

#: The key is missing, wrong or revoked.
KEY_CODES = ("1001", "1002", "1003", "1004")
#: Too many requests in a minute, tasks at once, and requests in a day; the balance is too low.
RATE_LIMIT_CODE, SLOT_CODE, DAILY_LIMIT_CODE, BALANCE_CODE = "2001", "2002", "2003", "3001"
DOCUMENTED_CODES = (*KEY_CODES, RATE_LIMIT_CODE, SLOT_CODE, DAILY_LIMIT_CODE, BALANCE_CODE)
