"""What members wish: each wish is kept, whatever else they wish at the same moment."""

import asyncio

import pytest

from bot.service.ports.store import MemberSettings, Ping
from bot.store.members import Members
from tests.samples import NOW

MEMBER = 300


@pytest.fixture
def members(database):
    return Members(database)


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
        others.set_ping(MEMBER, Ping.ALWAYS),
    )

    assert await members.settings(MEMBER) == MemberSettings(ping=Ping.ALWAYS, forget_before=NOW)
