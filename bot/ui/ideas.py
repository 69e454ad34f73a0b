"""Reads the ideas for *Surprise me* from their file."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from bot.domain.ideas import Idea

PATH: Final = Path(__file__).with_name("ideas.toml")


@cache
def all_ideas() -> tuple[Idea, ...]:
    """Return the ideas of the file."""
    with PATH.open("rb") as file:
        return tuple(Idea(**entry) for entry in tomllib.load(file)["ideas"])
