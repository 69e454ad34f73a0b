"""The moderators' panel, and what its buttons remember."""

from dataclasses import replace
from typing import Any

import aiohttp
import discord
import pytest
from hypothesis import given, settings

from bot.domain.admission import Caps, Rule, RuleResult
from bot.domain.rules import Block, Pause, Rules, Tier
from bot.service.blocking import BLOCKS_ON_PAGE, BlockPage
from bot.service.moderation import RECENT_ORDERS, MemberOverview, Overview
from bot.ui import blocks_view, layout, limits_view, texts
from bot.ui.language import LANGUAGES, speaking
from bot.ui.limits_form import GROUPS
from sandbox.discord.enums import InteractionType
from tests.rules import FULLEST, FULLEST_OVERVIEW, ID, PROMPT, REASON, any_rules
from tests.samples import NOW, SOON, a_job, an_order, listed
from tests.views import assert_within_limits, buttons, recorded, said

API = "/api/v10"
DRAFT = "0123456789abcdef"


def longest_note():
    return texts.changes.changed(Rules(), FULLEST)


def an_overview(rules):
    return Overview(
        rules=rules,
        caps=FULLEST_OVERVIEW.caps,
        standing=FULLEST_OVERVIEW.standing,
        peaks=FULLEST_OVERVIEW.peaks,
    )


BLOCK = Block(member_id=ID, by=ID, since=NOW, until=SOON, reason=REASON)
BLOCKS = BlockPage(
    blocks=[replace(BLOCK, member_id=ID - one) for one in range(BLOCKS_ON_PAGE)],
    total=10**6,
    number=10**5 - 1,
)
JOB = a_job(order=an_order(prompt=PROMPT), message_id=ID, channel_id=ID, guild_id=ID)
MEMBER = MemberOverview(
    member_id=ID,
    results=[
        RuleResult(rule=rule, refuses=True, ends_at=SOON, said=REASON, channels=FULLEST.channels)
        for rule in Rule
    ],
    block=BLOCK,
    orders=[JOB] * RECENT_ORDERS,
)
VIEWS = {
    "a fresh panel": lambda: limits_view.panel(an_overview(Rules())),
    "the fullest panel": lambda: limits_view.panel(FULLEST_OVERVIEW),
    "the fullest panel with a note": lambda: limits_view.panel(FULLEST_OVERVIEW, longest_note()),
    "the fullest preview": lambda: limits_view.preview(DRAFT, Rules(), FULLEST),
    "a preview of the fullest rules' end": lambda: limits_view.preview(DRAFT, FULLEST, Rules()),
    "the fullest list of blocks": lambda: blocks_view.block_list(BLOCKS, longest_note()[:900]),
    "no blocks": lambda: blocks_view.block_list(BlockPage(blocks=[], total=0, number=0)),
    "the fullest member": lambda: blocks_view.member_view(MEMBER, longest_note()[:900]),
    "the fullest words": lambda: layout.text_view(texts.explanations.words_listed(FULLEST)),
    "no words": lambda: layout.text_view(texts.explanations.words_listed(Rules())),
}
make_views = pytest.mark.parametrize("make", VIEWS.values(), ids=VIEWS)


@make_views
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_moderators_see_fits_discords_limits(make, language):
    with speaking(language):
        assert_within_limits(make())


@settings(max_examples=25)
@given(any_rules, any_rules)
def test_whatever_the_rules_what_moderators_see_fits(before, after):
    assert_within_limits(
        limits_view.panel(an_overview(after), texts.changes.changed(before, after))
    )
    assert_within_limits(limits_view.preview(DRAFT, before, after))


@pytest.mark.parametrize("budget", [0, 5_000_000])
def test_costs_are_shown_if_the_operator_shows_them_or_a_budget_asks(budget):
    overview = replace(an_overview(Rules(server_usd_per_month=budget)), caps=Caps())

    assert "this month" in recorded(limits_view.panel(overview))
    hidden = recorded(limits_view.panel(replace(overview, costs=False)))
    assert ("this month" in hidden) == bool(budget)


def test_the_panel_and_a_preview_read_as_recorded(snapshot):
    """Each group has a button beside it; a preview's buttons name its draft."""
    rules = Rules(channels=(5, 6), tiers=(Tier(role_id=7, exempt=True),), log_channel=9, log_ping=7)
    views = {
        "fresh": limits_view.panel(an_overview(Rules())),
        "some": limits_view.panel(an_overview(rules), texts.changes.discarded()),
        "paused": limits_view.panel(
            an_overview(Rules(pause=Pause(by=1, since=NOW, reason="a *contest*")))
        ),
        "preview": limits_view.preview(DRAFT, Rules(), Rules(images=2)),
        "a member": blocks_view.member_view(
            MemberOverview(
                member_id=2,
                results=[RuleResult(rule=Rule.BLOCKED, refuses=True, said="spam")],
                block=Block(member_id=2, by=1, since=NOW, reason="spam"),
                orders=[a_job(message_id=77), a_job(private=True)],
            )
        ),
        "blocks": blocks_view.block_list(
            BlockPage(blocks=[replace(BLOCK, member_id=2, by=1, reason="spam")], total=9, number=1)
        ),
    }

    assert listed({name: recorded(view) for name, view in views.items()}) == snapshot
    assert [*buttons(views["fresh"])] == [
        *("limits:form:log", "limits:form:pause", "blocks:list:0"),
        *(f"limits:edit:{name}" for name in GROUPS),
        *("limits:form:styles", "limits:form:tiers", "limits:form:tiers_more"),
    ]
    assert "limits:resume:orders" in buttons(views["paused"])
    assert [*buttons(views["preview"])] == [f"limits:save:{DRAFT}", f"limits:drop:{DRAFT}"]


def test_tiers_that_have_no_room_are_counted_and_not_cut():
    """Half a tier would tell of limits that are none."""
    shown = said(limits_view.panel(FULLEST_OVERVIEW, longest_note()))[-1].split("\n")

    left = len(FULLEST.tiers) - (len(shown) - 2)
    assert 0 < left < len(FULLEST.tiers)
    assert shown[-1] == f"… and {left} more"
    assert all(line.endswith("49 steps per order") for line in shown[1:-1])


def test_warnings_that_have_no_room_are_counted_and_the_note_stays(monkeypatch):
    long_warnings = [f"{number} {'x' * 300}" for number in range(9)]
    monkeypatch.setattr(texts.limits_panel, "all_warnings", lambda _: long_warnings)

    heading, sections = texts.limits_panel.panel(FULLEST_OVERVIEW, longest_note())

    assert len(heading) + sum(map(len, sections.values())) <= 4000
    assert heading.endswith(longest_note())
    kept = sum(warning in heading for warning in long_warnings)
    assert 0 < kept < 9
    assert f"\n… and {9 - kept} more\n" in heading


def test_each_panel_is_a_view_of_its_own():
    """discord.py loses buttons for the whole bot when a view is sent twice."""
    assert limits_view.panel(FULLEST_OVERVIEW) is not limits_view.panel(FULLEST_OVERVIEW)


@make_views
async def test_a_view_with_our_buttons_lives_for_ever(make):
    assert make().is_persistent()


# As Discord takes them.


@pytest.fixture
async def deferred(stand_in):
    """An interaction of a moderator that was answered with "thinking", privately."""
    mira = stand_in.member("Mira", channel="general", guild="Lighthouse Club")
    interaction = stand_in.interactions.begin(
        InteractionType.COMMAND, mira.user, mira.channel, {"name": "limits"}
    )
    address = f"{stand_in.api_url}/interactions/{interaction.id}/{interaction.token}/callback"
    body = {"type": 5, "data": {"flags": 64}}
    async with aiohttp.ClientSession() as session, session.post(address, json=body) as answer:
        assert answer.status == 204
    return interaction


@make_views
async def test_discord_takes_what_moderators_see(stand_in, rest, deferred, make):
    """The stand-in holds it against Discord's own description."""
    client = await rest.client()
    address: Any = {"id": stand_in.world.application_id, "type": 3, "token": deferred.token}
    webhook = discord.Webhook.from_state(address, client._connection)  # as an interaction does

    await webhook.send(view=make(), ephemeral=True)

    (sent,) = stand_in.journal.find("POST", f"{API}/webhooks/*")
    assert sent.status == 200
    assert all(custom_id in str(deferred.message.shown) for custom_id in buttons(make()))
    assert deferred.message.ephemeral_for is not None
