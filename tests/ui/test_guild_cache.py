"""What is known of a server's roles and channels, and how that is worded."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

import discord
import pytest

from bot.domain.admission import Rule, RuleResult
from bot.domain.rules import Rules, Tier
from bot.ui import guild_cache, limits_form, limits_view, texts
from bot.ui.language import speaking
from tests.rules import FULLEST, FULLEST_OVERVIEW, ID
from tests.views import assert_within_limits, buttons, said

GUILD, ROLE, GONE_ROLE = 7001, 7002, 7003
CHANNEL, GONE, ARCHIVED = 7004, 7005, 7006
LOG_GONE = 7007
ALL = discord.Permissions.all()
RULES = Rules(
    tiers=tuple(Tier(role_id=role, images=1) for role in (GUILD, ROLE, GONE_ROLE)),
    channels=(CHANNEL, GONE, ARCHIVED),
)


class Http:
    """Discord, which knows an archived thread; the gateway does not tell of it."""

    def __init__(self):
        self.asked = []

    async def get_channel(self, channel_id):
        self.asked.append(channel_id)
        if channel_id != ARCHIVED:
            answer: Any = SimpleNamespace(status=404, reason="Not Found")
            raise discord.NotFound(answer, {"code": 10003, "message": "Unknown Channel"})


def a_guild(*, roles=(GUILD, ROLE), channels=(CHANNEL,), granted=ALL, **changes) -> Any:
    """Return a server as the gateway's cache has it."""
    here = SimpleNamespace(permissions_for=lambda _: granted)
    values = {
        "id": GUILD,
        "unavailable": False,
        "me": SimpleNamespace(joined_at=1),
        "categories": [],
        "text_channels": [],
        "channels": [],
        "nsfw_level": discord.NSFWLevel.age_restricted,
        "default_role": None,
        "get_role": lambda role_id: here if role_id in roles else None,
        "get_channel": lambda channel_id: here if channel_id in channels else None,
    }
    values["get_channel_or_thread"] = values["get_channel"]
    return SimpleNamespace(**values | changes)


@pytest.fixture
def http() -> Any:
    return Http()


@pytest.fixture(autouse=True)
def nothing_noted(monkeypatch):
    """What a process learns in one test is not known in the next."""
    monkeypatch.setattr(guild_cache, "_deleted", set())
    yield
    guild_cache.look_at(None)


async def test_what_was_deleted_is_named_by_its_id_and_everyone_without_a_ping(http):
    guild_cache.look_at(a_guild())
    await guild_cache.ask(http, RULES.channels)
    await guild_cache.ask(http, RULES.channels)

    assert http.asked == [GONE, ARCHIVED, ARCHIVED]  # what is deleted stays so
    assert guild_cache.deleted_of(RULES) == guild_cache.Deleted(
        roles=frozenset({GONE_ROLE}), channels=frozenset({GONE})
    )
    assert [texts.shared.role(tier.role_id) for tier in RULES.tiers] == [
        r"\@everyone",
        f"<@&{ROLE}>",
        f"deleted role `{GONE_ROLE}`",
    ]
    assert texts.shared.channels(RULES.channels) == (
        f"<#{CHANNEL}>, deleted channel `{GONE}`, <#{ARCHIVED}>"
    )
    with speaking("de"):
        assert texts.shared.role(GONE_ROLE) == f"gelöschte Rolle `{GONE_ROLE}`"
        assert texts.shared.channel(GONE) == f"gelöschter Kanal `{GONE}`"


@pytest.mark.parametrize(
    "guild", [None, a_guild(unavailable=True), a_guild(roles=())], ids=["none", "away", "partial"]
)
async def test_without_the_gateways_word_nothing_counts_as_deleted(http, guild):
    guild_cache.look_at(guild)
    await guild_cache.ask(http, RULES.channels)

    assert http.asked == []
    assert not guild_cache.deleted_of(RULES).roles
    assert texts.shared.role(GONE_ROLE) == f"<@&{GONE_ROLE}>"
    assert not texts.shared.log_warning(CHANNEL, refused=False)


async def test_the_panel_removes_what_is_deleted_and_its_form_offers_the_rest(http):
    guild_cache.look_at(a_guild())
    await guild_cache.ask(http, RULES.channels)

    def panel(rules):
        return limits_view.panel(replace(FULLEST_OVERVIEW, rules=rules))

    assert "limits:forget:deleted" in buttons(panel(RULES))
    assert "limits:forget:deleted" not in buttons(panel(Rules(channels=(CHANNEL,))))
    assert "**nowhere**" in "".join(said(panel(Rules(nowhere=True))))
    (label,) = limits_form.form("channels", RULES).to_dict()["components"]
    offered = [int(value["id"]) for value in label["component"]["default_values"]]
    assert offered == [CHANNEL, ARCHIVED]


@pytest.mark.parametrize("language", ["en", "de"])
async def test_a_panel_of_nothing_but_deleted_things_fits(http, language):
    guild_cache.look_at(a_guild(id=ID, roles=(ID,)))
    await guild_cache.ask(http, FULLEST.chosen_channels)
    note = texts.changes.changed(Rules(), FULLEST)

    with speaking(language):
        view = limits_view.panel(FULLEST_OVERVIEW, note)

    assert_within_limits(view)
    assert str(ID) in "".join(said(view))


@pytest.mark.parametrize(
    ("channels", "told"),
    [
        ((CHANNEL, GONE), f"`/imagine` in <#{CHANNEL}>."),
        ((GONE,), "Moderators have to choose new ones first."),
        ((), "Moderators have to choose new ones first."),
    ],
)
async def test_a_refusal_names_no_deleted_channel(http, channels, told):
    guild_cache.look_at(a_guild())
    await guild_cache.ask(http, channels)

    verdict = RuleResult(rule=Rule.CHANNEL, refuses=True, channels=channels)
    assert told in " ".join(texts.refusals.refused(verdict))


@pytest.mark.parametrize(
    ("within", "offered"), [((), [CHANNEL, 7100]), ((CHANNEL,), [CHANNEL]), ((7200,), [7100])]
)
def test_age_restricted_channels_are_offered_that_the_member_sees(within, offered):
    def channel(channel_id, *, nsfw=True, seen=True, category_id=None):
        granted = SimpleNamespace(view_channel=seen)
        return SimpleNamespace(
            id=channel_id,
            nsfw=nsfw,
            category_id=category_id,
            permissions_for=lambda _member: granted,
        )

    guild = a_guild()
    guild.text_channels = [
        channel(CHANNEL),
        channel(7100, category_id=7200),
        channel(7101, nsfw=False),
        channel(7102, seen=False),
    ]
    guild_cache.look_at(guild, Mock(spec=discord.Member))

    assert guild_cache.age_restricted(within) == offered


NO_WRITING = discord.Permissions(view_channel=True)


@pytest.mark.parametrize(
    ("guild", "channel", "refused", "told"),
    [
        (a_guild(), None, False, ""),
        (a_guild(), CHANNEL, False, ""),
        (a_guild(granted=NO_WRITING), CHANNEL, False, "needs View Channel and Send Messages"),
        (a_guild(), LOG_GONE, False, "was deleted, so nothing is logged"),
        (a_guild(), CHANNEL, True, "couldn't write its last line"),
        (a_guild(granted=NO_WRITING, me=SimpleNamespace(joined_at=None)), CHANNEL, False, ""),
    ],
)
async def test_a_log_channel_that_takes_nothing_is_told(http, guild, channel, refused, told):
    guild_cache.look_at(guild)
    await guild_cache.ask(http, [channel])

    warning = texts.shared.log_warning(channel, refused=refused)

    assert told in warning
    assert bool(warning) == bool(told)
