"""Two processes with a shard each on one PostgreSQL: one continues the other's orders."""

import asyncio
import json

import pytest

from tests.acceptance.driver import (
    accepted,
    delivered,
    order_at_once,
    pictures,
    quick,
    set_limits,
    start_one_of_several,
    without_limits,
)

EVEN, ODD = "Even Harbour", "Lighthouse Club"  # shards 0 and 1 of 2


@pytest.fixture
async def sandbox(make_sandbox):
    """A sandbox whose thousands of exchanges are not held against Discord's description."""
    async with make_sandbox(vendor=quick()) as opened:
        yield opened


@pytest.fixture
async def two(sandbox, postgres):
    """Start two processes; return them by shard."""
    mira = sandbox.world.user("Mira")
    even = sandbox.world.add_guild(EVEN, owner=mira, id=str(int(ODD_ID) + (1 << 22)))
    sandbox.world.add_channel(even, "pier")
    url = await postgres.new()
    common = {
        "DATABASE_URL": url,
        "SHARD_COUNT": "2",
        "LEASE_SECONDS": "2",
        "SUBMIT_TIMEOUT_SECONDS": "2",
        "LANE_RATE_PER_MINUTE": "60000",
        "LANE_WIDTH": "50",
        "MAX_IMAGES_PER_DAY": "0",
        "MAX_IMAGES_PER_GUILD_PER_DAY": "0",
    }
    return (
        await start_one_of_several(sandbox, SHARD_IDS="0", INSTANCE="zero", **common),
        await start_one_of_several(sandbox, SHARD_IDS="1", INSTANCE="one", WEB_PORT="0", **common),
    )


ODD_ID = "745100321596440576"


@pytest.fixture
def crowds(sandbox):
    """Make members of both servers, in turns."""

    def crowds(count):
        members = []
        for number in range(count):
            guild, channel = ((EVEN, "pier"), (ODD, "general"))[number % 2]
            user = sandbox.world.add_user(f"{guild} {number}")
            sandbox.world.guild(guild).members[user.id] = []
            members.append(sandbox.discord.member(user.id, channel=channel, guild=guild))
        return members

    return crowds


ORDERS, WAVE = 40, 20


async def test_what_a_killed_process_had_in_its_hands_is_delivered_once_by_the_other(
    sandbox, two, crowds
):
    """SIGKILL in the middle of many orders. No member hears of it."""
    _, second = two
    members = crowds(ORDERS)
    admitted = []
    for first in range(0, ORDERS, WAVE):
        more, refused = await order_at_once(
            members[first : first + WAVE], first=first, sandbox=sandbox
        )
        assert refused == []
        admitted += more

    await sandbox.pixazo.wait_accepted(ORDERS // 3, within=30)
    await second.kill()

    async with asyncio.timeout(90):
        for sent in admitted:
            await sent.until(ended, within=90)
    assert len(accepted(sandbox)) == len(set(accepted(sandbox)))
    for number, sent in enumerate(admitted):
        prompt = f"picture {number}"
        shown = [
            one
            for one in pictures(sandbox, prompt)
            if one["attachments"][0]["description"].endswith(prompt)
        ]
        if never_sent(sent.message):
            assert prompt not in accepted(sandbox)
            assert shown == []
        else:
            # A submit that was in flight at the kill is uncertain, and never sent again.
            assert len(shown) == (0 if uncertain(sent.message) else 1)


def uncertain(message):
    return "No reply" in json.dumps(message)


def never_sent(message):
    """The kill came after Discord had its answer, and before that was on record."""
    return "Not ordered" in json.dumps(message)


def ended(message):
    return bool(message["attachments"]) or uncertain(message) or never_sent(message)


async def test_limits_and_callbacks_hold_whichever_process_hears_of_them(sandbox, two, crowds):
    """All callbacks reach the first process; the second's orders need no polling all the same."""
    first, _ = two
    mira = sandbox.discord.member("Mira", channel="general", guild=ODD)
    await set_limits(mira, server_per_day=7)
    await without_limits(sandbox, EVEN)

    admitted, refused = await order_at_once(crowds(40), sandbox=sandbox)

    assert (len(admitted), len(refused)) == (27, 13)
    for sent in admitted:
        await sent.until(delivered(1), within=30)
    assert len(accepted(sandbox)) == len(set(accepted(sandbox)))
    assert first.running
