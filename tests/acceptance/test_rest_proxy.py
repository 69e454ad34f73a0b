"""A proxy between the bot and Discord's REST API, with troubles of its own."""

import asyncio
from collections import Counter

import pytest

from sandbox.faults import ALWAYS, Cut, Fault, Rewrite
from tests.acceptance.driver import CHECK, accepted, delivered, pictures, says, without_limits
from tests.rest_proxy import OWN_408, OWN_429, OWN_500, RestProxy

LATE = Rewrite(change=lambda _taken: OWN_408)  # Discord took it
CALLBACK, CARD = "*/callback", "/api/v10/webhooks/*"


@pytest.fixture
async def proxy(sandbox):
    async with RestProxy.open(sandbox.discord.origin) as opened:
        yield opened


def token_in(sandbox, journal):
    return [one for one in journal.exchanges if sandbox.world.bot_token in str(one.headers)]


async def test_orders_pass_a_proxy_that_refuses_fails_and_restarts(sandbox, start, noah, proxy):
    """Each is answered in time and delivered once, and nobody but the proxy sees the token."""
    sandbox.pixazo.hold_states()
    bot = await start(DISCORD_API_URL=proxy.api_url)
    await without_limits(sandbox)

    async def ordered(prompt):
        sent = await noah.command("imagine", prompt=prompt)
        await sent.until(says("Queued"))
        return sent

    orders = []
    for prompt, trouble in {
        "refused": Fault(path=CALLBACK, do=OWN_429),
        "failed": Fault(path=CALLBACK, do=OWN_500, times=2),
        "cut": Fault(path=CALLBACK, do=Cut(when="after")),
        "late": Fault(path=CALLBACK, do=LATE),
    }.items():
        proxy.faults.add(trouble)
        orders.append(await ordered(prompt))
    await proxy.listener.close()
    last = asyncio.create_task(ordered("restarted"))
    await asyncio.sleep(0.5)
    await proxy.listener.open()
    orders.append(await last)

    *first, last_request = [one.request_id for one in sandbox.pixazo.accepted]
    for trouble in (
        Fault(method="PATCH", path=CARD, do=OWN_429, times=ALWAYS, every=3),
        Fault(method="PATCH", path=CARD, do=OWN_500, times=2),
        Fault(method="PATCH", path=CARD, do=LATE, times=2),
    ):
        proxy.faults.add(trouble)
    for request_id in first:
        sandbox.pixazo.move(request_id, "COMPLETED")
    for sent in orders[:-1]:
        await sent.until(delivered(1), within=30)
    await proxy.listener.close()
    sandbox.pixazo.move(last_request, "COMPLETED")
    await bot.wait_line("error=ClientConnectorError")
    await proxy.listener.open()
    await orders[-1].until(delivered(1), within=30)

    prompts = accepted(sandbox)
    assert len(prompts) == len(set(prompts)) == len(orders)
    assert all(len(pictures(sandbox, prompt)) == 1 for prompt in prompts)
    asked = Counter((one.method, one.path) for one in sandbox.discord.journal.exchanges)
    assert asked <= proxy.passed_on
    assert token_in(sandbox, proxy.journal)
    others = (sandbox.pixazo.journal, sandbox.pixazo.media_journal, sandbox.alerts.journal)
    assert [token_in(sandbox, journal) for journal in others] == [[], [], []]
    assert not [line for line in bot.log if sandbox.world.bot_token in line]


@CHECK
async def test_check_reads_shards_starts_and_clock_through_the_proxy(operate, proxy):
    """What it memorized is old: its date tells nothing of the clock."""
    await operate("check", DISCORD_API_URL=proxy.api_url)
    status, lines = await operate("check", DISCORD_API_URL=proxy.api_url)

    assert status == 0, lines
    assert [line for line in lines if "Discord wants 1 shards" in line]
    assert [line for line in lines if "Discord did not say" in line]
    assert {one.path for one in proxy.journal.exchanges} >= {"/api/v10/gateway/bot"}
