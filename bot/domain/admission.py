"""Whether an order is admitted now, and if not, which rule decides: the operator's or a server's.

What an order costs is counted in images, and days are UTC's.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Final

from bot.domain import lane as breaker
from bot.domain import word_filter
from bot.domain.lane import Lane
from bot.domain.order import STEPS, Order
from bot.domain.rules import Allowance, Block, Rules

DAY: Final = 86400.0  # seconds
# What is asked with where nobody orders: the least that can be ordered.
SAMPLE: Final = Order(prompt="", images=1, steps=STEPS.low)


class Rule(StrEnum):
    """The rule that decided, in the order in which they are asked."""

    NOT_SERVED = "not_served"
    PAUSED = "paused"
    BLOCKED = "blocked"
    CHANNEL = "channel"
    AGE_RESTRICTED = "age_restricted_only"
    WORDS = "words"
    IMAGES = "images"
    STEPS = "steps"
    KEY = "key"
    CREDIT = "credit"
    BUSY = "busy"
    MEMBER_AT_ONCE = "member_at_once"
    SERVER_AT_ONCE = "server_at_once"
    COOLDOWN = "cooldown"
    MEMBER_DAY = "member_per_day"
    SERVER_DAY = "server_per_day"
    OPERATOR_SERVER_DAY = "operator_server_per_day"
    OPERATOR_DAY = "operator_per_day"


# What only the operator can change; the others are the moderators'.
OPERATORS: Final = frozenset(
    {Rule.NOT_SERVED, Rule.KEY, Rule.CREDIT, Rule.BUSY}
    | {Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY}
)


# What may be shown where, whatever it cost.
OF_CONTENT: Final = frozenset(
    {Rule.NOT_SERVED, Rule.PAUSED, Rule.BLOCKED, Rule.CHANNEL, Rule.AGE_RESTRICTED, Rule.WORDS}
)
OF_THE_DAY: Final = frozenset(
    {Rule.MEMBER_DAY, Rule.SERVER_DAY, Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY}
)


@dataclass(frozen=True, kw_only=True)
class Caps:
    """What the operator allows; no moderator can allow more."""

    guild_ids: frozenset[int] = frozenset()  # empty: every guild
    images_per_day: int = 0  # of the whole bot
    images_per_guild_per_day: int = 0
    direct: bool = False  # whether orders are taken outside of servers, all of them as if in one


@dataclass(frozen=True, kw_only=True)
class Usage:
    """What counts at one moment. Orders that ended unbilled do not.

    Images are today's; orders at once are those from WAITING to PROCESSING.
    """

    everywhere: int = 0  # images
    server: int = 0  # images
    member: int = 0  # images, in this server
    server_at_once: int = 0
    member_at_once: int = 0  # in this server
    last_order_at: float | None = None  # of the member, in this server


@dataclass(frozen=True, kw_only=True)
class AdmissionContext:
    """All that an order is weighed against, as the store has it at one moment."""

    rules: Rules = field(default_factory=Rules)
    usage: Usage = field(default_factory=Usage)
    block: Block | None = None
    lane: Lane = field(default_factory=Lane)


@dataclass(frozen=True, kw_only=True)
class AdmissionRequest:
    """An order as limits see it: what, by whom, where."""

    order: Order
    guild_id: int | None  # None: outside of guilds
    channel_id: int  # of a thread: the channel that it is in
    role_ids: frozenset[int] = frozenset()
    age_restricted: bool = False  # the channel


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """How one rule stands to one order. Times are Unix seconds."""

    rule: Rule
    refuses: bool
    limit: int = 0  # 0: there is none
    used: int = 0
    wanted: int = 0
    ends_at: float | None = None  # when it will let pass by itself; None: that is not known
    said: str = ""  # the phrase that is blocked, or a moderator's reason
    style: str = ""  # whose words contain that phrase, while the prompt itself does not
    channels: tuple[int, ...] = ()  # where it would let pass
    outside: bool = False  # the order is from outside of servers, where there are no moderators

    @property
    def operators(self) -> bool:
        """Whether only the operator can change it, and no moderator."""
        return self.outside or self.rule in OPERATORS


def rule_results(
    ask: AdmissionRequest, *, caps: Caps, standing: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    """Yield how every rule stands to *ask*, in the order in which they decide."""
    for verdict in _weighed(ask, caps=caps, standing=standing, now=now):
        yield replace(verdict, outside=True) if ask.guild_id is None else verdict


def _weighed(
    ask: AdmissionRequest, *, caps: Caps, standing: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    rules, order = standing.rules, ask.order
    served = (
        caps.direct
        if ask.guild_id is None
        else not caps.guild_ids or ask.guild_id in caps.guild_ids
    )
    yield RuleResult(rule=Rule.NOT_SERVED, refuses=not served)
    pause, block = rules.pause, standing.block
    yield RuleResult(
        rule=Rule.PAUSED, refuses=pause is not None, said=pause.reason if pause is not None else ""
    )
    blocked = block is not None and block.holds(now)
    yield RuleResult(
        rule=Rule.BLOCKED,
        refuses=blocked,
        ends_at=block.until if block is not None and blocked else None,
        said=block.reason if block is not None and blocked else "",
    )
    elsewhere = bool(rules.channels) and ask.channel_id not in rules.channels
    yield RuleResult(rule=Rule.CHANNEL, refuses=elsewhere, channels=rules.channels)
    openly = rules.age_restricted_only and not ask.age_restricted
    yield RuleResult(rule=Rule.AGE_RESTRICTED, refuses=openly, limit=int(rules.age_restricted_only))
    yield _words(rules, order)
    allowed = rules.allowance(ask.role_ids)
    yield _at_most(Rule.IMAGES, allowed.images, wanted=order.images)
    yield _at_most(Rule.STEPS, allowed.steps, wanted=order.steps)
    yield from _lane(standing.lane, now)
    yield from _figures(order.images, allowed, caps, standing, now)


def first_violation(
    ask: AdmissionRequest, *, caps: Caps, standing: AdmissionContext, now: float
) -> RuleResult | None:
    """Return the first rule that refuses *ask* now; ``None``: it is admitted."""
    every = rule_results(ask, caps=caps, standing=standing, now=now)
    return next((verdict for verdict in every if verdict.refuses), None)


def first_content_violation(
    ask: AdmissionRequest, *, caps: Caps, standing: AdmissionContext, now: float
) -> RuleResult | None:
    """Return the first rule that refuses to show in public what was drawn already.

    That costs nothing, so no count matters; ``None``: none does.
    """
    every = rule_results(ask, caps=caps, standing=standing, now=now)
    return next((one for one in every if one.refuses and one.rule in OF_CONTENT), None)


def remaining_today(rule_results: Iterable[RuleResult]) -> int | None:
    """Return how many images are left today once what was weighed is ordered; ``None``: any."""
    figures = [
        max(one.limit - one.used - one.wanted, 0)
        for one in rule_results
        if one.rule in OF_THE_DAY and one.limit
    ]
    return min(figures, default=None)


def day_of(now: float) -> float:
    """Return when the day began that *now* is in."""
    return now - now % DAY


def _words(rules: Rules, order: Order) -> RuleResult:
    found = word_filter.first_blocked_phrase(rules.words, order.sent or order.prompt)
    by_style = (
        found is not None and word_filter.first_blocked_phrase(rules.words, order.prompt) is None
    )
    return RuleResult(
        rule=Rule.WORDS,
        refuses=found is not None,
        limit=len(rules.words.blocked),
        said=found or "",
        style=(order.style or "") if by_style else "",
    )


def _lane(lane: Lane, now: float) -> Iterator[RuleResult]:
    """Yield what keeps the lane from taking orders at all, for a long time."""
    shut = breaker.closed_reason(lane, now)
    for rule, reason in (
        (Rule.KEY, breaker.ClosedReason.KEY),
        (Rule.CREDIT, breaker.ClosedReason.CREDIT),
        (Rule.BUSY, breaker.ClosedReason.BUSY),
    ):
        refuses = shut is reason and not breaker.may_probe(lane, now)
        ends_at = breaker.opens_at(lane, now) if refuses else None
        yield RuleResult(rule=rule, refuses=refuses, ends_at=ends_at)


def _figures(
    images: int, allowed: Allowance, caps: Caps, standing: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    """Yield how the limits on numbers stand to an order of so many images."""
    rules, usage = standing.rules, standing.usage
    for rule, limit, used in (
        (Rule.MEMBER_AT_ONCE, allowed.member_at_once, usage.member_at_once),
        (Rule.SERVER_AT_ONCE, rules.server_at_once, usage.server_at_once),
    ):
        yield _at_most(rule, limit, used=used, wanted=1)
    yield _cooldown(allowed.cooldown, usage.last_order_at, now)
    for rule, limit, used in (
        (Rule.MEMBER_DAY, allowed.member_per_day, usage.member),
        (Rule.SERVER_DAY, rules.server_per_day, usage.server),
        (Rule.OPERATOR_SERVER_DAY, caps.images_per_guild_per_day, usage.server),
        (Rule.OPERATOR_DAY, caps.images_per_day, usage.everywhere),
    ):
        # An order that the limit alone could never hold gets no better tomorrow.
        tomorrow = day_of(now) + DAY if images <= limit else None
        yield _at_most(rule, limit, used=used, wanted=images, ends_at=tomorrow)


def _at_most(
    rule: Rule, limit: int, *, wanted: int, used: int = 0, ends_at: float | None = None
) -> RuleResult:
    refuses = limit > 0 and used + wanted > limit
    return RuleResult(
        rule=rule,
        refuses=refuses,
        limit=limit,
        used=used,
        wanted=wanted,
        ends_at=ends_at if refuses else None,
    )


def _cooldown(seconds: int, last_order_at: float | None, now: float) -> RuleResult:
    ends_at = last_order_at + seconds if last_order_at is not None else now
    # A clock that was set back shall not keep anybody waiting for longer than the rule says.
    refuses = now < ends_at <= now + seconds
    return RuleResult(
        rule=Rule.COOLDOWN,
        refuses=refuses,
        limit=seconds,
        ends_at=ends_at if refuses else None,
    )
