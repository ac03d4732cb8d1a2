"""What a service showed when it was asked what it is and what it can do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Check(StrEnum):
    """What is found out, in this order. The values are those of `--json`."""

    REACHABLE = "reachable"
    DIALECT = "dialect"  # it speaks the configured protocol
    KEY = "key"  # it accepts the API key
    PROFILE = "profile"  # the kind of server
    MODELS = "models"
    LISTS = "lists"
    CANCELS = "cancels"


class CheckResult(StrEnum):
    """How a check ended. The values are those of `--json`."""

    PASSED = "passed"
    FAILED = "failed"  # the user has to act
    ABSENT = "absent"  # the server does not have this, which is no fault
    SKIPPED = "skipped"  # an earlier check failed, or the answer would not show it


@dataclass(frozen=True, slots=True)
class Checked:
    """The result of one check at one address."""

    check: Check
    result: CheckResult
    text: str  # what was found and, if it failed, what to do, as sentences for the user
    url: str = ""


@dataclass(frozen=True, slots=True)
class Examination:
    """Everything that was found out about a service."""

    checks: tuple[Checked, ...]  # by address, in the order of the checks
    profile: str = ""  # the kind of server; empty: not found out, or the protocol has only one
    models: tuple[str, ...] = ()  # as the server names them; empty: not found out, or it does not say
    warnings: tuple[str, ...] = ()  # what was ignored, as sentences for the user

    @property
    def is_ok(self) -> bool:
        """True if nothing failed, so that jobs can be sent."""
        return not self.failures

    @property
    def is_reachable(self) -> bool:
        """True if an address has shown what it is, so that the profile and the models are those of the service.

        One that does not accept the key shows neither.
        """
        speak = {
            found.url for found in self.checks if found.check is Check.DIALECT and found.result is CheckResult.PASSED
        }
        refuse = {found.url for found in self.checks if found.check is Check.KEY and found.result is CheckResult.FAILED}
        return bool(speak - refuse)

    @property
    def failures(self) -> tuple[str, ...]:
        """What failed and what to do, as sentences for the user."""
        return tuple(found.text for found in self.checks if found.result is CheckResult.FAILED)


def ignore_check(_: Checked) -> None:
    """A listener to checks that does nothing."""
