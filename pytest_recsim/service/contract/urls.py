"""Base URLs: one spelling, and nothing in them that would surprise later."""

from __future__ import annotations

from urllib.parse import SplitResult, urlsplit

from pytest_recsim.data.input.problems import InputError, Problem


def normalise(url: str, origin: str = "--base-url") -> str:
    """Return the URL without trailing slash and surrounding blanks.

    Args:
        url: what somebody typed; a path (``https://host/recsys``) is kept.
        origin: where it was typed, for the sentence.

    Raises:
        InputError: no http(s) scheme, no host, a bad port, or user info, a query or a fragment in it.
    """
    text = url.strip()
    try:
        parts = urlsplit(text)
        complaint = _complaint(text, parts)
    except ValueError as error:  # urlsplit and .port both speak through ValueError
        complaint = f"is not a URL ({error})"
    if complaint:
        shown = "the URL" if "@" in text else f"`{text}`"  # user info may be a password
        raise InputError(
            Problem(origin, f"{shown} {complaint}; write it like `https://recsys.example:8080`.")
        )
    return text.rstrip("/")


def _complaint(text: str, parts: SplitResult) -> str:
    if parts.scheme not in {"http", "https"}:
        return "does not start with `http://` or `https://`"
    if "@" in parts.netloc:
        return (
            "carries a user name or password, which would end up in reports (keys come from RECSYS_API_KEY)"
        )
    if not parts.hostname or parts.port == 0:
        return "names no host" if not parts.hostname else "has port 0"
    if "?" in text or "#" in text:
        return "carries a query or a fragment"
    if any(character.isspace() or not character.isprintable() for character in text):
        return "contains a space or a control character"
    return ""
