"""A plot of costs against sizes, as SVG: a panel for each, both axes logarithmic."""

import math
from collections.abc import Iterator, Sequence
from html import escape
from typing import Final

from benchmarks.growth import Growth

COLUMNS: Final = 3
WIDTH: Final = 300  # of a panel, in pixels
HEIGHT: Final = 200
LEFT, RIGHT, TOP, BOTTOM = 20, 20, 58, 38  # margins of a panel
LEAST_DECADES: Final = 2.0  # of costs: what is constant is to look flat
LINE: Final = 34  # characters of a title that fit

# Readable on a light and on a dark page.
STYLE: Final = (
    "text{font:12px sans-serif;fill:#444}.kind{font-weight:bold}.line{fill:none;stroke:#4f6bed;"
    "stroke-width:2}circle{fill:#4f6bed}.axis{stroke:#8888;fill:none}"
    "@media(prefers-color-scheme:dark){text{fill:#ccc}.line{stroke:#8ea2ff}circle{fill:#8ea2ff}}"
)


def svg(growths: Sequence[Growth]) -> str:
    """Return the plot."""
    rows = math.ceil(len(growths) / COLUMNS)
    width, height = COLUMNS * WIDTH, rows * HEIGHT
    panels = "\n".join(
        f'<g transform="translate({number % COLUMNS * WIDTH},{number // COLUMNS * HEIGHT})">'
        f"{''.join(_panel(growth))}</g>"
        for number, growth in enumerate(growths)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img">\n<style>{STYLE}</style>\n{panels}\n</svg>\n'
    )


def _panel(growth: Growth) -> Iterator[str]:
    for line, words in enumerate(_titles(growth)):
        kind = ' class="kind"' if line == 0 else ""
        yield f'<text x="{LEFT}" y="{16 + 15 * line}"{kind}>{escape(words)}</text>'
    bottom = HEIGHT - BOTTOM
    yield f'<path class="axis" d="M{LEFT} {bottom}H{WIDTH - RIGHT}"/>'
    points = list(_points(growth))
    path = " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
    yield f'<polyline class="line" points="{path}"/>'
    for (x, y), size, value in zip(points, growth.sizes, growth.values, strict=True):
        yield f'<circle cx="{x:.0f}" cy="{y:.0f}" r="3"/>'
        yield f'<text x="{x:.0f}" y="{y - 8:.0f}" text-anchor="middle">{value:.3g}</text>'
        yield f'<text x="{x:.0f}" y="{bottom + 16}" text-anchor="middle">{size:,}</text>'
    yield f'<text x="{LEFT}" y="{bottom + 32}">{escape(growth.grows)}</text>'


def _titles(growth: Growth) -> tuple[str, str, str]:
    first, _, rest = growth.cost.partition(", ")
    if not rest and len(first) > LINE:
        cut = first.rfind(" ", 0, LINE)
        first, rest = first[:cut], first[cut + 1 :]
    return f"{first}", f"{rest + ', ' if rest else ''}{growth.unit}", growth.kind


def _points(growth: Growth) -> Iterator[tuple[float, float]]:
    sizes = [math.log10(size) for size in growth.sizes]
    values = [math.log10(value) for value in growth.values]
    middle = (max(values) + min(values)) / 2
    span = max(LEAST_DECADES, max(values) - min(values))
    inner = LEFT + 25, WIDTH - RIGHT - 25
    for size, value in zip(sizes, values, strict=True):
        across = (size - sizes[0]) / (sizes[-1] - sizes[0])
        up = (value - middle) / span + 0.5
        x = inner[0] + across * (inner[1] - inner[0])
        yield x, HEIGHT - BOTTOM - 10 - up * (HEIGHT - BOTTOM - TOP - 20)
