"""How time and memory grow, as a picture: two panels with logarithmic axes and a dotted line of growth with the size."""

from __future__ import annotations

import math
from collections.abc import Sequence

from benchmarks.rows import Row

WIDTH, HEIGHT, GAP, LEFT, TOP = 250, 180, 90, 60, 40
Points = Sequence[tuple[float, float]]


def chart(row: Row) -> str:
    """Return the SVG document of a row that has points."""
    width = LEFT + 2 * (WIDTH + GAP)
    size = f'viewBox="0 0 {width} {TOP + HEIGHT + 50}" font-family="sans-serif" font-size="12" fill="#222"'
    seconds = [(size, value) for size, value, _ in row.points]
    memory = [(size, value) for size, _, value in row.points]
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size}>',
        "<title>Time and memory against size</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
        *_panel(LEFT, "seconds", seconds),
        *_panel(LEFT + WIDTH + GAP, "MB", memory),
        f'<text x="{LEFT}" y="{TOP + HEIGHT + 40}">across: size; dotted: growth in line with it from the first point</text>',
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def _panel(left: int, name: str, points: Points) -> list[str]:
    low, high = math.floor(math.log10(points[0][0])), math.ceil(math.log10(points[-1][0]))
    values = [value for _, value in points]
    bottom, top = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    high, top = max(high, low + 1), max(top, bottom + 1)

    def at(size: float, value: float) -> str:
        x = left + (math.log10(size) - low) / (high - low) * WIDTH
        y = TOP + HEIGHT - (math.log10(value) - bottom) / (top - bottom) * HEIGHT
        return f"{x:.1f},{min(max(y, TOP), TOP + HEIGHT):.1f}"

    parts = [f'<text x="{left}" y="{TOP - 12}" font-weight="bold">{name}</text>']
    for power in range(bottom, top + 1):
        y = TOP + HEIGHT - (power - bottom) / (top - bottom) * HEIGHT
        parts.append(f'<line x1="{left}" y1="{y:.1f}" x2="{left + WIDTH}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{10.0**power:,g}</text>')
    for power in range(low, high + 1):
        x = left + (power - low) / (high - low) * WIDTH
        parts.append(f'<text x="{x:.1f}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{10**power:,}</text>')
    size, value = points[0]
    end = min(points[-1][0], size * 10**top / value)  # where the line of growth leaves the panel
    line = f"{at(size, value)} {at(end, value * end / size)}"
    parts.append(f'<polyline points="{line}" fill="none" stroke="#888" stroke-dasharray="1 3"/>')
    drawn = " ".join(at(*point) for point in points)
    parts.append(f'<polyline points="{drawn}" fill="none" stroke="#1f5fa8" stroke-width="2"/>')
    return parts
