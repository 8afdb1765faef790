"""One request as a value, and what came back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from pytest_recsim.service.http.retry import Patience

Query = Mapping[str, str | int]
RECOMMEND_PATH = "/v1/recommendations"


@dataclass(frozen=True)
class Call:
    """A request, ready to be sent.

    Attributes:
        path: below the base URL, ids already quoted.
        query: query parameters.
        body: JSON, or None.
        safe: sending it twice has the effect of sending it once.
        what: who or what it is about, for sentences (``for user u1``); may be empty.
        label: the endpoint it is counted under; differs from the path when that holds an id.
        patience: instead of the endpoint's.
    """

    method: str
    path: str
    query: Query = field(default_factory=dict)
    body: bytes | None = None
    safe: bool = True
    what: str = ""
    label: str = ""
    patience: Patience | None = None

    @property
    def read(self) -> bool:
        """Whether it changes nothing: so does the question for a list, which is a POST."""
        return self.method == "GET" or self.path == RECOMMEND_PATH

    @property
    def endpoint(self) -> str:
        return self.label or f"{self.method} {self.path}"


@dataclass(frozen=True)
class Reply:
    """An HTTP answer, whatever it says."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float
