"""A server's rules, as its moderators set them, and changes of them.

The operator's caps hold besides. ``0`` means "no such limit".
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import StrEnum
from typing import Any, Final

from bot.domain import styles, word_filter
from bot.domain.errors import (
    ChangeRejected,
    InvalidLimit,
    LanguageNotSpoken,
    LogChannelNeeded,
    OwnStyleNotFound,
    TooManyEntries,
)
from bot.domain.log_kinds import USUAL_KINDS, LogKind
from bot.domain.money import DOLLAR
from bot.domain.order import IMAGES, STEPS, Span, clean
from bot.domain.styles import Style
from bot.domain.word_filter import WordLists

LANGUAGES: Final = ("en", "de")
MOST_TIERS: Final = 25
MOST_CHANNELS: Final = 25  # chosen in one select of Discord
LONGEST_REASON: Final = 200  # characters
BLOCK_HOURS: Final = Span(1, 24 * 365)


@dataclass(frozen=True, kw_only=True)
class Tier:
    """Limits of members with a role; ``None``: the limit of all members."""

    role_id: int
    cooldown: int | None = None  # seconds
    member_per_day: int | None = None  # images
    member_at_once: int | None = None  # orders
    images: int | None = None  # of one order
    steps: int | None = None  # of one order
    exempt: bool = False  # from all of these


@dataclass(frozen=True, kw_only=True)
class Allowance:
    """The limits of one member, by the tiers of their roles."""

    cooldown: int  # seconds
    member_per_day: int  # images
    member_at_once: int  # orders
    images: int  # of one order
    steps: int  # of one order


TIERED: Final = tuple(field_.name for field_ in fields(Allowance))


@dataclass(frozen=True, kw_only=True)
class Pause:
    """A server takes no orders for a while."""

    by: int  # the moderator's id
    since: float
    reason: str = ""


class Safety(StrEnum):
    """What becomes of pictures that the operator's check flags. The values are stored."""

    OFF = "off"  # they are not checked
    SPOILER = "spoiler"  # delivered behind a spoiler
    HOLD = "hold"  # moderators decide


@dataclass(frozen=True, kw_only=True)
class Rules:
    """A server's rules, as its moderators set them, or the defaults."""

    cooldown: int = 0  # seconds from one order of a member to the next
    member_per_day: int = 25  # images
    server_per_day: int = 0  # images
    server_usd_per_month: int = 0  # millionths of a dollar
    member_at_once: int = 3  # orders
    server_at_once: int = 0  # orders
    images: int = 0  # of one order
    steps: int = 0  # of one order
    private: bool = True  # orders are taken that only their member sees
    spoiler: bool = False  # pictures are blurred until a click
    safety: Safety = Safety.OFF
    age_restricted_only: bool = False
    tiers: tuple[Tier, ...] = ()  # one for each role
    # Where orders are taken: channels, threads, categories; empty: everywhere.
    channels: tuple[int, ...] = ()
    nowhere: bool = False  # orders are taken: all channels that were chosen are deleted
    words: WordLists = field(default_factory=WordLists)
    look_alikes: bool = True  # the words are found in disguise, too
    styles: tuple[Style, ...] = ()  # beside those that every server has
    pause: Pause | None = None
    log_channel: int | None = None
    log_ping: int | None = None  # the role that a reported order pings there
    log_kinds: tuple[str, ...] = USUAL_KINDS  # of lines; a newer version may know more
    language: str | None = None  # of public messages; None: the server's in Discord

    @property
    def chosen_channels(self) -> tuple[int, ...]:
        """The channels for orders, and the log channel."""
        return self.channels if self.log_channel is None else (*self.channels, self.log_channel)

    def log_for(self, kind: LogKind) -> int | None:
        """Return the channel for lines of that kind; ``None``: none are written."""
        return self.log_channel if kind in self.log_kinds else None

    @property
    def effective_safety(self) -> Safety:
        """What becomes of flagged pictures: without a log channel none can be shown there."""
        if self.safety is Safety.HOLD and self.log_channel is None:
            return Safety.SPOILER
        return self.safety

    def allowance(self, role_ids: frozenset[int]) -> Allowance:
        """Return the limits of a member with these roles.

        Of the member's tiers the most generous limit counts, even if it is stricter than the one
        of all members; without a tier the latter does.
        """
        theirs = [tier for tier in self.tiers if tier.role_id in role_ids]
        exempt = any(tier.exempt for tier in theirs)

        def best(name: str) -> int:
            named = [limit for tier in theirs if (limit := getattr(tier, name)) is not None]
            if exempt or 0 in named:
                return 0
            most: int = max(named, default=getattr(self, name))
            least: int = min(named, default=getattr(self, name))
            return least if name == "cooldown" else most

        return Allowance(**{name: best(name) for name in TIERED})


# What a limit may be set to; 0 is always possible.
RANGES: Final[dict[str, Span[int]]] = {
    "cooldown": Span(1, 86400),
    "member_per_day": Span(1, 100_000),
    "server_per_day": Span(1, 1_000_000),
    "member_at_once": Span(1, 1000),
    "server_at_once": Span(1, 10_000),
    "images": IMAGES,
    "steps": STEPS,
    "server_usd_per_month": Span(DOLLAR // 100, 100_000 * DOLLAR),
}
MONEY: Final = frozenset({"server_usd_per_month"})  # limits in millionths of a dollar
FLAGS: Final = ("spoiler", "age_restricted_only", "look_alikes", "private")


@dataclass(frozen=True, kw_only=True)
class Block:
    """A member who may not order in a server."""

    member_id: int
    by: int  # the moderator's id
    since: float
    until: float | None = None  # None: until a moderator ends it
    reason: str = ""

    def holds(self, now: float) -> bool:
        """Tell whether it still holds at *now*."""
        return self.until is None or now < self.until


def changed(rules: Rules, **changes: Any) -> Rules:
    """Return *rules* with *changes*, by the names of its fields.

    Raises InvalidLimit if a value is out of range, TooManyEntries if a list is full,
    LogChannelNeeded if flagged pictures could not be shown to moderators.
    """
    after = _with_choices(rules, replace(rules, **changes))
    for name, span in RANGES.items():
        _check(name, getattr(after, name), span)
    for tier in after.tiers:
        for name in TIERED:
            if getattr(tier, name) is not None:
                _check(name, getattr(tier, name), RANGES[name])
    for name in FLAGS:
        if not isinstance(getattr(after, name), bool):  # a crafted client obeys no option type
            raise InvalidLimit(name=name, low=False, high=True)
    if after.language not in (None, *LANGUAGES):
        raise LanguageNotSpoken
    for name, kept, most in (
        ("tiers", after.tiers, MOST_TIERS),
        ("channels", after.channels, MOST_CHANNELS),
        ("styles", after.styles, styles.MOST),
    ):
        if len(kept) > most:
            raise TooManyEntries(name=name, most=most)
    return after


def with_tier(rules: Rules, role_id: int, **named: Any) -> Rules:
    """Return *rules* with what is *named* changed in that role's tier, or in a new one."""
    fresh = Tier(role_id=role_id)
    before = next((tier for tier in rules.tiers if tier.role_id == role_id), fresh)
    after = replace(before, **named)
    if after == fresh:
        return without_tier(rules, role_id)
    return changed(rules, tiers=(*without_tier(rules, role_id).tiers, after))


def without_tier(rules: Rules, role_id: int) -> Rules:
    """Return *rules* without that role's tier."""
    return replace(rules, tiers=tuple(tier for tier in rules.tiers if tier.role_id != role_id))


def without_deleted(
    rules: Rules, *, roles: Collection[int] = (), channels: Collection[int] = ()
) -> Rules:
    """Return *rules* without roles and channels that were deleted, by their ids.

    Once the last chosen channel is gone, orders are taken nowhere: not everywhere, which no
    moderator chose. The log channel stays, so that moderators read that it is gone.
    """
    left = tuple(channel for channel in rules.channels if channel not in channels)
    return replace(
        rules,
        tiers=tuple(tier for tier in rules.tiers if tier.role_id not in roles),
        log_ping=None if rules.log_ping in roles else rules.log_ping,
        channels=left,
        nowhere=rules.nowhere or (bool(rules.channels) and not left),
    )


def with_words(
    rules: Rules, *, block: str | None = None, allow: str | None = None, remove: str | None = None
) -> Rules:
    """Return *rules* with a phrase blocked, or allowed, or off both lists. Raises InvalidPhrase."""
    blocked, allowed = rules.words.blocked, rules.words.allowed
    if block is not None:
        blocked = word_filter.add(blocked, block)
    if allow is not None:
        allowed = word_filter.add(allowed, allow)
    if remove is not None:
        blocked, allowed = word_filter.remove(blocked, remove), word_filter.remove(allowed, remove)
    return replace(rules, words=WordLists(blocked=blocked, allowed=allowed))


def with_style(rules: Rules, name: object, words: object) -> Rules:
    """Return *rules* with a style of the server's own, in place of one of the same name.

    Raises InvalidStyle, or TooManyEntries if the server has too many styles.
    """
    style = styles.checked(name, words)
    return changed(rules, styles=(*styles.others(rules.styles, style.name), style))


def without_style(rules: Rules, name: str) -> Rules:
    """Return *rules* without that style. Raises OwnStyleNotFound."""
    others = styles.others(rules.styles, clean(name))
    if len(others) == len(rules.styles):
        raise OwnStyleNotFound(style=name)
    return replace(rules, styles=others)


def block_of(member_id: int, *, by: int, now: float, hours: object, reason: str) -> Block:
    """Return a block from *now* on, for *hours* or without an end. Raises InvalidLimit."""
    until = None
    if hours is not None:
        if isinstance(hours, bool) or not isinstance(hours, int) or hours not in BLOCK_HOURS:
            raise InvalidLimit(name="hours", low=BLOCK_HOURS.low, high=BLOCK_HOURS.high)
        until = now + hours * 3600.0
    return Block(
        member_id=member_id, by=by, since=now, until=until, reason=clean(reason)[:LONGEST_REASON]
    )


@dataclass(frozen=True, kw_only=True)
class Difference:
    """One difference between two sets of rules; ``None`` on a side: absent there."""

    name: str  # of the field
    before: Any
    after: Any


def differences(before: Rules, after: Rules) -> Iterator[Difference]:
    """Yield what differs, entry by entry where a field has several."""
    for name in (field_.name for field_ in fields(Rules)):
        old, new = getattr(before, name), getattr(after, name)
        match name:
            case "words":
                yield from _parts("blocked", old.blocked, new.blocked)
                yield from _parts("allowed", old.allowed, new.allowed)
            case "channels" | "log_kinds":
                yield from _parts(name, old, new)
            case "styles":
                own = [{style.name.casefold(): style for style in side} for side in (old, new)]
                for key in dict.fromkeys((*own[0], *own[1])):
                    yield from _pair(name, own[0].get(key), own[1].get(key))
            case "tiers":
                tiers = [{tier.role_id: tier for tier in side} for side in (old, new)]
                for role_id in sorted(tiers[0].keys() | tiers[1].keys()):
                    yield from _pair(name, tiers[0].get(role_id), tiers[1].get(role_id))
            case _:
                yield from _pair(name, old, new)


def _pair(name: str, old: Any, new: Any) -> Iterator[Difference]:
    if old != new:
        yield Difference(name=name, before=old, after=new)


def _parts(name: str, old: tuple[Any, ...], new: tuple[Any, ...]) -> Iterator[Difference]:
    for part in old:
        if part not in new:
            yield Difference(name=name, before=part, after=None)
    for part in new:
        if part not in old:
            yield Difference(name=name, before=None, after=part)


def _with_choices(before: Rules, after: Rules) -> Rules:
    """Return *after*, whose safety may be a text: from a draft or a client."""
    known = after.safety in {*Safety} and {*after.log_kinds} <= {*LogKind, *before.log_kinds}
    if not known:  # a crafted client
        raise ChangeRejected
    after = replace(after, safety=Safety(after.safety))
    if after.safety is not before.safety and after.safety is not after.effective_safety:
        raise LogChannelNeeded
    return after


def _check(name: str, value: object, span: Span[int]) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or (value and value not in span):
        raise InvalidLimit(name=name, low=span.low, high=span.high)
