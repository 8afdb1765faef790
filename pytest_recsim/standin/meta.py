"""Health and version (contract 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin.clock import whole_seconds
from pytest_recsim.standin.http import Answer, Request, answer

if TYPE_CHECKING:
    from pytest_recsim.standin.state import Service


def health(_service: Service, _request: Request) -> Answer:
    return answer({"status": "ok"})


def version(service: Service, _request: Request) -> Answer:
    settings = service.settings
    popularity_only = settings.document["blend_beta"] == settings.document["blend_gamma"] == 0
    return answer(
        {
            "git_commit": settings.git_commit,
            "build_time": settings.build_time or whole_seconds(service.started),
            "model_version": "popularity_v1" if popularity_only else "blend_v1",
        }
    )
