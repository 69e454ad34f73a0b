"""A lighthouse on its rock, and its beam."""

import math
from itertools import pairwise

from PIL import Image, ImageChops

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, Point, curve, mix, tinted
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import below, box, smooth

WARM = (255, 214, 132)
BLACK = (0, 0, 0)
CLIFF = (  # its outline, as shares of its width, from the left; the tower stands on the flat part
    *((-0.86, 0.62), (-0.66, 0.42), (-0.6, 0.3), (-0.46, 0.24), (-0.4, 0.12), (-0.27, 0.07)),
    *((-0.19, 0.006), (0.33, 0.004)),
    *((0.4, 0.05), (0.53, 0.07), (0.58, 0.17), (0.74, 0.22), (0.82, 0.36), (1.0, 0.62)),
)
LEVEL = 6  # the index of the flat part's start


def lamp_of(foot: Point, tall: float) -> Point:
    """Return where the lamp is of a tower that stands at *foot*."""
    return foot[0], foot[1] - tall * 1.0775


def paint_beam(canvas: Canvas, lamp: Point, turn: float, color: Color = WARM) -> None:
    """Send the beam both ways through the wet air; *turn* is the nearer one's angle."""
    dust = curve(canvas.noise((5, 5), octaves=4), -0.6, 0.8)
    for way, reach, strength in ((turn, 1.3, 0.62), (turn + math.pi, 0.8, 0.4)):
        fading = ImageChops.multiply(canvas.halo(lamp, reach, power=1.0), dust)
        for spread, blur, share in ((0.075, 0.009, 1.0), (0.03, 0.006, 0.7)):
            ends = [
                (lamp[0] + reach * math.cos(way + side), lamp[1] + reach * math.sin(way + side))
                for side in (-spread, spread)
            ]
            cone = canvas.polygon([lamp, *ends], blur=blur)
            canvas.light(color, ImageChops.multiply(cone, fading), strength * share)


def paint_lighthouse(canvas: Canvas, mood: Mood, foot: Point, tall: float) -> None:
    """Build a banded tower, with the keeper's house beside it."""
    wide = tall * 0.125
    _paint_house(canvas, mood, (foot[0] + wide * 0.4, foot[1]), tall * 0.2)
    _paint_tower(canvas, mood, foot, tall, wide)
    _paint_lantern(canvas, mood, foot, tall, wide)


def paint_rock(canvas: Canvas, mood: Mood, top: Point, wide: float) -> None:
    """Raise a cliff out of the water under *top*."""
    x, y = top
    corners = [
        (x + wide * (px + canvas.chance.uniform(-0.03, 0.03)), y + wide * py) for px, py in CLIFF
    ]
    edge: list[Point] = []
    for n, ((x0, y0), (x1, y1)) in enumerate(pairwise(corners)):
        jagged = canvas.ridge(y0, y1, 0.001 if n == LEVEL else 0.012, bends=4)
        edge += [(x0 + (x1 - x0) * share, height) for share, height in jagged]
    area = canvas.polygon(below(edge, 1.1))
    surface = Image.blend(
        canvas.noise((7, 9), octaves=6, gain=0.6), canvas.noise((16, 3), octaves=3), 0.3
    )
    stone = tinted(
        canvas.relief(surface, (0.9, 0.7), 3.0),
        [
            (0, mix(mood.land, BLACK, 0.5)),
            (0.5, mix(mix(mood.land, mood.cloud_dark, 0.5), mood.cloud_lit, 0.14)),
            (0.8, mix(mood.land, mood.cloud_lit, 0.5)),
            (1, mix(mood.land, mood.light, 0.7)),
        ],
    )
    canvas.lay(stone, area)
    rim = canvas.line(edge, 0.003, blur=0.0012)
    canvas.light(mood.cloud_lit, ImageChops.multiply(rim, area), 0.6)
    deeper = canvas.fade(y, y + wide * 0.6, (0, 0), (1, 190))
    canvas.lay(mix(mood.land, BLACK, 0.4), ImageChops.multiply(deeper, area))


def _paint_house(canvas: Canvas, mood: Mood, corner: Point, wide: float) -> None:
    left, foot = corner
    walls = box((left + wide / 2, foot - wide * 0.24), wide / 2, wide * 0.27)
    canvas.lay(mix((206, 204, 196), mood.land, 0.45), canvas.polygon(walls))
    roof = ((-0.08, 0.48), (0.25, 0.86), (0.78, 0.86), (1.08, 0.48))
    points = [(left + wide * px, foot - wide * py) for px, py in roof]
    canvas.lay(mix((120, 42, 40), mood.land, 0.5), canvas.polygon(points))
    for share in (0.36, 0.7):
        _light_window(canvas, (left + wide * share, foot - wide * 0.28), wide * 0.07)


def _paint_tower(canvas: Canvas, mood: Mood, foot: Point, tall: float, wide: float) -> None:
    x, y = foot
    top, base = y - tall, y + 0.012
    body = canvas.polygon(
        [(x - wide * 0.62, top), (x + wide * 0.62, top), (x + wide, base), (x - wide, base)]
    )
    canvas.lay((236, 232, 222), body)
    for band in (0.215, 0.515, 0.815):
        red = canvas.polygon(box((x, top + tall * band), wide * 1.1, tall * 0.075))
        canvas.lay((186, 40, 42), ImageChops.multiply(red, body))
    round_off = canvas.shade(x - wide, x + wide, (0, 70), (0.3, 10), (0.55, 40), (1, 205))
    shadow = mix(mood.land, mood.cloud_dark, 0.5)
    canvas.lay(shadow, ImageChops.multiply(round_off, body), 0.95)
    for down, across in ((0.3, -0.1), (0.56, 0.12), (0.8, -0.12)):
        _light_window(canvas, (x + wide * across, top + tall * down), wide * 0.1)


def _paint_lantern(canvas: Canvas, mood: Mood, foot: Point, tall: float, wide: float) -> None:
    x, top = foot[0], foot[1] - tall
    lamp = lamp_of(foot, tall)

    def iron(pen: Pen) -> None:
        pen.polygon(box((x, top - wide * 0.1), wide * 0.9, wide * 0.1))
        rail = top - wide * 0.42
        pen.line([(x - wide * 0.88, rail), (x + wide * 0.88, rail)], wide * 0.05)
        for post in range(9):
            at = x + wide * (0.22 * post - 0.88)
            pen.line([(at, rail), (at, top)], wide * 0.035)
        pen.polygon(box(lamp, wide * 0.44, wide * 0.44))
        dome = ((-0.6, 1.0), (-0.4, 1.36), (0, 1.56), (0.4, 1.36), (0.6, 1.0))
        pen.polygon(smooth([(x + wide * px, top - wide * py) for px, py in dome]))
        pen.ellipse((x, top - wide * 1.62), (wide * 0.11, wide * 0.11))
        pen.line([(x, top - wide * 1.6), (x, top - wide * 2.05)], wide * 0.05)

    def bars(pen: Pen) -> None:
        for share in (-0.36, -0.12, 0.12, 0.36):
            at = x + wide * share
            pen.line([(at, lamp[1] - wide * 0.4), (at, lamp[1] + wide * 0.4)], 0.0014)

    canvas.lay(mix((40, 40, 46), mood.land, 0.4), canvas.draw(iron))
    canvas.lay((255, 236, 180), canvas.polygon(box(lamp, wide * 0.36, wide * 0.36)))
    canvas.lay((30, 30, 34), canvas.draw(bars))
    canvas.glow(lamp, tall * 0.62, WARM, power=3.2, strength=0.85)
    canvas.glow(lamp, wide * 1.5, (255, 250, 226), power=2)


def _light_window(canvas: Canvas, at: Point, wide: float) -> None:
    canvas.lay((255, 220, 150), canvas.polygon(box(at, wide, wide * 1.7)))
    canvas.glow(at, wide * 6.5, WARM, power=3, strength=0.5)
