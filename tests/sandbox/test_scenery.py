"""Painted scenes: the words of a prompt choose them, a seed varies them, and they move."""

from __future__ import annotations

import random
import unicodedata
from pathlib import Path

import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from sora_desktop.sandbox.ambience import AMBIENCES
from sora_desktop.sandbox.scenery.caption import CHARACTERS, Caption, shown_text
from sora_desktop.sandbox.scenery.choice import SUBJECTS, choose
from sora_desktop.sandbox.scenery.film import film_of
from sora_desktop.sandbox.scenery.light import Hour
from sora_desktop.sandbox.scenery.pictures import Paint
from sora_desktop.sandbox.scenery.weather import Weather

SIZES = {"16:9": (160, 90), "9:16": (90, 160), "1:1": (120, 120)}
DURATION = 10.0


def picture(paint: Paint, time: float, width: int = 160, height: int = 90) -> QImage:
    """What is painted on gray at that time."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor(128, 128, 128))
    with QPainter(image) as painter:
        paint(painter, time)
    return image


def luma(image: QImage) -> bytes:
    """The brightness of each pixel."""
    gray = image.convertToFormat(QImage.Format.Format_Grayscale8)
    rows = bytes(gray.constBits())
    return b"".join(rows[y * gray.bytesPerLine() :][: gray.width()] for y in range(gray.height()))


def difference(one: QImage, other: QImage) -> float:
    """Mean difference of brightness, 0 to 255."""
    pairs = list(zip(luma(one), luma(other), strict=True))
    return sum(abs(a - b) for a, b in pairs) / len(pairs)


def film(prompt: str, seed: bytes = b"1", width: int = 160, height: int = 90, image: Path | None = None) -> Paint:
    return film_of(prompt, image, seed, width, height, DURATION).paint


def chosen(prompt: str, seed: int = 1) -> tuple[str, Hour, Weather | None]:
    """The name of the subject that a prompt chooses, with hour and weather."""
    choice = choose(prompt, random.Random(seed))
    return next(name for name, subject in SUBJECTS.items() if subject is choice.subject), choice.hour, choice.weather


@pytest.mark.parametrize(
    ("prompt", "name", "hour"),
    [
        ("A lone sailboat drifts across a glassy bay at golden hour", "sailboat", Hour.GOLDEN),
        ("The SEA at dusk", "sailboat", Hour.DUSK),
        ("A lighthouse on a cliff at night", "lighthouse", Hour.NIGHT),
        ("City lights at night, handheld", "skyline", Hour.NIGHT),
        ("A paper boat in the rain", "wet street", None),
        ("Paper lanterns over a lake, evening", "lanterns", Hour.DUSK),
        ("Northern lights over pines", "northern lights", None),
        ("Light rays in a pine wood, morning", "woods", Hour.DAWN),
        ("Butterfly landing on a violet flower, shallow depth of field", "butterfly", None),
        ("Macro of a fern unfurling", "fern", None),
        ("A cat on a mat", "cat", None),
        ("A concatenation of categories", "", None),
        ("Ein Schiff auf dem Meer", "sailboat", None),
        ("La forêt", "woods", None),
        ("夜の海", "sailboat", None),
        ("кошка на окне", "cat", None),
    ],
)
def test_the_words_of_a_prompt_choose_the_scene(prompt: str, name: str, hour: Hour | None) -> None:
    seen = [chosen(prompt, seed) for seed in range(8)]
    if name:
        assert {subject for subject, *_ in seen} == {name}
    else:
        assert len({subject for subject, *_ in seen}) > 2, "chance chooses"
    if hour:
        assert {found for _, found, _ in seen} == {hour}


def test_without_a_known_word_the_seed_chooses_among_all() -> None:
    assert {chosen("xyz", seed)[0] for seed in range(300)} == set(SUBJECTS)


def test_weather_falls_outdoors_once() -> None:
    assert chosen("Mountains in the fog")[2] is Weather.FOG
    assert chosen("Rain over the desert dunes, a caravan")[2] is Weather.RAIN
    assert chosen("Snow on a cabin in winter")[2] is None, "the scene has snow of its own"
    assert chosen("A golden retriever runs through a snowy field") == ("winter", Hour.GOLDEN, None), "no green grass"
    assert chosen("A planet in space, meteor storm, orbit")[2] is None


@pytest.mark.parametrize("name", sorted(SUBJECTS))
def test_a_scene_moves_and_each_seed_is_another_take(name: str) -> None:
    word = SUBJECTS[name].stems.split()[0]
    assert SUBJECTS[name].ambience in AMBIENCES
    for width, height in SIZES.values():
        take, same, other = (film(word, seed, width, height) for seed in (b"1", b"1", b"2"))
        start = picture(take, 0, width, height)
        assert luma(start) == luma(picture(same, 0, width, height))
        assert max(luma(start)) - min(luma(start)) > 60, "it has light and shade"
        assert difference(start, picture(take, 5, width, height)) > 0.4
        assert difference(start, picture(other, 0, width, height)) > 1


@pytest.mark.parametrize("weather", ["snow", "rain", "fog"])
def test_weather_is_seen(weather: str) -> None:
    assert difference(picture(film("dunes at noon"), 3), picture(film(f"dunes at noon, {weather} dunes"), 3)) > 0.1


def image_file(folder: Path, width: int, height: int) -> Path:
    """An image whose left half is red and whose right half is blue."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("red"))
    with QPainter(image) as painter:
        painter.fillRect(width // 2, 0, width, height, QColor("blue"))
    file = folder / "image.png"
    image.save(str(file))
    return file


@pytest.mark.parametrize(("width", "height"), SIZES.values())
@pytest.mark.parametrize("shape", [(1600, 900), (90, 160), (500, 500), (2000, 100), (40, 1000)])
def test_an_image_is_whole_at_first_and_grows(tmp_path: Path, shape: tuple[int, int], width: int, height: int) -> None:
    take = film("x", width=width, height=height, image=image_file(tmp_path, *shape))
    start, end = picture(take, 0, width, height), picture(take, DURATION, width, height)
    scale = min(width / shape[0], height / shape[1])
    left, right = (width - shape[0] * scale) / 2, (width + shape[0] * scale) / 2
    assert start.pixelColor(round(left + 1), height // 2).red() > 150, "its left edge"
    assert start.pixelColor(round(right - 2), height // 2).blue() > 150, "its right edge"
    assert difference(start, end) > 0.05


def test_an_image_of_the_same_shape_fills_the_first_picture(tmp_path: Path) -> None:
    file = image_file(tmp_path, 640, 360)
    start = picture(film("x", image=file), 0)
    assert difference(start, QImage(str(file)).scaled(160, 90)) < 1, "a clip that continues another starts from its end"


def test_an_image_is_shown_upright(tmp_path: Path) -> None:
    file = tmp_path / "photo.jpg"
    QImage(str(image_file(tmp_path, 64, 32))).save(str(file), quality=95)
    content = file.read_bytes()
    exif = b"Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    file.write_bytes(content[:2] + b"\xff\xe1" + (len(exif) + 2).to_bytes(2, "big") + exif + content[2:])
    start = picture(film("x", width=90, height=160, image=file), 0, 90, 160)
    top, bottom = start.pixelColor(45, 20), start.pixelColor(45, 140)
    assert top.red() > 150 and bottom.blue() > 150, "turned by 90 degrees, its left half is at the top"


def test_an_unreadable_image_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "image.png"
    file.write_bytes(b"\x89PNG")
    with pytest.raises(ValueError, match="cannot be read"):
        film("x", image=file)


@pytest.mark.parametrize(
    ("prompt", "shown"),
    [
        ("A cat", "A cat"),
        ("  A\ncat\t ", "A cat"),
        ("Żółw, straße, кот, γάτα", "Żółw, straße, кот, γάτα"),
        ("A cat 猫 asleep", "A cat asleep"),
        ("ﬁne ｆｕｌｌ", "fine full"),
        ("猫が眠る", ""),
        ("猫、…", ""),
        ("🐈", ""),
        ("", ""),
    ],
)
def test_the_caption_leaves_out_what_its_font_lacks(prompt: str, shown: str) -> None:
    assert shown_text(prompt, 10_000) == shown


def test_a_long_caption_ends_after_a_word() -> None:
    shown = shown_text("word " * 400, 600)
    assert shown.endswith("word…") and 30 < len(shown) < 60
    assert shown_text("w" * 400, 600).endswith("w…")


def test_the_caption_knows_every_character_once() -> None:
    assert len(set(CHARACTERS)) == len(CHARACTERS)
    assert not [letter for letter in CHARACTERS if unicodedata.category(letter) == "Cc"]
    assert all(shown_text(f"a{letter}", 1000).startswith("a") for letter in CHARACTERS)


def test_the_caption_is_small_at_the_bottom_left_and_fades() -> None:
    caption = Caption("A cat on a mat", 640, 360, DURATION)
    shown = picture(caption.paint, 5, 640, 360)
    inked = [(x, y) for y in range(360) for x in range(640) if abs(shown.pixelColor(x, y).green() - 128) > 8]
    assert max(shown.pixelColor(x, y).green() for x, y in inked) > 200
    assert min(y for _, y in inked) > 320 and max(x for x, _ in inked) < 200
    for time in (0.0, DURATION):
        assert difference(picture(caption.paint, time, 640, 360), picture(lambda *_: None, 0, 640, 360)) == 0


def test_the_caption_leaves_room_for_the_frame_strip() -> None:
    caption = Caption("A cat", 160, 90, DURATION, lift=18)
    blank, shown = picture(lambda *_: None, 0), picture(caption.paint, 5)
    assert difference(blank, shown) > 0
    assert difference(blank.copy(0, 74, 160, 16), shown.copy(0, 74, 160, 16)) == 0
