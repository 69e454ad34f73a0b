"""What is seen of answers to interactions where they leave."""

import asyncio
import time

import aiohttp
import discord
import pytest

from bot.service.port_errors import PermanentDiscordError, TransientDiscordError
from bot.service.telemetry import DiscordCall
from bot.telemetry.http_tracing import created_at, tracing
from sandbox.discord.enums import InteractionType
from sandbox.faults import Answer, Cut, Fault, Hold

CALLBACK = "/api/v10/interactions/*/*/callback"


@pytest.fixture
async def client(stand_in, meters):
    """A client that is logged in, and whose calls are traced."""
    trace = tracing(meters, now=time.time)
    async with discord.Client(intents=discord.Intents.none(), http_trace=trace) as client:
        await client.login(stand_in.world.bot_token)
        yield client


@pytest.fixture
def noah(stand_in):
    return stand_in.member("Noah", channel="general", guild="Lighthouse Club")


@pytest.fixture
def answer(stand_in, client, noah):
    """Answer a new interaction, as discord.py would, but once."""

    async def answer():
        begun = stand_in.interactions.begin(
            InteractionType.COMMAND, noah.user, noah.channel, {"name": "imagine"}
        )
        session = client.http._HTTPClient__session
        url = f"{stand_in.api_url}/interactions/{begun.id}/{begun.token}/callback"
        async with session.post(url, json={"type": 5}) as response:
            return begun, response.status

    return answer


def test_an_id_tells_when_it_was_made():
    """https://discord.com/developers/docs/reference#snowflakes gives this one for an example."""
    assert created_at(175928847299117063) == pytest.approx(1462015105.796)


async def test_an_answer_is_timed_from_when_its_interaction_was_made(answer, meters):
    await answer()

    assert meters.calls == [(DiscordCall.ACK, None)]
    (seconds,) = meters.answers
    assert -1 < seconds < 5


async def test_a_refused_answer_is_counted_and_answers_nobody(stand_in, answer, meters):
    refusal = Answer(status=404, body={"code": 10062, "message": "Unknown interaction"})
    stand_in.faults.add(Fault(method="POST", path=CALLBACK, do=refusal))

    await answer()

    assert meters.calls == [(DiscordCall.ACK, PermanentDiscordError)]
    assert meters.answers == []


@pytest.mark.parametrize("status", [429, 500, 503])
async def test_what_may_be_tried_again_is_no_refusal(stand_in, answer, meters, status):
    words = {"code": 0, "message": "later", "retry_after": 0.1, "global": False}
    trouble = Answer(status=status, body=words)
    stand_in.faults.add(Fault(method="POST", path=CALLBACK, do=trouble))

    await answer()

    assert meters.calls == [(DiscordCall.ACK, TransientDiscordError)]


async def test_an_answer_on_a_connection_that_was_cut_is_counted(stand_in, answer, meters):
    stand_in.faults.add(Fault(method="POST", path=CALLBACK, do=Cut(when="before")))

    with pytest.raises(aiohttp.ClientError) as cut:
        await answer()

    assert meters.calls == [(DiscordCall.ACK, cut.type)]


async def test_an_answer_that_took_too_long_is_counted_as_such(stand_in, answer, meters):
    """Discord takes none after 3 s: this is what a member sees as "did not respond"."""
    stand_in.faults.add(Fault(method="POST", path=CALLBACK, do=Hold(when="before")))

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await answer()

    assert meters.calls == [(DiscordCall.ACK, TimeoutError)]


async def test_later_private_answers_are_counted_as_such(stand_in, answer, client, meters):
    begun, _ = await answer()
    webhook = discord.Webhook.partial(
        int(stand_in.world.application_id), begun.token, client=client
    )

    await webhook.send("later")

    assert meters.calls == [(DiscordCall.ACK, None), (DiscordCall.FOLLOW_UP, None)]


async def test_whatever_else_is_called_is_not_counted(client, meters):
    await client.fetch_user(client.user.id)

    assert meters.calls == []
