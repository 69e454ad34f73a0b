"""The light that a scene stands in."""

from dataclasses import dataclass
from typing import Literal

from sandbox.pixazo.painter.brush import Color, Stops


@dataclass(frozen=True, kw_only=True, eq=False)  # each is one of its kind
class Mood:
    """Colors of one kind of light, and what hangs in its sky."""

    sky: Stops  # from the top down to the horizon
    light: Color  # of the sun, the moon, or the break in the clouds
    cloud_dark: Color
    cloud_lit: Color
    cover: float  # of clouds, 0…1
    deep: Color  # water, near
    land: Color  # what stands in the foreground
    disc: Literal["sun", "moon"] | None
    stars: float = 0.0  # how many, 0…1

    @property
    def haze(self) -> Color:
        """The color into which everything far away fades."""
        return self.sky[-1][1]


STORM = Mood(
    sky=[
        (0, (11, 17, 30)),
        (0.45, (30, 46, 62)),
        (0.8, (70, 96, 104)),
        (1, (150, 158, 134)),
    ],
    light=(206, 214, 190),
    cloud_dark=(13, 18, 29),
    cloud_lit=(128, 146, 152),
    cover=0.9,
    deep=(5, 24, 34),
    land=(14, 18, 22),
    disc=None,
)
NIGHT = Mood(
    sky=[(0, (5, 8, 26)), (0.5, (13, 25, 62)), (1, (58, 84, 132))],
    light=(232, 236, 250),
    cloud_dark=(10, 16, 42),
    cloud_lit=(96, 116, 168),
    cover=0.35,
    deep=(5, 11, 32),
    land=(7, 9, 20),
    disc="moon",
    stars=1.0,
)
SUNSET = Mood(
    sky=[
        (0, (36, 27, 82)),
        (0.4, (140, 56, 112)),
        (0.75, (240, 112, 78)),
        (1, (255, 204, 118)),
    ],
    light=(255, 232, 176),
    cloud_dark=(70, 34, 84),
    cloud_lit=(255, 150, 104),
    cover=0.5,
    deep=(40, 24, 62),
    land=(26, 15, 34),
    disc="sun",
    stars=0.1,
)
DAWN = Mood(
    sky=[
        (0, (76, 112, 172)),
        (0.45, (164, 160, 204)),
        (0.8, (250, 196, 176)),
        (1, (255, 234, 204)),
    ],
    light=(255, 244, 222),
    cloud_dark=(140, 128, 172),
    cloud_lit=(255, 226, 210),
    cover=0.4,
    deep=(48, 78, 116),
    land=(38, 42, 62),
    disc="sun",
)
DAY = Mood(
    sky=[(0, (28, 92, 178)), (0.6, (106, 172, 226)), (1, (214, 234, 240))],
    light=(255, 250, 230),
    cloud_dark=(122, 148, 180),
    cloud_lit=(255, 255, 252),
    cover=0.5,
    deep=(10, 66, 112),
    land=(22, 44, 34),
    disc=None,
)
WINTER = Mood(
    sky=[(0, (92, 116, 150)), (0.6, (168, 186, 204)), (1, (232, 234, 236))],
    light=(255, 250, 240),
    cloud_dark=(132, 148, 170),
    cloud_lit=(240, 244, 248),
    cover=0.6,
    deep=(54, 80, 104),
    land=(30, 38, 50),
    disc="sun",
)
MIST = Mood(
    sky=[(0, (112, 132, 142)), (0.6, (176, 188, 184)), (1, (226, 224, 208))],
    light=(255, 248, 226),
    cloud_dark=(140, 154, 160),
    cloud_lit=(226, 228, 220),
    cover=0.45,
    deep=(60, 84, 92),
    land=(26, 38, 40),
    disc="sun",
)
