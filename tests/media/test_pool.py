"""Workers that reply, crash, hang, and end with their parent."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import aclosing
from pathlib import Path

import pytest
from waiting import PATIENCE, until, wait_until

from sora_desktop.media.pool import MediaError, MediaPool
from sora_desktop.system.subprocesses import child_environment, own_command

ROOT = Path(__file__).parents[2]

ClipMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]

#: Crashes at the first request while the marker file does not exist, and works from then on.
CRASHING = """
import os, pathlib, sys
marker = pathlib.Path(sys.argv[1])
if not marker.exists():
    marker.touch()
    sys.stdin.readline()
    print('half a li', end='', flush=True)
    os._exit(7)
from sora_desktop.media.worker import main
main()
"""

#: Never ends the file that it is asked to write.
WRITING = """
import json, pathlib, sys, time
from sora_desktop.system.replaced_file import replaced_file
request = json.loads(sys.stdin.readline())
with replaced_file(pathlib.Path(request["to"])) as part:
    part.touch()
    time.sleep(600)
"""

HANGING = CRASHING.replace("os._exit(7)", "import time; time.sleep(600)")


async def test_every_request_is_answered(make_clip: ClipMaker, make_image: ImageMaker, tmp_path: Path) -> None:
    clip, image = make_clip("Überflug ★.mp4"), make_image("a.png", "png", "rgb24")
    async with aclosing(MediaPool(workers=2)) as pool:
        facts, picture, still, _, _ = await asyncio.gather(
            pool.facts(clip),
            pool.clean_image(image, tmp_path / "clean.png"),
            pool.still(clip, 5),
            pool.poster(clip, tmp_path / "poster.jpg", width=64),
            pool.filmstrip(clip, tmp_path / "strip.jpg", frames=3, height=24),
        )
        assert (facts.frames, picture.format) == (48, "png")
        assert still.startswith(b"\x89PNG")
        assert (tmp_path / "clean.png").stat().st_size == picture.size
        for name in ("poster.jpg", "strip.jpg"):
            assert (tmp_path / name).read_bytes().startswith(b"\xff\xd8\xff")
        with pytest.raises(MediaError, match="cannot be found"):
            await pool.facts(tmp_path / "gone.mp4")


async def test_a_worker_reads_what_qt_says_whatever_messages_are_wanted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("QT_LOGGING_RULES", "*=false")
    image = Path(__file__).parent / "files" / "arithmetic.jpg"
    async with aclosing(MediaPool()) as pool:
        assert (await pool.clean_image(image, tmp_path / "clean.jpg")).format == "jpeg"


@pytest.mark.parametrize(
    ("program", "timeout", "message"), [(CRASHING, 60.0, "crashed"), (HANGING, 1.5, "within 1.5 seconds")]
)
async def test_a_worker_that_crashes_or_hangs_fails_one_request_and_is_replaced(
    make_clip: ClipMaker, tmp_path: Path, program: str, timeout: float, message: str
) -> None:
    clip = make_clip()
    async with aclosing(MediaPool([sys.executable, "-c", program, str(tmp_path / "marker")], timeout=timeout)) as pool:
        with pytest.raises(MediaError, match=message):
            await pool.facts(clip)
        (tmp_path / "marker").touch()  # it may have been killed before it created the file
        pool._timeout = 60.0
        assert (await pool.facts(clip)).frames == 48


async def test_a_worker_killed_between_calls_is_replaced(make_clip: ClipMaker) -> None:
    clip = make_clip()
    async with aclosing(MediaPool()) as pool:
        await pool.facts(clip)
        (worker,) = pool._idle
        worker.kill()
        worker.wait()
        assert (await pool.facts(clip)).frames == 48


async def test_a_command_that_does_not_exist_is_reported(tmp_path: Path) -> None:
    async with aclosing(MediaPool([str(tmp_path / "nothing")])) as pool:
        with pytest.raises(MediaError, match="does not start"):
            await pool.facts(tmp_path / "clip.mp4")


async def test_closing_is_quick_and_fails_open_requests(tmp_path: Path) -> None:
    pool = MediaPool([sys.executable, "-c", HANGING, str(tmp_path / "marker")])
    requests = [asyncio.create_task(pool.facts(tmp_path / "clip.mp4")) for _ in range(3)]
    await until(lambda: pool._alive)
    (worker,) = pool._alive
    start = time.monotonic()
    await pool.aclose()
    assert time.monotonic() - start < pool._timeout / 2
    assert worker.poll() is not None
    for outcome in await asyncio.gather(*requests, return_exceptions=True):
        assert isinstance(outcome, MediaError)
        assert "closing" in str(outcome)
    with pytest.raises(MediaError, match="closing"):
        await pool.facts(tmp_path / "clip.mp4")


async def test_closing_leaves_nothing_of_a_file_that_a_worker_is_writing(tmp_path: Path) -> None:
    pool = MediaPool([sys.executable, "-c", WRITING])
    export = asyncio.create_task(pool.export_range(tmp_path / "clip.mp4", tmp_path / "range.mp4", start=0, end=1))
    await until(lambda: list(tmp_path.iterdir()))
    await pool.aclose()
    with pytest.raises(MediaError, match="closing"):
        await export
    assert not list(tmp_path.iterdir())


def test_a_worker_ends_with_its_input() -> None:
    with subprocess.Popen(
        own_command("media-worker"), stdin=subprocess.PIPE, cwd=ROOT, env=child_environment()
    ) as worker:
        assert worker.stdin is not None
        worker.stdin.close()
        assert worker.wait(PATIENCE) == 0


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_workers_end_when_the_parent_is_killed(make_clip: ClipMaker) -> None:
    program = """
import asyncio, pathlib, sys, time
from sora_desktop.media.pool import MediaPool
async def main():
    pool = MediaPool()
    await pool.facts(pathlib.Path(sys.argv[1]))
    print(pool._idle[0].pid, flush=True)
    time.sleep(600)
asyncio.run(main())
"""
    command = [sys.executable, "-c", program, str(make_clip())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, env=child_environment()) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        assert is_running(worker)
        parent.send_signal(signal.SIGKILL)
        parent.wait(PATIENCE)
    wait_until(lambda: not is_running(worker))


def is_running(process: int) -> bool:
    """False for zombies too: in a container there may be no process that reaps orphans."""
    try:
        os.kill(process, 0)
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("/videos/\udcff.mp4", r"The name of the file “\\xff.mp4” is not valid Unicode. Rename the file."),
        ("/videos\udcff/a.mp4", r"The name of the folder “videos\\xff” is not valid Unicode. Rename the folder."),
        ("/videos/\ufffd.png", "The name “\ufffd.png”, or that of its folder, cannot be read. Rename it."),  # from Qt
    ],
)
async def test_a_name_that_is_not_unicode_is_named(file: str, said: str) -> None:
    async with aclosing(MediaPool()) as pool:
        with pytest.raises(MediaError, match=said):
            await pool.facts(Path(file))
