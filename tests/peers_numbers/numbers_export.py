"""Write what a run was judged on for other tools: `python export.py BUNDLE FIXTURE` writes qrels.json and run.json."""

import gzip
import json
import sys
from collections import defaultdict
from datetime import datetime
from pathlib import Path

KINDS = {0: "view", 1: "click", 2: "add", 3: "purchase", 4: "custom"}


def relevant(bundle, fixture):
    """Per user and item the gain 2^grade - 1 in millionths: `unseen`, as the guardrails judge it."""
    cut = datetime.fromisoformat(
        json.loads((bundle / "artifacts/seed_manifest.json").read_text())["split"]["cut"]
    )
    thresholds = json.loads((bundle / "simulation_metadata.json").read_text())["guardrails"]["thresholds"]
    weights = thresholds["weights"]["(all)"]["value"]
    available = {item["item_id"] for item in fixture["items"] if item.get("available", True)}
    seen, grades = set(), defaultdict(float)
    for event in fixture["events"]:
        pair = event["user_id"], event["item_id"]
        if datetime.fromisoformat(event["ts"]) <= cut:
            seen.add(pair)
        elif event["item_id"] in available:
            grades[pair] += weights.get(KINDS.get(event["type"]), 0)
    found = defaultdict(dict)
    for (user, item), grade in grades.items():
        if grade > 0 and (user, item) not in seen:
            found[user][item] = max(1, round(1e6 * (2 ** min(grade, 10) - 1)))
    return found


def listed(bundle):
    """Per user the list, best first."""
    with gzip.open(bundle / "artifacts/recommendation_dump.jsonl.gz", "rt") as lines:
        answers = [json.loads(line) for line in lines]
    return {one["request"]["user_id"]: [i["item_id"] for i in one["response"]["items"]] for one in answers}


def main(bundle, fixture):
    gains, lists = relevant(bundle, json.loads(fixture.read_text())), listed(bundle)
    judged = [user for user in lists if user in gains]  # who has nothing to find is in no mean
    run = {}
    for user in judged:
        items = lists[user] or ["nothing"]  # who got nothing counts 0
        names = [
            item if item not in items[:place] else f"{item} again {place}" for place, item in enumerate(items)
        ]
        run[user] = {name: 1 / rank for rank, name in enumerate(names, start=1)}  # no equal scores
    Path("qrels.json").write_text(json.dumps({user: gains[user] for user in judged}))
    Path("run.json").write_text(json.dumps(run))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
