"""Admission control: whether an order is accepted now, or which rule of whom rejects it.

Usage is counted in images; days are UTC days.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, Final

from bot.domain import lane as breaker
from bot.domain import styles, word_filter
from bot.domain.denials import Denial, DeniedKind
from bot.domain.lane import Lane
from bot.domain.money import Budget, Price, period_end
from bot.domain.order import SEPARATOR, STEPS, Order
from bot.domain.preferences import Preferences
from bot.domain.rules import Allowance, Block, Rules

DAY: Final = 86400.0  # seconds
# The smallest order, to show limits without one.
SAMPLE: Final = Order(prompt="", images=1, steps=STEPS.low)


class Rule(StrEnum):
    """The rules, in the order in which they decide."""

    NOT_SERVED = "not_served"
    DENIED_SERVER = "denied_server"
    DENIED_MEMBER = "denied_member"
    PAUSED = "paused"
    BLOCKED = "blocked"
    TIMED_OUT = "timed_out"
    CHANNEL = "channel"
    AGE_RESTRICTED = "age_restricted_only"
    WORDS = "words"
    PRIVATE = "private"
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
    SERVER_MONTH_USD = "server_usd_per_month"
    OPERATOR_SERVER_MONTH_USD = "operator_server_usd_per_month"
    OPERATOR_DAY_USD = "operator_usd_per_day"
    OPERATOR_MONTH_USD = "operator_usd_per_month"


# Only the operator can change these; moderators change the others.
OPERATORS: Final = frozenset(
    {Rule.NOT_SERVED, Rule.DENIED_SERVER, Rule.DENIED_MEMBER}
    | {Rule.KEY, Rule.CREDIT, Rule.BUSY}
    | {Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY}
    | {Rule.OPERATOR_SERVER_MONTH_USD, Rule.OPERATOR_DAY_USD, Rule.OPERATOR_MONTH_USD}
)
# Limits on money: their figures are in millionths of a dollar.
BUDGETS: Final = {
    Rule.SERVER_MONTH_USD: Budget.SERVER_MONTH,
    Rule.OPERATOR_SERVER_MONTH_USD: Budget.SERVER_MONTH,
    Rule.OPERATOR_DAY_USD: Budget.DAY,
    Rule.OPERATOR_MONTH_USD: Budget.MONTH,
}

# Rules on what may be shown where, whatever it costs.
OF_CONTENT: Final = frozenset(
    {Rule.NOT_SERVED, Rule.DENIED_SERVER, Rule.DENIED_MEMBER}
    | {Rule.PAUSED, Rule.BLOCKED, Rule.TIMED_OUT}
    | {Rule.CHANNEL, Rule.AGE_RESTRICTED, Rule.WORDS}
)
# Where orders are taken, whatever they are and whenever they are made.
OF_PLACE: Final = frozenset(
    {Rule.NOT_SERVED, Rule.DENIED_SERVER, Rule.CHANNEL, Rule.AGE_RESTRICTED}
)
OF_THE_DAY: Final = frozenset(
    {Rule.MEMBER_DAY, Rule.SERVER_DAY, Rule.OPERATOR_SERVER_DAY, Rule.OPERATOR_DAY}
)


@dataclass(frozen=True, kw_only=True)
class Caps:
    """The operator's limits; moderators cannot exceed them."""

    guild_ids: frozenset[int] = frozenset()  # empty: every guild
    images_per_day: int = 0  # of the whole bot
    images_per_guild_per_day: int = 0
    direct: bool = False  # whether orders outside of servers are taken; they count as one server
    price: Price = field(default_factory=Price)
    # Budgets, in millionths of a dollar:
    usd_per_day: int = 0  # of the whole bot
    usd_per_month: int = 0  # of the whole bot
    usd_per_guild_per_month: int = 0
    picture_check: bool = False  # whether pictures can be checked before they are delivered

    def of(self, budget: Budget) -> int:
        """Return the cap of a budget; 0: there is none."""
        return {
            Budget.DAY: self.usd_per_day,
            Budget.MONTH: self.usd_per_month,
            Budget.SERVER_MONTH: self.usd_per_guild_per_month,
        }[budget]


@dataclass(frozen=True, kw_only=True)
class Usage:
    """Usage at one moment, without orders that ended unbilled.

    Images are today's; orders at once are those from WAITING to PROCESSING.
    """

    everywhere: int = 0  # images
    server: int = 0  # images
    member: int = 0  # images, in this server
    server_at_once: int = 0
    member_at_once: int = 0  # in this server
    last_order_at: float | None = None  # of the member, in this server
    # In millionths of a dollar, of all servers and of this one:
    spent_today: int = 0
    spent_this_month: int = 0
    server_spent_this_month: int = 0


@dataclass(frozen=True, kw_only=True)
class AdmissionContext:
    """Everything that an order is checked against, as stored at one moment."""

    rules: Rules = field(default_factory=Rules)
    usage: Usage = field(default_factory=Usage)
    block: Block | None = None
    denials: tuple[Denial, ...] = ()  # of the server and of the member
    lane: Lane = field(default_factory=Lane)
    preferences: Preferences = field(default_factory=Preferences)  # the member's


@dataclass(frozen=True, kw_only=True)
class AdmissionRequest:
    """An order as the rules see it: what, by whom, where."""

    order: Order
    private: bool = False  # only its member is to see it
    guild_id: int | None  # None: outside of guilds
    channel_id: int
    parent_ids: frozenset[int] = frozenset()  # the thread's channel, and the category
    role_ids: frozenset[int] = frozenset()  # without @everyone
    age_restricted: bool = False  # the channel
    timed_out_until: float | None = None  # the member, by Discord, in Unix seconds


@dataclass(frozen=True, kw_only=True)
class RuleResult:
    """The result of one rule for one order. Times are Unix seconds."""

    rule: Rule
    refuses: bool
    limit: int = 0  # 0: none
    used: int = 0
    wanted: int = 0
    ends_at: float | None = None  # when the rule will pass by itself; None: unknown
    said: str = ""  # the blocked phrase, or a moderator's or the operator's reason
    style: str = ""  # the style whose words, or own name, contain that phrase
    suffix: bool = False  # it is in the member's suffix; with neither in the prompt
    # Where orders are taken at all; if CHANNEL refuses and there are none: nowhere.
    channels: tuple[int, ...] = ()
    outside: bool = False  # ordered outside of servers, where there are no moderators

    @property
    def operators(self) -> bool:
        """Whether only the operator can change it."""
        return self.outside or self.rule in OPERATORS


def rule_results(
    request: AdmissionRequest, *, caps: Caps, context: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    """Yield the result of every rule for *request*, in the order in which they decide."""
    for result in _results(request, caps=caps, context=context, now=now):
        yield replace(result, outside=True) if request.guild_id is None else result


def _results(
    request: AdmissionRequest, *, caps: Caps, context: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    rules, order = context.rules, request.order
    yield RuleResult(rule=Rule.NOT_SERVED, refuses=not is_served(request.guild_id, caps))
    yield _denied(Rule.DENIED_SERVER, DeniedKind.SERVER, context.denials, now)
    yield _denied(Rule.DENIED_MEMBER, DeniedKind.MEMBER, context.denials, now)
    if rules.pause is None:
        yield RuleResult(rule=Rule.PAUSED, refuses=False)
    else:
        yield RuleResult(rule=Rule.PAUSED, refuses=True, said=rules.pause.reason)
    block = context.block
    if block is None or not block.holds(now):
        yield RuleResult(rule=Rule.BLOCKED, refuses=False)
    else:
        yield RuleResult(rule=Rule.BLOCKED, refuses=True, ends_at=block.until, said=block.reason)
    timed_out = request.timed_out_until is not None and now < request.timed_out_until
    yield RuleResult(
        rule=Rule.TIMED_OUT,
        refuses=timed_out,
        ends_at=request.timed_out_until if timed_out else None,
    )
    here = request.parent_ids | {request.channel_id}
    elsewhere = rules.nowhere or (bool(rules.channels) and here.isdisjoint(rules.channels))
    yield RuleResult(rule=Rule.CHANNEL, refuses=elsewhere, channels=rules.channels)
    openly = rules.age_restricted_only and not request.age_restricted
    yield RuleResult(
        rule=Rule.AGE_RESTRICTED,
        refuses=openly,
        limit=int(rules.age_restricted_only),
        channels=rules.channels if openly else (),
    )
    yield _words(rules, order)
    yield RuleResult(rule=Rule.PRIVATE, refuses=request.private and not rules.private)
    everyone = frozenset() if request.guild_id is None else frozenset({request.guild_id})
    allowed = rules.allowance(request.role_ids | everyone)
    yield _at_most(Rule.IMAGES, allowed.images, wanted=order.images)
    yield _at_most(Rule.STEPS, allowed.steps, wanted=order.steps)
    yield from _lane(context.lane, now)
    yield from _figures(order.images, allowed, caps, context, now)


def first_violation(
    request: AdmissionRequest, *, caps: Caps, context: AdmissionContext, now: float
) -> RuleResult | None:
    """Return the first rule that rejects *request* now; ``None``: it is admitted."""
    results = rule_results(request, caps=caps, context=context, now=now)
    return next((result for result in results if result.refuses), None)


def first_content_violation(
    request: AdmissionRequest, *, caps: Caps, context: AdmissionContext, now: float
) -> RuleResult | None:
    """Return the first rule that forbids to post existing pictures; ``None``: none does.

    Posting costs nothing, so limits on numbers are left out.
    """
    results = rule_results(request, caps=caps, context=context, now=now)
    return next(
        (result for result in results if result.refuses and result.rule in OF_CONTENT), None
    )


def place_violation(results: Iterable[RuleResult]) -> RuleResult | None:
    """Return the first of *results* for which no orders are taken in that place.

    A pause, and what is used up, end soon or by themselves: they are told to who orders.
    """
    return next((result for result in results if result.refuses and result.rule in OF_PLACE), None)


def is_served(guild_id: int | None, caps: Caps) -> bool:
    """Tell whether the operator lets the bot take orders in a server; ``None``: outside of all."""
    if guild_id is None:
        return caps.direct
    return not caps.guild_ids or guild_id in caps.guild_ids


def remaining_today(results: Iterable[RuleResult]) -> int | None:
    """Return how many images are left today after that order; ``None``: no limit counts them."""
    remaining = [
        max(result.limit - result.used - result.wanted, 0)
        for result in results
        if result.rule in OF_THE_DAY and result.limit
    ]
    return min(remaining, default=None)


def day_of(now: float) -> float:
    """Return the beginning of the UTC day of *now*."""
    return now - now % DAY


def _denied(rule: Rule, kind: DeniedKind, denials: Iterable[Denial], now: float) -> RuleResult:
    for denial in denials:
        if denial.kind is kind and denial.holds(now):
            return RuleResult(rule=rule, refuses=True, ends_at=denial.until, said=denial.reason)
    return RuleResult(rule=rule, refuses=False)


def _words(rules: Rules, order: Order) -> RuleResult:
    """Look into all that is sent, and into the name of a member's own style: the card shows it."""
    stopped = partial(word_filter.first_blocked_phrase, rules.words, look_alikes=rules.look_alikes)
    style, known = order.style or "", (*styles.BUILT_IN, *rules.styles)
    phrase = stopped(order.sent or order.prompt)
    if phrase is None and style and all(style != one.name for one in known):
        phrase = stopped(style)
    blames = dict[str, Any]()
    if phrase is not None and stopped(order.prompt) is None:
        with_suffix = SEPARATOR.join(filter(None, (order.prompt, order.suffix)))
        by_suffix = stopped(with_suffix)
        phrase = by_suffix or phrase
        blames = {"style": style} if by_suffix is None else {"suffix": True}
    return RuleResult(
        rule=Rule.WORDS,
        refuses=phrase is not None,
        limit=len(rules.words.blocked),
        said=phrase or "",
        **blames,
    )


def _lane(lane: Lane, now: float) -> Iterator[RuleResult]:
    """Yield the reasons for which the lane takes no orders."""
    closed = breaker.closed_reason(lane, now)
    for rule, reason in (
        (Rule.KEY, breaker.ClosedReason.KEY),
        (Rule.CREDIT, breaker.ClosedReason.CREDIT),
        (Rule.BUSY, breaker.ClosedReason.BUSY),
    ):
        refuses = closed is reason and not breaker.may_probe(lane, now)
        ends_at = breaker.opens_at(lane, now) if refuses else None
        yield RuleResult(rule=rule, refuses=refuses, ends_at=ends_at)


def _figures(
    images: int, allowed: Allowance, caps: Caps, context: AdmissionContext, now: float
) -> Iterator[RuleResult]:
    """Yield the results of the limits on numbers, for an order of so many images."""
    rules, usage = context.rules, context.usage
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
        # An order larger than the limit is not accepted tomorrow either.
        tomorrow = day_of(now) + DAY if images <= limit else None
        yield _at_most(rule, limit, used=used, wanted=images, ends_at=tomorrow)
    price = caps.price.of(images)
    for rule, limit, used in (
        (Rule.SERVER_MONTH_USD, rules.server_usd_per_month, usage.server_spent_this_month),
        (
            Rule.OPERATOR_SERVER_MONTH_USD,
            caps.usd_per_guild_per_month,
            usage.server_spent_this_month,
        ),
        (Rule.OPERATOR_DAY_USD, caps.usd_per_day, usage.spent_today),
        (Rule.OPERATOR_MONTH_USD, caps.usd_per_month, usage.spent_this_month),
    ):
        anew = float(period_end(BUDGETS[rule], now)) if price <= limit else None
        yield _at_most(rule, limit, used=used, wanted=price, ends_at=anew)


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
    # After a clock was set back, a member waits no longer than the rule says.
    refuses = now < ends_at <= now + seconds
    return RuleResult(
        rule=Rule.COOLDOWN, refuses=refuses, limit=seconds, ends_at=ends_at if refuses else None
    )
