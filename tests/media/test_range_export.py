"""A part of a clip as a file: the same frames with the same times, colors and sound."""

from __future__ import annotations

from array import array
from collections.abc import Callable
from itertools import accumulate
from pathlib import Path
from typing import Any

import av
import pytest
from av.packet import Packet
from av.stream import Stream
from av.video.frame import VideoFrame
from av.video.reformatter import Colorspace
from odd_clips import KINDS, Kind, odd_clip
from sound_clips import LOUDEST, tone_clip

from sora_desktop.media import range_export
from sora_desktop.media.errors import MediaError
from sora_desktop.media.range_export import export_range
from sora_desktop.media.video_facts import facts_of

ClipMaker = Callable[..., Path]

SHADES = [40 + 3 * n for n in range(60)]
SECOND = 1_000_000
FRAME = SECOND / 24
#: FFmpeg's number of a color matrix that is not named.
UNNAMED = 2


def shown_in(file: Path) -> list[tuple[float, int]]:
    """The time and the number of each frame, which its shade tells."""
    with av.open(str(file)) as container:
        frames = [(frame.time or 0.0, frame.reformat(format="gray8")) for frame in container.decode(video=0)]
    middle = [bytes(frame.planes[0])[48 * frame.planes[0].line_size + 80] for _, frame in frames]
    luma = [16 + round(shade * 219 / 255) for shade in SHADES]
    numbers = [min(range(60), key=lambda n: min(abs(SHADES[n] - value), abs(luma[n] - value))) for value in middle]
    return [(time, number) for (time, _), number in zip(frames, numbers, strict=True)]


@pytest.mark.parametrize(
    ("first", "last", "is_copied"),
    [(0, 59, True), (20, 39, True), (20, 30, None), (21, 39, False), (7, 7, False), (0, 0, None)],
)
def test_a_part_has_exactly_its_frames(
    make_clip: ClipMaker, tmp_path: Path, first: int, last: int, is_copied: bool | None
) -> None:
    file = make_clip(shades=SHADES, group=20, encoding={"x264-params": "scenecut=0:open-gop=0"})
    to = tmp_path / "part.mp4"
    copied = export_range(file, to, round(first * FRAME), round((last + 1) * FRAME))
    assert is_copied is None or copied is is_copied
    facts = facts_of(to)
    assert (facts.frames, facts.width, facts.height) == (last - first + 1, 160, 96)
    assert facts.seconds == pytest.approx((last - first + 1) / 24, abs=0.01)


def test_the_frames_of_a_part_that_is_encoded_again_are_those_asked_for(make_clip: ClipMaker, tmp_path: Path) -> None:
    file = make_clip(shades=SHADES)
    assert not export_range(file, tmp_path / "part.mov", round(33 * FRAME), round(36 * FRAME))
    all_shown = shown_in(file)
    part = shown_in(tmp_path / "part.mov")
    assert [number for _, number in part] == [number for _, number in all_shown[33:36]]
    assert [time for time, _ in part] == pytest.approx([0.0, 1 / 24, 2 / 24], abs=0.002)


@pytest.mark.parametrize(("first", "last"), [(4, 7), (4, 6), (12, 16)])
def test_the_last_frame_of_a_part_is_shown_as_long_as_in_the_clip(tmp_path: Path, first: int, last: int) -> None:
    """Whether its packets are copied or not: decoding can begin at frame 12."""
    kind = KINDS["variable rate"]
    file, to = odd_clip(tmp_path, kind), tmp_path / "part.mp4"
    begins = list(accumulate((kind.durations[number % 4] for number in range(kind.frames)), initial=0))
    export_range(file, to, round(begins[first] * FRAME), round(begins[last + 1] * FRAME))
    facts = facts_of(to)
    assert facts.frames == last + 1 - first
    assert facts.seconds == pytest.approx((begins[last + 1] - begins[first]) / 24, abs=0.002)


def test_colors_that_a_large_clip_does_not_name_are_named_in_its_part(tmp_path: Path) -> None:
    file, to = odd_clip(tmp_path, Kind(size=(1280, 720), frames=3)), tmp_path / "part.mp4"
    assert not export_range(file, to, round(FRAME), round(3 * FRAME))
    for clip, named in ((file, UNNAMED), (to, Colorspace.ITU709)):
        with av.open(str(clip)) as container:
            assert container.streams.video[0].codec_context.colorspace == named


@pytest.mark.parametrize(("kind", "suffix"), [("ten bits", "mp4"), ("ten bits", "mkv"), ("prores", "mov")])
def test_a_part_of_a_clip_with_ten_bits_has_ten_bits(tmp_path: Path, kind: str, suffix: str) -> None:
    file, to = odd_clip(tmp_path, KINDS[kind]), tmp_path / f"part.{suffix}"
    assert not export_range(file, to, round(5 * FRAME), round(9 * FRAME))
    with av.open(str(file)) as before, av.open(str(to)) as after:
        pairs = list(zip(list(before.decode(video=0))[5:9], after.decode(video=0), strict=True))
        assert after.streams.video[0].codec_context.codec_tag == "hvc1" or suffix == "mkv"
    assert {picture.format.name for _, picture in pairs} == {"yuv420p10le"}
    for asked, picture in pairs:
        assert _level(picture) == pytest.approx(_level(asked), abs=1)


def _level(frame: VideoFrame) -> int:
    """The brightness of the first pixel, from 0 to 1023."""
    return int.from_bytes(bytes(frame.planes[0])[:2], "little")


def _lose_one(packets: list[Packet[Stream]]) -> None:
    del packets[-1]


def _delay_one(packets: list[Packet[Stream]]) -> None:
    last = max(packets, key=lambda packet: packet.pts or 0)
    last.pts = (last.pts or 0) + (last.duration or 0) // 2


@pytest.mark.parametrize("spoil", [_lose_one, _delay_one])
def test_a_copy_with_other_frames_than_those_asked_for_is_not_kept(
    make_clip: ClipMaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, spoil: Callable[[list[Packet[Stream]]], None]
) -> None:
    def spoiled(*arguments: Any) -> list[Packet[Stream]] | None:
        packets = packets_for(*arguments)
        if packets:
            spoil(packets)
        return packets

    packets_for = range_export._packets_for
    monkeypatch.setattr(range_export, "_packets_for", spoiled)
    file, to = make_clip(shades=SHADES), tmp_path / "part.mp4"
    assert not export_range(file, to, 0, round(60 * FRAME))
    assert [time for time, _ in shown_in(to)] == pytest.approx([at / 24 for at in range(60)], abs=0.002)


def test_a_part_is_encoded_again_if_the_container_cannot_hold_its_packets(tmp_path: Path) -> None:
    file, to = odd_clip(tmp_path, KINDS["vp9"]), tmp_path / "part.mov"
    assert not export_range(file, to, 0, round(12 * FRAME))
    assert facts_of(to).frames == 12


def test_a_part_never_replaces_its_video(make_clip: ClipMaker) -> None:
    file = make_clip(shades=SHADES)
    before = file.read_bytes()
    with pytest.raises(MediaError, match="is the video itself"):
        export_range(file, file.parent / "." / file.name, 0, SECOND)
    assert file.read_bytes() == before


def test_a_part_has_its_sound_at_the_same_moment(tmp_path: Path) -> None:
    file = tone_clip(tmp_path / "late.mkv", codec="pcm_s16le", rate=48000, start=1)
    to = tmp_path / "part.mp4"
    export_range(file, to, 500_000, 1_500_000)
    with av.open(str(to)) as container:
        resampler = av.AudioResampler(format="s16", layout="mono", rate=48000)
        frames = [each for frame in container.decode(audio=0) for each in resampler.resample(frame)]
        samples = array("h", b"".join(bytes(frame.planes[0])[: frame.samples * 2] for frame in frames))
    begin = next(at for at, sample in enumerate(samples) if abs(sample) > LOUDEST / 4)
    assert begin == pytest.approx(24_000, abs=200)
    assert len(samples) == pytest.approx(48_000, abs=2100)
