"""Ground: mountains, woods, a city, dunes, a meadow. Far things fade into the haze."""

import math
from functools import partial
from itertools import pairwise

from PIL import Image, ImageChops

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, Point, curve, mix, tinted
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import below

OVER = 0.06  # how far things stand out of the picture at either side


def paint_mountains(canvas: Canvas, mood: Mood, foot: float, *, tall: float = 0.34) -> None:
    """Raise ranges one behind the other, snow on the far ones."""
    ranges = 3
    for n in range(ranges):
        near = n / (ranges - 1)
        height = tall * (1 - 0.62 * near)
        line = _peaks(canvas, foot + 0.02 * near, height)
        area = canvas.polygon(below(line, foot + 0.06))
        stone = mix(mix(mood.land, mood.cloud_dark, 0.5), mood.haze, 0.56 - 0.34 * near)
        faces = canvas.relief(
            canvas.swirled(canvas.noise((7, 5), octaves=6, gain=0.62), 0.08), (1, -0.5), 3.4
        )
        rock = tinted(
            faces,
            [
                (0, mix(stone, mood.land, 0.62)),
                (0.5, stone),
                (1, mix(stone, mood.light, 0.5)),
            ],
        )
        canvas.lay(rock, area)
        if near < 1:
            top = min(y for _, y in line)
            snow = tinted(
                faces,
                [
                    (0, mix(mood.cloud_dark, (150, 170, 205), 0.5)),
                    (0.5, mix(mood.cloud_lit, (226, 234, 246), 0.5)),
                    (1, mix(mood.light, (255, 255, 255), 0.5)),
                ],
            )
            reach = canvas.fade(top, top + height * 0.75, (0, 255), (0.45, 150), (1, 0))
            patchy = ImageChops.add(reach, canvas.noise((9, 7)), 1.0, -110)
            canvas.lay(snow, ImageChops.multiply(curve(patchy, 0.3, 0.5), area), 0.95)
        _haze(canvas, mood, area, foot - height * 0.45, foot + 0.03, 0.8 - 0.5 * near)


def paint_woods(canvas: Canvas, mood: Mood, top: float, *, rows: int = 5) -> None:
    """Plant rows of firs, mist between them."""
    for row in range(rows):
        near = row / (rows - 1)
        ground = canvas.ridge(
            top + (1.04 - top) * near + canvas.chance.uniform(-0.03, 0.03),
            top + (1.04 - top) * near + canvas.chance.uniform(-0.03, 0.03),
            0.03,
            bends=6,
        )
        height = 0.05 + 0.26 * near**1.3
        trees = _firs(canvas, ground, height)
        area = canvas.draw(partial(_plant, trees=trees, ground=ground))
        color = mix(mix(mood.haze, mood.land, 0.25), mood.land, near**0.8)
        canvas.lay(color, area)
        level = ground[len(ground) // 2][1]
        _haze(canvas, mood, area, level - height * 0.7, level + 0.06, 0.75 * (1 - near) ** 0.7)


def paint_dunes(canvas: Canvas, mood: Mood, top: float, color: Color) -> None:
    """Roll hills of one color towards the viewer, one side of each in the light."""
    rows = 5
    for row in range(rows):
        near = row / (rows - 1)
        line = _roll(canvas, top + (0.9 - top) * near, 0.03 + 0.07 * near)
        area = canvas.polygon(below(line))
        body = mix(mix(color, mood.haze, 0.6), color, near**0.7)
        slope = canvas.vertical(
            min(y for _, y in line),
            min(1.0, min(y for _, y in line) + 0.2 + 0.2 * near),
            [(0, mix(body, mood.light, 0.5)), (0.3, body), (1, mix(body, mood.land, 0.55))],
        )
        canvas.lay(slope, area)
        grain = canvas.relief(canvas.noise((8, 60), octaves=3), (0.2, -1), 1.0)
        shade = tinted(grain, [(0, mix(body, mood.land, 0.4)), (1, mix(body, mood.light, 0.5))])
        canvas.lay(shade, area, 0.22)


def paint_flowers(canvas: Canvas, colors: tuple[Color, ...]) -> None:
    """Strew the meadow with flowers, larger where they are near."""
    chance = canvas.chance
    for color in colors:
        spots = [(chance.random(), chance.random() ** 0.8) for _ in range(260)]

        def bloom(pen: Pen, spots: list[Point] = spots) -> None:
            for x, near in spots:
                size = 0.001 + 0.0085 * near**2
                pen.ellipse((x, 0.7 + 0.31 * near), (size, size * 0.8))

        canvas.lay(color, canvas.draw(bloom, blur=0.0006), 0.95)


def _peaks(canvas: Canvas, foot: float, height: float) -> list[Point]:
    chance = canvas.chance
    line: list[Point] = []
    at, level = -OVER, foot - height * chance.uniform(0.2, 0.5)
    rising = True
    nodes: list[Point] = [(at, level)]
    while at < 1 + OVER:
        at += chance.uniform(0.09, 0.2)
        level = foot - height * (chance.uniform(0.62, 1.0) if rising else chance.uniform(0.1, 0.4))
        nodes.append((at, level))
        rising = not rising
    for (x0, y0), (x1, y1) in pairwise(nodes):
        jagged = canvas.ridge(y0, y1, height * 0.07, bends=5)
        line += [(x0 + (x1 - x0) * part, y) for part, y in jagged]
    return line


def _roll(canvas: Canvas, level: float, swing: float) -> list[Point]:
    chance = canvas.chance
    start, pace = chance.uniform(0, 7), chance.uniform(2.2, 4.2)
    return [
        (
            n / 120,
            level
            - swing * math.sin(start + pace * n / 120)
            - swing * 0.35 * math.sin(start * 3 + 2.3 * pace * n / 120),
        )
        for n in range(121)
    ]


def _haze(
    canvas: Canvas, mood: Mood, area: Image.Image, top: float, bottom: float, strength: float
) -> None:
    fog = canvas.fade(top, bottom, (0, 0), (1, 255))
    canvas.lay(mood.haze, ImageChops.multiply(fog, area), strength)


def _firs(canvas: Canvas, ground: list[Point], height: float) -> list[list[Point]]:
    chance = canvas.chance
    trees = []
    x = -OVER
    while x < 1 + OVER:
        y = ground[min(len(ground) - 1, max(0, round(x * (len(ground) - 1))))][1] + 0.01
        tall = height * chance.uniform(0.55, 1.15)
        trees.append(_fir(canvas, (x, y), tall))
        x += tall * chance.uniform(0.12, 0.34)
    return trees


def _fir(canvas: Canvas, foot: Point, tall: float) -> list[Point]:
    chance = canvas.chance
    tiers = 9
    left: list[Point] = []
    right: list[Point] = []
    for tier in range(1, tiers + 1):
        part = tier / tiers
        y = foot[1] - tall * (1 - part)
        for edge, way in ((left, -1), (right, 1)):
            reach = tall * 0.19 * part * chance.uniform(0.75, 1.15)
            edge.append((foot[0] + way * reach, y + tall * 0.015))
            edge.append((foot[0] + way * reach * 0.45, y - tall * 0.01))
    return [(foot[0], foot[1] - tall), *right, *reversed(left)]


def _plant(pen: Pen, trees: list[list[Point]], ground: list[Point]) -> None:
    pen.polygon(below(ground))
    for tree in trees:
        pen.polygon(tree)
