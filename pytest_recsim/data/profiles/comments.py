"""Comments above the values of a dotenv file, as somebody would write them who says where a value comes from."""

from __future__ import annotations

import io
from collections.abc import Mapping

from dotenv.parser import parse_stream


def commented(text: str, head: str, comments: Mapping[str, str]) -> str:
    r"""Return the text with a comment on top, and one above the last line of each of these keys; nothing else changes.

    Comments are one line each; line breaks in them become spaces.

    Raises:
        ValueError: a key is not in the text.
    """
    bindings = list(parse_stream(io.StringIO(text, newline="")))
    last = {one.key: place for place, one in enumerate(bindings) if one.key is not None}
    if missing := [key for key in comments if key not in last]:
        raise ValueError(f"{', '.join(missing)}: not in this text")
    end = "\r\n" if "\r\n" in text else "\n"
    above = {last[key]: words for key, words in comments.items()}
    pieces = [_line(head, end)]
    for place, binding in enumerate(bindings):
        whole = binding.original.string
        if place in above:
            blank = len(whole) - len(whole.lstrip())  # blank lines belong to what follows them
            whole = f"{whole[:blank]}{_line(above[place], end)}{whole[blank:]}"
        pieces.append(whole)
    return "".join(pieces)


def _line(words: str, end: str) -> str:
    return f"# {' '.join(words.split())}{end}"
