"""Text of other people, made safe to show: ids, tags and segments can hold anything that Unicode has."""

from __future__ import annotations


def legible(text: str) -> str:
    r"""Return the text with everything escaped that steers a terminal or turns its neighbours around.

    Control characters, marks of direction, invisible characters and odd blanks become ``\\xNN`` or ``\\uNNNN``; line
    breaks stay, because sentences of ours have several lines.
    """
    if text.isprintable():
        return text
    return "".join(char if char.isprintable() or char == "\n" else ascii(char)[1:-1] for char in text)
