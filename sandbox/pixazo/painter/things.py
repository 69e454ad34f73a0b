"""A sailing boat, a lone tree, balloons."""

import math

from PIL import ImageChops

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, Point, mix
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import box, smooth

HULL = ((-0.34, -0.07), (-0.24, 0.035), (0.2, 0.035), (0.4, -0.085))
MAINSAIL = ((0.02, -0.98), (-0.2, -0.5), (-0.36, -0.14))
JIB = ((0.05, -0.86), (0.24, -0.45), (0.4, -0.12))
ENVELOPE = (
    *((0, -1), (0.78, -0.5), (0.74, 0.2), (0.16, 0.98)),
    *((-0.16, 0.98), (-0.74, 0.2), (-0.78, -0.5)),
)
SILKS: tuple[Color, ...] = (
    (214, 60, 60),
    (240, 170, 50),
    (60, 130, 190),
    (120, 70, 150),
    (50, 150, 120),
)
BRANCHINGS = 7


def paint_boat(canvas: Canvas, mood: Mood, at: Point, size: float) -> None:
    """Set a sailing boat on the water, with its reflection."""
    x, y = at

    def placed(*points: Point) -> list[Point]:
        return [(x + size * px, y + size * py) for px, py in points]

    cloth = mix(mood.light, (255, 255, 255), 0.3)
    for luff, foot, tone in ((MAINSAIL, (0.02, -0.12), 0.1), (JIB, (0.05, -0.16), 0.3)):
        sail = [*smooth(placed(*luff)), *placed(foot)]
        mirrored = [(px, 2 * y - py + size * 0.06) for px, py in sail]
        canvas.lay(cloth, canvas.polygon(mirrored, blur=0.006), 0.28)
        ends = mix(cloth, mood.haze, tone), mix(cloth, mood.land, 0.25 + tone)
        paint = canvas.vertical(y - size, y, [(0, ends[0]), (1, ends[1])])
        canvas.lay(paint, canvas.polygon(sail))
    canvas.lay(mood.land, canvas.line(placed((0.03, 0), (0.03, -1)), size * 0.012))
    canvas.lay(mix(mood.land, (120, 50, 40), 0.45), canvas.polygon(smooth(placed(*HULL))))
    shadow = canvas.ellipse((x, y + size * 0.07), (size * 0.42, size * 0.03), blur=0.008)
    canvas.lay(mood.land, shadow, 0.6)


def paint_tree(canvas: Canvas, mood: Mood, foot: Point, tall: float, leaves: Color) -> None:
    """Grow a lone broad tree."""
    chance = canvas.chance
    twigs: list[tuple[Point, Point, float]] = []
    tips: list[Point] = []

    def grow(at: Point, heading: float, length: float, width: float, left: int) -> None:
        end = (at[0] + length * math.sin(heading), at[1] - length * math.cos(heading))
        twigs.append((at, end, width))
        if left == 0:
            tips.append(end)
            return
        for way in (-1, 1) if left != BRANCHINGS - 2 else (-1, 0.1, 1):
            turn = heading + way * chance.uniform(0.25, 0.6)
            grow(end, turn, length * chance.uniform(0.68, 0.84), width * 0.64, left - 1)

    def wood(pen: Pen) -> None:
        for start, end, width in twigs:
            pen.line([start, end], max(0.0009, width))

    grow(foot, chance.uniform(-0.1, 0.1), tall * 0.27, tall * 0.05, BRANCHINGS)
    canvas.lay(mix(mood.land, (40, 28, 22), 0.4), canvas.draw(wood))
    for lit, dark in ((0.0, 0.5), (0.35, 0.25), (0.7, 0.0)):  # crowns, the sunlit one last
        spots = [
            (x + chance.gauss(0, tall * 0.03), y + chance.gauss(0, tall * 0.026) - lit * tall / 50)
            for x, y in tips
            for _ in range(5)
        ]
        color = mix(mix(leaves, mood.land, dark), mood.light, lit * 0.35)
        canvas.lay(color, canvas.dots(spots, tall * 0.011), 0.85)


def paint_balloons(canvas: Canvas, mood: Mood, horizon: float) -> None:
    """Let striped balloons drift, the nearest one largest."""
    chance = canvas.chance
    count = 8
    for n in range(count):
        near = (n / (count - 1)) ** 2
        size = 0.022 + 0.13 * near
        x = 0.1 + 0.8 * ((n * 0.382 + chance.random() * 0.2) % 1.0)  # the golden angle spreads them
        y = chance.uniform(0.06 + size, max(0.08 + size, horizon - 0.16 - size * 0.6))
        _paint_balloon(canvas, mood, (x, y), size, 1 - near)


def _paint_balloon(canvas: Canvas, mood: Mood, at: Point, size: float, far: float) -> None:
    x, y = at

    def placed(*points: Point) -> list[Point]:
        return [(x + size * px, y + size * py) for px, py in points]

    body = canvas.polygon(smooth(placed(*ENVELOPE), closed=True))
    canvas.lay(mix(canvas.chance.choice(SILKS), mood.haze, 0.5 * far), body)
    for bulge in (-0.57, 0.0, 0.57):
        gore = placed((0, -1.02), (bulge - 0.16, -0.1), (0, 1), (bulge + 0.16, -0.1))
        stripe = canvas.polygon(smooth(gore, closed=True))
        canvas.lay(mix((250, 238, 214), mood.haze, 0.4 * far), ImageChops.multiply(stripe, body))
    round_off = canvas.shade(x - size * 0.8, x + size * 0.8, (0, 0), (0.45, 20), (1, 190))
    canvas.lay(mood.land, ImageChops.multiply(round_off, body), 0.7)

    def basket(pen: Pen) -> None:
        for way in (-0.15, 0.15):
            pen.line(placed((way, 0.96), (way * 0.7, 1.34)), 0.001)
        pen.polygon(box(placed((0, 1.34))[0], size * 0.12, size * 0.09))

    canvas.lay(mix(mood.land, mood.haze, 0.3 * far), canvas.draw(basket))
