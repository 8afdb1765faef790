"""Which words are secret: what sounds like one by its name, and where secrets are known to lie."""

from __future__ import annotations

import base64
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

KEY_VARIABLE = "RECSYS_API_KEY"
_SECRET = re.compile(
    r"(^|_)(KEYS?|SECRETS?|SALT|TOKENS?)$|PASSWORD|PASSWD|CREDENTIAL|^DATABASE_URL$|^LLM_", re.IGNORECASE
)
_PROXY = re.compile(r"(HTTPS?|WSS?|ALL)_PROXY", re.IGNORECASE)
_OPTION = re.compile(r"-{0,2}([A-Za-z][\w-]*)=(.*)", re.DOTALL)
_HARMLESS = re.compile(
    r"[0-9.]{0,5}|(?i:true|false|null|none|bearer|basic|enabled|disabled|localhost|default)"
)
_PLAIN = re.compile(r"-*[a-z]+([-._@:][a-z]+)*|-\w|\d+|[~.]*/.*")


def is_secret(name: str) -> bool:
    """Return whether a variable's value must never leave its place."""
    return _SECRET.search(name) is not None


def of_variables(variables: Mapping[str, str]) -> Iterator[str]:
    """Yield the secrets in environment variables or in the lines of an env file."""
    for name, value in variables.items():
        if _PROXY.fullmatch(name):
            yield from of_url(value)
        elif name == KEY_VARIABLE or (
            is_secret(name) and not _HARMLESS.fullmatch(value) and not _is_path(value)
        ):
            yield from (value, *of_url(value))
        elif "://" in value:
            yield from of_url(value)


def of_url(url: str) -> Iterator[str]:
    """Yield the password in a URL, or what stands in its place, in every form in which it may come back."""
    said = url.rpartition("@")[0].rpartition("://")[2]
    name, colon, password = said.partition(":")
    secret = password if colon else name
    if colon or not _PLAIN.fullmatch(name):  # `deploy@host` has a name and no secret
        yield secret
        yield from re.split(
            r"[/?#:@]", secret
        )  # what a parser takes for a port or a path, and repeats as that
    if colon:
        plain = f"{unquote(name)}:{unquote(password)}"
        yield base64.b64encode(plain.encode()).decode()


def of_command(command: str) -> Iterator[str]:
    """Yield what is surely a secret in a command: passwords in URLs, and values of what sounds like one."""
    before = ""
    for word in words(command):
        found = _OPTION.fullmatch(word)
        if found is not None and is_secret(_spelt(found[1])):
            yield found[2]
        elif is_secret(_spelt(before.lstrip("-"))) and before.startswith("-") and not word.startswith("-"):
            yield word
        elif "://" in word and "@" in word:
            yield from of_url(word)
        yield from re.findall(r"(?i)(?:authorization|api-key|token):\s*(?:(?:bearer|basic)\s+)?(\S+)", word)
        before = word


def odd_words(command: str) -> Iterator[str]:
    """Yield what may be a secret in a command: every word but the first that is no plain word, number or path."""
    for word in words(command)[1:]:
        if " " not in word and not _PLAIN.fullmatch(word):
            yield from (word, _OPTION.sub(r"\2", word))


def words(command: str) -> list[str]:
    """Return the words of a command and the words in those; one that cannot be taken apart is refused elsewhere."""
    try:
        found = shlex.split(command)
    except ValueError:
        found = command.split()
    return [part for word in found for part in ((word, *word.split()) if " " in word else (word,))]


def _spelt(name: str) -> str:
    return name.replace("-", "_")


def _is_path(value: str) -> bool:
    try:
        return value.startswith(("/", "~", ".")) and Path(value).expanduser().exists()
    except (OSError, ValueError, RuntimeError):
        return False
