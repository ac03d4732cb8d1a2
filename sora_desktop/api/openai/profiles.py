"""The kinds of servers that speak the OpenAI Videos dialect, and how each deviates. Imports no HTTP library.

Sources: the servers' released code and documentation, as `DECISIONS.md` lists them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class FormField(StrEnum):
    """The fields of the form that creates a video. The names are the same at every server that has them."""

    PROMPT = "prompt"
    MODEL = "model"
    SIZE = "size"
    SECONDS = "seconds"
    FPS = "fps"
    NUM_FRAMES = "num_frames"
    SEED = "seed"
    NEGATIVE_PROMPT = "negative_prompt"
    INFERENCE_STEPS = "num_inference_steps"
    GUIDANCE_SCALE = "guidance_scale"
    IMAGE = "input_reference"


_SHARED = frozenset(FormField)
_REFERENCE = frozenset({FormField.PROMPT, FormField.MODEL, FormField.SIZE, FormField.SECONDS, FormField.IMAGE})


@dataclass(frozen=True, slots=True)
class Profile:
    """What is true of one kind of server."""

    name: str  # in the settings and on the command line
    label: str  # for the user
    takes: frozenset[FormField] = _SHARED  # fields of the form
    lists: bool = True  # GET of all videos answers with them
    #: A video that is not in a whole list was not created: the server stores each one before it answers, and only here.
    list_is_proof: bool = False
    page: int = 100  # most videos that one page of the list may have; 0: the list has no pages
    #: An item of the list has the state and the request; False: each video has to be read for them.
    lists_details: bool = True
    lists_prompts: bool = True  # an item of the list or its details have the prompt
    cancels: bool = False  # DELETE stops the rendering; False: it removes the record at most
    #: Jobs that each address may have at once; None: any number, which waits in the server's own queue.
    most_jobs: int | None = None
    #: The header `user` names whose video it is: the list has the user's own, and each is answered to its user only.
    separates_users: bool = False
    keeps_id: bool = True  # the answer to a poll has the id of the create
    health: str = "/health"  # path at the server's root that answers whether it can render; empty: none
    #: Path at the server's root of metrics that have the start of the process that keeps the videos; empty: none.
    metrics: str = ""
    #: It can send a create once more by itself, but without its fields: LiteLLM does if its connection breaks.
    repeats_creates: bool = False
    #: Statuses of a create, besides the usual ones, with which this server says that it created nothing.
    refuses_with: frozenset[int] = frozenset()


_ALL = (
    Profile(
        "omni",
        "vLLM-Omni",
        list_is_proof=True,
        cancels=True,
        metrics="/metrics",
        refuses_with=frozenset({409}),
    ),
    Profile("sglang", "SGLang", list_is_proof=True, lists_prompts=False),
    # it gives two jobs to its workers at once, and mixes up their answers
    Profile("fastvideo", "FastVideo", list_is_proof=True, page=0, lists_prompts=False, most_jobs=1),
    # a delete ends its wait for the rendering only; early versions ignore the number of frames, and go by the seconds
    Profile("tensorrt", "TensorRT-LLM", list_is_proof=True, page=0),
    Profile(
        "gateway",
        "AIBrix gateway",
        lists_details=False,
        cancels=True,
        separates_users=True,
        keeps_id=False,
        health="",
    ),
    Profile("litellm", "LiteLLM proxy", lists=False, keeps_id=False, health="/health/liveliness", repeats_creates=True),
    Profile("openai", "OpenAI", takes=_REFERENCE, health=""),
    Profile("generic", "OpenAI-compatible server", keeps_id=False),
)

#: Every profile by its name.
PROFILES: Mapping[str, Profile] = MappingProxyType({profile.name: profile for profile in _ALL})
GENERIC = PROFILES["generic"]


def profile_of(chosen: str, found: str = "") -> Profile:
    """The profile that the user chose, else the one that was found; `generic` for names that are not known."""
    return PROFILES.get(chosen) or PROFILES.get(found) or GENERIC
