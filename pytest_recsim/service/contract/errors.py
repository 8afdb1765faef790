"""How a request that failed is told."""

from __future__ import annotations

from pytest_recsim.data.input.problems import RecsimError
from pytest_recsim.record.masking import safe


class ServiceError(RecsimError):
    """A request that did not get the answer it needed.

    Attributes:
        sentence: what was asked, what was answered, the correlation id when there is one.
        status: HTTP status, or None when no answer arrived.
        code: the service's ``error`` code, or ours: ``unreachable``, ``timeout``, ``dropped``, ``tls``,
            ``not_http``, ``redirect``, ``not_json``, ``schema``, ``changed``, ``too_large``, ``encoding``.
    """

    def __init__(self, sentence: str, status: int | None = None, code: str | None = None) -> None:
        self.sentence = safe(sentence)
        super().__init__(self.sentence)
        self.status = status
        self.code = code
