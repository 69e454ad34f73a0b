"""When the JSON answer of a check means that a picture is flagged: conditions of the operator's."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

_CONDITION: Final = re.compile(
    r"(?P<path>[^\s.<>=]+(?:\.[^\s.<>=]+)*)(?:\s*>=\s*(?P<least>[0-9]+(?:\.[0-9]+)?))?"
)


class UnreadableAnswer(ValueError):
    """The answer has no such value."""


@dataclass(frozen=True, kw_only=True)
class FlagCondition:
    """A value in the answer that flags the picture: one that is true, or a number from *least* on.

    *path* has the names of nested objects and the positions in lists, from 0.
    """

    path: tuple[str, ...]
    least: float | None = None

    @classmethod
    def parse(cls, text: str) -> "FlagCondition":
        """Return the condition of a text like ``flagged`` or ``scores.sexual>=0.8``."""
        match = _CONDITION.fullmatch(text)
        if match is None:
            raise ValueError("must be like scores.sexual>=0.8, or like flagged")
        least = match["least"]
        path = tuple(match["path"].split("."))
        return cls(path=path, least=None if least is None else float(least))

    def holds(self, answer: Any) -> bool:
        """Tell whether the value flags the picture. Raises UnreadableAnswer."""
        value = answer
        for name in self.path:
            if isinstance(value, dict) and name in value:
                value = value[name]
            elif isinstance(value, list) and name.isdecimal() and int(name) < len(value):
                value = value[int(name)]
            else:
                raise UnreadableAnswer(f"the answer has no {'.'.join(self.path)}")
        if self.least is None and isinstance(value, bool):
            return value
        if self.least is not None and _is_number(value):
            return bool(value >= self.least)
        wanted = "true or false" if self.least is None else "a number"
        raise UnreadableAnswer(f"{'.'.join(self.path)} in the answer is not {wanted}")


def reasons(answer: Any, conditions: Sequence[FlagCondition]) -> list[str]:
    """Return the names of the values that flag the picture; none: it is not flagged.

    Raises UnreadableAnswer if none does and one can't be read.
    """
    flagging, unreadable = [], None
    for condition in conditions:
        try:
            if condition.holds(answer):
                flagging.append(condition.path[-1])
        except UnreadableAnswer as error:
            unreadable = unreadable or error
    if unreadable is not None and not flagging:
        raise unreadable
    return flagging


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
