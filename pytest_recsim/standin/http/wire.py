"""JSON as the service reads and writes it (contract 1.1).

Reading: unknown keys are ignored, known ones match in any case, null means missing, integers must be written as
integers, and whatever follows the first JSON value is ignored. A *reader* is a function from a decoded value to a
checked one; it raises ``MismatchError``, to which the enclosing object adds its key on the way up.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

import msgspec

from pytest_recsim.standin.http.errors import ApiError, bad_request, internal, refused_by_database

Reader = Callable[[Any], Any]
_INFINITIES = (math.inf, -math.inf)
_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder()
_ESCAPES = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    (b"\xe2\x80\xa8", b"\\u2028"),
    (b"\xe2\x80\xa9", b"\\u2029"),
)


class MismatchError(Exception):
    """A value of the wrong JSON type."""

    def __init__(self, expected: str) -> None:
        super().__init__(expected)
        self.expected = expected
        self.path: list[str] = []

    def refusal(self) -> ApiError:
        field = ".".join(reversed(self.path))
        return bad_request(
            "invalid_json_type",
            f"wrong JSON type for {field or 'the body'}",
            field=field,
            expected=self.expected,
        )


def text(value: Any) -> str:
    if type(value) is not str:
        raise MismatchError("string")
    return value


def flag(value: Any) -> bool:
    if type(value) is not bool:
        raise MismatchError("bool")
    return value


def number(value: Any) -> float:
    if type(value) is not float and type(value) is not int:
        raise MismatchError("float64")
    try:
        result = float(value)
    except OverflowError:
        raise MismatchError("float64") from None
    if not math.isfinite(result):
        raise MismatchError("float64")
    return result


def anything(value: Any) -> Any:
    return value


def _whole(bits: int, name: str) -> Reader:
    low, high = -(1 << bits - 1), (1 << bits - 1) - 1

    def read(value: Any) -> int:
        if type(value) is not int or not low <= value <= high:
            raise MismatchError(name)
        return value

    return read


int16 = _whole(16, "int16")
integer = _whole(64, "int")


class ListOf:
    """A reader for a list; null members become ``zero`` (called when callable), as the service's decoder does."""

    def __init__(self, member: Reader, zero: Any, expected: str) -> None:
        self.member = member
        self._zero = zero
        self._expected = expected

    def __call__(self, value: Any) -> list[Any]:
        if type(value) is not list:
            raise MismatchError(self._expected)
        read, zero = self.member, self._zero
        return [(zero() if callable(zero) else zero) if member is None else read(member) for member in value]


class MapOf:
    """A reader for an object with free keys."""

    def __init__(self, member: Reader, expected: str) -> None:
        self.member = member
        self._expected = expected

    def __call__(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise MismatchError(self._expected)
        return {key: self.member(member) for key, member in value.items() if member is not None}


texts = ListOf(text, "", "[]string")


class Fields:
    """A reader for an object with known keys; the result holds only the members that were sent and not null."""

    def __init__(self, name: str, fields: Mapping[str, Reader]) -> None:
        self._name = name
        self.readers = dict(fields)
        self._names = {field.lower(): field for field in fields}

    def __call__(self, value: Any) -> dict[str, Any]:
        if type(value) is not dict:
            raise MismatchError(self._name)
        known: dict[str, Any] = {}
        for key, member in value.items():
            field = key if key in self.readers else self._names.get(key.lower())
            if field is None or member is None:
                continue
            try:
                known[field] = self.readers[field](member)
            except MismatchError as mismatch:
                mismatch.path.append(field)
                raise
        return known


def read_body(body: bytes, fields: Fields) -> dict[str, Any]:
    """Decode a request body and check it; raises the 400s, the 422s and the 500 for an empty body."""
    if not body.strip():
        raise internal("EOF")
    value, strict = _decode(body)
    if value is None:
        return {}
    try:
        known = fields(value)
    except MismatchError as mismatch:
        raise mismatch.refusal() from None
    if b"\\u0000" in body and has_nul(known):
        raise refused_by_database("a string holds a NUL character")
    if not strict and _contains(known, lambda leaf: leaf in _INFINITIES):
        raise refused_by_database("a number is out of range")
    return known


def _decode(body: bytes) -> tuple[Any, bool]:
    """Return the first JSON value of a body, and whether the body is exactly one well-formed value."""
    try:
        return _DECODER.decode(body), True
    except (msgspec.DecodeError, UnicodeDecodeError):
        return _decode_first(body), False


def _decode_first(body: bytes) -> Any:
    """Decode what only a lenient reader takes: text behind the value, lone surrogates, numbers out of range."""
    try:
        decoder = json.JSONDecoder(parse_constant=_no_constant)
        return _scrub(decoder.raw_decode(body.decode("utf-8", "replace").lstrip(" \t\r\n"))[0])
    except ValueError:
        raise bad_request("invalid_json", "the body is not JSON") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    if isinstance(value, list):
        return [_scrub(member) for member in value]
    if isinstance(value, dict):
        return {_scrub(key): _scrub(member) for key, member in value.items()}
    return value


def has_nul(value: Any) -> bool:
    """Tell whether a string anywhere in a decoded value holds a NUL character."""
    return _contains(value, lambda leaf: isinstance(leaf, str) and "\0" in leaf)


def _contains(value: Any, test: Callable[[Any], bool]) -> bool:
    """Tell whether a key or a leaf of a decoded value passes the test."""
    if isinstance(value, list):
        return any(_contains(member, test) for member in value)
    if isinstance(value, dict):
        return any(test(key) or _contains(member, test) for key, member in value.items())
    return test(value)


def write(body: Any) -> bytes:
    """Encode an answer, with the characters escaped that the service escapes inside strings."""
    data = _ENCODER.encode(body)
    for plain, escaped in _ESCAPES:
        if plain in data:
            data = data.replace(plain, escaped)
    return data


def distinct(ids: list[str]) -> tuple[str, ...]:
    """Return ids trimmed, without blanks and repeats."""
    return tuple(dict.fromkeys(trimmed for value in ids if (trimmed := value.strip())))
