"""A running Gorse, read over its REST API, page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeVar

import httpx
import msgspec

from pytest_recsim.data.input.findings import quoted
from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.masking import learn
from pytest_recsim.service.contract.urls import normalise
from pytest_recsim.sources.formats.source import Source

PAGE = 1000
TIMEOUT_S = 60.0
T = TypeVar("T")


class Gorse:
    """Reads lists; the key, if there is one, is sent as ``X-API-Key``."""

    def __init__(self, source: Source) -> None:
        self.url = normalise(source.where, "SOURCE")
        learn([source.api_key or ""])
        headers = {"X-API-Key": source.api_key} if source.api_key else {}
        verify: Any = True
        if source.ca_file:
            verify = _trusting(source)
        self.client = httpx.Client(headers=headers, timeout=TIMEOUT_S, verify=verify)

    def close(self) -> None:
        self.client.close()

    def all(self, path: str, key: str, kind: type[T]) -> list[tuple[int, T]]:
        """Read ``/api/users``, ``/api/items`` or ``/api/feedback`` whole.

        Args:
            path: which.
            key: of the list in an answer.
            kind: of its entries.

        Raises:
            InputError: it cannot be reached, refuses, or answers with something else.
        """
        return list(enumerate((row for page in self._pages(path, key, kind) for row in page), 1))

    def _pages(self, path: str, key: str, kind: type[T]) -> Iterator[list[T]]:
        cursor, seen = "", {""}
        while True:
            answer = self._answer(path, {"cursor": cursor, "n": str(PAGE)})
            try:
                yield msgspec.convert(answer.get(key) or [], list[kind])  # type: ignore[valid-type] # its argument
                cursor = msgspec.convert(answer.get("Cursor") or "", str)
            except (msgspec.ValidationError, ValueError, RecursionError) as error:
                raise self._odd(path, f"answered with something else: {quoted(str(error))}") from None
            if not cursor:
                return
            if cursor in seen:
                raise self._odd(path, "answered the same page again and again")
            seen.add(cursor)

    def _answer(self, path: str, query: dict[str, str]) -> dict[str, Any]:
        try:
            found = self.client.get(f"{self.url}{path}", params=query)
        except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
            raise self._odd(path, f"cannot be read: {quoted(str(error)) or type(error).__name__}") from None
        if found.status_code != httpx.codes.OK:
            hint = "; its key comes from RECSIM_GORSE_API_KEY" if found.status_code in {401, 403} else ""
            raise self._odd(path, f"answered {found.status_code}{hint}")
        if b"\\u0000" in found.content:
            raise self._odd(path, "answered with a NUL character")
        try:
            return msgspec.json.decode(found.content, type=dict[str, Any])
        except (msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise self._odd(path, f"answered with something else: {quoted(str(error))}") from None

    def _odd(self, path: str, what: str) -> InputError:
        return InputError(Problem(f"{self.url}{path}", what))


def _trusting(source: Source) -> Any:
    import ssl

    try:
        return ssl.create_default_context(cafile=source.ca_file)
    except (OSError, ssl.SSLError):
        raise InputError(Problem(str(source.ca_file), "is no PEM file of an authority")) from None
