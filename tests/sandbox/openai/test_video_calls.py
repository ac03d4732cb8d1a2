"""Each kind of server answers as the real one does."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import pytest
from sandbox.openai.conftest import Engines
from sandbox.openai.engine_client import EngineClient, form
from sandbox_in_process import send_request
from waiting import wait_until

from sora_desktop.sandbox.openai.engine_job import EngineJob
from sora_desktop.sandbox.openai.profiles import SANDBOX_PROFILES

ALL = tuple(SANDBOX_PROFILES)
T2V, I2V, LTX = "Wan-AI/Wan2.2-T2V-A14B-Diffusers", "Wan-AI/Wan2.2-I2V-A14B-Diffusers", "Lightricks/LTX-2"


def model_of(like: str) -> str:
    return next(iter(SANDBOX_PROFILES[like].models))


def streams_of(content: bytes, folder: Path) -> tuple[int, int, int, float, list[str]]:
    """Width, height, number of pictures, pictures a second, and kinds of streams."""
    file = folder / "clip"
    file.write_bytes(content)
    with av.open(str(file)) as container:
        picture = container.streams.video[0]
        assert picture.average_rate is not None
        count = sum(1 for _ in container.decode(picture))
        kinds = [str(stream.type) for stream in container.streams]
        return picture.width, picture.height, count, float(picture.average_rate), kinds


@pytest.mark.parametrize("like", ALL)
def test_a_job_goes_from_queued_to_a_clip(engines: Engines, like: str, tmp_path: Path) -> None:
    client = engines(like)
    created = client.post(model=model_of(like))
    assert created.status == SANDBOX_PROFILES[like].create_status
    job = created.json_body
    progress = None if like == "tensorrt" else 0
    assert (job["object"], job["status"], job["progress"]) == ("video", "queued", progress)
    early = client.call(f"videos/{job['id']}/content")
    assert early.status == (200 if like == "litellm" else SANDBOX_PROFILES[like].content.early[0])
    assert SANDBOX_PROFILES[like].content.early[1].encode() in early.body
    done = client.end(job["id"])
    assert (done.status, done.json_body["status"]) == (200, "completed")
    content = client.call(f"videos/{job['id']}/content")
    assert content.status == 200 and content.headers["content-type"] == "video/mp4"
    assert streams_of(content.body, tmp_path)[2] >= 64


@pytest.mark.parametrize("like", [like for like in ALL if like != "litellm"])
def test_an_unknown_id_is_404_and_a_wrong_key_401(engines: Engines, like: str) -> None:
    client = engines(like)
    assert client.get("video_none").status == 404
    wrong = client.call("videos/video_none", key="sk_wrong")
    assert wrong.status == (401 if SANDBOX_PROFILES[like].checks_key else 404)
    assert "error" in wrong.json_body or "detail" in wrong.json_body or "message" in wrong.json_body


@pytest.mark.parametrize("like", ALL)
def test_a_failed_job_says_why_in_the_form_of_its_server(engines: Engines, like: str) -> None:
    client = engines(like)
    failed = client.end(client.create(prompt="gore", model=model_of(like)))
    error: Any = failed.json_body["error"]
    assert failed.json_body["status"] == "failed"
    assert failed.status == (400 if like in ("omni", "gateway") else 200)
    assert bool(failed.json_body["completed_at"]) is (like in ("omni", "gateway", "litellm", "tensorrt"))
    if like == "tensorrt":
        assert isinstance(error, str) and "gore" in error
    elif like in ("sglang", "fastvideo"):
        assert error.keys() == {"message"}
    else:
        assert error["code"] == (400 if like in ("omni", "gateway", "litellm") else "generation_failed")


def test_omni_shows_what_the_create_said_and_the_truth_when_it_is_done(engines: Engines) -> None:
    client = engines("omni")
    body, headers = form({"prompt": "p", "num_frames": 33, "fps": 16, "width": 640, "height": 360})
    job = client.call("videos", body=body, headers=headers).json_body
    assert (job["seconds"], job["size"], job["num_frames"], job["prompt"]) == ("4", None, 33, "p")
    done = client.end(job["id"]).json_body
    assert (done["seconds"], done["num_frames"], done["fps"], done["duration_s"]) == ("4", 33, 16.0, 2.0625)
    assert done["progress"] == 100 and done["file_name"].startswith("video_gen_")


@pytest.mark.parametrize(
    ("like", "fields", "status"),
    [
        ("omni", {"seconds": "4.5"}, 400),
        ("omni", {"seconds": "0"}, 400),
        ("omni", {"model": "another"}, 400),
        ("omni", {"model": I2V}, 400),
        ("omni", {"size": "wide"}, 400),
        ("omni", {"num_inference_steps": "201"}, 400),
        ("omni", {"guidance_scale": "-1"}, 400),
        ("omni", {"image_reference": '{"file_id": "file_1"}'}, 400),
        ("omni", {"image_reference": "data:,", "video_reference": "data:,"}, 400),
        ("omni", {"whatever": "1"}, 200),
        ("sglang", {"seconds": "4.5"}, 422),
        ("sglang", {"model": "another"}, 200),
        ("sglang", {"model": I2V}, 400),
        ("sglang", {"whatever": "1"}, 200),
        ("sglang", {"fps": "12.5"}, 422),
        ("sglang", {"num_inference_steps": "201", "guidance_scale": "21"}, 200),
        ("omni", {"fps": "12.5"}, 200),
        ("fastvideo", {"fps": "fast"}, 422),
        ("tensorrt", {"seconds": "4.5"}, 202),
        ("gateway", {}, 400),
        ("litellm", {}, 400),
        ("openai", {"seconds": "5"}, 400),
        ("openai", {"size": "640x360"}, 400),
        ("openai", {"fps": "16"}, 400),
        ("generic", {"seconds": "4.5"}, 200),
        ("generic", {"prompt": ""}, 400),
        ("sglang", {"prompt": " "}, 200),
    ],
)
def test_what_a_server_refuses(engines: Engines, like: str, fields: dict[str, Any], status: int) -> None:
    reply = engines(like).post(**fields)
    assert reply.status == status, reply.body
    if status == 422:
        assert isinstance(reply.json_body["detail"], list)


def test_json_is_refused_where_only_forms_are_read(engines: Engines) -> None:
    assert engines("omni").call("videos", body={"prompt": "p"}).status == 400
    job = engines("sglang").call("videos", body={"prompt": "p", "seconds": 2, "fps": 16}).json_body
    assert (job["model"], job["seconds"], "prompt" in job) == ("Wan-AI/Wan2.2-T2V-A14B-Diffusers", "2", False)


def test_tensorrt_refuses_unknown_fields_of_json_and_drops_those_of_a_form(engines: Engines) -> None:
    client = engines("tensorrt")
    assert client.call("videos", body={"prompt": "p", "num_frames": 33}).status == 400
    assert client.post(num_frames="33", seconds="2", fps="16").status == 202
    assert client.service.fleet.accepted[-1].body.frames == 33, "from the seconds"


@pytest.mark.parametrize(
    ("like", "fields", "expected"),
    [
        ("omni", {"size": "843x490", "num_frames": "34", "fps": "16"}, ("832x480", 33, 16.0)),
        ("sglang", {"size": "842x490", "num_frames": "34", "fps": "16"}, ("842x490", 33, 16.0)),
        ("omni", {"size": "768x512", "num_frames": "52", "fps": "25", "model": LTX}, ("768x512", 49, 25.0)),
    ],
)
def test_size_and_frames_are_those_that_the_model_renders(
    engines: Engines, like: str, fields: dict[str, str], expected: tuple[str, int, float]
) -> None:
    client = engines(like)
    client.create(**fields)
    seen = client.service.fleet.accepted[-1].body
    assert ("{}x{}".format(*seen.size), seen.frames, seen.fps) == expected


def test_a_clip_has_the_frames_the_rate_and_the_sound_that_were_asked_for(engines: Engines, tmp_path: Path) -> None:
    client = engines("omni")
    for model, width, kinds in ((T2V, 160, ["video"]), (LTX, 164, ["video", "audio"])):
        job = client.create(num_frames="33", fps="12.5", model=model)
        client.end(job)
        content = client.call(f"videos/{job}/content").body
        assert streams_of(content, tmp_path) == (width, 90, 33, 12.5, kinds)


def test_the_same_seed_gives_the_same_pictures(engines: Engines) -> None:
    client = engines("omni")
    clips = []
    for seed in ({"seed": "1"}, {"seed": "1"}, {"seed": "2"}, {}, {}):
        job = client.create(num_frames="17", **seed)
        client.end(job)
        clips.append(client.call(f"videos/{job}/content").body)
    assert clips[0] == clips[1] and len({clips[0], *clips[2:]}) == 4


@pytest.mark.parametrize(("like", "seed"), [("omni", None), ("sglang", 42), ("fastvideo", 1024)])
def test_a_create_without_a_seed_has_that_of_the_server_if_there_is_one(
    engines: Engines, like: str, seed: int | None
) -> None:
    client = engines(like)
    client.create()
    assert client.service.fleet.accepted[-1].body.seed == seed


def test_a_model_that_needs_an_image_renders_one(engines: Engines, png: bytes) -> None:
    client = engines("omni")
    job = client.create(model=I2V, image=png, num_frames="17")
    assert client.end(job).json_body["status"] == "completed"
    assert client.post(model=I2V, image=b"no image").status == 400


def half_rendered(client: EngineClient) -> tuple[EngineJob, EngineJob]:
    """A job that is half rendered, and one that waits for it."""
    client.service.fleet.restart()
    for _ in range(2):
        client.create(seconds="12", model=next(iter(client.service.fleet.profile.models)))
    job, following = client.service.fleet.accepted[-2:]
    client.service.clock.time += job.render_seconds / 2
    wait_until(lambda: job.frames_rendered > job.body.frames / 3)
    return job, following


def engines_seen(client: EngineClient) -> Any:
    """What /sandbox/seen reports of the engines."""
    return send_request(f"{client.service.origin}/sandbox/seen", key=None).json_body["openai"]


@pytest.mark.parametrize("like", [name for name, one in SANDBOX_PROFILES.items() if one.delete == "stops"])
def test_a_delete_stops_a_rendering_on_its_way_and_the_next_job_begins(engines: Engines, like: str) -> None:
    client = engines(like)
    job, following = half_rendered(client)
    assert client.call(f"videos/{job.id}", method="DELETE").json_body["deleted"]
    seen = engines_seen(client)
    assert (seen["creates"][-2]["rendering"], seen["creates"][-1]["rendering"]) == ("stopped", "running")
    assert 1 / 3 < seen["creates"][-2]["frames_rendered"] / job.body.frames < 2 / 3, "half of the time had passed"
    assert seen["engines"] == [{"running": following.id, "waiting": []}]
    assert client.get(job.id).status == 404


@pytest.mark.parametrize("like", ["sglang", "fastvideo"])
def test_a_delete_of_the_record_alone_leaves_the_engine_at_work(engines: Engines, like: str) -> None:
    client = engines(like)
    job, following = half_rendered(client)
    deleted = client.call(f"videos/{job.id}", method="DELETE").json_body
    assert (deleted["id"], deleted["status"], client.get(job.id).status) == (job.id, "deleted", 404)
    seen = engines_seen(client)
    assert (seen["creates"][-2]["deleted"], seen["creates"][-2]["rendering"]) == (True, "running")
    assert seen["engines"] == [{"running": job.id, "waiting": [following.id]}], "the engine is not free"
    client.service.clock.time += job.render_seconds
    wait_until(lambda: job.rendering == "finished")
    assert job.frames_rendered == job.body.frames and following.rendering in ("", "running")
    assert engines_seen(client)["engines"] == [{"running": following.id, "waiting": []}]


def test_one_engine_renders_one_job_at_a_time_in_order(engines: Engines) -> None:
    client = engines("generic")
    client.service.fleet.restart()
    first, second = client.create(num_frames="17"), client.create(num_frames="17")
    statuses = [client.get(id).json_body["status"] for id in (first, second)]
    assert statuses == ["in_progress", "queued"]
    client.end(second)
    assert client.get(first).json_body["status"] == "completed"


def test_progress_is_real_at_sglang_and_not_at_omni(engines: Engines) -> None:
    for like, low, high in (("omni", 0, 0), ("sglang", 20, 99)):
        client = engines(like)
        client.service.fleet.restart()
        job = client.create(num_frames="401")
        client.service.clock.time += 15
        assert low <= client.get(job).json_body["progress"] <= high
        client.end(job)


def ids_of(reply: Any) -> list[str]:
    return [entry["id"] for entry in reply.json_body["data"]]


def test_a_list_comes_in_pages(engines: Engines) -> None:
    for like in ("omni", "sglang", "openai"):
        client = engines(like)
        client.service.fleet.restart()
        client.service.fleet.add_others(25)
        everything = ids_of(client.call("videos?limit=100"))
        page = client.call("videos?limit=10").json_body
        assert page["has_more"] and page["last_id"] == everything[9] and page["object"] == "list"
        assert ids_of(client.call(f"videos?limit=100&after={page['last_id']}")) == everything[10:]
        assert ids_of(client.call("videos?order=asc&limit=100")) == everything[::-1]
        assert len(ids_of(client.call("videos"))) == (25 if like == "omni" else 20)
        assert ids_of(client.call("videos?after=unknown")) == []
        assert client.call("videos?limit=101").status in (400, 422)


@pytest.mark.parametrize(("like", "count"), [("fastvideo", 1), ("tensorrt", 30)])
def test_a_server_may_not_say_whether_more_follows(engines: Engines, like: str, count: int) -> None:
    client = engines(like)
    client.service.fleet.restart()
    client.service.fleet.add_others(30)
    answer = client.call("videos?limit=1").json_body
    assert len(answer["data"]) == count and answer.keys() == {"object", "data"}
    assert len(ids_of(client.call("videos"))) == 30


def test_a_gateway_lists_only_what_the_user_created_and_no_status(engines: Engines) -> None:
    client = engines("gateway")
    mine = EngineClient(client.service, headers={"user": "me"})
    job = mine.create(model="wan22-t2v")
    (entry,) = mine.call("videos").json_body["data"]
    assert entry["id"] == job and job.startswith("aibrixjob-")
    assert entry.keys() == {"id", "model", "created_at", "expires_at"}
    assert mine.get(job).status == 200 and client.get(job).status == 404
    assert mine.call("videos?after=unknown").status == 400
    client.service.fleet.restart()
    assert ids_of(mine.call("videos")) == [job] and mine.get(job).status == 404, "its catalog outlives the engines"


def test_a_proxy_hides_what_the_engine_refuses(engines: Engines) -> None:
    client = engines("litellm")
    assert client.get("video_none").status == 500
    gone = client.call("videos/video_none/content")
    assert (gone.status, gone.headers["content-type"]) == (200, "video/mp4") and b"Video not found" in gone.body
    refused = client.post(model="wan", seconds="4.5").json_body["error"]
    assert refused["code"] == "400" and "Hosted_vllmException" in refused["message"]


def test_a_proxy_without_a_database_has_no_401(engines: Engines) -> None:
    client = engines("litellm")
    wrong = client.call("models", key="sk_wrong")
    assert (wrong.status, wrong.json_body["error"]["type"]) == (400, "no_db_connection")
    assert client.call("models", key=None).status == 500


def test_a_proxy_changes_the_id_and_neither_lists_nor_deletes(engines: Engines) -> None:
    client = engines("litellm")
    job = client.create(model="wan")
    other = client.get(job).json_body["id"]
    assert other != job and client.get(other).status == 500, "only the id of the create finds its server"
    assert client.call("videos").status == 400
    assert client.call(f"videos/{job}", method="DELETE").status == 405


@pytest.mark.parametrize("like", ALL)
def test_models_are_listed_with_their_names(engines: Engines, like: str) -> None:
    assert ids_of(engines(like).call("models")) == list(SANDBOX_PROFILES[like].models)


def test_a_number_is_the_variant_of_sglang(engines: Engines) -> None:
    client = engines("sglang")
    job = client.create(num_frames="17")
    client.end(job)
    assert client.call(f"videos/{job}/content?variant=video").status == 404
    assert client.call(f"videos/{job}/content?variant=0").status == 200


def test_what_only_some_servers_have_beside(engines: Engines) -> None:
    def status(like: str, path: str) -> int:
        return send_request(engines(like).service.origin + path).status

    assert [status("sglang", path) for path in ("/liveness", "/server_info", "/model_info", "/health")] == [200] * 4
    assert [status("omni", path) for path in ("/liveness", "/server_info", "/metrics", "/health")] == [
        404,
        404,
        200,
        200,
    ]
    assert status("openai", "/health") == 404
