"""What a refusal looks like, and a tiny sound data set to spoil."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from plugin_shop import Project, Ran

EVENT = {"user_id": "u1", "item_id": "i1", "type": 0, "ts": "2026-10-01T00:00:00Z"}
GOOD = {
    "items": [{"item_id": "i1", "tags": ["red"], "price": 3}, {"item_id": "i2"}],
    "users": [{"user_id": "u1", "traits": {"segment": "regulars"}}],
    "events": [EVENT],
}


def is_refusal(ran: Ran, project: Project, says: tuple[str, ...]) -> None:
    assert ran.code == 4, ran.text
    for words in says:
        assert words in ran.err
    lines = [line for line in ran.err.splitlines() if line.strip()]
    assert lines[0].startswith("ERROR: ")
    assert len(lines) == 1, "one problem, one line"
    assert "Traceback" not in ran.text
    assert "INTERNALERROR" not in ran.text
    assert "recsim" not in ran.out.replace("pytest-recsim", "").partition("plugins:")[0]
    assert not project.left_behind
