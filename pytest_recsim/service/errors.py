"""How a request that failed is told."""

from __future__ import annotations


class ServiceError(Exception):
    """A request that did not get the answer it needed.

    Attributes:
        sentence: what was asked, what was answered, the correlation id when there is one.
        status: HTTP status, or None when no answer arrived.
        code: the service's ``error`` code, or ours: ``unreachable``, ``timeout``, ``dropped``, ``tls``,
            ``not_http``, ``redirect``, ``not_json``, ``schema``, ``changed``.
    """

    def __init__(self, sentence: str, status: int | None = None, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.status = status
        self.code = code
