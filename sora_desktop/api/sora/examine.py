"""Asks a service of the Sora 2 Video API whether it answers and accepts the key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from sora_desktop.api.errors import BadAnswer, BadUrl, KeyRejected, ServiceError
from sora_desktop.api.http.connections import FIRST, FURTHER, Setup, Timeouts
from sora_desktop.api.http.transfers import ServiceTransport
from sora_desktop.api.sora.service import SoraService
from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination, ignore_check
from sora_desktop.domain.service_config import ServiceConfig

_CHECKS = {
    Check.REACHABLE: "The service answers.",
    Check.DIALECT: "It speaks the Sora 2 Video API.",
    Check.KEY: "It accepts the API key.",
}


def setup_of(config: ServiceConfig) -> Setup:
    """Where the user sets this service up."""
    if config.settings_place != FURTHER.key:
        return FIRST
    return replace(FURTHER, key_variable=config.key_variable)


async def examine_sora(
    config: ServiceConfig, key: str, seconds: float, report: Callable[[Checked], None] = ignore_check
) -> Examination:
    """Read the balance, which costs nothing and needs a valid key. `seconds`: how long that may take.

    `report` is called with each check.
    """
    examination = await _examination(config, key, seconds)
    for found in examination.checks:
        report(found)
    return examination


async def _examination(config: ServiceConfig, key: str, seconds: float) -> Examination:
    url = config.base_url or ""
    try:
        service = SoraService(
            url, key, transport=ServiceTransport(Timeouts(connect=seconds, answer=seconds)), setup=setup_of(config)
        )
    except BadUrl as error:
        return _report(url, Check.REACHABLE, str(error))
    try:
        await service.balance()
    except ServiceError as error:
        answered = error.exchange is not None and error.exchange.status is not None
        if isinstance(error, KeyRejected):
            return _report(url, Check.KEY, str(error), sent=answered)
        if isinstance(error, BadAnswer):
            reason = (
                f"What answers at {url} does not speak the Sora 2 Video API, or is out of order. Check the address."
            )
            return _report(url, Check.DIALECT, f"{reason} {error}")
        return _report(url, Check.DIALECT if answered else Check.REACHABLE, str(error))
    finally:
        await service.aclose()
    return _report(url)


def _report(url: str, failed: Check | None = None, reason: str = "", *, sent: bool = True) -> Examination:
    """The checks before and after the check that failed. `sent`: False if no call was made."""
    found: list[Checked] = []
    result = CheckResult.PASSED if sent else CheckResult.SKIPPED
    for check, text in _CHECKS.items():
        if check is failed:
            found.append(Checked(check, CheckResult.FAILED, reason, url))
            result = CheckResult.SKIPPED
        else:
            found.append(Checked(check, result, text if result is CheckResult.PASSED else "", url))
    return Examination(tuple(found))
