"""Maps the words of a prompt to a scene."""

import re
from dataclasses import dataclass
from random import Random

from PIL import ImageColor

from sandbox.pixazo.painter.canvas import Color, mix
from sandbox.pixazo.painter.shapes import Point

# The first entry counts that shares a word with the prompt.
MOODS = {
    "storm": "storm stormy tempest thunder lightning hurricane rain rainy gale",
    "night": "night midnight moon moonlit moonlight starry star aurora dark neon cyberpunk space",
    "sunset": "sunset dusk evening golden autumn fire warm",
    "mist": "mist misty fog foggy haze mysterious ancient snow snowy winter",
    "dawn": "dawn sunrise morning spring dream dreamy pastel cherry",
    "day": "day noon summer sunny bright",
}
GROUNDS = {
    "city": "city skyline street town tokyo york metropolis skyscraper cyberpunk neon",
    "sea": "sea ocean wave coast harbour harbor beach shore island ship boat lighthouse whale",
    "forest": "forest wood fir pine jungle tree fox deer wolf bear owl",
    "mountains": "mountain alp peak himalaya lake valley fjord castle dragon aurora",
    "hills": "meadow field flower garden hill grass farm tulip desert dune cat kitten dog",
}
SUBJECTS = {"lighthouse": "lighthouse", "castle": "castle", "fox": "fox", "cat": "cat kitten"}
COLORS = {  # the sky from the zenith to the horizon, the light, the foreground
    "storm": "0b111e 1e2e3e 46606a 969e86 e6ecd2 0a1016",
    "night": "05081a 0b1840 1d3a70 4a6ea2 f0f2ff 050816",
    "sunset": "241b52 8c3870 f0704e ffcc76 fff0c4 1c1024",
    "mist": "6f8a96 a3b8b8 cfd8cc ece6d2 fff8e2 1c2c30",
    "dawn": "4c70ac a4a0cc fac4b0 ffeacc fff6de 26263e",
    "day": "1c5cb2 4e98d8 a2d0ee e2f0ee fffae6 10301f",
}
PAPERS = (  # of abstract pictures
    "0d1230 184a78 1ea0a0 f46e50 fac86e",
    "1c0c2c 6e1e6e e6466e ff8c5a ffdc96",
    "082830 106860 6eb06e ecc878 faf0c8",
    "18123c 3c3c96 826edc 6ebee6 f0dcff",
)


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a picture shows, and the colors of its light."""

    mood: str
    ground: str | None  # None: no known word, the picture is abstract
    subject: str | None
    sun: Point  # or moon
    sky: list[Color]  # from the zenith to the horizon, where distant things fade into it
    light: Color
    dark: Color  # the foreground


def read_scene(prompt: str, random: Random) -> Scene:
    """Choose a scene by whole words; what the prompt leaves open is random."""
    words = set(re.findall(r"[a-z]+", prompt.casefold()))
    words |= {word.removesuffix("s") for word in words}
    mood, ground, subject = (_first(names, words) for names in (MOODS, GROUNDS, SUBJECTS))
    if ground is None and mood:
        ground = random.choice(("hills", "mountains"))
    mood = mood or random.choice(("sunset", "dawn", "day", "night"))
    sun = random.uniform(0.2, 0.8), random.uniform(0.2, 0.42)
    tint = random.choice(_colors("ff5078 ffb040 40c0a0 4080ff a050ff"))
    *sky, light, dark = _colors(COLORS[mood] if ground else random.choice(PAPERS))
    sky = [mix(color, tint, random.uniform(0.02, 0.12)) for color in sky]
    return Scene(
        mood=mood, ground=ground, subject=subject, sun=sun, sky=sky, light=light, dark=dark
    )


def _colors(text: str) -> list[Color]:
    return [ImageColor.getrgb(f"#{color}")[:3] for color in text.split()]


def _first(names: dict[str, str], words: set[str]) -> str | None:
    return next((name for name, known in names.items() if words & set(known.split())), None)
