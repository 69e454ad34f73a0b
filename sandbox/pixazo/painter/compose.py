"""Puts a scene together, from the far to the near."""

import math

from PIL import ImageOps

from sandbox.pixazo.painter import mood
from sandbox.pixazo.painter.abstract import paint_currents, paint_space
from sandbox.pixazo.painter.brush import Canvas, Point, mix
from sandbox.pixazo.painter.city import paint_city
from sandbox.pixazo.painter.figures import paint_cat, paint_portrait
from sandbox.pixazo.painter.finish import fall
from sandbox.pixazo.painter.land import paint_dunes, paint_flowers, paint_mountains, paint_woods
from sandbox.pixazo.painter.lighthouse import lamp_of, paint_beam, paint_lighthouse, paint_rock
from sandbox.pixazo.painter.mood import Mood
from sandbox.pixazo.painter.outline import below
from sandbox.pixazo.painter.scene import Ground, Scene
from sandbox.pixazo.painter.sea import (
    SWELLS,
    paint_calm,
    paint_open_water,
    paint_spray,
    paint_swell,
)
from sandbox.pixazo.painter.sky import paint_aurora, paint_lightning, paint_moon, paint_sky
from sandbox.pixazo.painter.things import paint_balloons, paint_boat, paint_tree

SAND = (208, 128, 78)
GRASS = (86, 142, 60)
FLOWERS = ((226, 60, 60), (250, 214, 90), (250, 246, 240))
BLOSSOM, FOLIAGE, AUTUMN = (226, 132, 160), (70, 120, 50), (214, 104, 34)
FRONT = 3  # rows of waves that break before a rock


def compose(canvas: Canvas, scene: Scene, index: int) -> None:
    """Paint the scene; every other picture of an order is the other way round."""
    light = scene.mood or canvas.chance.choice((mood.DAWN, mood.SUNSET, mood.DAY))
    if scene.subject == "portrait":
        paint_sky(canvas, light, 1.0, (0.5, 0.4))
        paint_portrait(canvas, light)
    elif scene.subject == "cat":
        _cat(canvas, scene, light)
    elif scene.ground == "space":
        paint_space(canvas)
    elif scene.abstract:
        paint_currents(canvas)
    else:
        _landscape(canvas, scene, light)
    if scene.rain:
        fall(canvas, "rain", mix(light.cloud_lit, (255, 255, 255), 0.3))
    if scene.snow:
        fall(canvas, "snow", (255, 255, 255))
    if index % 2:
        canvas.image = ImageOps.mirror(canvas.image)


def _landscape(canvas: Canvas, scene: Scene, light: Mood) -> None:
    chance = canvas.chance
    horizon = chance.uniform(0.56, 0.68)
    height = chance.uniform(0.14, 0.26) if light.disc == "moon" else horizon - 0.13
    sun = (chance.uniform(0.2, 0.42), height + chance.uniform(-0.05, 0.07))
    paint_sky(canvas, light, horizon, sun)
    if scene.aurora:
        paint_aurora(canvas, horizon)
    if scene.lightning:
        paint_lightning(canvas, horizon, chance.uniform(0.15, 0.42))
    if scene.subject == "lighthouse":
        _lighthouse(canvas, light, horizon, sun)
        return
    _ground(canvas, light, scene.ground or "mountain", horizon, sun)
    if scene.subject == "boat":
        at = (chance.uniform(0.52, 0.74), horizon + chance.uniform(0.06, 0.14))
        paint_boat(canvas, light, at, chance.uniform(0.24, 0.36))
    elif scene.subject == "tree":
        leaves = {mood.DAWN: BLOSSOM, mood.SUNSET: AUTUMN}.get(light, FOLIAGE)
        foot = (chance.uniform(0.5, 0.7), horizon + 0.14)
        paint_tree(canvas, light, foot, chance.uniform(0.46, 0.56), leaves)
    elif scene.subject == "balloons":
        paint_balloons(canvas, light, horizon)


def _ground(canvas: Canvas, light: Mood, ground: Ground, horizon: float, sun: Point) -> None:
    match ground:
        case "mountain":
            paint_mountains(canvas, light, horizon, tall=canvas.chance.uniform(0.26, 0.4))
            paint_calm(canvas, light, horizon, sun)
        case "forest":
            paint_mountains(canvas, light, horizon, tall=0.2)
            paint_woods(canvas, light, horizon - 0.06)
        case "city":
            paint_city(canvas, light, horizon + 0.1)
            paint_calm(canvas, light, horizon + 0.1, sun)
        case "desert":
            paint_dunes(canvas, light, horizon, SAND)
        case "meadow":
            paint_mountains(canvas, light, horizon, tall=0.14)
            paint_dunes(canvas, light, horizon - 0.02, mix(GRASS, light.land, 0.15))
            paint_flowers(canvas, FLOWERS)
        case _ if light is mood.STORM:
            paint_open_water(canvas, light, horizon)
            paint_swell(canvas, light, horizon, range(SWELLS))
        case _:
            paint_calm(canvas, light, horizon, sun)


def _lighthouse(canvas: Canvas, light: Mood, horizon: float, sun: Point) -> None:
    """Put the tower between the far waves and those that break on its rock."""
    chance = canvas.chance
    foot = (chance.uniform(0.62, 0.74), horizon + chance.uniform(-0.02, 0.07))
    tall = chance.uniform(0.36, 0.44)
    paint_beam(canvas, lamp_of(foot, tall), math.pi + chance.uniform(-0.22, 0.12))
    stormy = light is mood.STORM
    if stormy:
        paint_open_water(canvas, light, horizon)
        paint_swell(canvas, light, horizon, range(SWELLS - FRONT))
    else:
        paint_calm(canvas, light, horizon, sun)
    paint_rock(canvas, light, foot, tall * 1.15)
    paint_lighthouse(canvas, light, foot, tall)
    if stormy:
        paint_spray(canvas, (foot[0] - tall * 0.66, foot[1] + 0.24), 0.3)
        paint_spray(canvas, (foot[0] + tall * 0.75, foot[1] + 0.24), 0.2)
        paint_swell(canvas, light, horizon, range(SWELLS - FRONT, SWELLS))


def _cat(canvas: Canvas, scene: Scene, light: Mood) -> None:
    chance = canvas.chance
    x = chance.uniform(0.4, 0.6)
    moon = (x + chance.uniform(-0.12, 0.12), 0.4)
    paint_sky(canvas, light, 0.85, moon)
    if light.disc == "moon":
        paint_moon(canvas, moon, chance.uniform(0.22, 0.28), light.light)
    if scene.ground == "forest":
        paint_woods(canvas, light, 0.6)
    else:
        paint_city(canvas, light, 0.86)
    ledge = [(n / 60, 0.85 + chance.uniform(-0.003, 0.003)) for n in range(61)]
    canvas.lay(mix(light.land, (0, 0, 0), 0.3), canvas.polygon(below(ledge)))
    paint_cat(canvas, light, (x, 0.865), chance.uniform(0.46, 0.56))
