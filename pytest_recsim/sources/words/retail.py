"""Words of a department store with its own shops: everyday goods, narrower prices, a strong own label."""

from __future__ import annotations

from pytest_recsim.sources.words.model import Category, Template
from pytest_recsim.sources.words.segments import SHOPPERS

CATEGORIES = (
    Category(
        name="womenswear",
        topics=("fashion", "apparel", "office", "evening"),
        kinds=("blouses", "skirts", "coats", "knitwear", "shoes"),
        brands=("marisol", "ellenta", "vionne", "corabel", "sylvie"),
        price=(15.0, 180.0),
        margin=0.52,
        traffic=1.5,
    ),
    Category(
        name="menswear",
        topics=("fashion", "apparel", "office", "weekend"),
        kinds=("shirts", "chinos", "blazers", "belts", "trainers"),
        brands=("hartwell", "bromley", "oxenford", "dalton", "ferrand"),
        price=(15.0, 190.0),
        margin=0.48,
        traffic=1.2,
    ),
    Category(
        name="kidswear",
        topics=("fashion", "school", "baby", "play"),
        kinds=("rompers", "raincoats", "pyjamas", "leggings", "boots"),
        brands=("pippin", "tumbletots", "littleoak", "dotty", "sunnyside"),
        price=(6.0, 60.0),
        margin=0.45,
        traffic=1.0,
    ),
    Category(
        name="home",
        topics=("decor", "living", "bedroom", "bathroom"),
        kinds=("towels", "bedding", "curtains", "lamps", "vases"),
        brands=("nestwell", "havenly", "lumora", "plainsong", "tidehouse"),
        price=(8.0, 160.0),
        margin=0.44,
        traffic=1.3,
    ),
    Category(
        name="kitchen",
        topics=("cooking", "baking", "dining", "storage"),
        kinds=("pans", "knives", "kettles", "plates", "jars"),
        brands=("copperpot", "saucier", "brightfork", "keensteel", "mise"),
        price=(7.0, 220.0),
        margin=0.36,
        traffic=1.0,
    ),
    Category(
        name="beauty",
        topics=("skincare", "wellness", "haircare", "fragrance"),
        kinds=("lotions", "shampoos", "lipsticks", "soaps", "perfumes"),
        brands=("dewdrop", "belamie", "calmera", "verbena", "silkroot"),
        price=(4.0, 95.0),
        margin=0.54,
        traffic=1.0,
    ),
    Category(
        name="toys",
        topics=("games", "crafts", "building", "puzzles"),
        kinds=("board-games", "bricks", "dolls", "jigsaws", "trains"),
        brands=("wonderkin", "blockaroo", "puzzlo", "carousel", "gizmoon"),
        price=(5.0, 110.0),
        margin=0.40,
        traffic=0.8,
    ),
    Category(
        name="garden",
        topics=("outdoors", "plants", "tools", "patio"),
        kinds=("planters", "seeds", "hoses", "chairs", "grills"),
        brands=("greenacre", "rootstock", "fernhill", "sunpatio", "spadework"),
        price=(3.0, 350.0),
        margin=0.35,
        traffic=0.7,
    ),
)

RETAIL = Template(
    name="retail",
    categories=CATEGORIES,
    styles=(
        ("timeless", "plain", "navy"),
        ("floral", "romantic", "pastel"),
        ("scandi", "pale-wood", "airy"),
        ("sporty", "bright", "stretch"),
        ("rustic", "linen", "earthy"),
        ("glamour", "gold", "velvet"),
    ),
    segments=SHOPPERS,
    extras=("sale", "gift", "seasonal"),
    house="homestead",
    priced=True,
    margins=True,
    items=320,
    users=520,
    events=21_000,
)
