"""Settings of members."""

import asyncio

import pytest

from bot.domain.rules import Block
from bot.service.ports.store import MemberSettings, Ping
from bot.store.members import Members
from tests.samples import NOW

MEMBER, OTHER = 300, 301


@pytest.fixture
def members(database):
    return Members(database)


async def test_who_set_nothing_has_the_defaults(members):
    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.AUTO, forget_before=None)


@pytest.mark.parametrize("ping", Ping)
async def test_a_wish_is_kept_in_place_of_the_one_before(members, ping):
    await members.replace_settings(MEMBER, MemberSettings(ping=Ping.NEVER, forget_before=NOW))
    await members.replace_settings(MEMBER, MemberSettings(ping=ping))
    await members.replace_settings(OTHER, MemberSettings(ping=Ping.ALWAYS))

    assert await members.settings(MEMBER) == MemberSettings(ping=ping)


@pytest.mark.parametrize(
    "was", [None, MemberSettings(forget_before=NOW), MemberSettings(ping=Ping.NEVER)]
)
async def test_a_wish_for_pings_changes_nothing_else(members, was):
    """What runs while a member has their data deleted would else be kept after all."""
    if was is not None:
        await members.replace_settings(MEMBER, was)

    await members.set_ping(MEMBER, Ping.ALWAYS)

    forget_before = was.forget_before if was is not None else None
    assert await members.settings(MEMBER) == MemberSettings(
        ping=Ping.ALWAYS, forget_before=forget_before
    )


async def test_first_wishes_of_the_same_moment_are_all_kept(members, other_database):
    """Two presses may reach two processes, and each finds no row yet."""
    others = Members(other_database)

    await asyncio.gather(
        members.replace_settings(MEMBER, MemberSettings(ping=Ping.ALWAYS, forget_before=NOW)),
        *(store.set_ping(MEMBER, Ping.ALWAYS) for store in (members, others) for _ in "1234"),
    )

    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.ALWAYS, forget_before=NOW)


async def test_a_members_blocks_are_found_in_every_server(members, guilds):
    first = Block(member_id=MEMBER, by=1, since=NOW, until=NOW + 60, reason="spam")
    second = Block(member_id=MEMBER, by=2, since=NOW)
    await guilds.block(100, first)
    await guilds.block(101, second)
    await guilds.block(100, Block(member_id=OTHER, by=1, since=NOW))

    assert sorted(await members.blocks(MEMBER), key=lambda block: block[0]) == [
        (100, first),
        (101, second),
    ]


async def test_who_waits_longest_to_be_forgotten_comes_first(members):
    await members.replace_settings(1, MemberSettings(forget_before=NOW + 2))
    await members.replace_settings(2, MemberSettings(ping=Ping.NEVER, forget_before=NOW + 1))
    await members.replace_settings(3, MemberSettings(ping=Ping.NEVER))
    await members.replace_settings(4, MemberSettings(forget_before=NOW + 3))

    assert await members.pending_erasures(most=2) == [
        (2, MemberSettings(ping=Ping.NEVER, forget_before=NOW + 1)),
        (1, MemberSettings(forget_before=NOW + 2)),
    ]


async def test_who_is_forgotten_is_on_no_list_any_more(members):
    await members.replace_settings(MEMBER, MemberSettings(forget_before=NOW))
    await members.replace_settings(OTHER, MemberSettings(forget_before=NOW))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await members.settings(MEMBER) == MemberSettings()
    assert [member for member, _ in await members.pending_erasures(most=5)] == [OTHER]


async def test_nothing_tells_that_a_member_was_erased(members, database):
    """A row without a wish would tell that they had been here."""
    await members.replace_settings(MEMBER, MemberSettings(forget_before=NOW))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await database.read(rows) == []


def rows(connection):
    return list(connection.exec_driver_sql("SELECT member_id FROM members"))


async def test_what_was_wished_meanwhile_stays(members):
    await members.replace_settings(MEMBER, MemberSettings(ping=Ping.ALWAYS, forget_before=NOW))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.ALWAYS)


async def test_a_later_wish_to_be_forgotten_is_not_ended_by_an_earlier_one(members):
    """Two processes may be at it; what was ordered in between is to go as well."""
    await members.replace_settings(MEMBER, MemberSettings(forget_before=NOW + 5))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert (await members.settings(MEMBER)).forget_before == NOW + 5
