"""A few calls to one address that show what kind of server answers there. None of them creates anything."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from time import time
from types import TracebackType
from typing import Self

from sora_desktop.api.errors import KeyRejected, ServiceError
from sora_desktop.api.http.answer import HttpAnswer, is_text, json_in, text_of
from sora_desktop.api.http.client import HttpClient, NoAnswer, NotConnected
from sora_desktop.api.http.connections import ENGINE, NO_HEADERS, Endpoint, Timeouts, key_error
from sora_desktop.api.http.failure_text import failure_reason
from sora_desktop.api.http.json_values import text_in
from sora_desktop.api.openai.addresses import root_of
from sora_desktop.api.openai.failures import has_known_form, is_page, key_refusal, refuses_key
from sora_desktop.api.openai.profiles import GENERIC, PROFILES, Profile
from sora_desktop.domain.examination import Check
from sora_desktop.domain.service_config import ServiceConfig

#: Words in `owned_by` of the models by which a server shows what it is, and its profile.
_OWNERS = (
    ("sglang", "sglang"),
    ("fastvideo", "fastvideo"),
    ("tensorrt", "tensorrt"),
    ("aibrix", "gateway"),
    ("vllm", "omni"),
)
#: Most models that are remembered, and the longest name, in characters.
_MOST_MODELS, _LONGEST_NAME = 200, 300
#: Seconds for a connection: no engine that runs needs more.
_CONNECT = 5.0


@dataclass(frozen=True, slots=True)
class Shown:
    """What one address showed."""

    profile: Profile = GENERIC
    models: tuple[str, ...] = ()
    lists: bool = False
    url: str = ""
    newest: str = ""  # the id of its newest video, if it lists any
    failed: Check | None = None
    reason: str = ""  # why, and what to do
    was_asked: bool = True  # False: nothing was sent

    @property
    def speaks(self) -> bool:
        """True if the server speaks the dialect and accepts the key."""
        return self.failed is None


class Probes:
    """Calls to one address."""

    def __init__(self, address: str, key: str, seconds: float, config: ServiceConfig, installation: str = "") -> None:
        """`seconds`: how long each call may take. `installation` as for `dialects.connect_service`."""
        self._address, self._root = address, root_of(address)
        self._key, self._config, self._installation = key, config, installation
        self._seconds = seconds
        timeouts = Timeouts(connect=min(seconds, _CONNECT), answer=seconds)
        self._setup = replace(ENGINE, key_variable=config.key_variable)
        self._client = HttpClient(Endpoint(address, key, timeouts, setup=self._setup), time)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def look(self, answers: Callable[[], None]) -> Shown:
        """Everything that the address shows. `answers` is called once it is known that a server answers there."""
        if (unusable := key_error(self._key, self._setup)) is not None:
            return Shown(failed=Check.KEY, reason=str(unusable), was_asked=False)
        is_there = False

        def has_answered() -> None:
            nonlocal is_there
            is_there = True
            answers()

        try:
            return await self._look(has_answered)
        except KeyRejected as error:
            return Shown(failed=Check.KEY, reason=str(error))
        except ServiceError as error:
            if not is_there:
                return Shown(failed=Check.REACHABLE, reason=self._unreachable(error))
            reason = (
                f"The server at {self._address} answers about its health, but does not finish the calls for its models "
                "and videos. An engine that warms up does that: try again in a few minutes."
            )
            return Shown(failed=Check.DIALECT, reason=reason)

    async def _look(self, has_answered: Callable[[], None]) -> Shown:
        is_litellm = await self._is_litellm()
        if not is_litellm:  # its /health calls every model that it serves
            health = await self._client.get(f"{self._root}/health")  # first: while it warms up, other calls may wait
            if health.answer.status in (502, 503, 504):
                status = f"HTTP {health.answer.status}"
                return Shown(
                    failed=Check.REACHABLE,
                    reason=f"The engine at {self._address} is not ready ({status}): it is warming up, or was stopped. "
                    "Try again when it is ready.",
                )
        has_answered()
        models = (await self._client.get("/models")).answer
        profile = PROFILES["litellm"] if is_litellm else self._profile(models)
        videos = (await self._client.get("/videos?limit=1", headers=self._headers_at(profile))).answer
        for answer in (videos, models):
            # without a database of keys, LiteLLM answers 500 if there is no key
            is_unanswered = is_litellm and answer is models and answer.status >= 500
            if answer.status in (401, 403) or refuses_key(json_in(answer.content)) or is_unanswered:
                return Shown(failed=Check.KEY, reason=self._refused(answer))
        if videos.status == 409 and has_known_form(videos):  # vLLM-Omni with several API servers
            said = failure_reason(json_in(videos.content))
            return Shown(
                failed=Check.DIALECT,
                reason=f"The engine at {self._address} refuses every call about videos. Start it with one API server "
                f"(--api-server-count 1).{f' It says: {said}' if said else ''}",
            )
        # an engine may refuse to list, but not everything in the same way
        refuses_list = videos.status in (400, 422) and videos.status != models.status and has_known_form(videos)
        speaks = _is_list(videos) or is_litellm or refuses_list
        if not speaks:
            return Shown(failed=Check.DIALECT, reason=await self._name_other(models, videos))
        if "openai-version" in videos.headers and not is_litellm:
            profile = PROFILES["openai"]
        names = models_in(json_in(models.content))
        return Shown(profile, names, _is_list(videos), self._address, _newest_in(json_in(videos.content)))

    async def _is_litellm(self) -> bool:
        try:
            call = self._client.get(f"{self._root}/health/liveliness", seconds=self._seconds / 2)
            answer = (await call).answer
        except NoAnswer:  # an engine that warms up may hold a path that it does not know
            return False
        return answer.status == 200 and not is_page(answer) and "alive" in text_of(answer.content)[:100].lower()

    def _refused(self, answer: HttpAnswer) -> str:
        """Why the key was not accepted, and what to do."""
        reason, detail = key_refusal(self._key, self._config.key_variable), failure_reason(json_in(answer.content))
        page = " A web page says so: check the address as well." if is_page(answer) else ""
        return reason + page + (f" It says: {detail}" if detail else "")

    def _headers_at(self, profile: Profile) -> Mapping[str, str]:
        """Those that a server needs to list the user's own videos."""
        used = PROFILES.get(self._config.profile) or profile
        return {"user": self._installation} if self._installation and used.separates_users else NO_HEADERS

    def _profile(self, models: HttpAnswer) -> Profile:
        names, owners = models_in(json_in(models.content)), _owners_in(json_in(models.content))
        if "openai" in owners and any(map(_is_reference_model, names)):
            return PROFILES["openai"]
        return next((PROFILES[name] for word, name in _OWNERS if any(word in owner for owner in owners)), GENERIC)

    async def _name_other(self, models: HttpAnswer, videos: HttpAnswer) -> str:
        """What answers at the address instead of a video engine, and what to do."""
        if found := await self._better_address():
            return f"The engine answers at {found}, not at {self._address}. Enter that address."
        target = _redirect_in(videos)
        if target and target != self._address:
            return f"{self._address} redirects to {target}. Enter that address if it is the engine's."
        if self._address.startswith("http://") and videos.status == 400 and "https" in _start_of(videos).lower():
            return f"The server at {self._address} expects https. Begin the address with https://."
        if "ollama" in (await self._text("/")).lower():
            return f"Ollama answers at {self._address}. It renders no videos. Enter the address of a video engine."
        if "comfyui_version" in await self._text("/system_stats"):
            return (
                f"ComfyUI answers at {self._address}. It has a protocol of its own, which this program does not speak. "
                "Enter the address of an engine with the OpenAI Videos dialect, such as vLLM-Omni."
            )
        if "vllm" in _owners_in(json_in(models.content)):
            return (
                f"vLLM answers at {self._address}, but without videos. Start vLLM-Omni with a video model "
                "(vllm serve MODEL --omni)."
            )
        if is_page(videos) or is_page(models):
            return (
                f"A web page answers at {self._address}. Enter the address of the engine's API; it often ends with /v1."
            )
        if models_in(json_in(models.content)):
            return (
                f"The server at {self._address} has models, but no videos (HTTP {videos.status} for /videos). "
                "Enter the address of a video engine."
            )
        return (
            f"What answers at {self._address} does not speak the OpenAI Videos dialect (HTTP {videos.status} for "
            "/videos). Check the address; it often ends with /v1."
        )

    async def _text(self, path: str) -> str:
        """The text that the server's root has at a path; empty if it has none there."""
        try:
            answer = (await self._client.get(f"{self._root}{path}")).answer
        except ServiceError:
            return ""
        return text_of(answer.content)[:2000] if answer.status == 200 and is_text(answer.content) else ""

    async def _better_address(self) -> str:
        """Another address of the same server at which an engine answers; empty if there is none."""
        before, found, _ = f"{self._address}/".partition("/v1/")
        scheme, _, rest = self._address.partition("://")
        origin = f"{scheme}://{rest.partition('/')[0]}"
        near = [f"{before}/v1"] if found else [f"{self._address}/v1"]
        for address in dict.fromkeys((*near, f"{origin}/v1")):
            if address == self._address:
                continue
            try:
                answer = (await self._client.get(f"{address}/videos?limit=1")).answer
            except ServiceError:
                continue
            if _is_list(answer) or (answer.status in (400, 401) and has_known_form(answer)):
                return address
        return ""

    def _unreachable(self, error: ServiceError) -> str:
        if isinstance(error, NotConnected):
            return str(error)
        start = "Start the engine, or correct its host and port."
        if isinstance(error, NoAnswer) and isinstance(error.__cause__, TimeoutError):
            return f"What listens at {self._address} gives no answer. Wait until the engine is ready. {start}"
        if isinstance(error, NoAnswer) and error.answer is None and self._address.startswith("http://"):
            return (
                f"What listens at {self._address} closes the connection without an answer. It may expect an address "
                f"that begins with https://. {start}"
            )
        return f"No engine answers at {self._address}. {error}"


def models_in(data: object) -> tuple[str, ...]:
    """The names of the models in a list of models, each once."""
    items = data.get("data") if isinstance(data, Mapping) else None
    names = [text_in(item.get("id")) for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    usable = (name for name in names if name and len(name) <= _LONGEST_NAME and name.isprintable())
    return tuple(dict.fromkeys(usable))[:_MOST_MODELS]


def _newest_in(data: object) -> str:
    """The id of the first video in a list; empty if there is none."""
    items = data.get("data") if isinstance(data, Mapping) else None
    first = items[0] if isinstance(items, list) and items else None
    return text_in(first.get("id")) if isinstance(first, Mapping) else ""


def _redirect_in(answer: HttpAnswer) -> str:
    """The base URL to which the call for the videos is sent on; empty if it is not, or not in a plain way."""
    target = answer.headers.get("Location", "") if 300 <= answer.status < 400 else ""
    base = target.partition("?")[0].rstrip("/").removesuffix("/videos")
    return base if base.startswith(("http://", "https://")) and base.isprintable() and len(base) < 300 else ""


def _start_of(answer: HttpAnswer) -> str:
    return text_of(answer.content)[:2000] if is_text(answer.content) else ""


def _owners_in(data: object) -> set[str]:
    items = data.get("data") if isinstance(data, Mapping) else None
    found = items if isinstance(items, list) else []
    return {text_in(item.get("owned_by")).lower() for item in found if isinstance(item, Mapping)}


def _is_reference_model(name: str) -> bool:
    return name == "sora-2" or name.startswith("sora-2-")


def _is_list(answer: HttpAnswer) -> bool:
    data = json_in(answer.content)
    return answer.status == 200 and isinstance(data, Mapping) and isinstance(data.get("data"), list)
