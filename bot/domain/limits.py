"""How much may be ordered: the operator's caps, which protect the wallet. Days are UTC's."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

DAY: Final = 86400.0  # seconds


class Rule(StrEnum):
    """The rule that decided."""

    GUILD_NOT_SERVED = "guild_not_served"
    DAY = "day"
    GUILD_DAY = "guild_day"


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What the operator allows; no moderator can allow more."""

    guild_ids: frozenset[int] = frozenset()  # empty: every guild
    images_per_day: int = 0  # of the whole bot; 0: no cap
    images_per_guild_per_day: int = 0  # 0: no cap


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Images that were ordered today and not given back by an unbilled end."""

    everywhere: int
    guild: int


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """Why an order is not admitted. Figures are images, times Unix seconds."""

    rule: Rule
    limit: int
    used: int
    wanted: int
    ends_at: float | None  # None: when the operator changes it


def admit(
    *, images: int, guild_id: int | None, caps: Caps, usage: Usage, now: float
) -> Refusal | None:
    """Return why an order of so many images is not admitted now; ``None``: it is."""
    if caps.guild_ids and guild_id not in caps.guild_ids:
        return Refusal(rule=Rule.GUILD_NOT_SERVED, limit=0, used=0, wanted=images, ends_at=None)
    for rule, limit, used in (
        (Rule.GUILD_DAY, caps.images_per_guild_per_day, usage.guild),
        (Rule.DAY, caps.images_per_day, usage.everywhere),
    ):
        if limit and used + images > limit:
            return Refusal(
                rule=rule,
                limit=limit,
                used=used,
                wanted=images,
                # An order that the cap alone could never hold gets no better tomorrow.
                ends_at=day_of(now) + DAY if images <= limit else None,
            )
    return None


def day_of(now: float) -> float:
    """Return when the day began that *now* is in."""
    return now - now % DAY
