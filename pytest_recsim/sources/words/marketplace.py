"""Words of a general marketplace: many shelves, many makers, wide price range."""

from __future__ import annotations

from pytest_recsim.sources.words.model import Category, Template
from pytest_recsim.sources.words.segments import SHOPPERS

CATEGORIES = (
    Category(
        name="electronics",
        topics=("gadgets", "smart", "wireless", "audio"),
        kinds=("headphones", "speakers", "tablets", "keyboards", "chargers", "cameras"),
        brands=("auvio", "voltari", "pixelon", "nexum", "ohmlab"),
        price=(15.0, 900.0),
        margin=0.14,
        traffic=1.6,
    ),
    Category(
        name="books",
        topics=("reading", "literature", "paperback", "nonfiction"),
        kinds=("novels", "biographies", "cookbooks", "thrillers", "guides"),
        brands=("inkwell", "foliant", "quillhouse", "margina", "lectora"),
        price=(6.0, 45.0),
        margin=0.32,
        traffic=1.2,
    ),
    Category(
        name="home",
        topics=("decor", "living", "bedroom", "lighting"),
        kinds=("lamps", "rugs", "cushions", "shelves", "candles", "bedding"),
        brands=("hearthly", "domora", "linnea", "casabel", "wovenway"),
        price=(9.0, 320.0),
        margin=0.42,
        traffic=1.3,
    ),
    Category(
        name="fashion",
        topics=("style", "apparel", "streetwear", "basics"),
        kinds=("jackets", "sneakers", "dresses", "jeans", "scarves", "bags"),
        brands=("velmora", "tessuto", "northline", "kadenza", "urbane"),
        price=(12.0, 260.0),
        margin=0.50,
        traffic=1.4,
    ),
    Category(
        name="beauty",
        topics=("skincare", "wellness", "fragrance", "makeup"),
        kinds=("serums", "creams", "perfumes", "palettes", "masks"),
        brands=("florelle", "purazen", "lumiderm", "rosalis", "aquelle"),
        price=(7.0, 140.0),
        margin=0.55,
        traffic=1.0,
    ),
    Category(
        name="gourmet",
        topics=("food", "kitchen", "pantry", "organic"),
        kinds=("coffee", "chocolate", "olive-oil", "spices", "tea"),
        brands=("saporo", "terravita", "beanfield", "olivara", "spicewise"),
        price=(4.0, 70.0),
        margin=0.30,
        traffic=0.8,
    ),
    Category(
        name="fitness",
        topics=("health", "active", "training", "recovery"),
        kinds=("dumbbells", "yoga-mats", "trackers", "bands", "protein"),
        brands=("fortiq", "pulsefit", "stridewell", "kinetra", "corelift"),
        price=(8.0, 240.0),
        margin=0.36,
        traffic=0.9,
    ),
    Category(
        name="outdoors",
        topics=("adventure", "travel", "camping", "hiking"),
        kinds=("tents", "backpacks", "boots", "stoves", "lanterns"),
        brands=("ridgeway", "alpenor", "wildtrail", "campora", "summitra"),
        price=(12.0, 480.0),
        margin=0.38,
        traffic=0.8,
    ),
)

MARKETPLACE = Template(
    name="marketplace",
    categories=CATEGORIES,
    styles=(
        ("minimal", "clean", "neutral"),
        ("retro", "vintage", "classic"),
        ("premium", "luxury", "handmade"),
        ("eco", "recycled", "natural"),
        ("playful", "colourful", "bold"),
        ("rugged", "durable", "pro"),
    ),
    segments=SHOPPERS,
    extras=("sale", "gift", "limited"),
    house="everyday",
    priced=True,
    margins=True,
    items=360,
    users=600,
    events=24_000,
)
