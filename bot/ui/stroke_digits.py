"""Digits as strokes, drawn with lines: the container image has no fonts."""

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, Final

Point = tuple[float, float]
_Stroke = tuple[str, Sequence[Point]]  # its kind, and its points in a box of 4 by 6

STRAIGHT, SMOOTH, CLOSED = "straight", "smooth", "closed"
BOX: Final = (4.0, 6.0)
GAP: Final = 1.9  # between two signs, in the same unit
_ROUNDS: Final = 4  # of corner cutting

_SIGNS: Final[dict[str, Sequence[_Stroke]]] = {
    "0": [(CLOSED, [(0, -0.4), (4, -0.4), (4, 6.4), (0, 6.4)])],
    "1": [(STRAIGHT, [(0.7, 1.3), (2.3, 0), (2.3, 6)])],
    "2": [
        (SMOOTH, [(0.1, 1.6), (0.1, -0.3), (4.2, -0.5), (4.2, 2.4), (2, 4.2), (0.1, 6)]),
        (STRAIGHT, [(0.1, 6), (4, 6)]),
    ],
    "3": [
        (SMOOTH, [(0.2, 0.9), (0.9, -0.2), (4, -0.4), (4, 2.8), (2.6, 2.8), (1.5, 2.8)]),
        (SMOOTH, [(1.5, 2.8), (4.4, 2.6), (4.4, 6.4), (0.8, 6.3), (0, 5)]),
    ],
    "4": [(STRAIGHT, [(3, 6), (3, 0), (0, 4.2), (4, 4.2)])],
    "5": [
        (STRAIGHT, [(3.7, 0), (0.6, 0), (0.3, 2.8)]),
        (SMOOTH, [(0.3, 2.8), (1, 2.1), (4.3, 1.7), (4.3, 6.3), (0.8, 6.4), (0, 5)]),
    ],
    "6": [
        (CLOSED, [(0, 2), (4.1, 2), (4.1, 6.3), (0, 6.3)]),
        (SMOOTH, [(3.5, 0.2), (1.6, -0.3), (0.1, 1.2), (0.05, 3), (0.05, 4.2)]),
    ],
    "7": [(STRAIGHT, [(0, 0), (4, 0), (1.5, 6)])],
    "8": [
        (CLOSED, [(0.3, -0.3), (3.7, -0.3), (3.7, 2.8), (0.3, 2.8)]),
        (CLOSED, [(-0.1, 2.8), (4.1, 2.8), (4.1, 6.3), (-0.1, 6.3)]),
    ],
    "9": [
        (CLOSED, [(-0.1, -0.3), (4, -0.3), (4, 4), (-0.1, 4)]),
        (SMOOTH, [(0.5, 5.8), (2.4, 6.3), (3.9, 4.8), (3.95, 3), (3.95, 1.8)]),
    ],
    "k": [
        (STRAIGHT, [(0.3, 0), (0.3, 6)]),
        (STRAIGHT, [(3.3, 2.2), (0.3, 4.5)]),
        (STRAIGHT, [(1.5, 3.7), (3.5, 6)]),
    ],
    "-": [(STRAIGHT, [(0.7, 3.2), (3.3, 3.2)])],
    ".": [(STRAIGHT, [(0.5, 5.9), (0.5, 5.9)])],
}
_WIDTHS: Final = {".": 1.0, "1": 3.0, "k": 3.5}


def width(text: str, height: float) -> float:
    """Return how wide *text* is at that *height*."""
    widths = [_WIDTHS.get(sign, BOX[0]) for sign in text]
    return (sum(widths) + GAP * (len(text) - 1)) * height / BOX[1]


def draw(canvas: Any, left: float, top: float, text: str, height: float, colour: str) -> None:
    """Draw *text* of digits, ``k``, ``-`` and ``.`` with a Pillow *canvas*."""
    unit, thickness = height / BOX[1], max(round(height / 7.0), 1)
    radius = thickness / 2.0
    for sign in text:
        for kind, points in _SIGNS[sign]:
            line = [(left + x * unit, top + y * unit) for x, y in _line(kind, points)]
            canvas.line(line, fill=colour, width=thickness, joint="curve")
            for x, y in (line[0], line[-1]):
                canvas.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
        left += (_WIDTHS.get(sign, BOX[0]) + GAP) * unit


def _line(kind: str, points: Sequence[Point]) -> Sequence[Point]:
    """Return the points of a stroke, its corners cut off where it is round (Chaikin)."""
    if kind == STRAIGHT:
        return points
    for _ in range(_ROUNDS):
        cut = list(_cut([*points, points[0]] if kind == CLOSED else points))
        points = cut if kind == CLOSED else [points[0], *cut[1:-1], points[-1]]
    return [*points, points[0]] if kind == CLOSED else points


def _cut(points: Sequence[Point]) -> Iterator[Point]:
    for (x, y), (other_x, other_y) in pairwise(points):
        yield 0.75 * x + 0.25 * other_x, 0.75 * y + 0.25 * other_y
        yield 0.25 * x + 0.75 * other_x, 0.25 * y + 0.75 * other_y
