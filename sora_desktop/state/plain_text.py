"""Shows prompts, file names and answers of services as they are: no HTML, and in their own direction."""

from __future__ import annotations


def plain_tip(*paragraphs: str) -> str:
    """A tool tip of these texts as they are, wrapped. Qt reads a tool tip with tags in it as HTML."""
    parts = []
    for text in filter(None, paragraphs):
        direction = "rtl" if is_right_to_left(text) else "ltr"
        escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\n", "<br>")
        parts.append(f"<p dir='{direction}'>{escaped}</p>")
    return f"<qt>{''.join(parts)}</qt>" if parts else ""


def is_right_to_left(text: str) -> bool:
    """True if the first letter with a direction is one of a script that is written from right to left."""
    if text.isascii():
        return False
    import unicodedata  # late: few texts need it

    for character in text:
        match unicodedata.bidirectional(character):
            case "R" | "AL":
                return True
            case "L":
                return False
            case _:
                pass
    return False
