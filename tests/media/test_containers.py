"""Videos that are complete whatever their headers count, and videos whose end is missing, in each container."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import av
import pytest
from silence import silence

from sora_desktop.media.containers.endings import ending_of
from sora_desktop.media.containers.file_end import Ending
from sora_desktop.media.errors import MediaError
from sora_desktop.media.video_facts import facts_of
from sora_desktop.media.video_pictures import write_last_frame

ClipMaker = Callable[..., Path]

SHADES = [n * 5 % 255 for n in range(60)]


class Kind(NamedTuple):
    """How a clip is written."""

    name: str
    codec: str = "libx264"
    options: dict[str, str] | None = None
    container: str | None = None
    encoding: dict[str, str] | None = None


FRAGMENTS = "frag_keyframe+empty_moov"
KINDS = {
    "mp4": Kind("clip.mp4"),
    "index in front": Kind("clip.mp4", options={"movflags": "+faststart"}),
    "fragments": Kind("clip.mp4", options={"movflags": FRAGMENTS}),
    "fragments without an index behind": Kind("clip.mp4", options={"movflags": f"{FRAGMENTS}+skip_trailer"}),
    "fragments after a first part": Kind("clip.mp4", options={"movflags": "frag_keyframe"}),
    "segment index": Kind("clip.mp4", options={"movflags": f"dash+global_sidx+{FRAGMENTS}"}),
    "quicktime": Kind("clip.mov", codec="mpeg4"),
    "matroska": Kind("clip.mkv"),
    "matroska without lengths": Kind("clip.mkv", options={"live": "1"}),
    "webm": Kind("clip.webm", codec="libvpx-vp9"),
    "avi": Kind("clip.avi", codec="mpeg4"),
    "avi with H.264": Kind("clip.avi"),
    "flv": Kind("clip.flv"),
    "flv without a length": Kind("clip.flv", codec="flv", options={"flvflags": "no_duration_filesize"}),
    "ts": Kind("clip.ts"),
    "ts with MPEG-2": Kind("clip.ts", codec="mpeg2video"),
    "m2ts": Kind("clip.ts", options={"mpegts_m2ts_mode": "1"}),
    "mpeg": Kind("clip.mpg", codec="mpeg2video", container="mpeg"),
    "nut": Kind("clip.nut"),
    "asf": Kind("clip.wmv", codec="wmv2", container="asf"),
    "ogg": Kind("clip.ogv", codec="libvpx", container="ogg", encoding={"deadline": "realtime"}),
}
#: How the parts of containers begin that need not say their length: between two of them, nothing is missing.
PARTS = {".mkv": (b"\xa3", b"\x1fC\xb6u"), ".flv": (b"\x08", b"\x09", b"\x12"), ".ogv": (b"OggS",)}
BOXES = ["mp4", "index in front", "fragments", "quicktime"]


@pytest.fixture(scope="module")
def made() -> dict[str, bytes]:
    """The content of clips that were made already, by their kind."""
    return {}


@pytest.fixture
def clip(request: pytest.FixtureRequest, make_clip: ClipMaker, tmp_path: Path, made: dict[str, bytes]) -> Path:
    """A complete clip of 60 frames."""
    kind = KINDS[request.param]
    if request.param in made:
        file = tmp_path / kind.name
        file.write_bytes(made[request.param])
        return file
    file = make_clip(
        kind.name,
        codec=kind.codec,
        options=kind.options,
        container=kind.container,
        encoding=kind.encoding,
        group=12,
        shades=SHADES,
    )
    made[request.param] = file.read_bytes()
    return file


def with_count(file: Path, box: bytes, offset: int, count: int) -> None:
    """Write a number of 4 bytes `offset` bytes behind the name of the first such box."""
    content = bytearray(file.read_bytes())
    at = content.index(box) + 4 + offset
    content[at : at + 4] = struct.pack(">I", count)
    file.write_bytes(content)


@pytest.mark.parametrize("clip", KINDS, indirect=True)
def test_a_complete_clip_is_accepted(clip: Path) -> None:
    facts = facts_of(clip)
    assert facts.frames == 60
    assert facts.seconds == pytest.approx(2.5, abs=0.05)


@pytest.mark.parametrize(
    ("clip", "container"),
    [
        ("mp4", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("fragments", "mov,mp4,m4a,3gp,3g2,mj2"),
        ("quicktime", "mov"),
        ("webm", "matroska,webm"),
        ("mpeg", "mpeg"),
        ("asf", "asf"),
        ("ogg", "ogg"),
    ],
    indirect=["clip"],
)
def test_the_container_is_named(clip: Path, container: str) -> None:
    assert facts_of(clip).container == container


@pytest.mark.parametrize("clip", KINDS, indirect=True)
def test_a_clip_that_is_cut_anywhere_is_refused(clip: Path) -> None:
    size = clip.stat().st_size
    content, cut = clip.read_bytes(), clip.with_stem("cut")
    accepted = []
    for length in [*range(200, size - size // 20, max(size // 23, 1)), size - size // 20]:
        end = length | 3  # between two packets of a TS, nothing is missing
        while clip.suffix == ".mp4" and content[end - 1] == 0:  # zeros behind a box may be padding
            end += 1
        while content[end:].startswith(PARTS.get(clip.suffix, ())):
            end += 1
        cut.write_bytes(content[:end])
        try:
            facts = facts_of(cut)
        except MediaError:
            continue
        if facts.frames < 60:
            accepted.append((length, facts.frames))
    assert accepted == [], f"of {size} bytes"


@pytest.mark.parametrize(
    "clip", sorted(set(KINDS) - {"mpeg", "asf", "flv", "flv without a length", "avi"}), indirect=True
)
def test_a_clip_without_its_last_bytes_is_refused(clip: Path) -> None:
    with clip.open("rb+") as opened:
        opened.truncate(clip.stat().st_size - 1)
    with pytest.raises(MediaError, match="incomplete"):
        facts_of(clip)


@pytest.mark.parametrize("clip", [kind for kind in KINDS if kind != "nut"], indirect=True)  # FFmpeg loses frames then
@pytest.mark.parametrize(
    "more",
    [
        b"trailing junk bytes after the end of the file!!",
        b"\r\n",
        b"hello (and goodbye)",
        b")",
        bytes(1000),
        b"\0\0\0\x18free" + bytes(16),
        b"\0\0\0\x28uuid" + bytes(32),
        b"\xff" * 300,
        bytes(range(255, 0, -1)),
    ],
)
def test_bytes_behind_the_end_do_not_matter(clip: Path, more: bytes) -> None:
    with clip.open("ab") as opened:
        opened.write(more)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["ts", "mpeg"], indirect=True)
def test_many_zeros_behind_a_container_without_a_length_hide_no_frame(clip: Path) -> None:
    with clip.open("ab") as opened:
        opened.write(bytes(100_000))
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize(
    "clip",
    [
        "index in front",
        "segment index",
        "matroska",
        "webm",
        "avi",
        "flv",
        "asf",
        "ogg",
        "ts",
        "ts with MPEG-2",
        "matroska without lengths",
        "fragments without an index behind",
    ],
    indirect=True,
)
def test_a_clip_that_goes_on_as_zeros_is_refused(clip: Path) -> None:
    content, half = clip.read_bytes(), clip.with_stem("half")
    accepted = []
    for tenth in (3, 5, 6):
        end = len(content) * tenth // 10 | 31  # inside a frame, or inside a packet of a stream
        half.write_bytes(content[:end] + bytes(len(content) - end))
        try:
            accepted.append((end, facts_of(half).frames))
        except MediaError:
            continue
    assert accepted == [], f"of {len(content)} bytes"


@pytest.mark.parametrize(
    ("clip", "last"),
    [
        ("fragments without an index behind", struct.pack(">I4s", 108, b"free") + bytes(100)),
        ("fragments without an index behind", struct.pack(">I4s", 108, b"emsg") + b"\1" + bytes(99)),
        ("matroska without lengths", b"\xec\xe4" + bytes(100)),
        ("ts", b"\x47\1\0\x20\xb7\x10\0\0\0\1\x7e\0" + b"\xff" * 176),  # only the time, and no part of a frame
        ("ts", b"\x47\x1f\xff\x10" + bytes(184)),
        ("ts", b"\x47\1\0\x30\xb6\0" + b"\xff" * 181 + b"\0"),
    ],
    indirect=["clip"],
)
def test_filling_behind_the_last_frame_may_go_on_as_zeros(clip: Path, last: bytes) -> None:
    clip.write_bytes(clip.read_bytes() + last + bytes(1000))
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize(
    ("name", "options"),
    [("clip.ts", {}), ("clip.mkv", {"live": "1"}), ("clip.mp4", {"movflags": f"{FRAGMENTS}+skip_trailer"})],
)
def test_frames_that_are_filled_up_with_zeros_may_be_the_last_ones_before_zeros(
    make_clip: ClipMaker, name: str, options: dict[str, str]
) -> None:
    rate = str(4_000_000)
    constant = {"b": rate, "minrate": rate, "maxrate": rate, "bufsize": rate}
    file = make_clip(name, codec="mpeg2video", options=options, encoding=constant, shades=[0] * 20)
    assert bytes(150) in file.read_bytes()
    with file.open("ab") as opened:
        opened.write(bytes(5_000_000))  # so many that FFmpeg would guess a longer time
    assert facts_of(file).frames == 20


def ending_with_zeros(clip: Path, end: int) -> Ending | str:
    """What is said of the clip with zeros from there on."""
    content = clip.read_bytes()
    clip.write_bytes(content[:end] + bytes(max(len(content) - end, 1000)))
    try:
        return ending_of(clip, clip.stat().st_size)
    except MediaError as error:
        return str(error)


@pytest.mark.parametrize(
    ("clip", "mark", "behind", "ending"),
    [
        ("fragments without an index behind", b"mdat", 50, Ending.ZEROS_IN_FRAME),
        ("segment index", b"moof", -4, "zeros"),
        ("matroska without lengths", b"", -9, Ending.ZEROS_IN_FRAME),
        ("matroska without lengths", b"", 0, Ending.UNKNOWN),
        ("matroska", b"\x1fC\xb6u", 50, "zeros"),
        ("matroska", b"\x1fC\xb6u", 0, Ending.ZEROS),
        ("flv", b"", -40, "zeros"),
    ],
    indirect=["clip"],
)
def test_zeros_from_a_place_on_are_told_apart(clip: Path, mark: bytes, behind: int, ending: Ending | str) -> None:
    content = clip.read_bytes()
    told = ending_with_zeros(clip, (content.rindex(mark) if mark else len(content)) + behind)
    assert told == ending if isinstance(ending, Ending) else ending in str(told)


@pytest.mark.parametrize("clip", ["ts with MPEG-2"], indirect=True)
def test_the_last_packet_of_a_frame_of_a_stream_may_end_with_zeros(clip: Path) -> None:
    filled = b"\x47\1\0\x30\x64\0" + b"\xff" * 99 + bytes(83)
    clip.write_bytes(clip.read_bytes() + filled)
    assert ending_with_zeros(clip, clip.stat().st_size) == Ending.ZEROS_IN_FRAME


@pytest.mark.parametrize("clip", ["fragments without an index behind"], indirect=True)
def test_the_beginning_of_another_box_shows_that_fragments_are_cut(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes() + b"\0\0\1")
    with pytest.raises(MediaError, match="incomplete"):
        facts_of(clip)


@pytest.mark.parametrize("clip", ["matroska"], indirect=True)
def test_zeros_behind_filling_in_a_matroska_are_judged_by_its_time(clip: Path) -> None:
    content = clip.read_bytes()
    end = content.rindex(b"\x1cS\xbbk")  # the index, behind the frames
    clip.write_bytes(content[:end] + b"\xec\x8a" + bytes(len(content) - end - 2))
    assert facts_of(clip).frames == 60


def test_sound_that_is_longer_than_the_frames_counts_as_time(make_clip: ClipMaker) -> None:
    source = make_clip(shades=[90] * 5)
    file = source.with_suffix(".mkv")
    with av.open(str(source)) as frames, av.open(str(file), "w") as output:
        stream = output.add_stream_from_template(frames.streams.video[0])
        sound = output.add_stream("aac", rate=44100)
        for packet in frames.demux(video=0):
            if packet.dts is not None:
                packet.stream = stream
                output.mux(packet)
        for _ in range(30):  # 0.7 s
            output.mux(sound.encode(silence()))
        output.mux(sound.encode(None))
    content = file.read_bytes()
    end = content.rindex(b"\x1cS\xbbk")
    file.write_bytes(content[:end] + bytes(len(content) - end))
    assert facts_of(file).frames == 5


def end_of_tag(content: bytes, tenth: int) -> int:
    """Where a tag of an FLV ends, behind a part of it."""
    at = 13
    while at < len(content) * tenth // 10:
        at += 15 + int.from_bytes(content[at + 1 : at + 4], "big")
    return at


@pytest.mark.parametrize("clip", ["flv"], indirect=True)
def test_zeros_behind_an_flv_do_not_matter_whatever_time_it_tells(clip: Path) -> None:
    content = bytearray(clip.read_bytes())
    at = content.index(b"duration\0") + 9
    content[at : at + 8] = struct.pack(">d", 30)
    clip.write_bytes(content + bytes(1000))
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["flv"], indirect=True)
def test_an_flv_that_is_filled_up_to_the_size_that_it_notes_is_refused(clip: Path) -> None:
    content = clip.read_bytes()
    end = end_of_tag(content, 6)
    clip.write_bytes(content[:end] + bytes(len(content) - end))
    with pytest.raises(MediaError, match=r"incomplete: it has .* of 2.5"):
        facts_of(clip)


def count_twice_the_frames(avi: bytearray) -> None:
    """Let both headers of an AVI count 120 frames."""
    for box, offset in ((b"avih", 20), (b"strh", 36)):
        at = avi.index(box) + 4 + offset
        avi[at : at + 4] = struct.pack("<I", 120)


@pytest.mark.parametrize("clip", ["avi"], indirect=True)
def test_zeros_behind_the_frames_of_an_avi_do_not_matter_whatever_its_header_counts(clip: Path) -> None:
    content = bytearray(clip.read_bytes())
    end = content.rindex(b"idx1")
    content[end:] = bytes(len(content) - end)
    count_twice_the_frames(content)
    clip.write_bytes(content)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["avi"], indirect=True)
def test_zeros_behind_the_index_of_an_avi_do_not_matter_whatever_its_header_counts(clip: Path) -> None:
    content = bytearray(clip.read_bytes()) + bytes(1000)
    content[4:8] = struct.pack("<I", len(content) - 8)
    count_twice_the_frames(content)
    clip.write_bytes(content)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["matroska"], indirect=True)
def test_zeros_behind_the_index_of_a_matroska_do_not_matter_whatever_its_header_says(clip: Path) -> None:
    content = bytearray(clip.read_bytes()) + bytes(1000)
    at = content.index(b"\x18S\x80g") + 4
    content[at : at + 8] = struct.pack(">Q", 1 << 56 | len(content) - at - 8)
    at = content.index(b"D\x89\x88") + 3
    content[at : at + 8] = struct.pack(">d", 9000)
    clip.write_bytes(content)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["ts"], indirect=True)
def test_a_stream_whose_last_packet_is_zeros_is_refused(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes()[:-200] + bytes(200))
    with pytest.raises(MediaError, match="zeros"):
        facts_of(clip)


@pytest.mark.parametrize(("clip", "index"), [("matroska", b"\x1cS\xbbk"), ("avi", b"idx1")], indirect=["clip"])
def test_an_index_of_zeros_behind_all_frames_does_not_matter(clip: Path, index: bytes) -> None:
    content = clip.read_bytes()
    end = content.rindex(index)
    clip.write_bytes(content[:end] + bytes(len(content) - end))
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("hidden", [1, 17, 59])
def test_frames_that_an_edit_list_hides_are_not_missing(make_clip: ClipMaker, hidden: int) -> None:
    file = make_clip(shades=SHADES)
    trimmed = file.with_stem("trimmed")
    with (
        av.open(str(file)) as source,
        av.open(str(trimmed), "w", options={"avoid_negative_ts": "disabled"}) as output,
    ):
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.pts is not None and packet.dts is not None:
                frame = round(1 / (24 * packet.time_base))
                packet.pts, packet.dts, packet.stream = packet.pts - hidden * frame, packet.dts - hidden * frame, stream
                output.mux(packet)
    facts = facts_of(trimmed)
    assert facts.frames == 60 - hidden
    assert facts.seconds == pytest.approx((60 - hidden) / 24, abs=0.01)


@pytest.mark.parametrize("clip", ["mp4", "index in front"], indirect=True)
@pytest.mark.parametrize(
    ("box", "offset", "count"),
    [
        (b"mvhd", 16, 900_000),
        (b"mvhd", 16, 1),
        (b"mdhd", 16, 9_000_000),
        (b"mdhd", 16, 1),
        (b"tkhd", 20, 900_000),
        (b"stts", 8, 90),
    ],
)
def test_headers_of_an_mp4_that_count_wrongly_do_not_matter(clip: Path, box: bytes, offset: int, count: int) -> None:
    with_count(clip, box, offset, count)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["avi", "avi with H.264"], indirect=True)
@pytest.mark.parametrize(("box", "offset"), [(b"avih", 20), (b"strh", 36)])
def test_an_avi_whose_header_counts_fields_is_complete(clip: Path, box: bytes, offset: int) -> None:
    content = bytearray(clip.read_bytes())
    at = content.index(box) + 4 + offset
    content[at : at + 4] = struct.pack("<I", 120)
    clip.write_bytes(content)
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize("clip", ["index in front"], indirect=True)
@pytest.mark.parametrize("length", [0, 1_000_000_000])
def test_an_mp4_whose_last_box_does_not_say_its_length_is_judged_by_its_index(clip: Path, length: int) -> None:
    content = bytearray(clip.read_bytes())
    at = content.index(b"mdat") - 4
    content[at : at + 4] = struct.pack(">I", length)
    clip.write_bytes(content)
    assert facts_of(clip).frames == 60
    clip.write_bytes(content[:-40])
    with pytest.raises(MediaError, match="incomplete"):
        facts_of(clip)


@pytest.mark.parametrize("clip", ["mp4"], indirect=True)
def test_a_box_may_have_a_length_of_64_bits(clip: Path) -> None:
    content = clip.read_bytes()
    at = content.index(b"mdat") - 4  # the muxer leaves a box of 8 bytes before it, for the longer length
    assert content[at - 4 : at] == b"free"
    length = struct.unpack(">I", content[at : at + 4])[0] + 8
    clip.write_bytes(content[: at - 8] + b"\0\0\0\x01mdat" + struct.pack(">Q", length) + content[at + 8 :])
    assert facts_of(clip).frames == 60


@pytest.mark.parametrize(
    ("clip", "place"),
    [("mp4", "end"), ("fragments", "end"), ("index in front", "behind ftyp"), ("index in front", "in moov")],
    indirect=["clip"],
)
@pytest.mark.parametrize(
    "box", [b"\0\0\0\x08uuid", b"\0\0\0\x0cuuid1234", b"\0\0\0\x09stsd\0", b"\0\0\0\x0atkhd\xff\xff"]
)
def test_a_box_that_no_frame_needs_may_be_malformed(clip: Path, tmp_path: Path, place: str, box: bytes) -> None:
    content = clip.read_bytes()
    index = content.index(b"moov") - 4
    if place == "end":
        clip.write_bytes(content + box)
    elif place == "behind ftyp":
        first = struct.unpack(">I", content[:4])[0]
        clip.write_bytes(moved(content[:first], len(box)) + box + moved(content[first:], len(box)))
    else:
        end = index + struct.unpack(">I", content[index : index + 4])[0]
        clip.write_bytes(moved(content[:end], len(box)) + box + moved(content[end:], len(box)))
        with_count(clip, b"moov", -8, end - index + len(box))
    assert facts_of(clip).frames == 60
    write_last_frame(clip, tmp_path / "last.png")
    assert (tmp_path / "last.png").is_file()


def moved(content: bytes, by: int) -> bytes:
    """The part of an MP4 with the positions of its samples moved."""
    moved = bytearray(content)
    at = content.find(b"stco")
    if at >= 0:
        for place in range(at + 12, at + 12 + 4 * struct.unpack(">I", content[at + 8 : at + 12])[0], 4):
            moved[place : place + 4] = struct.pack(">I", struct.unpack(">I", content[place : place + 4])[0] + by)
    return bytes(moved)


@pytest.mark.parametrize(("name", "codec"), [("clip.mp4", "libx264"), ("clip.mkv", "libx264"), ("clip.avi", "mpeg4")])
def test_a_title_in_another_encoding_does_not_matter(make_clip: ClipMaker, name: str, codec: str) -> None:
    file = make_clip(name, codec=codec, title="Nameless", shades=SHADES[:5])
    content = file.read_bytes()
    assert b"Nameless" in content
    file.write_bytes(content.replace(b"Nameless", "Größe".encode("latin-1").ljust(8)))
    assert facts_of(file).frames == 5


def test_a_clip_with_sound_is_refused_if_only_sound_is_missing(make_clip: ClipMaker) -> None:
    file = make_clip(audio=True, faststart=True)
    with file.open("rb+") as opened:
        opened.truncate(file.stat().st_size - 1)
    with pytest.raises(MediaError, match="incomplete"):
        facts_of(file)


def test_frames_that_are_only_referred_to_are_not_counted(make_clip: ClipMaker) -> None:
    file = make_clip("clip.webm", codec="libvpx", shades=SHADES)
    assert facts_of(file).frames == 60


@pytest.mark.parametrize("clip", ["mpeg"], indirect=True)
def test_an_mpeg_file_without_its_last_packet_is_refused(clip: Path) -> None:
    clip.write_bytes(clip.read_bytes().removesuffix(b"\0\0\1\xb9")[:-20])
    with pytest.raises(MediaError, match=r"incomplete: it has .* bytes"):
        facts_of(clip)


@pytest.mark.parametrize("kind", [KINDS[name] for name in KINDS if not name.startswith("ts")])
@pytest.mark.parametrize("frames", [1, 2, 20])
def test_a_short_clip_is_complete(make_clip: ClipMaker, kind: Kind, frames: int) -> None:
    file = make_clip(
        kind.name,
        codec=kind.codec,
        options=kind.options,
        container=kind.container,
        encoding=kind.encoding,
        shades=SHADES[:frames],
    )
    assert facts_of(file).frames == frames


def test_bytes_behind_the_end_that_are_read_as_another_stream_do_not_matter(make_clip: ClipMaker) -> None:
    file = make_clip("clip.flv", shades=SHADES * 4)  # longer than what is read to find the streams
    with file.open("ab") as opened:
        opened.write(b"hello (and goodbye)")
    assert facts_of(file).frames == 240


def test_streams_that_are_joined_are_complete(make_clip: ClipMaker) -> None:
    file = make_clip("clip.ts", shades=SHADES)
    file.write_bytes(file.read_bytes() * 2)
    assert facts_of(file).frames == 120
