"""The operating curves as a picture: one panel per segment size, one line per verdict rule. Plain SVG."""

from __future__ import annotations

from typing import Any

from curves_operating import LIFTS, RULES, THRESHOLD, USERS

WIDTH, HEIGHT, GAP, LEFT, TOP = 210, 170, 56, 50, 56
COLOURS = dict(zip(RULES, ("#1f5fa8", "#b3541e", "#3c7a3c"), strict=True))
DASHES = dict(zip(RULES, ("none", "7 3", "2 3"), strict=True))


def chart(rows: list[dict[str, Any]]) -> str:
    """Return the SVG document."""
    width = LEFT + len(USERS) * (WIDTH + GAP)
    size = f'viewBox="0 0 {width} {TOP + HEIGHT + 52}" font-family="sans-serif" font-size="12" fill="#222"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        "<title>Probability that a segment's lift check fails, against its true lift</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *_legend(),
    ]
    for panel, users in enumerate(USERS):
        mine = {row["lift"]: row["segment"] for row in rows if row["users"] == users}
        parts += _panel(LEFT + panel * (WIDTH + GAP), users, mine)
    parts.append(
        f'<text x="{LEFT}" y="{TOP + HEIGHT + 42}">across: the true lift (dotted line: the threshold); '
        "upwards: share of the samples in which the check fails</text>"
    )
    return "\n".join([*parts, "</svg>"]) + "\n"


def _legend() -> list[str]:
    lines = []
    for place, rule in enumerate(RULES):
        x = LEFT + place * 130
        stroke = f'stroke="{COLOURS[rule]}" stroke-dasharray="{DASHES[rule]}" stroke-width="2"'
        lines.append(f'<line x1="{x}" y1="14" x2="{x + 34}" y2="14" {stroke}/>')
        lines.append(f'<text x="{x + 40}" y="18">{rule}</text>')
    return lines


def _x(left: int, lift: float) -> float:
    return left + (lift - LIFTS[0]) / (LIFTS[-1] - LIFTS[0]) * WIDTH


def _y(share: float) -> float:
    return TOP + (1 - share) * HEIGHT


def _panel(left: int, users: int, curves: dict[float, dict[str, Any]]) -> list[str]:
    parts = [f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{users} users</text>']
    parts += [_grid_line(left, share) for share in (0, 0.5, 1)]
    parts += [
        f'<text x="{_x(left, lift):.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{lift:+.0%}</text>'
        for lift in (-0.2, 0.0, 0.2, 0.4, 0.6)
    ]
    x = _x(left, THRESHOLD)
    parts.append(
        f'<line x1="{x:.1f}" y1="{TOP}" x2="{x:.1f}" y2="{TOP + HEIGHT}" stroke="#888" stroke-dasharray="1 3"/>'
    )
    for rule in RULES:
        points = " ".join(
            f"{_x(left, lift):.1f},{_y(curve[rule]['failed'] / curve[rule]['measured']):.1f}"
            for lift, curve in curves.items()
            if curve[rule]["measured"]
        )
        parts.append(
            f'<polyline points="{points}" fill="none" stroke="{COLOURS[rule]}" '
            f'stroke-dasharray="{DASHES[rule]}" stroke-width="2"/>'
        )
    return parts


def _grid_line(left: int, share: float) -> str:
    y = _y(share)
    line = f'<line x1="{left}" y1="{y}" x2="{left + WIDTH}" y2="{y}" stroke="#ddd"/>'
    return f'{line}<text x="{left - 6}" y="{y + 4}" text-anchor="end">{share:.0%}</text>'
