"""Lines and outlines: lists of points, pure."""

import math
from collections.abc import Sequence

from sandbox.pixazo.painter.brush import Point


def below(line: Sequence[Point], bottom: float = 1.01) -> list[Point]:
    """Close a line to the area under it."""
    return [(line[0][0], bottom), *line, (line[-1][0], bottom)]


def smooth(points: Sequence[Point], *, steps: int = 8, closed: bool = False) -> list[Point]:
    """Return a soft curve through the points (Catmull-Rom)."""
    count = len(points)
    found: list[Point] = []
    for n in range(count if closed else count - 1):
        if closed:
            around = [points[(n + k) % count] for k in (-1, 0, 1, 2)]
        else:
            around = [points[min(count - 1, max(0, n + k))] for k in (-1, 0, 1, 2)]
        for step in range(steps):
            t = step / steps
            x, y = (
                0.5
                * (
                    2 * b
                    + (c - a) * t
                    + (2 * a - 5 * b + 4 * c - d) * t**2
                    + (3 * b - a - 3 * c + d) * t**3
                )
                for a, b, c, d in zip(*around, strict=True)
            )
            found.append((x, y))
    return found if closed else [*found, points[-1]]


def box(center: Point, rx: float, ry: float) -> list[Point]:
    """Return the corners of an upright rectangle of half the width *rx* and height *ry*."""
    x, y = center
    return [(x - rx, y - ry), (x + rx, y - ry), (x + rx, y + ry), (x - rx, y + ry)]


def circle(center: Point, radius: float, count: int) -> list[Point]:
    """Return points round a center."""
    x, y = center
    turns = (2 * math.pi * n / count for n in range(count))
    return [(x + radius * math.cos(turn), y + radius * math.sin(turn)) for turn in turns]
