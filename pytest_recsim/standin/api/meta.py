"""Health and version (contract 1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pytest_recsim.standin.http.messages import Answer, Request, answer
from pytest_recsim.standin.settings.clock import whole_seconds

if TYPE_CHECKING:
    from pytest_recsim.standin.state.service import Service


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
