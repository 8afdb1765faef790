"""Which handler answers which path. There are no 404s for paths: what is not here is a 405 (contract 1.1)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from pytest_recsim.standin.http.messages import Answer, Request

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_recsim.standin.state.service import Service

Handler = Callable[["Service", Request], Answer]


class Route(NamedTuple):
    """A method and a path; at most one ``{name}`` segment is variable."""

    method: str
    path: str
    handler: Handler


class Match(NamedTuple):
    """The handlers of one path by method, and the variable part of the path."""

    methods: Mapping[str, Handler]
    path_id: str


class Router:
    """Exact paths in a dict, variable ones as (prefix, suffix) pairs."""

    def __init__(self, routes: tuple[Route, ...]) -> None:
        self._exact: dict[str, dict[str, Handler]] = {}
        self._variable: dict[tuple[str, str], dict[str, Handler]] = {}
        for method, path, handler in routes:
            if "{" in path:
                prefix, _, rest = path.partition("{")
                methods = self._variable.setdefault((prefix, rest.partition("}")[2]), {})
            else:
                methods = self._exact.setdefault(path, {})
            methods[method] = handler

    def find(self, raw_path: str) -> Match:
        """Match a path as sent; one with an encoded slash is compared, and passed on, undecoded."""
        plain = "%" not in raw_path or "%2f" in raw_path.lower()
        path = raw_path if plain else unquote(raw_path)
        if path in self._exact:
            return Match(self._exact[path], "")
        for (prefix, suffix), methods in self._variable.items():
            if path.startswith(prefix) and path.endswith(suffix):
                path_id = path[len(prefix) : len(path) - len(suffix)]
                if path_id and "/" not in path_id:
                    return Match(methods, path_id)
        return Match({}, "")


def not_allowed(methods: Mapping[str, Handler]) -> Answer:
    return Answer(405, b"", "", ", ".join([*sorted(methods), "OPTIONS"]))
