"""Ideas for prompts, for members who have none."""

from dataclasses import astuple, dataclass

from bot.domain.order import SEPARATOR


@dataclass(frozen=True, kw_only=True)
class Idea:
    """What a picture could show."""

    subject: str
    place: str
    light: str

    @property
    def prompt(self) -> str:
        """The prompt that orders it."""
        return SEPARATOR.join(astuple(self))
