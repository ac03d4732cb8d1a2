"""Asks a server what it is and what it can do, and names what does not speak the dialect."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path

from sora_desktop.api.errors import BadUrl
from sora_desktop.api.openai.addresses import checked_address, unencrypted
from sora_desktop.api.openai.model_files import read_model_files
from sora_desktop.api.openai.probes import Probes, Shown
from sora_desktop.api.openai.profiles import PROFILES, Profile
from sora_desktop.domain.examination import Check, Checked, CheckResult, Examination, ignore_check
from sora_desktop.domain.service_config import ServiceConfig

#: What it means that the first checks passed.
_PASSED = {
    Check.REACHABLE: "The server answers.",
    Check.DIALECT: "It speaks the OpenAI Videos dialect.",
    Check.KEY: "It accepts the calls.",
}


async def examine_engine(
    config: ServiceConfig,
    key: str,
    model_files: Iterable[Path],
    seconds: float,
    *,
    installation: str = "",
    report: Callable[[Checked], None] = ignore_check,
) -> Examination:
    """Ask all addresses of the service at once; nothing is created. `seconds`: how long each call may take.

    The profile is that of the first address that answers. The models are those that all addresses that answer have.
    `installation` and `report` as for `dialects.examine`.
    """
    checks: list[Checked] = []
    async with asyncio.TaskGroup() as group:
        places = [_Place(url, config, key, seconds, installation) for url in config.urls]
        tasks = [group.create_task(place.ask(), name=f"examine {place.url}") for place in places]
        for place in places:
            while (found := await place.found.get()) is not None:
                report(found)
                checks.append(found)
    shown = [seen for seen in (task.result() for task in tasks) if seen is not None and seen.speaks]
    warnings = [place.warning for place in places if place.warning] + _same_engines(shown)
    models = [model for model in shown[0].models if all(model in each.models for each in shown)] if shown else []
    if shown and not models and any(each.models for each in shown):
        text = "The addresses of this service have no model in common. Add them as services of their own."
        checks.append(Checked(Check.MODELS, CheckResult.FAILED, text))
        report(checks[-1])
    warnings += read_model_files(model_files).warnings
    profile = shown[0].profile.name if shown else ""
    return Examination(tuple(checks), profile, tuple(models), tuple(dict.fromkeys(warnings)))


class _Place:
    """One address that is asked. `found` gets its checks one by one, then None."""

    def __init__(self, url: str, config: ServiceConfig, key: str, seconds: float, installation: str) -> None:
        self.url = url
        self.warning = ""
        self.found: asyncio.Queue[Checked | None] = asyncio.Queue()
        self._passed_on: list[Checked] = []
        self._config, self._key, self._seconds, self._installation = config, key, seconds, installation

    async def ask(self) -> Shown | None:
        """What the address shows; None if it cannot be asked."""
        try:
            return await self._ask()
        finally:
            self.found.put_nowait(None)

    async def _ask(self) -> Shown | None:
        try:
            address = checked_address(self.url, self._config, self._key)
        except BadUrl as error:
            self._put(_failed(Check.REACHABLE, str(error), self.url))
            return None
        self.warning = unencrypted(address, sends_key=bool(self._key))
        answers = Checked(Check.REACHABLE, CheckResult.PASSED, _PASSED[Check.REACHABLE], address)
        async with Probes(address, self._key, self._seconds, self._config, self._installation) as probes:
            seen = await probes.look(answers=lambda: self._put([answers]))
        self._put(_checks(seen, self._config, address, has_key=bool(self._key)))
        return seen

    def _put(self, checks: Iterable[Checked]) -> None:
        """Pass on the checks that were not yet."""
        for found in checks:
            if found not in self._passed_on:
                self._passed_on.append(found)
                self.found.put_nowait(found)


def _same_engines(shown: Iterable[Shown]) -> list[str]:
    """A warning for each address that has the same videos as one before it."""
    warnings: list[str] = []
    first: dict[str, str] = {}  # addresses by the id of their newest video
    for seen in shown:
        if seen.newest and (same := first.setdefault(seen.newest, seen.url)) != seen.url:
            warnings.append(f"{same} and {seen.url} list the same videos, so they are one engine. Name it once.")
    return warnings


def _checks(seen: Shown, config: ServiceConfig, url: str, *, has_key: bool) -> list[Checked]:
    """What one address showed, by check."""
    if seen.failed is not None:
        return _failed(seen.failed, seen.reason, url, was_asked=seen.was_asked)
    profile = PROFILES.get(config.profile) or seen.profile
    about_key = "It accepts calls with this API key." if has_key else "It accepts calls without an API key."
    found = [
        Checked(Check.REACHABLE, CheckResult.PASSED, _PASSED[Check.REACHABLE], url),
        Checked(Check.DIALECT, CheckResult.PASSED, _PASSED[Check.DIALECT], url),
        Checked(Check.KEY, CheckResult.PASSED, about_key, url),
        Checked(Check.PROFILE, CheckResult.PASSED, _about_profile(profile, seen.profile), url),
    ]
    if seen.models:
        names = ", ".join(seen.models[:10]) + (", …" if len(seen.models) > 10 else "")
        found.append(Checked(Check.MODELS, CheckResult.PASSED, f"It has {names}.", url))
    else:
        text = "It does not name its models. Requests are sent without a model."
        found.append(Checked(Check.MODELS, CheckResult.ABSENT, text, url))
    found.append(_about_list(seen, profile, url))
    if profile.cancels:
        found.append(Checked(Check.CANCELS, CheckResult.PASSED, "It stops a rendering when asked to.", url))
    else:
        text = "It goes on rendering what was sent, also when nobody waits for it."
        found.append(Checked(Check.CANCELS, CheckResult.ABSENT, text, url))
    return found


def _about_profile(used: Profile, found: Profile) -> str:
    if used is found:
        one_by_one = " It mixes up jobs that run at once, so it gets one at a time." if used.most_jobs == 1 else ""
        return f"It behaves as {found.label} ({found.name}).{one_by_one}"
    return f"It is treated as {used.label} ({used.name}), as set; it looks like {found.label} ({found.name})."


def _about_list(seen: Shown, profile: Profile, url: str) -> Checked:
    if profile.lists and seen.lists and profile.list_is_proof and not profile.lists_prompts:
        text = (
            "It lists its videos, but without their prompts: when an answer is lost, the program finds out whether the "
            "video was created, unless others use the engine too."
        )
        return Checked(Check.LISTS, CheckResult.PASSED, text, url)
    if profile.lists and seen.lists and profile.list_is_proof:
        text = "It lists its videos: when an answer is lost, the program finds out whether the video was created."
        return Checked(Check.LISTS, CheckResult.PASSED, text, url)
    if profile.lists and seen.lists:
        text = "It lists its videos: when an answer is lost, the program looks there for the video."
        return Checked(Check.LISTS, CheckResult.PASSED, text, url)
    text = "It does not list its videos: when an answer is lost, the program asks what to do."
    return Checked(Check.LISTS, CheckResult.ABSENT, text, url)


def _failed(failed: Check, reason: str, url: str, *, was_asked: bool = True) -> list[Checked]:
    """The checks where one check failed: those before it passed, and those after it were not made.

    `was_asked`: False if no call was made at all.
    """
    found: list[Checked] = []
    result = CheckResult.PASSED if was_asked else CheckResult.SKIPPED
    for check in Check:
        if check is failed:
            found.append(Checked(check, CheckResult.FAILED, reason, url))
            result = CheckResult.SKIPPED
        else:
            found.append(Checked(check, result, _PASSED[check] if result is CheckResult.PASSED else "", url))
    return found
