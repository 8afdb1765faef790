"""What the numbers mean, in words that somebody who runs a shop knows."""

from __future__ import annotations

MEANINGS = {
    "lift": (
        "How much better the service's lists are than simply showing everybody the best sellers. 0 is no better, 0.10 is 10 % "
        "better, 0.9 is 90 % better; below 0 the best sellers would have done better."
    ),
    "95 % interval": (
        "Other users of the same kind would have given another number; 95 times of 100 one between these two ends. "
        "Where the threshold lies inside, the number is borderline: more users are needed to be sure."
    ),
    "NDCG@10": (
        "How well the first ten places hold what people went on to choose; a good item far up counts more than one further "
        "down. 1 is a perfect list, 0 has nothing of it."
    ),
    "MRR@10": (
        "How far down one has to look for the first good item: 1 is the first place, 0.5 the second, 0.1 the tenth, averaged "
        "over users."
    ),
    "hit rate": "The share of users whose first ten places hold at least one item that they went on to choose.",
    "catalogue coverage": "The share of the items on sale that are shown to anybody at all.",
    "long-tail share": "The share of the places in all lists that go to items other than the best-selling fifth.",
    "price, margin of hits": (
        "What the items cost, and earn, that were in the first ten places and that their users then chose; of purchases, those that "
        "they bought. It compares two ways of making lists, and is no forecast of revenue."
    ),
    "relevance `unseen`": (
        "Only items that the user had not met before count as good, so that showing last week's purchases again is no merit."
    ),
    "relevance `all`": "Everything that the user went on to choose counts as good, also what they had met before.",
    "borderline": "The threshold lies inside the 95 % interval: the check may have passed, or failed, by chance.",
    "threshold": "The limit that somebody set in guardrails.yml; a check passes on its good side.",
    "embedded stand-in": (
        "A small copy of the recommendation service that comes with this tool. What it shows holds for the configuration as it "
        "behaves there; the real service may differ."
    ),
    "not measured": (
        "The data or the service did not allow a number. That is no pass: nobody knows whether the limit is kept."
    ),
}

COMPARED = {
    "better, worse": (
        "Both runs asked for the same users. Each user's two numbers are compared, and the difference is larger than chance "
        "among these users explains: its 95 % interval leaves 0 out."
    ),
    "the same": "Nobody's number moved, or the difference is surely smaller than 1 % of the earlier number.",
    "cannot tell": "The difference may be chance: more users are needed to know whether it is one.",
}
"""What the outcomes of a comparison mean."""
