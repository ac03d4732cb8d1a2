"""What distinguishes the servers that speak the OpenAI Videos dialect, as data.

Read in vLLM-Omni 0.30.0, SGLang 0.5.23, FastVideo 0.2.0, TensorRT-LLM, AIBrix and LiteLLM 1.105.0.
"""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field

from sora_desktop.sandbox.openai.engine_error import ErrorForm
from sora_desktop.sandbox.openai.served_models import LTX, SORA, WAN_I2V, WAN_T2V, WAN_TI2V, ServedModel


class SecondsForm(enum.Enum):
    """What `seconds` of a create may be."""

    DIGITS = "text of whole digits"
    WHOLE = "a whole number"
    NUMBER = "a number"
    LISTED = "4, 8 or 12"


class ModelRule(enum.Enum):
    """What `model` of a create may be."""

    SERVED = "a name from the list of models, or left out"
    FREE = "any text"
    REQUIRED = "a name from the list of models"


class DeleteRule(enum.Enum):
    """What a delete does to a job that is being rendered."""

    STOPS = "ends the rendering and removes the file"
    RECORD_ONLY = "removes the record; the rendering goes on and the file stays"
    REFUSED = "there is no such call"


class DeleteAnswer(enum.Enum):
    """What a delete answers."""

    EVENT = "id, deleted and object"
    VIDEO = "the job with the status deleted"
    BARE = "deleted"


class ErrorOfJob(enum.Enum):
    """How a failed job explains itself."""

    NUMBER_CODE = "an object with a number as code"
    NO_CODE = "an object with a message only"
    TEXT = "text"
    TEXT_CODE = "an object with text as code"


class ProgressShown(enum.Enum):
    """What a job that is not completed says about its progress."""

    NOTHING = "null"
    ZERO = "0 until it is completed"
    STEPS = "the truth, up to 99"


class SizeShown(enum.Enum):
    """What a job says about its size."""

    ASKED_OR_NULL = "what the create said; null if it gave edges or nothing"
    ASKED = "what the create said, which may be nothing"
    RENDERED = "what is rendered"


@dataclass(frozen=True)
class ListRule:
    """The pages of a list. `default`: entries without `limit`; None: all. Without `has_pages` it is always whole."""

    has_pages: bool = True
    default: int | None = 20
    fewest: int = 1
    most: int = 100
    tells_more: bool = True
    refuses_unknown_cursor: bool = False
    is_slim: bool = False
    is_refused: bool = False


@dataclass(frozen=True)
class ContentRule:
    """Status and text of /content for a job that is not finished, and one that failed; what `variant` means."""

    early: tuple[int, str]
    failed: tuple[int, str]
    variant: str = "ignored"  # or "index", "name"
    has_ranges: bool = True


#: The fields of a create that the engines share by name.
SHARED_FIELDS = frozenset(
    (
        "prompt",
        "model",
        "size",
        "seconds",
        "fps",
        "num_frames",
        "seed",
        "negative_prompt",
        "num_inference_steps",
        "guidance_scale",
        "input_reference",
    )
)
_OMNI_FIELDS = SHARED_FIELDS | {"width", "height", "guidance_scale_2", "user", "image_reference", "extra_params"}

#: What a job shows, in order; `job_fields.py` says how.
_REFERENCE_VIEW = (
    "id object created_at status completed_at error expires_at model progress prompt remixed_from_video_id seconds size"
)
_PROXY_VIEW = (
    "id object status created_at completed_at expires_at error progress remixed_from_video_id seconds size model usage"
)
_OMNI_VIEW = (
    "model prompt id object status size progress seconds quality completed_at created_at remixed_from_video_id error "
    "media_type expires_at file_name inference_time_s fps num_frames duration_s metrics stage_durations peak_memory_mb "
    "action"
)
_SGLANG_VIEW = (
    "id object model status progress created_at size seconds quality url urls remixed_from_video_id completed_at "
    "expires_at error file_path file_paths num_outputs peak_memory_mb inference_time_s"
)
_FASTVIDEO_VIEW = (
    "id object model status progress created_at size seconds quality completed_at error file_path peak_memory_mb "
    "inference_time_s"
)
_TENSORRT_VIEW = (
    "completed_at created_at error expires_at id model object progress prompt status duration fps size output_path"
)

_WAN_AND_LTX: Mapping[str, ServedModel] = {
    "Wan-AI/Wan2.2-T2V-A14B-Diffusers": WAN_T2V,
    "Wan-AI/Wan2.2-I2V-A14B-Diffusers": WAN_I2V,
    "Wan-AI/Wan2.2-TI2V-5B-Diffusers": WAN_TI2V,
    "Lightricks/LTX-2": LTX,
}


@dataclass(frozen=True)
class SandboxProfile:
    """One kind of server."""

    name: str
    models: Mapping[str, ServedModel]
    id_form: str  # {hex} and {uuid} stand for 32 digits and for a UUID
    errors: ErrorForm
    view: tuple[str, ...]
    content: ContentRule
    owner: str  # `owned_by` of its models
    pages: ListRule = field(default_factory=ListRule)
    checks_key: bool = True
    takes_json: bool = True
    fields: frozenset[str] = SHARED_FIELDS
    refuses_unknown_fields: bool = False
    refuses_unknown_json: bool = False
    seconds: SecondsForm = SecondsForm.WHOLE
    fps_is_whole: bool = False
    model_rule: ModelRule = ModelRule.FREE
    model_if_none: str = ""  # what a job shows as its model if the create named none; empty: the model itself
    default_fps: float | None = 24.0  # None: that of the model
    default_seed: int | None = None  # None: another one each time
    create_status: int = 200
    rounds_size: bool = True
    listed_sizes: frozenset[str] = frozenset()
    size_shown: SizeShown = SizeShown.RENDERED
    quality: str = "standard"
    shows_start: bool = True  # whether a job becomes in_progress before it is completed
    progress: ProgressShown = ProgressShown.ZERO
    failed_has_status: bool = False
    error_of_job: ErrorOfJob = ErrorOfJob.TEXT_CODE
    delete: DeleteRule = DeleteRule.STOPS
    delete_answer: DeleteAnswer = DeleteAnswer.EVENT
    pins_jobs: bool = False  # one URL in front, which finds the replica of each job
    separates_users: bool = False
    changes_id: bool = False
    holds_requests_in_warm_up: bool = False
    health: tuple[str, ...] = ("/health",)
    extra_calls: frozenset[str] = frozenset()

    def model_named(self, name: str) -> tuple[str, ServedModel]:
        """The model with that name, else the first one."""
        known = name if name in self.models else next(iter(self.models))
        return known, self.models[known]


def _view(fields: str) -> tuple[str, ...]:
    return tuple(fields.split())


_STILL = "Generation is still in-progress"

SANDBOX_PROFILES: Mapping[str, SandboxProfile] = {
    one.name: one
    for one in (
        SandboxProfile(
            "omni",
            _WAN_AND_LTX,
            "video_gen_{hex}",
            ErrorForm.VLLM,
            _view(_OMNI_VIEW),
            ContentRule((404, _STILL), (422, "Video generation failed. Check the job's status.")),
            "vllm",
            ListRule(default=None, fewest=0),
            takes_json=False,
            fields=_OMNI_FIELDS,
            seconds=SecondsForm.DIGITS,
            model_rule=ModelRule.SERVED,
            size_shown=SizeShown.ASKED_OR_NULL,
            quality="default",
            failed_has_status=True,
            error_of_job=ErrorOfJob.NUMBER_CODE,
            extra_calls=frozenset({"/metrics", "/version"}),
        ),
        SandboxProfile(
            "sglang",
            _WAN_AND_LTX,
            "{uuid}",
            ErrorForm.DETAIL,
            _view(_SGLANG_VIEW),
            ContentRule((404, _STILL), (404, "Video variant None not found"), variant="index"),
            "sglang",
            checks_key=False,
            fields=SHARED_FIELDS
            | {"width", "height", "guidance_scale_2", "reference_url", "extra_body", "extra_params"},
            fps_is_whole=True,
            model_if_none="sora-2",
            default_seed=42,
            rounds_size=False,
            progress=ProgressShown.STEPS,
            error_of_job=ErrorOfJob.NO_CODE,
            delete=DeleteRule.RECORD_ONLY,
            delete_answer=DeleteAnswer.VIDEO,
            holds_requests_in_warm_up=True,
            health=("/health", "/health_generate"),
            extra_calls=frozenset({"/liveness", "/server_info", "/model_info", "/models"}),
        ),
        SandboxProfile(
            "fastvideo",
            _WAN_AND_LTX,
            "{hex}",
            ErrorForm.DETAIL,
            _view(_FASTVIDEO_VIEW),
            ContentRule((404, "Video is still being generated"), (500, "Video generation failed")),
            "fastvideo",
            ListRule(default=None, tells_more=False),
            checks_key=False,
            fields=SHARED_FIELDS | {"reference_url", "extra_body"},
            fps_is_whole=True,
            size_shown=SizeShown.ASKED,
            default_seed=1024,
            rounds_size=False,
            shows_start=False,
            error_of_job=ErrorOfJob.NO_CODE,
            delete=DeleteRule.RECORD_ONLY,
            delete_answer=DeleteAnswer.VIDEO,
        ),
        SandboxProfile(
            "tensorrt",
            _WAN_AND_LTX,
            "video_{hex}",
            ErrorForm.FLAT,
            _view(_TENSORRT_VIEW),
            ContentRule((400, "The video is not ready"), (400, "The video is not ready (status: failed)")),
            "tensorrt_llm",
            ListRule(has_pages=False, default=None, tells_more=False),
            checks_key=False,
            fields=SHARED_FIELDS - {"num_frames"} | {"n", "output_format", "guidance_rescale"},
            seconds=SecondsForm.NUMBER,
            fps_is_whole=True,
            refuses_unknown_json=True,
            progress=ProgressShown.NOTHING,
            create_status=202,
            shows_start=False,
            error_of_job=ErrorOfJob.TEXT,
            delete_answer=DeleteAnswer.BARE,
            extra_calls=frozenset({"/version"}),
        ),
        SandboxProfile(
            "gateway",
            {"wan22-t2v": WAN_T2V, "wan22-i2v": WAN_I2V, "ltx-2": LTX},
            "aibrixjob-{hex}",
            ErrorForm.VLLM,
            _view(_OMNI_VIEW),
            ContentRule((404, _STILL), (422, "Video generation failed. Check the job's status.")),
            "aibrix",
            ListRule(refuses_unknown_cursor=True, is_slim=True),
            takes_json=False,
            fields=_OMNI_FIELDS,
            seconds=SecondsForm.DIGITS,
            model_rule=ModelRule.REQUIRED,
            size_shown=SizeShown.ASKED_OR_NULL,
            quality="default",
            failed_has_status=True,
            error_of_job=ErrorOfJob.NUMBER_CODE,
            pins_jobs=True,
            separates_users=True,
        ),
        SandboxProfile(
            "litellm",
            {"wan": WAN_T2V, "wan-i2v": WAN_I2V, "ltx": LTX},
            "video_gen_{hex}",
            ErrorForm.PROXY,
            _view(_PROXY_VIEW),
            ContentRule((404, _STILL), (422, "Video generation failed. Check the job's status."), has_ranges=False),
            "openai",
            ListRule(is_refused=True),
            fields=_OMNI_FIELDS,
            seconds=SecondsForm.DIGITS,
            model_rule=ModelRule.REQUIRED,
            size_shown=SizeShown.ASKED_OR_NULL,
            error_of_job=ErrorOfJob.NUMBER_CODE,
            delete=DeleteRule.REFUSED,
            changes_id=True,
            health=("/health/liveliness", "/health/readiness"),
        ),
        SandboxProfile(
            "openai",
            {"sora-2": SORA, "sora-2-pro": SORA},
            "video_{hex}",
            ErrorForm.REFERENCE,
            _view(_REFERENCE_VIEW),
            ContentRule((404, "The video is not ready yet"), (404, "The video failed"), variant="name"),
            "openai",
            refuses_unknown_fields=True,
            seconds=SecondsForm.LISTED,
            model_rule=ModelRule.SERVED,
            listed_sizes=frozenset({"720x1280", "1280x720", "1024x1792", "1792x1024"}),
            progress=ProgressShown.STEPS,
            health=(),
        ),
        SandboxProfile(
            "generic",
            _WAN_AND_LTX,
            "video_{hex}",
            ErrorForm.DETAIL,
            _view(_REFERENCE_VIEW),
            ContentRule((404, "The video is not ready yet"), (404, "The video failed"), variant="name"),
            "sandbox",
            seconds=SecondsForm.NUMBER,
            default_fps=None,
            progress=ProgressShown.STEPS,
            health=("/health",),
        ),
    )
}
