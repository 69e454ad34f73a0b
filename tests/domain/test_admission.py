"""Which rule decides about an order, and with which figures."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.domain.admission import (
    BUDGETS,
    DAY,
    OPERATORS,
    AdmissionContext,
    AdmissionRequest,
    Caps,
    Rule,
    Usage,
    day_of,
    first_violation,
    rule_results,
)
from bot.domain.denials import DeniedKind, denial_of
from bot.domain.lane import ClosedReason, Lane
from bot.domain.money import Budget, Price, period_end
from bot.domain.rules import Block, Pause, Rules, Tier
from bot.domain.word_filter import WordLists
from tests.samples import NOW, an_order

OPEN = Rules(member_per_day=0, member_at_once=0)
NO_CAPS = Caps()
PRICE = Price(amount=1000)


def an_ask(**changes):
    order = an_order(
        **{name: changes.pop(name) for name in ("images", "prompt") if name in changes}
    )
    options: dict[str, Any] = {"order": order, "guild_id": 100, "channel_id": 200}
    return AdmissionRequest(**options | changes)


def decided(ask=None, *, caps=NO_CAPS, rules=OPEN, usage=None, **standing) -> Any:
    context = AdmissionContext(rules=rules, usage=usage or Usage(), **standing)
    return first_violation(ask or an_ask(), caps=caps, context=context, now=NOW)


def test_without_any_limit_everything_is_admitted():
    assert decided(usage=Usage(everywhere=10**6, server=10**6, member=10**6)) is None


def test_the_defaults_protect_the_wallet_from_the_first_day():
    assert decided(rules=Rules()) is None
    assert decided(rules=Rules(), usage=Usage(member=25)).rule is Rule.MEMBER_DAY
    assert decided(rules=Rules(), usage=Usage(member_at_once=3)).rule is Rule.MEMBER_AT_ONCE


BAR: dict[str, Any] = {"by": 1, "now": NOW, "hours": 1, "reason": "spam"}
EACH: dict[Rule, dict[str, Any]] = {
    Rule.NOT_SERVED: {"caps": Caps(guild_ids=frozenset({1}))},
    Rule.DENIED_SERVER: {"denials": (denial_of(DeniedKind.SERVER, 100, **BAR),)},
    Rule.DENIED_MEMBER: {"denials": (denial_of(DeniedKind.MEMBER, 300, **BAR),)},
    Rule.PAUSED: {"rules": replace(OPEN, pause=Pause(by=1, since=NOW))},
    Rule.BLOCKED: {"block": Block(member_id=300, by=1, since=NOW)},
    Rule.TIMED_OUT: {"ask": an_ask(timed_out_until=NOW + 1)},
    Rule.CHANNEL: {"rules": replace(OPEN, channels=(201,))},
    Rule.AGE_RESTRICTED: {"rules": replace(OPEN, age_restricted_only=True)},
    Rule.WORDS: {"rules": replace(OPEN, words=WordLists(blocked=("lighthouse",)))},
    Rule.PRIVATE: {"rules": replace(OPEN, private=False), "ask": an_ask(private=True)},
    Rule.IMAGES: {"rules": replace(OPEN, images=1), "ask": an_ask(images=2)},
    Rule.STEPS: {"rules": replace(OPEN, steps=20)},
    Rule.KEY: {"lane": Lane(closed=ClosedReason.KEY)},
    Rule.CREDIT: {"lane": Lane(closed=ClosedReason.CREDIT, probe_at=NOW + 1)},
    Rule.BUSY: {"lane": Lane(paused_until=NOW + 601)},
    Rule.MEMBER_AT_ONCE: {
        "rules": replace(OPEN, member_at_once=2),
        "usage": Usage(member_at_once=2),
    },
    Rule.SERVER_AT_ONCE: {
        "rules": replace(OPEN, server_at_once=2),
        "usage": Usage(server_at_once=2),
    },
    Rule.COOLDOWN: {"rules": replace(OPEN, cooldown=10), "usage": Usage(last_order_at=NOW - 9)},
    Rule.MEMBER_DAY: {"rules": replace(OPEN, member_per_day=2), "usage": Usage(member=2)},
    Rule.SERVER_DAY: {"rules": replace(OPEN, server_per_day=2), "usage": Usage(server=2)},
    Rule.OPERATOR_SERVER_DAY: {"caps": Caps(images_per_guild_per_day=2), "usage": Usage(server=2)},
    Rule.OPERATOR_DAY: {"caps": Caps(images_per_day=2), "usage": Usage(everywhere=2)},
    Rule.SERVER_MONTH_USD: {
        "caps": Caps(price=PRICE),
        "rules": replace(OPEN, server_usd_per_month=6999),
        "usage": Usage(server_spent_this_month=6000),
    },
    Rule.OPERATOR_SERVER_MONTH_USD: {
        "caps": Caps(price=PRICE, usd_per_guild_per_month=6999),
        "usage": Usage(server_spent_this_month=6000),
    },
    Rule.OPERATOR_DAY_USD: {
        "caps": Caps(price=PRICE, usd_per_day=6999),
        "usage": Usage(spent_today=6000),
    },
    Rule.OPERATOR_MONTH_USD: {
        "caps": Caps(price=PRICE, usd_per_month=6999),
        "usage": Usage(spent_this_month=6000),
    },
}


@pytest.mark.parametrize("rule", Rule)
def test_each_rule_decides_by_itself_and_says_whose_it_is(rule):
    refusal = decided(**EACH[rule])

    assert (refusal.rule, refusal.operators) == (rule, rule in OPERATORS)


def test_every_rule_is_asked_once_and_in_one_order():
    results = list(rule_results(an_ask(), caps=NO_CAPS, context=AdmissionContext(), now=NOW))

    assert [result.rule for result in results] == list(Rule)
    assert {result.rule for result in results if result.operators} == OPERATORS


def test_a_refusal_names_the_figures_and_the_end():
    caps = Caps(images_per_guild_per_day=100)

    refusal = decided(an_ask(images=2), caps=caps, usage=Usage(server=99))

    assert (refusal.rule, refusal.limit, refusal.used) == (Rule.OPERATOR_SERVER_DAY, 100, 99)
    assert (refusal.wanted, refusal.ends_at) == (2, day_of(NOW) + DAY)


def test_an_order_larger_than_the_limit_itself_is_not_told_to_wait():
    assert decided(an_ask(images=2), caps=Caps(images_per_day=1)).ends_at is None


@pytest.mark.parametrize("rule", BUDGETS)
def test_a_budget_is_used_up_to_the_last_millionth_and_names_the_end_of_its_period(rule):
    refusal = decided(**EACH[rule])
    caps, usage = EACH[rule]["caps"], EACH[rule]["usage"]
    exact = replace(OPEN, server_usd_per_month=7000)
    if caps != Caps(price=PRICE):
        [name] = [name for name in vars(caps) if name.startswith("usd") and getattr(caps, name)]
        caps = replace(caps, **{name: 7000})

    assert (refusal.limit, refusal.used, refusal.wanted) == (6999, 6000, 1000)
    assert refusal.ends_at == period_end(BUDGETS[rule], NOW)
    assert decided(caps=caps, rules=exact, usage=usage) is None


def test_an_order_that_costs_more_than_a_whole_budget_is_not_told_to_wait():
    caps = Caps(price=PRICE, usd_per_month=1500)

    assert decided(an_ask(images=2), caps=caps).ends_at is None
    by_request = replace(caps, price=replace(PRICE, per_image=False))
    assert decided(an_ask(images=2), caps=by_request) is None


def test_budgets_of_a_month_end_with_it():
    assert {BUDGETS[rule] for rule in BUDGETS} == set(Budget)
    assert period_end(Budget.MONTH, NOW) == period_end(Budget.SERVER_MONTH, NOW) > NOW + DAY


@pytest.mark.parametrize(
    ("last", "refused_until"),
    [(None, None), (NOW - 10, None), (NOW - 4, NOW + 6), (NOW, NOW + 10), (NOW + 500, None)],
)
def test_a_cooldown_ends_by_itself_and_a_clock_that_was_wrong_prolongs_none(last, refused_until):
    refusal = decided(rules=replace(OPEN, cooldown=10), usage=Usage(last_order_at=last))

    assert (refusal.ends_at if refusal else None) == refused_until


@pytest.mark.parametrize(("until", "blocked"), [(None, True), (NOW + 1, True), (NOW, False)])
def test_a_block_holds_until_its_end(until, blocked):
    block = Block(member_id=300, by=1, since=NOW - 100, until=until, reason="spam")

    refusal = decided(block=block)

    assert (refusal is not None) == blocked
    if refusal:
        assert (refusal.said, refusal.ends_at) == ("spam", until)


@pytest.mark.parametrize(("until", "refused"), [(None, False), (NOW + 1, True), (NOW, False)])
def test_a_time_out_holds_until_its_end(until, refused):
    refusal = decided(an_ask(timed_out_until=until))

    assert (refusal.ends_at if refusal else None) == (until if refused else None)


def test_orders_in_the_channels_that_are_named_or_age_restricted_are_admitted():
    rules = replace(OPEN, channels=(200, 201))

    assert decided(rules=rules) is None
    assert decided(an_ask(channel_id=202), rules=rules).channels == (200, 201)
    rules = replace(OPEN, age_restricted_only=True)
    assert decided(an_ask(age_restricted=True), rules=rules) is None


def test_a_blocked_word_stops_no_longer_word():
    rules = replace(OPEN, words=WordLists(blocked=("ass",)))

    assert decided(an_ask(prompt="a robot offering assistance"), rules=rules) is None
    assert decided(an_ask(prompt="a wild Ass, grazing"), rules=rules).said == "ass"


def test_an_order_is_the_probe_of_an_empty_wallet_once_its_time_has_come():
    lane = Lane(closed=ClosedReason.CREDIT, probe_at=NOW)

    assert decided(lane=lane) is None
    other = decided(lane=replace(lane, probe="another"))
    assert (other.rule, other.ends_at) == (Rule.CREDIT, None)
    assert decided(lane=replace(lane, probe_at=NOW + 60)).ends_at == NOW + 60


def test_a_short_pause_is_waited_out_in_line():
    assert decided(lane=Lane(paused_until=NOW + 600)) is None
    assert decided(lane=Lane(paused_until=NOW + 601)).ends_at == NOW + 601


TIERS = (
    Tier(role_id=1, member_per_day=50, cooldown=5),
    Tier(role_id=2, member_per_day=10, images=1),
    Tier(role_id=3, exempt=True),
    Tier(role_id=4, member_per_day=0),
)


@pytest.mark.parametrize(
    ("roles", "per_day", "cooldown", "images"),
    [
        ((), 25, 60, 2),
        ((1,), 50, 5, 2),
        ((2,), 10, 60, 1),
        ((1, 2), 50, 5, 1),
        ((3,), 0, 0, 0),
        ((2, 4), 0, 60, 1),
        ((9,), 25, 60, 2),
    ],
)
def test_the_best_tier_of_a_members_roles_wins(roles, per_day, cooldown, images):
    rules = Rules(tiers=TIERS, cooldown=60, images=2)

    allowed = rules.allowance(frozenset(roles))

    assert (allowed.member_per_day, allowed.cooldown, allowed.images) == (per_day, cooldown, images)


def test_a_tier_of_everyone_holds_for_everyone():
    """Discord never sends @everyone, whose id is the server's, among a member's roles."""
    rules = replace(OPEN, tiers=(Tier(role_id=100, images=1), Tier(role_id=2, images=3)))

    assert decided(an_ask(images=2), rules=rules).rule is Rule.IMAGES
    assert decided(an_ask(images=2, role_ids=frozenset({2})), rules=rules) is None
    assert decided(an_ask(images=2, guild_id=101), rules=rules) is None


@pytest.mark.parametrize(
    ("channel_id", "parent_ids"), [(201, ()), (202, (201,)), (201, (202,)), (203, (202, 201))]
)
def test_a_place_is_listed_itself_or_by_its_channel_or_category(channel_id, parent_ids):
    listed = replace(OPEN, channels=(201,))
    here = an_ask(channel_id=channel_id, parent_ids=frozenset(parent_ids))

    assert decided(here, rules=listed) is None
    assert decided(here, rules=replace(OPEN, channels=(204,))).channels == (204,)


figures = st.integers(min_value=0, max_value=30)
LIMITS = (
    *("member_per_day", "server_per_day", "server_usd_per_month"),
    *("member_at_once", "server_at_once"),
)
COUNTED = (
    *("everywhere", "server", "member", "server_at_once", "member_at_once"),
    *("spent_today", "spent_this_month", "server_spent_this_month"),
)
rules_ = st.builds(Rules, images=st.integers(0, 4), **dict.fromkeys(LIMITS, figures))
usages = st.builds(Usage, **dict.fromkeys(COUNTED, figures))
caps_ = st.builds(
    Caps,
    images_per_day=figures,
    images_per_guild_per_day=figures,
    price=st.builds(Price, amount=st.integers(0, 5), per_image=st.booleans()),
    usd_per_day=figures,
    usd_per_month=figures,
    usd_per_guild_per_month=figures,
)


@given(st.integers(min_value=1, max_value=4), caps_, rules_, usages)
def test_no_order_is_admitted_while_usage_would_exceed_a_limit(images, caps, rules, usage):
    """And none is refused that would exceed none: what is admitted is exactly what fits."""
    admitted = decided(an_ask(images=images), caps=caps, rules=rules, usage=usage) is None

    fits = all(
        limit == 0 or after <= limit
        for limit, after in (
            (rules.images, images),
            (rules.member_per_day, usage.member + images),
            (rules.server_per_day, usage.server + images),
            (caps.images_per_guild_per_day, usage.server + images),
            (caps.images_per_day, usage.everywhere + images),
            (caps.usd_per_day, usage.spent_today + caps.price.of(images)),
            (caps.usd_per_month, usage.spent_this_month + caps.price.of(images)),
            (caps.usd_per_guild_per_month, usage.server_spent_this_month + caps.price.of(images)),
            (rules.server_usd_per_month, usage.server_spent_this_month + caps.price.of(images)),
            (rules.member_at_once, usage.member_at_once + 1),
            (rules.server_at_once, usage.server_at_once + 1),
        )
    )
    assert admitted == fits


@given(now=st.floats(min_value=0, max_value=4e9))
def test_a_day_begins_at_midnight_and_holds_its_moments(now):
    assert day_of(now) % DAY == 0
    assert day_of(now) <= now < day_of(now) + DAY


# Styles: their words are held to what moderators blocked, as the prompt's are.


@pytest.mark.parametrize(
    ("prompt", "sent", "style"),
    [
        ("a wolf", "a wolf, ink", ""),
        ("a dog", "a dog, a bad wolf beside it", "Wild"),
        ("a bad", "a bad, wolf", ""),
        ("a dog", "a dog, ink", None),
    ],
)
def test_a_blocked_phrase_is_found_in_what_is_sent_and_whose_it_is(prompt, sent, style):
    """Who reads "your prompt contains it" and did not type it would look for it in vain."""
    ask = replace(an_ask(), order=an_order(prompt=prompt, sent=sent, style="Wild"))

    verdict = decided(ask, rules=replace(OPEN, words=WordLists(blocked=("wolf",))))

    if style is None:
        assert verdict is None
    else:
        assert (verdict.rule, verdict.said) == (Rule.WORDS, "wolf")
        assert verdict.style == (style if "wolf" in prompt else "Wild")


# Outside of servers.


def test_outside_of_servers_every_rule_is_the_operators():
    outside = replace(an_ask(), guild_id=None)
    every = rule_results(outside, caps=Caps(direct=True), context=AdmissionContext(), now=NOW)

    assert all(verdict.outside and verdict.operators for verdict in every)


@pytest.mark.parametrize(
    ("usage", "rule"),
    [
        (Usage(member=25), Rule.MEMBER_DAY),
        (Usage(member_at_once=3), Rule.MEMBER_AT_ONCE),
        (Usage(server=100), Rule.OPERATOR_SERVER_DAY),
        (Usage(everywhere=500), Rule.OPERATOR_DAY),
    ],
)
def test_outside_of_servers_the_defaults_and_the_operators_caps_hold(usage, rule):
    caps = Caps(direct=True, images_per_day=500, images_per_guild_per_day=100)
    outside = replace(an_ask(), guild_id=None)

    assert decided(outside, caps=caps, rules=Rules()) is None
    assert decided(outside, caps=caps, rules=Rules(), usage=usage).rule is rule
    assert decided(outside, caps=replace(caps, direct=False)).rule is Rule.NOT_SERVED
