"""A few calls to one address that show what kind of server answers there. None of them creates anything."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from types import TracebackType
from typing import Self

from sora_desktop.api.errors import KeyRejected, ServiceError
from sora_desktop.api.http.answer import HttpAnswer, is_text, json_in, text_of
from sora_desktop.api.http.client import HttpClient
from sora_desktop.api.http.connections import Timeouts, key_error
from sora_desktop.api.http.json_values import text_in
from sora_desktop.api.openai.addresses import root_of
from sora_desktop.api.openai.failures import failure_reason, is_page, refuses_key
from sora_desktop.api.openai.profiles import GENERIC, PROFILES, Profile
from sora_desktop.domain.examination import Check

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


@dataclass(frozen=True, slots=True)
class Shown:
    """What one address showed."""

    profile: Profile = GENERIC
    models: tuple[str, ...] = ()
    lists: bool = False
    failed: Check | None = None
    reason: str = ""  # why, and what to do
    was_asked: bool = True  # False: nothing was sent

    @property
    def speaks(self) -> bool:
        """True if the server speaks the dialect and accepts the key."""
        return self.failed is None


class Probes:
    """Calls to one address. `seconds`: how long each may take."""

    def __init__(self, address: str, key: str, seconds: float) -> None:
        self._address, self._root = address, root_of(address)
        self._key = key
        timeouts = Timeouts(connect=seconds, answer=seconds)
        self._client = HttpClient(address, key, time, timeouts, needs_key=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def look(self) -> Shown:
        """Everything that the address shows."""
        if (unusable := key_error(self._key, is_needed=False)) is not None:
            return Shown(failed=Check.KEY, reason=str(unusable), was_asked=False)
        try:
            return await self._look()
        except KeyRejected as error:
            return Shown(failed=Check.KEY, reason=str(error))
        except ServiceError as error:
            return Shown(failed=Check.REACHABLE, reason=self._unreachable(error))

    async def _look(self) -> Shown:
        # LiteLLM's /health calls every model that it serves
        alive = await self._text("/health/liveliness")
        is_litellm = bool(alive) and "<" not in alive  # some servers answer with a page at any path
        if not is_litellm:
            health = await self._client.get(f"{self._root}/health")  # first: while it warms up, other calls may wait
            if health.answer.status in (502, 503, 504):
                status = f"HTTP {health.answer.status}"
                return Shown(
                    failed=Check.REACHABLE,
                    reason=f"The engine at {self._address} is not ready ({status}): it is warming up, or was stopped. "
                    "Try again when it is ready.",
                )
        models = (await self._client.get("/models")).answer
        videos = (await self._client.get("/videos?limit=1")).answer
        for answer in (videos, models):
            # without a database of keys, LiteLLM answers 500 if there is no key
            is_unanswered = is_litellm and answer is models and answer.status >= 500
            if answer.status in (401, 403) or refuses_key(json_in(answer.content)) or is_unanswered:
                detail = failure_reason(json_in(answer.content))
                return Shown(
                    failed=Check.KEY,
                    reason="The engine does not accept the API key. Enter a valid one for this service."
                    + (f" It says: {detail}" if detail else ""),
                )
        speaks = _is_list(videos) or is_litellm or (videos.status in (400, 409, 422) and not is_page(videos))
        if not speaks:
            return Shown(failed=Check.DIALECT, reason=await self._name_other(models, videos))
        profile = PROFILES["litellm"] if is_litellm else self._profile(models, videos)
        return Shown(profile, models_in(json_in(models.content)), _is_list(videos))

    def _profile(self, models: HttpAnswer, videos: HttpAnswer) -> Profile:
        names, owners = models_in(json_in(models.content)), _owners_in(json_in(models.content))
        if "openai-version" in videos.headers or ("openai" in owners and any(map(_is_reference_model, names))):
            return PROFILES["openai"]
        return next((PROFILES[name] for word, name in _OWNERS if any(word in owner for owner in owners)), GENERIC)

    async def _name_other(self, models: HttpAnswer, videos: HttpAnswer) -> str:
        """What answers at the address instead of a video engine, and what to do."""
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

    def _unreachable(self, error: ServiceError) -> str:
        return f"No engine answers at {self._address}. {error} Start the engine, or correct its host and port."


def models_in(data: object) -> tuple[str, ...]:
    """The names of the models in a list of models, each once."""
    items = data.get("data") if isinstance(data, Mapping) else None
    names = [text_in(item.get("id")) for item in items if isinstance(item, Mapping)] if isinstance(items, list) else []
    usable = (name for name in names if name and len(name) <= _LONGEST_NAME and name.isprintable())
    return tuple(dict.fromkeys(usable))[:_MOST_MODELS]


def _owners_in(data: object) -> set[str]:
    items = data.get("data") if isinstance(data, Mapping) else None
    found = items if isinstance(items, list) else []
    return {text_in(item.get("owned_by")).lower() for item in found if isinstance(item, Mapping)}


def _is_reference_model(name: str) -> bool:
    return name == "sora-2" or name.startswith("sora-2-")


def _is_list(answer: HttpAnswer) -> bool:
    data = json_in(answer.content)
    return answer.status == 200 and isinstance(data, Mapping) and isinstance(data.get("data"), list)
