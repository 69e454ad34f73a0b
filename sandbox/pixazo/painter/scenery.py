"""Skies, grounds and weather, drawn from far to near."""

import math

from PIL import Image, ImageChops, ImageFilter

from sandbox.pixazo.painter.canvas import BLACK, WHITE, Canvas, Color, mix
from sandbox.pixazo.painter.prompt import Scene
from sandbox.pixazo.painter.shapes import Polygon, below, box, ellipse

HORIZON = 0.64  # of water
RIDGES = {  # how near (0…1), height, swing, octaves
    "hills": [(near, 0.5 + 0.42 * near, 0.035, 3) for near in (0.2, 0.36, 0.52, 0.68, 0.82, 0.95)],
    "mountains": [(0.25, 0.47, 0.12, 14), (0.45, 0.6, 0.09, 14), (0.65, 0.72, 0.06, 14)],
    "sea": [(0.3, HORIZON - 0.02, 0.012, 9)],
}
TREES = {  # how near (0…1), height of the ground, height of the trees
    "forest": [(0.3, 0.6, 0.09), (0.45, 0.68, 0.13), (0.65, 0.78, 0.2), (0.85, 0.9, 0.3)],
    "mountains": [(0.75, 0.84, 0.06), (1, 0.96, 0.1)],
}


def paint_scenery(canvas: Canvas, scene: Scene) -> None:
    """Paint everything but the subject."""
    if scene.ground is None:
        _paint_abstract(canvas, scene)
        return
    _paint_sky(canvas, scene)
    for near, height, swing, octaves in RIDGES.get(scene.ground, ()):
        color = mix(scene.sky[-1], scene.dark, near)
        foot = mix(scene.sky[-1], color, 0.3 + 0.7 * near)
        _layer(canvas, color, foot, below(canvas.line(height, swing, 0.6, octaves)))
    _paint_trees(canvas, scene)
    if scene.ground == "city":
        _paint_houses(canvas, scene)
    if scene.ground == "sea" and scene.mood == "storm":
        _paint_waves(canvas, scene)
    elif scene.ground in {"city", "sea"}:
        _paint_water(canvas, scene)


def _paint_sky(canvas: Canvas, scene: Scene) -> None:
    random, stormy = canvas.random, scene.mood == "storm"
    canvas.image = canvas.vertical(0, 0.7, *scene.sky)
    if scene.mood == "night":
        radii = (0.0008 + 0.0015 * random.random() ** 5 for _ in range(320))
        stars = (ellipse(random.random(), random.random(), r, r, 8) for r in radii)
        canvas.fill(WHITE, *stars, opacity=0.85)
    if not stormy:
        canvas.glow(scene.sun, 0.75, scene.light, 0.45)
        canvas.glow(scene.sun, 0.22, scene.light, 0.7)
        canvas.fill(scene.light, ellipse(*scene.sun, 0.045, 0.045))
    clouds = canvas.noise((2, 7), 6, 0.33 if stormy else random.uniform(0.48, 0.56), 0.75)
    thinning = canvas.vertical(0, 0.6, WHITE, (60,) * 3).getchannel(0)
    cloud = mix(scene.light, scene.sky[1], 0.62 if stormy else 0.3)
    canvas.cover(cloud, ImageChops.multiply(clouds, thinning), 0.8)


def _layer(canvas: Canvas, color: Color, foot: Color, *shapes: Polygon, depth: float = 0.2) -> None:
    top = min(y for shape in shapes for _, y in shape)
    canvas.fill(canvas.vertical(top, top + depth, color, foot), *shapes)


def _paint_trees(canvas: Canvas, scene: Scene) -> None:
    for near, base, tall in TREES.get(scene.ground or "", ()):
        color, trees, x = mix(scene.sky[-1], scene.dark, near), [], -0.03
        while x < 1.03:  # noqa: PLR2004  past the edge
            trees.append(_conifer(canvas, x, base + 0.03, tall * canvas.random.uniform(0.55, 1.1)))
            x += tall * canvas.random.uniform(0.12, 0.4)
        foot, ground = mix(color, scene.sky[-1], 0.63 - 0.55 * near), canvas.line(base, 0.018, 1)
        _layer(canvas, color, foot, below(ground), *trees, depth=1.7 * tall)


def _conifer(canvas: Canvas, x: float, base: float, tall: float) -> Polygon:
    right, left = [], []
    for share in (n / 7 for n in range(1, 8)):
        y, wide = base - tall * (1 - share), tall * share * canvas.random.uniform(0.16, 0.23)
        right += [(x + wide, y + tall * 0.012), (x + wide * 0.45, y - tall * 0.012)]
        left += [(2 * x - at, level) for at, level in right[-2:]]
    return [(x, base - tall * 1.04), *right, *reversed(left)]


def _paint_water(canvas: Canvas, scene: Scene) -> None:
    """Mirror what is above the horizon, broken by ripples, with a path of light."""
    side, random, line = canvas.side, canvas.random, round(HORIZON * canvas.side)
    above = canvas.image.crop((0, 2 * line - side, side, line))
    mirrored = above.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    blurred = mirrored.filter(ImageFilter.BoxBlur((side * 0.006, side * 0.016)))
    canvas.image.paste(blurred, (0, line))
    canvas.fill(mix(scene.dark, scene.sky[0], 0.4), box(0, HORIZON, 1, 1), opacity=0.45)
    for color, spread, opacity in ((scene.dark, 0.5, 0.3), (scene.light, 0.06, 0.7)):
        ripples = []
        for near in (random.random() ** 1.5 for _ in range(420)):
            x = random.gauss(scene.sun[0], spread * (0.5 + 1.2 * near))
            y = HORIZON + 0.004 + (1 - HORIZON) * near
            wide, high = random.uniform(0.3, 1) * (0.008 + 0.05 * near), 0.0009 + 0.0045 * near
            ripples.append(ellipse(x, y, wide, high, 4))
        canvas.fill(color, *ripples, opacity=opacity)


def _paint_waves(canvas: Canvas, scene: Scene) -> None:
    for near in (row / 8 for row in range(9)):
        level, tall, count = HORIZON + 0.36 * near**1.3, 0.006 + 0.1 * near, 36 - 27 * near**0.5
        crest, spill, start = [], [], canvas.random.uniform(0, 9)
        for x, swell in canvas.line(0.6, 0.3, 1.7):
            sharp = (1 - abs(math.sin(x * count + start + 0.4 * math.sin(9 * x)))) ** 1.4
            top = level - tall * swell * (sharp + 0.4)
            crest.append((x, top))
            spill.append((x, top + 0.3 * tall * swell * sharp + 0.002))
        body = mix(mix(scene.sky[-1], (14, 70, 80), 0.75), scene.dark, 0.15 + 0.4 * near)
        foam, depth = mix(body, (110, 180, 176), 0.45), 0.05 + 0.17 * near
        _layer(canvas, foam, scene.dark, below(crest), depth=depth)
        canvas.fill((226, 238, 238), [*crest, *reversed(spill)], blur=0.001, opacity=0.7)


def _paint_houses(canvas: Canvas, scene: Scene) -> None:
    random, lamp = canvas.random, mix((255, 206, 120), scene.light, 0.2)
    for near, tall, wide in ((0.25, 0.34, 0.05), (0.5, 0.38, 0.065), (0.85, 0.26, 0.085)):
        houses, windows, x, cell = [], [], -0.05, 0.009 + 0.006 * near
        while x < 1:
            width, height = wide * random.uniform(0.6, 1.3), tall * random.uniform(0.3, 1)
            top = HORIZON - height
            houses += [box(x, top, x + width, HORIZON)]
            houses += [box(x + width * 0.48, top - 0.05, x + width * 0.52, HORIZON)]  # a mast
            floors = [top + n * cell * 1.3 for n in range(1, int(height / cell / 1.3))]
            for left in (x + n * cell for n in range(1, int(width / cell))):
                lit = (y for y in floors if random.random() < 0.45)  # noqa: PLR2004  a share
                windows += [box(left, y, left + cell / 2, y + cell * 0.7) for y in lit]
            x += width * random.uniform(0.9, 1.25)
        color = mix(scene.sky[-1], scene.dark, near)
        _layer(canvas, color, mix(color, scene.sky[-1], 0.35), *houses, depth=0.4)
        canvas.fill(mix(color, lamp, 0.35 + 0.6 * near), *windows, opacity=0.9)


def _paint_abstract(canvas: Canvas, scene: Scene) -> None:
    colors = [*scene.sky, scene.light, scene.dark]
    canvas.image = canvas.vertical(0, 0.8, *colors[:2])
    canvas.glow(scene.sun, 0.6, colors[-1], 0.8)
    canvas.fill(mix(colors[-1], WHITE, 0.6), ellipse(*scene.sun, 0.11, 0.11))
    for share in (sheet / 11 for sheet in range(11)):
        swing, waves = 0.085 - 0.03 * share, canvas.random.uniform(0.35, 0.8)
        line, at = canvas.line(0.3 + 0.68 * share, swing, waves), share * (len(colors) - 1)
        color = mix(colors[int(at)], colors[int(at) + 1], at % 1)
        canvas.fill(BLACK, below([(x, y - 0.006) for x, y in line]), blur=0.014, opacity=0.4)
        sheen = canvas.vertical(0, 1, mix(color, WHITE, 0.2), mix(color, BLACK, 0.18))
        canvas.fill(sheen.transpose(Image.Transpose.TRANSPOSE), below(line))
