"""The styles of a server's own, as they are offered while somebody types."""

import asyncio

import pytest

from bot.domain.rules import Rules
from bot.domain.styles import Style
from bot.service.member_account import STYLES_KEPT, MemberAccount
from tests.service.conftest import service_settings

WOOL = Style(name="Wool", words="knitted wool")


def account(shop, **timings):
    shop.guilds.kept[100] = Rules(styles=(WOOL,))
    return MemberAccount(
        settings=service_settings(**timings),
        members=shop.members,
        queries=None,
        jobs=shop.jobs,
        guilds=shop.guilds,
        delivery=shop.delivery,
        now=shop.clock,
    )


@pytest.fixture
def own(shop):
    return account(shop)


async def test_a_server_has_its_own_styles_and_outside_of_servers_there_are_none(own, shop):
    assert await own.styles(100) == (WOOL,)
    assert await own.styles(101) == ()
    assert await own.styles(None) == ()


async def test_typing_asks_the_store_once_and_soon_sees_what_changed(own, shop):
    """Discord asks at every letter, and each answer has to come at once."""
    for _ in range(20):
        await own.styles(100)
    assert shop.guilds.calls.count("rules") == 1

    shop.guilds.kept[100] = Rules()
    shop.clock.now += STYLES_KEPT

    assert await own.styles(100) == ()


async def test_who_changes_the_styles_is_offered_the_new_ones_at_once(own, shop):
    await own.styles(100)
    shop.guilds.kept[100] = Rules()

    own.styles_changed(100)

    assert await own.styles(100) == ()


async def test_nothing_is_kept_of_servers_where_nobody_types_any_more(own, shop):
    for guild_id in range(200, 300):
        await own.styles(guild_id)
    shop.clock.now += STYLES_KEPT
    await own.styles(100)

    assert list(own._styles) == [100]


async def test_while_the_store_is_away_the_others_are_offered_at_once(own, shop):
    shop.guilds.away = True
    assert await own.styles(100) == ()

    shop.guilds.away = False
    assert await own.styles(100) == (WOOL,)


async def test_nobody_waits_for_a_slow_store(shop):
    own = account(shop, styles_within=0.01)
    shop.guilds.held["rules"] = asyncio.Event()

    assert await own.styles(100) == ()
