"""What members find out about themselves: `/usage`, `/help`, `/settings`, `/privacy`."""

import re
from dataclasses import replace

import pytest

from bot.domain import styles
from bot.domain.admission import (
    SAMPLE,
    AdmissionContext,
    AdmissionRequest,
    Caps,
    Rule,
    RuleResult,
    Usage,
    place_violation,
    rule_results,
)
from bot.domain.order import check
from bot.domain.rules import Block, Pause, Rules
from bot.service.member_account import ErasureResult, OrderPlace, UsageReport
from bot.service.settings import RetentionPolicy
from bot.ui import privacy_view, texts
from bot.ui.button_actions import Example
from bot.ui.help_view import EXAMPLES, help_view
from bot.ui.language import LANGUAGES, speaking
from tests.samples import NOW, listed
from tests.views import assert_within_limits, buttons, recorded, said

MEMBER = 300


def usage(*, rules=None, caps=None, guild_id=100, block=None, moderates=False, **used):
    context = AdmissionContext(rules=rules or Rules(), usage=Usage(**used), block=block)
    request = AdmissionRequest(order=SAMPLE, guild_id=guild_id, channel_id=200)
    caps = caps or Caps(direct=True)
    results = list(rule_results(request, caps=caps, context=context, now=NOW))
    place = OrderPlace(
        in_server=guild_id is not None, violation=place_violation(results), direct=caps.direct
    )
    report = UsageReport(verdicts=results, anew_at=NOW + 60, place=place)
    return texts.member_commands.usage(report, moderates=moderates)


def usages():
    """It begins with whether an order would be taken, and tells who can change what."""
    pause = Pause(by=1, since=NOW, reason="a *contest*")
    block = Block(member_id=MEMBER, by=1, since=NOW, until=NOW + 90)
    return {
        "a fresh server": usage(),
        "nearly used up": usage(rules=Rules(member_per_day=10), member=9),
        "used up": usage(rules=Rules(member_per_day=10), member=10),
        "no limits": usage(rules=Rules(member_per_day=0, cooldown=0)),
        "an operator's cap": usage(caps=Caps(images_per_guild_per_day=50), server=20),
        "outside of servers": usage(
            guild_id=None, caps=Caps(direct=True, images_per_day=5), everywhere=1
        ),
        "another channel": usage(rules=Rules(channels=(201, 202))),
        "not age-restricted": usage(rules=Rules(age_restricted_only=True), caps=Caps()),
        "a server that is not served": usage(caps=Caps(guild_ids=frozenset({1}))),
        "outside, not opened": usage(guild_id=None, caps=Caps()),
        "paused": usage(rules=Rules(pause=pause)),
        "blocked": usage(block=block),
        "cooling down": usage(rules=Rules(cooldown=60), last_order_at=NOW - 20),
    }


def test_usage_reads_as_recorded(snapshot):
    assert listed(usages()) == snapshot


@pytest.mark.parametrize(
    ("limit", "used", "filled"),
    [(10, 0, 10), (10, 3, 7), (10, 10, 0), (10, 12, 0), (100, 99, 1), (100, 1, 9)],
)
def test_a_bar_is_full_and_empty_only_where_that_is_so(limit, used, filled):
    """Nobody shall read hope or despair from a rounding."""
    text = usage(rules=Rules(member_per_day=limit), member=used)
    [line] = [line for line in text.splitlines() if line.startswith("Your images today:")]

    bar = "▰" * filled + "▱" * (10 - filled)
    left = max(limit - used, 0)
    assert f"{bar} {left} of {limit} left" in line
    assert f"00:00 UTC, <t:{int(NOW + 60)}:R>" in text


OPEN = OrderPlace(in_server=True)
OUTSIDE = OrderPlace(in_server=False, direct=True)
CLOSED = replace(OPEN, violation=RuleResult(rule=Rule.CHANNEL, refuses=True, channels=(201,)))


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize(
    ("place", "moderates", "named"),
    [
        (OPEN, False, {"imagine", "history", "usage", "settings", "privacy"}),
        (OPEN, True, {"imagine", "history", "usage", "settings", "privacy", "limits"}),
        (OUTSIDE, False, {"imagine", "history", "usage", "settings", "privacy"}),
        (CLOSED, False, {"imagine", "history", "settings", "privacy"}),
        (CLOSED, True, {"imagine", "history", "settings", "privacy", "limits"}),
    ],
    ids=["member", "moderator", "outside", "closed", "closed to a moderator"],
)
def test_help_names_only_what_can_be_used_there(place, moderates, named, spoken):
    with speaking(spoken):
        told = "\n".join(said(help_view(place, MEMBER, moderates=moderates)))

    assert set(re.findall(r"`/(\w+)", told)) == named
    assert ("<#201>" in told) == (place is CLOSED)
    assert ("moderat" in told.lower()) == (place is not OUTSIDE)


@pytest.mark.parametrize("spoken", LANGUAGES)
def test_help_fits_one_message_and_its_buttons_open_the_examples_as_they_are_shown(spoken):
    with speaking(spoken):
        view = help_view(OPEN, MEMBER, moderates=True)

    assert_within_limits(view)
    told = "\n".join(said(view))
    assert len(told) <= 1250
    shown = re.findall(r"`/imagine prompt: ([^`]+)`", told)
    tried = [one for one in buttons(view) if one.startswith("help:try:")]
    for example, custom_id in zip(shown, tried, strict=True):
        options = EXAMPLES[Example(custom_id.removeprefix("help:try:"))]
        named = {name: value for name, value in vars(options).items() if value is not None}
        prompt = named.pop("prompt")
        assert example == " ".join([prompt, *(f"{name}: {it}" for name, it in named.items())])
        order = check(options)
        assert order.style is None or styles.built_in(order.style) is not None


async def test_what_is_kept_and_deleted_reads_as_recorded(snapshot):
    samples = {
        f"kept {days} days": recorded(
            privacy_view.overview(MEMBER, RetentionPolicy(files_days=days, orders_days=days))
        )
        for days in (7, 1, 0)
    }
    linked = RetentionPolicy(
        files_days=7,
        orders_days=90,
        privacy_url="https://example.com/privacy",
        terms_url="https://example.com/terms",
    )
    samples["with pages"] = recorded(privacy_view.overview(MEMBER, linked))
    samples["confirmation"] = recorded(privacy_view.confirmation(MEMBER))
    for done in (True, False):
        view = privacy_view.erased(ErasureResult(done=done, day_ends_at=NOW))
        samples[f"erased {done}"] = recorded(view)

    assert listed(samples) == snapshot
