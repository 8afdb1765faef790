"""The customer that the faults are tried on: small, with every check measured and every real threshold in force."""

from __future__ import annotations

from pathlib import Path

from pytest_recsim.sources.generator import generate
from pytest_recsim.sources.writer import render

HERE = Path(__file__).resolve().parents[2]
NAME = "matrix"
SEED, ITEMS, USERS, EVENTS = 4, 160, 500, 14_000
FACTS = {"seed": SEED, "items": ITEMS, "users": USERS, "events": EVENTS}
KNOBS = {
    "BRAND_CAP": "5",
    "CATEGORY_CAP": "10",
    "PROFILE_STARTER_PRESETS": '{"new_users":{"electronics":1,"books":1,"home":1}}',
}
"""On top of customer-a's: without caps and starter interests, faults of theirs would have no effect."""


OPTIONAL = """\
    max_intra_list_similarity: 0.15
    min_novelty: 6.3
    max_gini: 0.85
    min_recall: 0.18
    min_map: 0.04
    min_hit_rate: 0.3
    min_list_length: 19.9
    max_short_lists: 0.01
    max_rank_instability: 0.001
    max_p95_ms: 500
    max_error_rate: 0
"""
"""Guardrails that are off unless configured, set as a customer would: a little beyond what the healthy service shows."""


def settle(folder: Path, seed: int = SEED, optional: str = OPTIONAL) -> Path:
    """Make a folder a project with this one customer, the shipped thresholds and the knobs of customer-a.

    ``optional``: the guardrails that are off unless configured.
    """
    for place in ("fixtures/customers", "profiles"):
        (folder / place).mkdir(parents=True)
    (folder / "pytest.ini").write_text("[pytest]\n")
    shipped = (HERE / "guardrails.yml").read_text().partition("customers:")[0]
    (folder / "guardrails.yml").write_text(shipped.replace("  scenarios:\n", optional + "  scenarios:\n"))
    (folder / "fixtures/customers" / f"{NAME}.json").write_bytes(render(world(seed)))
    lines = [f"{name}={value}\n" for name, value in knobs().items()]
    (folder / "profiles" / f"{NAME}.env").write_text("".join(lines))
    return folder


def knobs() -> dict[str, str]:
    """Return the customer's profile, as environment variables."""
    lines = (HERE / "profiles/customer_a.env").read_text().splitlines()
    pairs = [line.partition("=")[::2] for line in lines if line and not line.startswith("#")]
    return dict(pairs) | KNOBS


def world(seed: int = SEED) -> dict:
    """A marketplace whose brands are spelled with a capital, as brands are."""
    made = generate("marketplace", seed, items=ITEMS, users=USERS, events=EVENTS)
    for item in made["items"]:
        item["tags"] = [spelled(tag) for tag in item["tags"]]
    return made


def spelled(tag: str) -> str:
    kind, colon, value = tag.partition(":")
    return f"{kind}:{value.capitalize()}" if colon and kind == "brand" else tag
