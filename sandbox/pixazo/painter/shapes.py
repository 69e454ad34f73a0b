"""Outlines in unit coordinates: fractions of the picture's side, y points down."""

import math
from collections.abc import Sequence

Point = tuple[float, float]
Polygon = Sequence[Point]


def ellipse(x: float, y: float, rx: float, ry: float, corners: int = 64) -> Polygon:
    """Return an upright ellipse."""
    angles = (math.tau * n / corners for n in range(corners))
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def box(left: float, top: float, right: float, bottom: float) -> Polygon:
    """Return an upright rectangle."""
    return [(left, top), (right, top), (right, bottom), (left, bottom)]


def below(line: Polygon) -> Polygon:
    """Close a line from left to right to the area under it."""
    return [(line[0][0], 1.02), *line, (line[-1][0], 1.02)]


def rounded(points: Polygon) -> Polygon:
    """Cut the corners of a polygon until it is a curve."""
    curve = list(points)
    for _ in range(3):
        ahead = zip(curve, [*curve[1:], curve[0]], strict=True)
        curve = [(a + (c - a) * t, b + (d - b) * t) for (a, b), (c, d) in ahead for t in (0.2, 0.8)]
    return curve
