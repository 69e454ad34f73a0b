"""Water: a sea in uproar, and a calm one that mirrors the sky."""

import math
from collections.abc import Iterable
from functools import partial

from PIL import Image, ImageChops, ImageFilter

from sandbox.pixazo.painter.brush import Canvas, Pen, Point, curve, mix, tinted
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import below

SWELLS = 9


def paint_swell(canvas: Canvas, mood: Mood, horizon: float, rows: Iterable[int]) -> None:
    """Paint some of the SWELLS rows of breaking waves; row 0 is far and low, the last one near."""
    far = mix(mood.haze, mood.deep, 0.5)
    rough = curve(canvas.noise((70, 44), octaves=3, gain=0.7), 0.28, 0.72)
    streaks = curve(canvas.swirled(canvas.noise((9, 60), octaves=4, gain=0.7), 0.04), 0.5, 0.85)
    foam = mix(mood.cloud_lit, (255, 255, 255), 0.72)
    for row in rows:
        near = row / (SWELLS - 1)
        level = horizon + 0.006 + (0.96 - horizon) * near**1.4
        crest, breaking = _crest(canvas, level, 0.005 + 0.1 * near**1.2, 34 - 28 * near**0.4)
        top = min(y for _, y in crest)
        body = mix(far, mood.deep, 0.2 + 0.6 * near)
        water = canvas.vertical(
            top,
            top + 0.03 + 0.2 * near,
            [
                (0, mix(body, mix(mood.cloud_lit, (60, 150, 150), 0.5), 0.55)),
                (0.35, mix(body, (16, 84, 92), 0.4)),
                (1, mix(body, mood.deep, 0.9)),
            ],
        )
        area = canvas.polygon(below(crest))
        canvas.lay(water, area)
        canvas.lay(foam, ImageChops.multiply(area, streaks), 0.05 + 0.1 * near)
        white = canvas.draw(
            partial(_whiten, crest=crest, breaking=breaking, near=near), blur=0.0007
        )
        canvas.lay(foam, ImageChops.multiply(white, ImageChops.offset(rough, 97 * row, 61 * row)))


def paint_open_water(canvas: Canvas, mood: Mood, horizon: float) -> None:
    """Fill everything under the horizon with the water's own color."""
    far = mix(mood.haze, mood.deep, 0.5)
    canvas.lay(canvas.vertical(horizon, 1, [(0, far), (1, mood.deep)]), _water(canvas, horizon))


def paint_calm(canvas: Canvas, mood: Mood, horizon: float, sun: Point) -> None:
    """Mirror what stands above the horizon, broken by ripples, with a path of light."""
    side = canvas.side
    line = round(horizon * side)
    depth = side - line
    above = canvas.image.crop((0, max(0, line - depth), side, line))
    mirrored = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((side, depth))
    picture = canvas.image.copy()
    picture.paste(mirrored.filter(ImageFilter.BoxBlur((side * 0.004, side * 0.012))), (0, line))
    water = _water(canvas, horizon)
    ripples = _perspective(canvas, canvas.noise((46, 60), octaves=3), horizon)
    shade = tinted(canvas.relief(ripples, (0.2, 1.0), 1.2), [(0, (40,) * 3), (1, (215,) * 3)])
    canvas.lay(ImageChops.soft_light(picture, shade), water)
    tint = canvas.fade(horizon, 1, (0, 24), (1, 190))
    canvas.lay(mood.deep, ImageChops.multiply(tint, water), 0.9)
    path = canvas.polygon(
        [(sun[0] - 0.03, horizon), (sun[0] + 0.03, horizon), (sun[0] + 0.2, 1), (sun[0] - 0.2, 1)],
        blur=0.045,
    )
    glints = curve(ripples, 0.52, 0.72)
    canvas.light(mood.light, ImageChops.multiply(ImageChops.multiply(path, glints), water), 0.95)
    canvas.light(mood.light, ImageChops.multiply(path, water), 0.16)


def paint_spray(canvas: Canvas, at: Point, reach: float) -> None:
    """Throw up the spray of a wave that breaks on a rock."""
    chance = canvas.chance

    def thrown(count: int, spread: float) -> list[Point]:
        spots = []
        for _ in range(count):
            turn = chance.gauss(-math.pi / 2, spread)
            far = reach * abs(chance.gauss(0, 0.4))
            spots.append((at[0] + far * math.cos(turn), at[1] + far * math.sin(turn)))
        return spots

    mist = canvas.dots(thrown(70, 0.6), reach * 0.07, blur=reach * 0.06)
    torn = curve(canvas.noise((18, 14), octaves=4), 0.25, 0.8)
    canvas.lay((222, 234, 234), ImageChops.multiply(mist, torn), 0.8)
    for count, size, opacity in ((900, 0.0007, 0.8), (420, 0.0012, 0.75), (70, 0.0021, 0.7)):
        canvas.lay((244, 250, 250), canvas.dots(thrown(count, 0.6), size), opacity)


def _water(canvas: Canvas, horizon: float) -> Image.Image:
    corners = [(0.0, horizon), (1.0, horizon), (1.0, 1.0), (0.0, 1.0)]
    return canvas.polygon(corners)


def _crest(
    canvas: Canvas, level: float, height: float, waves: float
) -> tuple[list[Point], list[float]]:
    """Return a line of sharp crests and round troughs, and how tall it breaks at each point."""
    chance = canvas.chance
    start, other, third = (chance.uniform(0, 9) for _ in range(3))
    line, breaking = [], []
    for n in range(241):
        x = n / 240
        turn = x * waves + start + 0.5 * math.sin(x * waves * 0.6 + other)
        sharp = (1 - abs(math.sin(turn + 0.45 * math.sin(turn * 2)))) ** 1.35
        broad = 0.5 + 0.5 * math.sin(x * waves * 0.43 + third)
        chop = 0.05 * math.sin(x * waves * 5.3 + third) + 0.03 * math.sin(x * waves * 11.7)
        line.append((x, level - height * (sharp * (0.25 + 0.75 * broad) + 0.5 * broad + chop)))
        breaking.append(height * sharp**1.5 * (0.2 + 0.8 * broad))
    return line, breaking


def _whiten(pen: Pen, crest: list[Point], breaking: list[float], near: float) -> None:
    """Break a wave: foam on its crest, and streaks that follow its shape down its face."""
    rows = list(zip(crest, breaking, strict=True))
    for depth, value in ((0.75, 34), (0.45, 52), (0.22, 95)):
        spill = [(x, y + tall * depth + 0.001) for (x, y), tall in rows]
        pen.polygon([*crest, *reversed(spill)], value)
    for depth in (0.3, 0.55, 0.85, 1.2):
        streak = [(x, y + tall * 0.4 * depth + 0.02 * near * depth) for (x, y), tall in rows]
        pen.line(streak, 0.0008 + 0.0016 * near, round(120 / (1 + depth)))
    pen.line(crest, 0.0012 + 0.0034 * near, 205)


def _perspective(canvas: Canvas, surface: Image.Image, horizon: float) -> Image.Image:
    """Lay a surface down so that it reaches to the horizon: strips that grow towards us."""
    side = canvas.side
    strips = 28
    mesh = []
    for n in range(strips):
        top, bottom = ((k / strips) ** 1.7 for k in (n, n + 1))
        box = tuple(
            round(edge * side)
            for edge in (0, horizon + (1 - horizon) * top, 1, horizon + (1 - horizon) * bottom)
        )
        (inset, start), (inset_near, end) = (
            (0.22 * part**0.6 * side, part**0.42 * side) for part in (top, bottom)
        )
        corners = (inset, start, inset_near, end, side - inset_near, end, side - inset, start)
        if box[1] < box[3]:  # a small picture has no room for the finest ones
            mesh.append((box, corners))
    return surface.transform((side, side), Image.Transform.MESH, mesh, Image.Resampling.BILINEAR)
