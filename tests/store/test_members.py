"""Settings of members."""

import asyncio
from dataclasses import replace

import pytest

from bot.domain import preferences
from bot.domain.preferences import Defaults, Preferences
from bot.domain.rules import Block
from bot.domain.styles import Style
from bot.service.ports.store import MemberSettings, Ping, PingIn
from bot.store.members import Members
from tests.samples import LANE, NOW

MEMBER, OTHER = 300, 301


PREFERENCES = Preferences(
    defaults=Defaults(
        images=4,
        style="Wool",
        steps=20,
        guidance=2.5,
        enhance=False,
        private=True,
        spoiler=True,
        suffix="soft light",
    ),
    styles=(Style(name="Wool", words="knitted wool"),),
)


def to(settings):
    return lambda _: settings


def pinged(ping):
    return lambda before: replace(before, ping=ping)


@pytest.fixture
def members(database):
    return Members(database)


async def test_who_set_nothing_has_the_defaults(members):
    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.AUTO, forget_before=None)


@pytest.mark.parametrize("ping", Ping)
async def test_a_wish_is_kept_in_place_of_the_one_before(members, ping):
    await members.change(MEMBER, to(MemberSettings(ping=Ping.NEVER, forget_before=NOW)))
    await members.change(MEMBER, to(MemberSettings(ping=ping)))
    await members.change(OTHER, to(MemberSettings(ping=Ping.ALWAYS)))

    assert await members.settings(MEMBER) == MemberSettings(ping=ping)


@pytest.mark.parametrize(
    "was", [None, MemberSettings(forget_before=NOW), MemberSettings(ping=Ping.NEVER)]
)
async def test_a_wish_for_pings_changes_nothing_else(members, was):
    """What runs while a member has their data deleted would else be kept after all."""
    if was is not None:
        await members.change(MEMBER, to(was))

    await members.change(MEMBER, pinged(Ping.ALWAYS))

    forget_before = was.forget_before if was is not None else None
    assert await members.settings(MEMBER) == MemberSettings(
        ping=Ping.ALWAYS, forget_before=forget_before
    )


async def test_first_wishes_of_the_same_moment_are_all_kept(members, other_database):
    """Two presses may reach two processes, and each finds no row yet."""
    others = Members(other_database)

    def with_style(name):
        return lambda before: replace(
            before, preferences=preferences.with_style(before.preferences, name, "words")
        )

    await asyncio.gather(
        members.change(MEMBER, lambda before: replace(before, forget_before=NOW)),
        *(store.change(MEMBER, pinged(Ping.ALWAYS)) for store in (members, others) for _ in "1234"),
        *(
            store.change(MEMBER, with_style(f"{place} {number}"))
            for place, store in enumerate((members, others))
            for number in range(5)
        ),
    )

    after = await members.settings(MEMBER)
    assert (after.ping, after.forget_before) == (Ping.ALWAYS, NOW)
    assert len(after.preferences.styles) == 10


@pytest.mark.parametrize("wish", [{"preferences": PREFERENCES}, {"ping_in": PingIn.DIRECT}])
async def test_preferences_are_kept_until_all_is_erased(members, database, jobs, wish):
    """An erasure keeps what was set after it began, and leaves no row without it."""
    settings = MemberSettings(**wish)
    await members.change(MEMBER, to(settings))
    assert await members.settings(MEMBER) == settings
    context = await jobs.admission_context(None, MEMBER, lane=LANE, now=NOW)
    assert context.preferences == settings.preferences
    assert await jobs.styles_for(None, MEMBER) == settings.preferences.styles

    await members.change(MEMBER, to(replace(settings, forget_before=NOW)))
    await members.finish_erasure(MEMBER, made_before=NOW)
    assert await members.settings(MEMBER) == settings

    await members.change(MEMBER, to(MemberSettings(forget_before=NOW)))
    await members.finish_erasure(MEMBER, made_before=NOW)
    assert await database.read(rows) == []


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
    await members.change(1, to(MemberSettings(forget_before=NOW + 2)))
    await members.change(2, to(MemberSettings(ping=Ping.NEVER, forget_before=NOW + 1)))
    await members.change(3, to(MemberSettings(ping=Ping.NEVER)))
    await members.change(4, to(MemberSettings(forget_before=NOW + 3)))

    assert await members.pending_erasures(most=2) == [
        (2, MemberSettings(ping=Ping.NEVER, forget_before=NOW + 1)),
        (1, MemberSettings(forget_before=NOW + 2)),
    ]


async def test_who_is_forgotten_is_on_no_list_any_more(members):
    await members.change(MEMBER, to(MemberSettings(forget_before=NOW)))
    await members.change(OTHER, to(MemberSettings(forget_before=NOW)))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await members.settings(MEMBER) == MemberSettings()
    assert [member for member, _ in await members.pending_erasures(most=5)] == [OTHER]


async def test_nothing_tells_that_a_member_was_erased(members, database):
    """A row without a wish would tell that they had been here."""
    await members.change(MEMBER, to(MemberSettings(forget_before=NOW)))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await database.read(rows) == []


def rows(connection):
    return list(connection.exec_driver_sql("SELECT member_id FROM members"))


async def test_what_was_wished_meanwhile_stays(members):
    await members.change(MEMBER, to(MemberSettings(ping=Ping.ALWAYS, forget_before=NOW)))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.ALWAYS)


async def test_a_later_wish_to_be_forgotten_is_not_ended_by_an_earlier_one(members):
    """Two processes may be at it; what was ordered in between is to go as well."""
    await members.change(MEMBER, to(MemberSettings(forget_before=NOW + 5)))

    await members.finish_erasure(MEMBER, made_before=NOW)

    assert (await members.settings(MEMBER)).forget_before == NOW + 5
