"""Finds limits that have no effect, since another rule is stricter or counts in their place."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from bot.domain.admission import Caps
from bot.domain.rules import MONEY, TIERED, Rules, Safety, Tier


class Overruled(StrEnum):
    """What makes a limit ineffective."""

    OPERATOR_SERVER = "operator_server"  # the operator's cap for each server
    OPERATOR_ALL = "operator_all"  # the operator's cap for all servers together
    OTHER = "other"  # another limit of the server
    EVERYONE = "everyone"  # the tier of @everyone
    EXEMPT = "exempt"  # the tier frees its members from all limits
    NO_CHECK = "no_check"  # the operator has no check of pictures
    NO_LOG_CHANNEL = "no_log_channel"  # for pictures to be held in


@dataclass(frozen=True, kw_only=True)
class Ineffective:
    """A limit that changes nothing, and what holds in its place."""

    name: str  # of the limit's field
    limit: int | Safety
    role_id: int | None  # of the tier; None: it is the limit of all members, or of the server
    by: Overruled
    bound: int = 0
    other: str = ""  # the field of the other limit


# A limit, and one that includes it: both count the same things.
_INCLUDED: Final = (
    ("member_per_day", "server_per_day"),
    ("member_at_once", "server_at_once"),
    ("images", "member_per_day"),
    ("images", "server_per_day"),
)
_OF_DAY: Final = frozenset({"member_per_day", "server_per_day", "images"})


def ineffective_limits(rules: Rules, *, caps: Caps, guild_id: int) -> Iterator[Ineffective]:
    """Yield the limits of *rules* that have no effect; the role @everyone has the server's id."""
    everyone = next((tier for tier in rules.tiers if tier.role_id == guild_id), None)
    for tier in (None, *rules.tiers):
        role_id = None if tier is None else tier.role_id
        for name in (*TIERED, "server_per_day", "server_at_once", "server_usd_per_month"):
            limit = getattr(rules if tier is None else tier, name, None)
            if limit is None or (limit == 0 and tier is None):
                continue
            replaced = _replaced(name, limit, tier, everyone)
            roles = frozenset(filter(None, (role_id, guild_id)))
            by = replaced or _stricter(name, limit, roles, rules, caps)
            if by is not None:
                overruled, bound, other = by
                yield Ineffective(
                    name=name, limit=limit, role_id=role_id, by=overruled, bound=bound, other=other
                )
    yield from _safety(rules, caps)


def _safety(rules: Rules, caps: Caps) -> Iterator[Ineffective]:
    """Yield that flagged pictures are treated otherwise than chosen, if so."""
    by = Overruled.NO_LOG_CHANNEL if rules.safety is not rules.effective_safety else None
    if rules.safety is not Safety.OFF and not caps.picture_check:
        by = Overruled.NO_CHECK
    if by is not None:
        yield Ineffective(name="safety", limit=rules.safety, role_id=None, by=by)


def _replaced(
    name: str, limit: int, tier: Tier | None, everyone: Tier | None
) -> tuple[Overruled, int, str] | None:
    """Tell whether a tier counts in place of the limit: its own exemption, or @everyone's tier."""
    if name not in TIERED:
        return None
    if tier is not None and tier.exempt:
        return Overruled.EXEMPT, 0, ""
    if everyone is None or tier is everyone:
        return None
    everyones = 0 if everyone.exempt else getattr(everyone, name)
    if everyones is None:
        return None
    if tier is None or _generosity(name, limit) < _generosity(name, everyones):
        return Overruled.EVERYONE, everyones, ""
    return None


def _stricter(
    name: str, limit: int, roles: frozenset[int], rules: Rules, caps: Caps
) -> tuple[Overruled, int, str] | None:
    """Return the stricter limit that holds at the same time."""
    bounds = [
        (Overruled.OTHER, _limit(rules, including, roles), including)
        for included, including in _INCLUDED
        if included == name
    ]
    if name in _OF_DAY:
        bounds += [
            (Overruled.OPERATOR_SERVER, caps.images_per_guild_per_day, ""),
            (Overruled.OPERATOR_ALL, caps.images_per_day, ""),
        ]
    if name in MONEY:
        bounds += [
            (Overruled.OPERATOR_SERVER, caps.usd_per_guild_per_month, ""),
            (Overruled.OPERATOR_ALL, caps.usd_per_month, ""),
        ]
    return min((one for one in bounds if 0 < one[1] < limit), key=lambda one: one[1], default=None)


def _limit(rules: Rules, name: str, roles: frozenset[int]) -> int:
    limit: int = getattr(rules.allowance(roles) if name in TIERED else rules, name)
    return limit


def _generosity(name: str, limit: int) -> float:
    if limit == 0:
        return float("inf")
    return -limit if name == "cooldown" else limit
