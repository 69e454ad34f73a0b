"""From the words of a prompt to what its picture shows: pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeVar

from sandbox.pixazo.painter import mood
from sandbox.pixazo.painter.mood import Mood

Ground = Literal["space", "city", "desert", "forest", "mountain", "meadow", "sea"]
Subject = Literal["lighthouse", "cat", "portrait", "boat", "balloons", "tree"]
Choice = TypeVar("Choice")

# Of each, the first one counts that a word of the prompt stands for.
MOODS: tuple[tuple[Mood, str], ...] = (
    (mood.STORM, "storm stormy tempest thunder lightning hurricane rain rainy gale"),
    (mood.NIGHT, "night midnight moon moonlit moonlight starry star aurora dark neon cyberpunk"),
    (mood.SUNSET, "sunset dusk evening golden autumn fire warm"),
    (mood.WINTER, "snow snowy winter ice frozen arctic christmas"),
    (mood.MIST, "mist misty fog foggy haze mysterious ancient"),
    (mood.DAWN, "dawn sunrise morning spring dream dreamy pastel cherry"),
    (mood.DAY, "day noon summer sunny bright"),
)
GROUNDS: tuple[tuple[Ground, str], ...] = (
    ("space", "space galaxy nebula planet saturn cosmos cosmic universe astronaut spaceship"),
    ("city", "city skyline street town tokyo york metropolis skyscraper cyberpunk neon"),
    ("desert", "desert dune sahara sand camel pyramid"),
    ("sea", "sea ocean wave coast harbour harbor beach shore island ship boat sail sailing"),
    ("sea", "lighthouse sailboat whale"),
    ("forest", "forest wood fir pine jungle trees fox deer wolf bear owl"),
    ("mountain", "mountain alp peak himalaya lake valley aurora fjord castle"),
    ("meadow", "meadow field flower garden hill grass farm tree tulip"),
)
SUBJECTS: tuple[tuple[Subject, str], ...] = (
    ("lighthouse", "lighthouse beacon"),
    ("cat", "cat kitten kitty"),
    ("portrait", "portrait woman man girl boy face queen king princess wizard person lady"),
    ("boat", "boat ship sail sailing sailboat yacht"),
    ("balloons", "balloon"),
    ("tree", "tree oak cherry"),
)
GROUND_OF: Mapping[Subject | None, Ground] = {"lighthouse": "sea", "boat": "sea", "tree": "meadow"}
MOOD_OF: Mapping[Subject | Ground | None, Mood] = {  # where the prompt names none
    "cat": mood.NIGHT,
    "portrait": mood.SUNSET,
    "balloons": mood.DAWN,
    "lighthouse": mood.SUNSET,
    "city": mood.NIGHT,
    "desert": mood.SUNSET,
    "forest": mood.MIST,
    "meadow": mood.DAY,
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """What a picture shows."""

    mood: Mood | None  # None: any
    ground: Ground | None  # None: no landscape was named
    subject: Subject | None
    aurora: bool
    lightning: bool
    rain: bool
    snow: bool

    @property
    def abstract(self) -> bool:
        """Whether the prompt names nothing that could be painted."""
        return self.mood is None and self.ground is None and self.subject is None


def read(prompt: str) -> Scene:
    """Find what the words of a prompt ask for."""
    words = set(re.findall(r"[a-z]+", prompt.casefold()))
    words |= {word.removesuffix("s") for word in words}  # ships are painted as a ship
    subject, ground = _first(SUBJECTS, words), _first(GROUNDS, words)
    return Scene(
        mood=_first(MOODS, words) or MOOD_OF.get(subject) or MOOD_OF.get(ground),
        ground=ground or GROUND_OF.get(subject),
        subject=subject,
        aurora="aurora" in words,
        lightning=bool(words & {"storm", "stormy", "thunder", "lightning", "tempest"}),
        rain=bool(words & {"storm", "stormy", "rain", "rainy", "tempest", "hurricane"}),
        snow=bool(words & {"snow", "snowy", "winter", "christmas"}),
    )


def _first(choices: tuple[tuple[Choice, str], ...], words: set[str]) -> Choice | None:
    return next((choice for choice, names in choices if words & set(names.split())), None)
