"""What distinguishes the servers that speak the OpenAI Videos dialect, as data: each says what it does otherwise.

Read in vLLM-Omni 0.30.0, SGLang 0.5.23, FastVideo 0.2.1, TensorRT-LLM, AIBrix and LiteLLM 1.105.0. A real engine serves
one model; those of the sandbox serve several, so that every kind can be tried.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from sora_desktop.sandbox.openai.engine_error import ErrorForm
from sora_desktop.sandbox.openai.served_models import LTX, SORA, WAN_I2V, WAN_T2V, WAN_TI2V, ServedModel


@dataclass(frozen=True)
class ListRule:
    """The pages of a list. `default`: entries without `limit`; None: all. Without `has_pages` it is always whole."""

    has_pages: bool = True
    default: int | None = 20
    fewest: int = 1
    most: int = 100
    tells_more: bool = True
    refuses_unknown_cursor: bool = False
    is_slim: bool = False  # an entry has its id, model and times alone
    is_refused: bool = False


@dataclass(frozen=True)
class ContentRule:
    """Status and text of /content for a job that is not finished, and one that failed; what `variant` means."""

    early: tuple[int, str] = (404, "The video is not ready yet")
    failed: tuple[int, str] = (404, "The video failed")
    variant: Literal["ignored", "index", "name"] = "ignored"
    has_ranges: bool = True


_REFERENCE_FIELDS = frozenset(("prompt", "model", "size", "seconds", "input_reference"))
#: The fields of a create that the engines share by name.
SHARED_FIELDS = _REFERENCE_FIELDS | {
    "fps",
    "num_frames",
    "seed",
    "negative_prompt",
    "num_inference_steps",
    "guidance_scale",
}


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True)
class SandboxProfile:
    """One kind of server. What is not said otherwise is the reference: OpenAI's own service, which has closed."""

    name: str
    label: str  # for the help
    models: Mapping[str, ServedModel]
    owner: str = "openai"  # `owned_by` of its models
    model_card: tuple[str, ...] = ()  # further fields of its models; `server_calls.py` says how
    id_form: str = "video_{hex}"  # {hex} and {uuid} stand for 32 digits and for a UUID
    errors: ErrorForm = ErrorForm.REFERENCE
    checks_key: bool = True

    # what a create may say
    takes_json: bool = True
    fields: frozenset[str] = _REFERENCE_FIELDS
    refuses_unknown: Literal["always", "in JSON", "never"] = "always"
    bounds: Mapping[str, tuple[float, float]] = field(default_factory=dict)  # of numbers, besides those of every server
    seconds: Literal["4, 8 or 12", "digits", "whole", "number"] = "4, 8 or 12"
    fps_is_whole: bool = False
    sizes: frozenset[str] = frozenset()  # the only ones, if there are any
    rounds_size: bool = True
    model_rule: Literal["served or none", "served", "any"] = "served or none"
    default_fps: float | None = 24.0  # None: that of the model
    default_seed: int | None = None  # None: another one each time
    create_status: int = 200

    # what a job shows
    view: tuple[str, ...] = _names(
        "id object created_at status completed_at error expires_at model progress prompt remixed_from_video_id seconds "
        "size"
    )
    size_shown: Literal["rendered", "asked", "asked or null"] = "rendered"
    quality: str = "standard"
    shows_start: bool = True  # it becomes in_progress before it is completed
    progress: Literal["steps", "zero", "null"] = "steps"  # before it is completed; steps: the truth, up to 99
    error_of_job: Literal["text code", "number code", "no code", "text"] = "text code"
    failed_has_status: bool = False  # a poll of a failed job has the HTTP status of the failure
    dates_failures: bool = False  # a failed job has completed_at

    # what the other calls do
    pages: ListRule = ListRule()
    content: ContentRule = ContentRule(variant="name")
    #: stops: ends the rendering and removes the file; record: removes the record, and the rendering goes on.
    delete: Literal["stops", "record", "refused"] = "record"
    delete_answer: Literal["event", "video", "bare"] = "event"
    pins_jobs: bool = False  # one URL in front, which finds the replica of each job, with a catalog of its own
    separates_users: bool = False
    changes_id: bool = False
    holds_requests_in_warm_up: bool = False
    health: tuple[str, ...] = ()
    health_answer: object = None  # JSON; None: an empty body
    extra_calls: frozenset[str] = frozenset()

    def model_named(self, name: str) -> tuple[str, ServedModel]:
        """The model with that name, else the first one."""
        known = name if name in self.models else next(iter(self.models))
        return known, self.models[known]


def _like(base: SandboxProfile, name: str, label: str, owner: str) -> SandboxProfile:
    return replace(base, name=name, label=label, owner=owner)


_WAN_AND_LTX: Mapping[str, ServedModel] = {
    "Wan-AI/Wan2.2-T2V-A14B-Diffusers": WAN_T2V,
    "Wan-AI/Wan2.2-I2V-A14B-Diffusers": WAN_I2V,
    "Wan-AI/Wan2.2-TI2V-5B-Diffusers": WAN_TI2V,
    "Lightricks/LTX-2": LTX,
}

_OPENAI = SandboxProfile(
    "openai",
    "OpenAI's closed service",
    {"sora-2": SORA, "sora-2-pro": SORA},
    sizes=frozenset({"720x1280", "1280x720", "1024x1792", "1792x1024"}),
)

_GENERIC = replace(
    _like(_OPENAI, "generic", "any other server", "sandbox"),
    models=_WAN_AND_LTX,
    errors=ErrorForm.DETAIL,
    fields=SHARED_FIELDS,
    refuses_unknown="never",
    seconds="number",
    sizes=frozenset(),
    model_rule="any",
    default_fps=None,
    health=("/health",),
    health_answer={"status": "ok"},
)

_OMNI = replace(
    _like(_GENERIC, "omni", "vLLM-Omni", "vllm"),
    model_card=_names("root parent max_model_len"),
    id_form="video_gen_{hex}",
    errors=ErrorForm.VLLM,
    takes_json=False,
    fields=SHARED_FIELDS | {"width", "height", "input_references", "image_reference", "video_reference"},
    bounds={"num_inference_steps": (1, 200), "guidance_scale": (0, 20)},
    seconds="digits",
    model_rule="served or none",
    default_fps=24.0,
    view=_names(
        "model prompt id object status size progress seconds quality completed_at created_at remixed_from_video_id "
        "error media_type expires_at file_name inference_time_s fps num_frames duration_s metrics stage_durations "
        "peak_memory_mb action"
    ),
    size_shown="asked or null",
    quality="default",
    progress="zero",
    error_of_job="number code",
    failed_has_status=True,
    dates_failures=True,
    pages=ListRule(default=None, fewest=0),
    content=ContentRule(
        (404, "Generation is still in-progress"), (422, "Video generation failed. Check the job's status.")
    ),
    delete="stops",
    health_answer=None,
    extra_calls=frozenset({"/metrics", "/version"}),
)

#: AIBrix in front of vLLM-Omni.
_GATEWAY = replace(
    _like(_OMNI, "gateway", "AIBrix's gateway", "aibrix"),
    models={"wan22-t2v": WAN_T2V, "wan22-i2v": WAN_I2V, "ltx-2": LTX},
    model_card=(),
    id_form="aibrixjob-{hex}",
    model_rule="served",
    pages=ListRule(refuses_unknown_cursor=True, is_slim=True),
    pins_jobs=True,
    separates_users=True,
    health=(),
    extra_calls=frozenset(),
)

#: LiteLLM in front of vLLM-Omni.
_LITELLM = replace(
    _like(_OMNI, "litellm", "LiteLLM's proxy", "openai"),
    models={"wan": WAN_T2V, "wan-i2v": WAN_I2V, "ltx": LTX},
    model_card=(),
    errors=ErrorForm.PROXY,
    takes_json=True,
    model_rule="served",
    view=_names(
        "id object status created_at completed_at expires_at error progress remixed_from_video_id seconds size model "
        "usage"
    ),
    failed_has_status=False,  # it reads what it gets as a job
    pages=ListRule(is_refused=True),
    content=replace(_OMNI.content, has_ranges=False),
    delete="refused",
    changes_id=True,
    health=("/health/liveliness", "/health/readiness"),
    health_answer="I'm alive!",
    extra_calls=frozenset(),
)

_SGLANG = replace(
    _like(_GENERIC, "sglang", "SGLang", "sglang"),
    model_card=_names("root parent max_model_len num_gpus task_type supported_task_types"),
    id_form="{uuid}",
    checks_key=False,
    fields=SHARED_FIELDS | {"width", "height", "reference_url"},
    seconds="whole",
    fps_is_whole=True,
    rounds_size=False,
    default_fps=24.0,
    default_seed=42,
    view=_names(
        "id object model status progress created_at size seconds quality url urls remixed_from_video_id completed_at "
        "expires_at error file_path file_paths num_outputs peak_memory_mb inference_time_s revised_prompt action lidar"
    ),
    error_of_job="no code",
    content=ContentRule(
        (404, "Generation is still in-progress"), (404, "Video variant None not found"), variant="index"
    ),
    delete_answer="video",
    holds_requests_in_warm_up=True,
    health=("/health", "/health_generate"),
    extra_calls=frozenset({"/liveness", "/server_info", "/model_info", "/models"}),
)

_FASTVIDEO = replace(
    _like(_SGLANG, "fastvideo", "FastVideo", "fastvideo"),
    model_card=("root",),
    id_form="{hex}",
    fields=SHARED_FIELDS | {"reference_url"},
    default_seed=1024,
    view=_names(
        "id object model status progress created_at size seconds quality url completed_at error file_path "
        "peak_memory_mb inference_time_s"
    ),
    size_shown="asked",
    shows_start=False,
    progress="zero",
    pages=ListRule(default=None, tells_more=False),
    content=ContentRule((404, "Video is still being generated"), (500, "Video generation failed")),
    holds_requests_in_warm_up=False,
    health=("/health",),
    extra_calls=frozenset(),
)

_TENSORRT = replace(
    _like(_GENERIC, "tensorrt", "TensorRT-LLM", "tensorrt_llm"),
    errors=ErrorForm.FLAT,
    checks_key=False,
    fields=SHARED_FIELDS - {"num_frames"} | {"n", "output_format", "guidance_rescale"},
    refuses_unknown="in JSON",
    fps_is_whole=True,
    default_fps=24.0,
    create_status=202,
    view=_names(
        "completed_at created_at error expires_at id model object progress prompt status duration fps size output_path"
    ),
    shows_start=False,
    progress="null",
    error_of_job="text",
    dates_failures=True,
    pages=ListRule(has_pages=False, default=None, tells_more=False),
    content=ContentRule((400, "The video is not ready"), (400, "The video is not ready (status: failed)")),
    delete_answer="bare",
    health_answer=None,
    extra_calls=frozenset({"/version"}),
)

SANDBOX_PROFILES: Mapping[str, SandboxProfile] = {
    one.name: one for one in (_OMNI, _SGLANG, _FASTVIDEO, _TENSORRT, _GATEWAY, _LITELLM, _OPENAI, _GENERIC)
}
