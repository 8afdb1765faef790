"""Tag profiles of the slow second opinion (contract 12.5)."""

DAY = 86_400_000_000
STARTER = {
    "electronics": "electronics gadgets smart",
    "books": "books reading literature",
    "home": "home decor living",
    "fashion": "fashion style apparel",
    "beauty": "beauty skincare wellness",
    "gourmet": "food gourmet kitchen",
    "fitness": "fitness health active",
    "outdoors": "outdoors adventure travel",
}


def low(tag):
    return tag.strip().lower()


def folded(item):
    return sorted({low(tag) for tag in item["tags"]} - {""})


class Profiles:
    """The part of the oracle that knows what a user likes."""

    @staticmethod
    def by_weight(weights):
        return sorted(weights, key=lambda tag: (-round(weights[tag], 12), tag))

    @staticmethod
    def scaled(weights):
        total = sum(weights.values())
        return {tag: weight / total for tag, weight in weights.items()} if total > 0 else {}

    def own_profile(self, top):
        days, raw = self.cfg["profile_window_days"], {}
        for event in self.mine():
            if event["type"] not in self.types or event["item_id"] not in self.items:
                continue
            if days and event["ts"] < self.now - int(days * DAY):
                continue
            weight, own = self.types[event["type"]]
            gain = weight * event["value"] * 0.5 ** ((self.now - event["ts"]) / DAY / (own or 14))
            for tag in set(self.items[event["item_id"]]["tags"]):
                raw[tag] = raw.get(tag, 0.0) + gain
        kept = {}
        for tag in self.by_weight(raw)[:top]:
            if raw[tag] > 0 and low(tag):
                kept[low(tag)] = kept.get(low(tag), 0.0) + raw[tag]
        return self.scaled(kept)

    def starter_profile(self):
        self.share = 0.0
        if not (self.hint == "" or self.new or self.sparse):
            return {}
        presets = self.env["profile_starter_presets"]
        preset, weights = presets.get(self.hint.lower()) or presets.get("new_users", {}), {}
        for category, weight in preset.items():
            for tag in STARTER.get(category, "").split():
                weights[tag] = weights.get(tag, 0.0) + weight / 3
        weights = self.scaled(weights)
        if not weights:
            return {}
        floor, decay = self.cfg["profile_starter_blend_weight"], self.cfg["profile_starter_decay_events"]
        self.share = floor + (1 - floor) * max(0, decay - len(self.recent)) / decay
        spread = {}
        for item_id in self.recent:
            tags = folded(self.items[item_id]) if item_id in self.items else []
            for tag in tags:
                spread[tag] = spread.get(tag, 0.0) + 1 / len(tags)
        if spread := self.scaled(spread):
            names = {*weights, *spread}
            weights = {t: self.share * weights.get(t, 0) + (1 - self.share) * spread.get(t, 0) for t in names}
            weights = {tag: weight for tag, weight in weights.items() if weight > 0}
        top = self.cfg["profile_top_n"]
        return self.scaled({tag: weights[tag] for tag in self.by_weight(weights)[: top or None]})

    def mixed(self, own):
        if not self.starter or not own:
            return self.starter or own
        names = {*own, *self.starter}
        return {t: (1 - self.share) * own.get(t, 0) + self.share * self.starter.get(t, 0) for t in names}
