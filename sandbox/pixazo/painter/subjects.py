"""What a scene is about: an animal or a building in the foreground."""

from PIL import ImageChops

from sandbox.pixazo.painter.canvas import BLACK, WHITE, Canvas, Color, mix
from sandbox.pixazo.painter.prompt import Scene
from sandbox.pixazo.painter.shapes import Point, Polygon, below, box, ellipse, rounded

LAMP = (255, 214, 130)
FURS: dict[str, tuple[Color, Color, Color, Color]] = {  # fur, belly, dark parts, eyes
    "fox": ((226, 112, 44), (250, 236, 214), (58, 34, 32), (40, 24, 20)),
    "cat": ((58, 54, 66), (96, 90, 104), (34, 30, 40), (240, 200, 80)),
}
TAILS = {  # outlines: x and y in hundredths of the animal's height, x from its middle
    "fox": "10,95 30,97 46,86 50,66 43,50 37,60 36,74 26,82 10,82",
    "cat": "10,97 30,97 42,88 44,70 50,60 44,58 38,68 36,83 26,90 10,90",
}
TIP = "43,50 49,62 46,67 43,63 40,68 38,60"
BODY = "0,36 13,44 19,62 23,82 20,97 0,99 -20,97 -23,82 -19,62 -13,44"
CHEST = "0,36 10,46 9,60 0,76 -9,60 -10,46"
HEAD = "0,8 12,10 20,20 23,31 13,37 0,45 -13,37 -23,31 -20,20 -12,10"
CHEEK, NOSE = "0,31 10,25 22,31 13,36 0,44", "-3,37 3,37 0,42"
LEG, PAW = "3,66 10,68 10,90 11,98 3,98 4,86", "4,88 10,88 12,98 3,98"
EAR, INNER_EAR = "5,16 17,-6 20,20", "9,14 16,-1 18,16"


def paint_subject(canvas: Canvas, scene: Scene) -> None:
    """Paint the subject of a scene, if it has one."""
    painters = {"lighthouse": _paint_lighthouse, "castle": _paint_castle}
    if scene.subject is not None:
        painters.get(scene.subject, _paint_animal)(canvas, scene)


def _paint_mound(canvas: Canvas, scene: Scene, x: float, top: float, steep: float) -> None:
    line = [(at / 60, top + steep * (at / 60 - x) ** 2) for at in range(61)]
    crown = mix(scene.dark, scene.sky[-1], 0.25)
    canvas.fill(canvas.vertical(top, 1, crown, scene.dark), below(line))


def _paint_lighthouse(canvas: Canvas, scene: Scene) -> None:
    x = canvas.random.choice((0.34, 0.66)) + canvas.random.uniform(-0.04, 0.04)
    top, first, base = 0.2, 0.275, 0.74
    _paint_mound(canvas, scene, x, base - 0.02, 1.6)
    beam = [(x - 1, top - 0.06), (x - 1, top + 0.12), (x + 1, top - 0.06), (x + 1, top + 0.12)]
    canvas.fill(LAMP, beam, blur=0.012, opacity=0.3)
    red, white = (mix(color, scene.dark, 0.1) for color in ((206, 44, 44), (244, 240, 232)))
    tower = [(x - 0.038, first), (x + 0.038, first), (x + 0.062, base), (x - 0.062, base)]
    mask, tall = canvas.mask(tower), (base - first) / 7
    canvas.cover(red, mask)
    for y in (first + n * tall for n in (1, 3, 5)):
        canvas.cover(white, ImageChops.multiply(mask, canvas.mask(box(0, y, 1, y + tall))))
    shadow = canvas.mask(box(x + 0.015, 0, x + 1, 1), blur=0.02)
    canvas.cover(BLACK, ImageChops.multiply(mask, shadow), 0.6)
    iron = mix((40, 40, 52), scene.dark, 0.4)
    canvas.fill((255, 244, 206), box(x - 0.024, top, x + 0.024, first - 0.012))
    bars = (box(x + at, top, x + at + 0.003, first) for at in (-0.026, -0.001, 0.023))
    canvas.fill(iron, box(x - 0.05, first - 0.012, x + 0.05, first), *bars)
    canvas.fill(mix(red, BLACK, 0.3), [(x - 0.034, top), (x, top - 0.05), (x + 0.034, top)])
    canvas.fill(LAMP, *(box(x - 0.007, y, x + 0.007, y + 0.022) for y in (0.36, 0.48, 0.6)))
    canvas.glow((x, top + 0.03), 0.24, LAMP, 0.9)


def _paint_castle(canvas: Canvas, scene: Scene) -> None:
    x, base = canvas.random.uniform(0.4, 0.6), 0.68
    wall = mix(mix((128, 118, 124), scene.sky[-1], 0.25), scene.dark, 0.5)
    walls, roofs, windows = [box(x - 0.18, base - 0.13, x + 0.18, 0.8)], [], []
    towers = ((0, 4, 34), (-8, 3, 25), (9, 3, 28), (-17, 4, 20), (17, 4, 18), (5, 2, 40))
    for at, half, height in ((a / 100, b / 100, c / 100) for a, b, c in towers):
        left, right, top = x + at - half, x + at + half, base - height
        walls += [box(left, top, right, 0.8)]
        roofs += [[(left - 0.01, top), (x + at, top - 0.07 - 1.6 * half), (right + 0.01, top)]]
        windows += [box(x + at - 0.005, top + 0.05, x + at + 0.005, top + 0.068)]
    canvas.fill(canvas.vertical(0.3, 0.8, wall, mix(wall, scene.sky[-1], 0.5)), *walls)
    canvas.fill(mix((110, 50, 60), scene.dark, 0.5), *roofs)
    canvas.fill(LAMP, *windows)
    canvas.fill(scene.dark, ellipse(x, base + 0.01, 0.022, 0.06))
    _paint_mound(canvas, scene, x, base + 0.02, 1.3)
    canvas.fill(scene.sky[-1], ellipse(x, base, 0.6, 0.04), blur=0.03, opacity=0.55)


def _paint_animal(canvas: Canvas, scene: Scene) -> None:
    kind, x, y, size = scene.subject or "", canvas.random.uniform(0.4, 0.6), 0.95, 0.52
    way, dim = canvas.random.choice((-1, 1)), 0.3 if scene.mood == "night" else 0.05
    fur, belly, dark, eye = (mix(color, scene.dark, dim) for color in FURS[kind])

    def place(px: float, py: float) -> Point:
        return x + way * px * size, y + (py - 1) * size

    def outline(text: str, mirror: int = 1) -> Polygon:
        points = (pair.split(",") for pair in text.split())
        return rounded([place(mirror * int(a) / 100, int(b) / 100) for a, b in points])

    def draw(color: Color, text: str, *mirrors: int) -> None:
        light, shadow = mix(color, scene.light, 0.22), mix(color, scene.dark, 0.35)
        shapes = (outline(text, mirror) for mirror in mirrors or (1, -1))
        canvas.fill(canvas.vertical(y - size, y, light, shadow), *shapes)

    _paint_mound(canvas, scene, x, y - 0.03, 0.5)
    draw(fur, TAILS[kind], 1)
    if kind == "fox":
        draw(belly, TIP, 1)
    for color, text in ((fur, BODY), (belly, CHEST), (mix(fur, dark, 0.2), LEG), (dark, PAW)):
        draw(color, text)
    for color, text in ((fur, EAR), (dark, INNER_EAR), (fur, HEAD), (belly, CHEEK), (BLACK, NOSE)):
        draw(color, text)
    for at in (-0.095, 0.095):
        canvas.fill(eye, ellipse(*place(at, 0.235), 0.013, 0.016))
        canvas.fill(BLACK, ellipse(*place(at, 0.235), 0.006, 0.014))
        canvas.fill(WHITE, ellipse(*place(at + 0.008, 0.225), 0.004, 0.004))
