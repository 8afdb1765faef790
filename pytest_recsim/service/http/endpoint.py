"""Where requests go, on whose behalf, and how patiently."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from pytest_recsim.data.input.problems import InputError, Problem
from pytest_recsim.record.masking import learn, masked
from pytest_recsim.service.http.retry import Patience


@dataclass(frozen=True)
class Endpoint:
    """One namespace of one tenant on one service.

    Attributes:
        base_url: normalised, see ``urls.normalise``.
        org_id: the tenant, sent as ``X-Org-ID``.
        namespace: where the customer's data lives; never empty (the service would store, but not list).
        api_key: sent as ``X-API-Key``; never shown.
        token: sent to the stand-in of this run, which answers nobody else; never shown.
        timeout: seconds for one attempt of one request, body included.
        concurrency: requests in flight at most.
        trust_env: honour HTTP(S)_PROXY and SSL_CERT_FILE; False for the stand-in.
        ca_file: PEM file of a private authority, instead of the public ones.
        patience: when to try again.
        slow_s: seconds within which a question for a list is repeated that times out or is answered 500.
    """

    base_url: str
    org_id: str
    namespace: str
    api_key: str | None = field(default=None, repr=False)
    token: str = field(default="", repr=False)
    timeout: float = 10.0
    concurrency: int = 8
    trust_env: bool = True
    ca_file: Path | None = None
    patience: Patience = field(default=Patience(), repr=False)
    slow_s: float = 90.0

    @cached_property
    def asking(self) -> Patience:
        """The patience for questions for a list: freshly seeded data make the first answers slow."""
        return replace(self.patience, slow_s=self.slow_s)

    def __post_init__(self) -> None:
        if not self.namespace.strip():
            raise InputError(
                Problem("--namespace", "the namespace is empty; data in it could never be listed.")
            )
        if self.api_key is not None and not (self.api_key.isascii() and self.api_key.isprintable()):
            raise InputError(
                Problem(
                    "RECSYS_API_KEY",
                    "the key holds characters that an HTTP header cannot carry (a line break?).",
                )
            )
        learn([self.api_key or "", self.token])
        if self.concurrency < 1 or self.timeout <= 0:
            raise InputError(Problem("", "concurrency must be at least 1 and the time-out above 0 seconds."))

    def masked(self, text: str) -> str:
        """Return the text without secrets; this key is one however short it is."""
        return masked(text, [self.api_key] if self.api_key else [], least=1)
