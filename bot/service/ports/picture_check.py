"""Port of the operator's check of pictures."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol


class Verdict(StrEnum):
    """What the check says of an order's pictures."""

    PASSED = "passed"
    FLAGGED = "flagged"
    AWAY = "away"  # it gave no usable answer


@dataclass(frozen=True, kw_only=True)
class CheckResult:
    """What the check says of one picture."""

    flagged: bool
    reason: str = ""  # in a few words, for moderators; empty: it does not say


class PictureCheck(Protocol):
    """Decides whether a picture may be shown without a second look."""

    @property
    def repeatable(self) -> bool:
        """Whether a call whose outcome is unknown may be made again: it costs nothing."""

    async def check(self, path: Path, *, address: str) -> CheckResult:
        """Check the picture in the file at *path*, which the vendor has at *address*.

        Raises CheckUnavailable.
        """
