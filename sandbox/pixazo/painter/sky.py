"""Everything above the horizon."""

import math

from PIL import Image, ImageChops

from sandbox.pixazo.painter.brush import Canvas, Color, Pen, Point, curve, mix, tinted
from sandbox.pixazo.painter.mood import Mood

FORKS, FINEST = 0.16, 0.001  # how often a bolt forks, and the width that no longer does
HEAVY = 0.8  # the cover from which clouds pile up in dark masses


def paint_sky(canvas: Canvas, mood: Mood, horizon: float, sun: Point) -> None:
    """Paint gradient, stars, sun or moon, and clouds lit from where the light is."""
    canvas.image.paste(canvas.vertical(0.0, horizon, mood.sky))
    if mood.stars:
        paint_stars(canvas, round(700 * mood.stars), horizon)
    canvas.glow(sun, 0.75, mix(mood.haze, mood.light, 0.4), power=1.8, strength=0.55)
    if mood.disc == "sun":
        canvas.glow(sun, 0.3, mood.light, power=2.5, strength=0.9)
        canvas.lay(mix(mood.light, (255, 255, 255), 0.5), _disc(canvas, sun, 0.038))
    elif mood.disc == "moon":
        paint_moon(canvas, sun, canvas.chance.uniform(0.05, 0.075), mood.light)
    paint_clouds(canvas, mood, horizon, sun)


def paint_stars(canvas: Canvas, count: int, horizon: float) -> None:
    """Scatter stars, most of them faint, a few of them shining."""
    chance = canvas.chance

    def dots(pen: Pen) -> None:
        for _ in range(count):
            at = (chance.random(), chance.random() * horizon)
            size = chance.uniform(0.0005, 0.0013)
            pen.ellipse(at, (size, size), round(255 * chance.random() ** 2))

    canvas.light((236, 240, 255), canvas.draw(dots))
    for _ in range(count // 60):
        at = (chance.random(), chance.random() * horizon * 0.9)
        canvas.glow(at, chance.uniform(0.006, 0.016), (200, 216, 255), power=4)


def paint_moon(canvas: Canvas, center: Point, radius: float, color: Color) -> None:
    """Hang a full moon with its seas and its halo."""
    canvas.glow(center, radius * 6, mix((60, 90, 160), color, 0.4), power=2.6, strength=0.7)
    face = tinted(
        canvas.noise((5, 5), octaves=4),
        [(0, mix(color, (120, 124, 150), 0.55)), (0.55, color), (1, (255, 255, 255))],
    )
    canvas.lay(face, _disc(canvas, center, radius))


def paint_clouds(canvas: Canvas, mood: Mood, horizon: float, sun: Point) -> None:
    """Lay clouds whose edges catch the light; they flatten towards the horizon."""
    wild = mood.cover
    density = canvas.swirled(
        canvas.noise((3, 6), octaves=6, gain=0.56), 0.05 + 0.24 * wild * (1 - wild)
    )
    toward = (math.copysign(0.6, 0.5 - sun[0]), -1.0 if mood.disc else 1.0)
    lit = Image.blend(canvas.relief(density, toward, 2.6), density, 0.25)
    paint = tinted(
        lit,
        [
            (0, mood.cloud_dark),
            (0.4, mix(mood.cloud_dark, mood.cloud_lit, 0.35)),
            (0.75, mood.cloud_lit),
            (1, mix(mood.cloud_lit, mood.light, 0.7)),
        ],
    )
    mask = curve(density, 0.72 - 0.62 * wild, 1.0 - 0.4 * wild, 0.9)
    fading = canvas.fade(0.0, horizon, (0, 255), (0.6, 225), (1, 50))
    canvas.lay(paint, ImageChops.multiply(mask, fading), 0.94)
    if wild > HEAVY:
        masses = curve(canvas.swirled(canvas.noise((1.6, 3.2), octaves=4), 0.06), 0.35, 0.8)
        above = canvas.fade(0.0, horizon, (0, 255), (0.55, 190), (1, 0))
        canvas.lay(mood.cloud_dark, ImageChops.multiply(masses, above), 0.9)
        canvas.glow((sun[0], horizon), 0.42, mood.light, power=2.6, strength=0.75)


def paint_lightning(canvas: Canvas, horizon: float, x: float) -> None:
    """Strike a forked bolt from the clouds down to the horizon."""
    chance = canvas.chance
    bolts: list[tuple[list[Point], float]] = []

    def fork(at: Point, heading: float, width: float, end: float) -> None:
        points = [at]
        while points[-1][1] < end:
            px, py = points[-1]
            turn = heading + chance.gauss(0, 0.6)
            points.append((px + 0.018 * math.sin(turn), py + 0.018 * abs(math.cos(turn))))
            if chance.random() < FORKS and width > FINEST:
                reach = min(end, py + chance.uniform(0.05, 0.16))
                fork(points[-1], chance.choice((-0.8, 0.8)), width * 0.5, reach)
        bolts.append((points, width))

    fork((x, horizon * 0.12), 0.0, 0.0032, horizon)

    def strike(pen: Pen, wider: float) -> None:
        for points, width in bolts:
            pen.line(points, width * wider)

    canvas.glow((x, horizon * 0.3), 0.5, (150, 170, 220), power=2, strength=0.75)
    canvas.light((150, 160, 255), canvas.draw(lambda pen: strike(pen, 3.5), blur=0.012), 1.0)
    canvas.light((250, 250, 255), canvas.draw(lambda pen: strike(pen, 1.0), blur=0.0006))


def paint_aurora(canvas: Canvas, horizon: float) -> None:
    """Hang curtains of green and violet light."""
    for color, height, strength in (
        ((60, 255, 160), 0.42, 0.8),
        ((40, 220, 200), 0.34, 0.55),
        ((190, 90, 255), 0.5, 0.5),
    ):
        rays = canvas.noise((26, 1), octaves=3)
        shape = canvas.fade(
            horizon - height - 0.1, horizon - 0.06, (0, 0), (0.6, 150), (0.85, 255), (1, 0)
        )
        curtain = canvas.swirled(ImageChops.multiply(rays, shape), 0.14)
        canvas.light(color, curtain, strength)


def _disc(canvas: Canvas, center: Point, radius: float) -> Image.Image:
    return canvas.ellipse(center, (radius, radius), blur=0.0012)
