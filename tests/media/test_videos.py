"""Complete, incomplete and invalid videos, and pictures of videos."""

from __future__ import annotations

import hashlib
import itertools
import os
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

import av
import pytest
from av.stream import Disposition
from av.video.frame import VideoFrame

from sora_desktop.media.errors import MediaError
from sora_desktop.media.packed_pictures import brightness_of
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import still_of, write_filmstrip, write_last_frame, write_poster

FILES = Path(__file__).parent / "files"

ClipMaker = Callable[..., Path]
ImageMaker = Callable[..., Path]


def picture(file: Path) -> VideoFrame:
    with av.open(str(file)) as container:
        return next(container.decode(video=0))


def test_the_facts_of_a_complete_clip(make_clip: ClipMaker) -> None:
    file = make_clip(audio=True)
    facts = facts_of(file)
    assert (facts.width, facts.height, facts.frames) == (160, 96, 48)
    assert facts.seconds == pytest.approx(2.0, abs=0.01)
    assert facts.fps == pytest.approx(24.0, abs=0.1)
    assert (facts.video_codec, facts.has_audio) == ("h264", True)
    assert "mp4" in facts.container
    assert facts.sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert facts.size == file.stat().st_size


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.webm", "libvpx-vp9"), ("clip.mkv", "libx264"), ("clip.mp4", "mpeg4")]
)
def test_other_containers_and_codecs_are_accepted(make_clip: ClipMaker, name: str, codec: str) -> None:
    facts = facts_of(make_clip(name, codec=codec, shades=[90] * 30))
    assert facts.frames == 30
    assert not facts.has_audio


def test_the_codec_has_its_own_name_and_not_that_of_a_decoder(make_clip: ClipMaker) -> None:
    assert facts_of(make_clip("clip.webm", codec="libsvtav1")).video_codec == "av1"


def test_a_clip_of_one_frame_is_complete(make_clip: ClipMaker) -> None:
    assert facts_of(make_clip(shades=[100])).frames == 1


@pytest.mark.parametrize("faststart", [False, True])
@pytest.mark.parametrize("part", [0.02, 0.3, 0.7, 0.97, 0.9999])
def test_an_incomplete_clip_is_refused(make_clip: ClipMaker, faststart: bool, part: float) -> None:
    file = make_clip(shades=[n * 5 % 255 for n in range(60)], faststart=faststart)
    os.truncate(file, int(file.stat().st_size * part))
    with pytest.raises(MediaError, match="incomplete"):
        facts_of(file)


def test_an_incomplete_clip_without_boxes_is_refused(make_clip: ClipMaker) -> None:
    whole = make_clip("clip.mkv", shades=[n * 37 % 255 for n in range(60)])
    os.truncate(whole, int(whole.stat().st_size * 0.01) + 20)
    with pytest.raises(MediaError):
        facts_of(whole)


def test_a_clip_with_a_damaged_end_is_refused(make_clip: ClipMaker) -> None:
    file = make_clip(faststart=True, shades=[n * 5 % 255 for n in range(60)])
    content = bytearray(file.read_bytes())
    content[-400:] = bytes(400)
    file.write_bytes(content)
    with pytest.raises(MediaError):
        facts_of(file)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"\n <!DOCTYPE html><html><body>Sorry</body></html>" * 20, "web page"),
        (b'{"code": 404, "message": "gone"}', "text"),
        (b"#EXTM3U\n#EXTINF:10,\n/etc/passwd\n", "text"),
        (b"hello, " * 400, "not a playable video"),
        (bytes(range(256)) * 40, "not a playable video"),
    ],
)
def test_a_file_that_is_not_a_video_is_refused_with_a_reason(tmp_path: Path, content: bytes, message: str) -> None:
    file = tmp_path / "clip.mp4"
    file.write_bytes(content)
    with pytest.raises(MediaError, match=message):
        facts_of(file)


def test_a_folder_and_a_missing_file_are_refused(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="folder"):
        facts_of(tmp_path)
    with pytest.raises(MediaError, match="cannot be found"):
        facts_of(tmp_path / "gone.mp4")


def test_an_audio_file_is_not_a_video(audio_file: Path) -> None:
    with pytest.raises(MediaError, match="no video stream"):
        facts_of(audio_file)


def joined(file: Path, sources: Sequence[Path], dispositions: Sequence[Disposition]) -> Path:
    """The first streams of the files in one file."""
    with ExitStack() as stack:
        inputs = [stack.enter_context(av.open(str(source))) for source in sources]
        output = stack.enter_context(av.open(str(file), "w"))
        streams = [output.add_stream_from_template(source.streams[0]) for source in inputs]
        for stream, disposition in zip(streams, dispositions, strict=True):
            stream.disposition = disposition
        for source, stream in zip(inputs, streams, strict=True):
            for packet in source.demux():
                if packet.size:
                    packet.stream = stream
                    output.mux(packet)
    return file


def test_a_cover_is_not_a_video(audio_file: Path, make_image: ImageMaker, tmp_path: Path) -> None:
    sources = (audio_file, make_image("cover.png", "png", "rgb24"))
    file = joined(tmp_path / "covered.mp4", sources, (Disposition.default, Disposition.attached_pic))
    with pytest.raises(MediaError, match="no video stream"):
        facts_of(file)


def test_the_default_one_of_two_videos_is_shown(make_clip: ClipMaker, tmp_path: Path) -> None:
    sources = (make_clip("narrow.mp4"), make_clip("wide.mp4", size=(320, 96)))
    assert facts_of(joined(tmp_path / "two.mkv", sources, (Disposition(0), Disposition.default))).width == 320


def test_a_poster_shows_the_frame_at_a_third(make_clip: ClipMaker, tmp_path: Path) -> None:
    to = tmp_path / "posters" / "one.jpg"
    write_poster(make_clip(shades=[250] * 10 + [100] * 10 + [200] * 28), to, 80)
    frame = picture(to)
    assert (frame.width, frame.height) == (80, 48)
    assert brightness_of(frame) == pytest.approx(100, abs=8)
    assert [file.name for file in to.parent.iterdir()] == ["one.jpg"]


def test_a_poster_is_not_black(make_clip: ClipMaker, tmp_path: Path) -> None:
    to = tmp_path / "one.jpg"
    write_poster(make_clip(shades=[0] * 40 + [180] * 8), to, 80)
    assert brightness_of(picture(to)) == pytest.approx(180, abs=8)


def test_a_black_clip_has_a_poster_too(make_clip: ClipMaker, tmp_path: Path) -> None:
    write_poster(make_clip(shades=[0] * 10), tmp_path / "one.jpg", 80)
    assert brightness_of(picture(tmp_path / "one.jpg")) < 10


def test_a_filmstrip_runs_from_left_to_right(make_clip: ClipMaker, tmp_path: Path) -> None:
    to = tmp_path / "strip.jpg"
    write_filmstrip(make_clip(shades=[20] * 12 + [100] * 12 + [160] * 12 + [240] * 12), to, 4, 48)
    strip = picture(to).reformat(format="gray")
    assert (strip.width, strip.height) == (320, 48)
    row = bytes(strip.planes[0])[: strip.width]
    shades = [row[40 + 80 * index] for index in range(4)]
    assert all(right - left > 40 for left, right in itertools.pairwise(shades))


def test_a_filmstrip_shows_the_last_frames_too(make_clip: ClipMaker, tmp_path: Path) -> None:
    to = tmp_path / "strip.jpg"
    write_filmstrip(make_clip(shades=[20 * number for number in range(12)]), to, 12, 48)
    strip = picture(to).reformat(format="gray")
    row = bytes(strip.planes[0])[: strip.width]
    assert [row[40 + 80 * index] for index in range(12)] == pytest.approx([20 * n for n in range(12)], abs=3)


def test_a_filmstrip_repeats_frames_of_a_clip_with_too_few(make_clip: ClipMaker, tmp_path: Path) -> None:
    write_filmstrip(make_clip(shades=[50, 200]), tmp_path / "strip.jpg", 6, 48)
    assert picture(tmp_path / "strip.jpg").width == 480


def test_a_poster_that_cannot_be_written_is_reported(make_clip: ClipMaker, tmp_path: Path) -> None:
    (tmp_path / "blocked").write_text("a file where a folder should be")
    with pytest.raises(MediaError, match="cannot be written"):
        write_poster(make_clip(), tmp_path / "blocked" / "one.jpg", 80)


def test_a_picture_may_have_the_longest_name_that_the_system_takes(make_clip: ClipMaker, tmp_path: Path) -> None:
    to = tmp_path / "pictures" / ("p" * 251 + ".jpg")
    write_poster(make_clip(), to, 80)
    assert list(to.parent.iterdir()) == [to]
    with pytest.raises(MediaError, match="too long"):
        write_poster(make_clip(), to.with_name("p" * 252 + ".jpg"), 80)


@pytest.mark.parametrize("name", ["clip.mp4", "clip.ts", "clip.mkv", "clip.flv"])
def test_a_still_is_exactly_the_frame_that_was_asked_for(make_clip: ClipMaker, tmp_path: Path, name: str) -> None:
    shades = [20 + 5 * number for number in range(40)]
    file, still = make_clip(name, shades=shades, group=12), tmp_path / "still.png"
    for frame in (0, 1, 11, 12, 13, 24, 38, 39, 60):
        still.write_bytes(still_of(file, frame))
        assert brightness_of(picture(still)) == pytest.approx(shades[min(frame, 39)], abs=2)


@pytest.mark.parametrize(
    ("name", "codec"), [("clip.ts", "libx264"), ("clip.mkv", "libx264"), ("clip.flv", "libx264"), ("clip.avi", "mpeg4")]
)
def test_the_last_frame_is_the_last_one_in_every_container(
    make_clip: ClipMaker, tmp_path: Path, name: str, codec: str
) -> None:
    file, to = (
        make_clip(name, codec=codec, shades=[20 + 5 * number for number in range(40)], group=12),
        tmp_path / "l.png",
    )
    write_last_frame(file, to)
    assert brightness_of(picture(to)) == pytest.approx(215, abs=2)


def test_the_last_frame_is_the_last_one_though_times_are_out_of_order(tmp_path: Path) -> None:
    file, to = FILES / "xvid.avi", tmp_path / "last.png"  # B-frames in packets of others, which FFmpeg cannot time
    write_last_frame(file, to)
    with av.open(str(file)) as container:
        *_, before, last = container.decode(video=0)
    assert (before.pts or 0) > (last.pts or 0)
    assert brightness_of(picture(to)) == pytest.approx(brightness_of(last), abs=1)


def test_the_last_frame_is_written_at_its_own_size(make_clip: ClipMaker, tmp_path: Path) -> None:
    file, to = make_clip(), tmp_path / "last.png"
    write_last_frame(file, to)
    still = picture(to)
    assert (still.width, still.height) == (160, 96)
    with av.open(str(file)) as container:
        *_, last = container.decode(video=0)
    assert brightness_of(still) == pytest.approx(brightness_of(last), abs=2)
    assert to.read_bytes().startswith(b"\x89PNG")
