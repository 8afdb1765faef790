"""Words of a streaming service: titles without price or margin, because people subscribe."""

from __future__ import annotations

from pytest_recsim.sources.words.model import Category, Template
from pytest_recsim.sources.words.segments import VIEWERS

CATEGORIES = (
    Category(
        name="drama",
        topics=("family-saga", "courtroom", "period", "romance"),
        kinds=("miniseries", "feature", "anthology", "soap"),
        brands=("silverlake", "northlight", "harbourhouse", "oakframe", "meridian"),
        traffic=1.6,
    ),
    Category(
        name="comedy",
        topics=("sitcom", "satire", "slapstick", "workplace"),
        kinds=("stand-up", "sketch", "feature", "half-hour"),
        brands=("grinbox", "punchline", "wobbly", "laughtrack", "jollyroger"),
        traffic=1.4,
    ),
    Category(
        name="crime",
        topics=("detective", "heist", "noir", "forensics"),
        kinds=("procedural", "miniseries", "feature", "true-crime"),
        brands=("coldcase", "greystone", "nightwatch", "alibi", "ironbridge"),
        traffic=1.2,
    ),
    Category(
        name="scifi",
        topics=("space", "dystopia", "robots", "time-travel"),
        kinds=("epic", "feature", "anthology", "miniseries"),
        brands=("starforge", "orbitale", "quantica", "voidline", "nebular"),
        traffic=1.1,
    ),
    Category(
        name="documentary",
        topics=("nature", "history", "science", "society"),
        kinds=("portrait", "expedition", "essay", "archive"),
        brands=("trueview", "terralens", "chronicle", "fieldnotes", "openeye"),
        traffic=0.9,
    ),
    Category(
        name="kids",
        topics=("animals", "learning", "fairy-tale", "adventure"),
        kinds=("cartoon", "puppets", "sing-along", "feature"),
        brands=("bumblebox", "tinytown", "paperboat", "moonbear", "kitefly"),
        traffic=0.9,
    ),
    Category(
        name="sport",
        topics=("football", "cycling", "athletics", "motorsport"),
        kinds=("highlights", "magazine", "portrait", "final"),
        brands=("pitchside", "lapone", "podium", "goalmouth", "finishline"),
        traffic=0.8,
    ),
    Category(
        name="music",
        topics=("concert", "jazz", "indie", "electronic"),
        kinds=("live-set", "portrait", "festival", "session"),
        brands=("backstage", "vinylroom", "subwave", "amplitude", "encore"),
        traffic=0.7,
    ),
)

MEDIA = Template(
    name="media",
    categories=CATEGORIES,
    styles=(
        ("feel-good", "warm", "light"),
        ("dark", "gritty", "tense"),
        ("quirky", "offbeat", "indie-spirit"),
        ("epic-scale", "visual", "spectacular"),
        ("thoughtful", "slow-burn", "poetic"),
        ("fast-paced", "twisty", "suspense"),
    ),
    segments=VIEWERS,
    extras=("series", "award-winner", "subtitled"),
    house="original",
    priced=False,
    margins=False,
    items=340,
    users=480,
    events=22_000,
)
