"""Words that differ: whole words, whole characters, in every script."""

from __future__ import annotations

import pytest

from sora_desktop.state.word_diff import Spans, excerpt, marked_against_first, words_of

SAILBOAT = "A lone sailboat drifts across a glassy bay at golden hour, slow dolly-in, volumetric light"
MOONRISE = SAILBOAT.replace("golden hour", "blue hour, moonrise")


def shown(spans: Spans) -> str:
    """The text with marks in brackets."""
    return "".join(f"[{span.text}]" if span.is_changed else span.text for span in spans)


@pytest.mark.parametrize(
    "marked",
    [
        ("a [golden hour], slow", "a [blue hour, moonrise], slow"),
        ("a cat sleeps", "a cat sleeps"),
        ("one []cat sleeps", "one [black] cat sleeps"),
        ("one cat[]", "one cat[, asleep]"),
        ("a [red] cat [sleeps]", "a red cat [jumps]", "a [blue] cat sleeps"),
        ("[夕阳]下的帆船缓缓驶过海湾", "[月光]下的帆船缓缓驶过海湾"),
        ("مركب شراعي عند [الغروب]", "مركب شراعي عند [الفجر]"),
        ("family [\U0001f468\u200d\U0001f467] at home", "family [\U0001f468\u200d\U0001f466] at home"),
        ("[]", "[a cat]"),
        ("waves on a beach at noon", "portrait, studio light"),  # nothing in common
    ],
)
def test_changed_words_are_marked(marked: tuple[str, ...]) -> None:
    texts = [text.translate({ord("["): None, ord("]"): None}) for text in marked]
    spans = marked_against_first(texts)
    assert tuple(map(shown, spans)) == marked
    assert ["".join(span.text for span in one) for one in spans] == texts


@pytest.mark.parametrize(
    "text", [SAILBOAT, "夕阳 下, नमस्ते e\u0301te \U0001f468\u200d\U0001f467!", "\u0301lone mark", ""]
)
def test_the_pieces_are_the_text(text: str) -> None:
    words = words_of(text)
    assert "".join(words) == text
    assert not any(word.startswith(("\u0301", "\u200d")) for word in words[1:])


def test_an_excerpt_shows_the_change_and_cuts_no_word() -> None:
    short = shown(excerpt(marked_against_first([SAILBOAT, MOONRISE])[1], 50))
    assert short == "… glassy bay at [blue hour, moonrise], slow dolly-in, …"
    assert shown(excerpt(marked_against_first([SAILBOAT, SAILBOAT])[0], 20)) == "A lone sailboat …"
    assert excerpt(marked_against_first([SAILBOAT])[0], 200) == marked_against_first([SAILBOAT])[0]


@pytest.mark.parametrize("room", range(1, 90, 7))
def test_an_excerpt_of_a_change_longer_than_the_room_begins_with_it(room: int) -> None:
    other = "A lone " + "blue light flies " * 100 + SAILBOAT[7:]
    short = shown(excerpt(marked_against_first([SAILBOAT, other])[1], room))
    assert short.startswith("… [") and len(short) < room + 30


def test_long_prompts_are_compared() -> None:
    one = "".join(chr(0x4E00 + number * 37 % 900) for number in range(2000))
    (first, other) = marked_against_first([one, one[:900] + "月" + one[901:1500] + "光" + one[1501:]])
    assert [span.text for span in first if span.is_changed] == [one[900], one[1500]]
    assert [span.text for span in other if span.is_changed] == ["月", "光"]
